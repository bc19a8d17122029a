import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { CostDetail } from '@ropewalk/core/contract/api/records'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cutPlaybook, type Kept } from '../support/cut-playbook.ts'
import {
  getGoodReply as getReply,
  startModelServer,
  type ModelReply,
  type ModelRequest,
  type ModelServer,
} from '../support/model-server.ts'
import { getModelEnv, getTargets, KEYS, pick, sum } from '../support/models.ts'
import {
  BEST_VERDICT,
  CONFINEMENT,
  makeProgramHome,
  readRun,
  type EndedRun,
  type ProgramHome,
  type RunEvent,
} from '../support/program.ts'

const IDEA = 'a link shortener with click counts'
const CONFIGURATION_PAGE = path.resolve(import.meta.dirname, '../../../../docs/configuration.md')
const RUN = ['run', IDEA, '--json', '--clarification', 'autonomous', ...CONFINEMENT]

/** One coder writes the whole service: what is tried here is how models are asked. */
const KEPT: Kept = [
  ['intake', ['intake', 'constraints', 'requirements']],
  ['prd', ['prd-writer', 'story-cutter', 'trace-matrix']],
  ['build', ['test']],
  ['qa', ['test-tracer', 'qa-analyst']],
  ['release', ['release-notes']],
]

let server: ModelServer
let program: ProgramHome
/** A playbook whose retries come at once, so that a wait in a test is a wait the provider asked for. */
let hasty: string

const getEnv = (models: string, more: Readonly<Record<string, string>> = {}) => ({
  ...getModelEnv(server, models),
  ROPEWALK_PLAYBOOK: hasty,
  ...more,
})

/** Forgets what was asked before, as far as a test looks at it. */
const countFrom = () => {
  const before = { requests: server.requests.length, ...server.tokens }
  return {
    requests: () => server.requests.slice(before.requests),
    tokens: () => server.tokens.input + server.tokens.output - before.input - before.output,
  }
}

/** What each agent's attempts failed of, and why it was tried again. */
const listFailures = (run: EndedRun) => {
  const agents = getTargets(run)
  return pick(run, 'task.attempt_ended').map(({ taskId, errorClass }) => [agents.get(taskId), errorClass])
}
const listRetries = (run: EndedRun) => {
  const agents = getTargets(run)
  return pick(run, 'task.retry_scheduled').map(({ taskId, reason }) => [agents.get(taskId), reason])
}

const readCost = async (runId: string): Promise<CostDetail> => {
  const { exit, stdout, stderr } = await program.run(['cost', runId, '--json'])
  expect(exit, stderr).toBe(0)
  return JSON.parse(stdout) as CostDetail
}

/** A good answer; the one coder is asked for what all of them make together. */
const getGoodReply = (asked: ModelRequest): ModelReply =>
  getReply(asked.agent === 'test' ? { ...asked, agent: 'coder' } : asked)

const NO_JSON: ModelReply = { type: 'text', text: 'Here you are: {"document": ' }

/** The trouble that an agent's n-th call meets, from 0; undefined when all is well. */
const getTrouble = (agent: string, count: number): ModelReply | undefined => {
  const scripts: Readonly<Record<string, readonly ModelReply[]>> = {
    intake: [NO_JSON],
    requirements: [NO_JSON, NO_JSON],
    'fix-synth': [{ type: 'json', value: { document: { title: 'half' }, questions: null } }],
    'prd-writer': [{ type: 'rate-limit', retryAfterSeconds: 2 }],
    'story-cutter': [{ type: 'refusal' }],
    test: [{ type: 'hang' }],
    'qa-analyst': [{ type: 'status', status: 500 }],
    'release-notes': [{ type: 'drop' }],
  }
  return scripts[agent]?.[count]
}

const PRINT_ENVIRONMENT = ['node', '-e', 'console.log(JSON.stringify(process.env))']

/** The environments of all that descends from a process; empty where the system does not show them. */
const readChildEnvironments = (root: number): readonly string[] => {
  if (!existsSync('/proc/self/environ')) return []
  const read = (pid: string, file: string): string => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8')
    } catch {
      // It ended while we looked, or is somebody else's.
      return ''
    }
  }
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/u.test(name))
      .map((pid) => [pid, /\) \S (\d+)/u.exec(read(pid, 'stat'))?.[1] ?? '']),
  )
  const isBelow = (pid: string): boolean => {
    const parent = parents.get(pid)
    return parent !== undefined && (parent === String(root) || isBelow(parent))
  }
  return [...parents.keys()].filter(isBelow).map((pid) => read(pid, 'environ'))
}

const listFiles = (folder: string): string[] =>
  readdirSync(folder, { recursive: true })
    .map((name) => path.join(folder, String(name)))
    .filter((file) => lstatSync(file).isFile())

beforeAll(async () => {
  server = await startModelServer()
  program = await makeProgramHome()
  hasty = cutPlaybook(program, 'hasty', {
    kept: KEPT,
    edits: KEPT.map(([phase]) => ({
      file: `phases/${phase}.yaml`,
      from: /base_ms: \d+/gu,
      to: 'base_ms: 50',
    })),
  })
})

afterAll(async () => {
  await program.remove()
  await server.stop()
})

describe('a run with a real provider’s protocol', () => {
  it('completes over OpenAI, and its ledger, result and cost agree with what the server counted', async () => {
    const counted = countFrom()
    let environments: readonly string[] = []
    server.setScript((asked) => {
      // The database and the worker's own helpers are children of the program while it holds the key.
      if (asked.agent === 'test' && asked.toolResults === 0)
        environments = readChildEnvironments(started.child.pid ?? 0)
      return getGoodReply(asked)
    })
    const started = program.start(RUN, getEnv('openai/gpt-5.4-nano'))
    const ended = await started.ended
    const run = readRun(ended)
    expect(run.result).toMatchObject({ status: 'succeeded', verdict: BEST_VERDICT, simulated: false })
    expect(run.result.phases.map(({ status, rounds }) => [status, rounds])).toEqual(
      Array.from({ length: KEPT.length }, () => ['passed', 1]),
    )
    expect(ended.exit).toBe(0)

    expect(new Set(counted.requests().map(({ protocol }) => protocol))).toEqual(new Set(['openai-responses']))
    const reserved = pick(run, 'budget.reserved')
    const settled = pick(run, 'budget.settled')
    expect(reserved).toHaveLength(counted.requests().length)
    expect(settled.map(({ reservationId }) => reservationId).toSorted()).toEqual(
      reserved.map(({ reservationId }) => reservationId).toSorted(),
    )
    expect(run.result.tokens).toBe(counted.tokens())
    expect(run.result.costUsd).toBeGreaterThan(0)
    expect(run.result.costUsd).toBeCloseTo(sum(settled, 'micros') / 1e6, 9)
    for (const { micros } of settled) expect(micros).toBeGreaterThan(0)

    const cost = await readCost(run.runId)
    expect(cost.rows.reduce((total, { micros }) => total + micros, 0)).toBe(cost.money.spentMicros)
    expect(cost.rows.reduce((total, { calls }) => total + calls, 0)).toBe(counted.requests().length)
    expect(cost.rows.reduce((total, row) => total + row.inputTokens + row.outputTokens, 0)).toBe(
      counted.tokens(),
    )
    expect(cost.money).toMatchObject({ spentUsd: run.result.costUsd, reservedMicros: 0 })

    if (existsSync('/proc/self/environ')) {
      expect(environments.length).toBeGreaterThan(0)
      for (const text of environments) for (const key of Object.values(KEYS)) expect(text).not.toContain(key)
    }
  })

  it('completes over Anthropic though each kind of trouble comes once, each retried by its own rule', async () => {
    const counted = countFrom()
    const seen = new Map<string, number>()
    server.setScript((asked) => {
      const count = seen.get(asked.agent) ?? 0
      seen.set(asked.agent, count + 1)
      return getTrouble(asked.agent, count) ?? getGoodReply(asked)
    })
    const run = await program.follow(
      RUN,
      getEnv('anthropic/claude-sonnet-5-5', { ROPEWALK_CALL_TIMEOUT: '2' }),
    )
    expect(run.result).toMatchObject({ status: 'succeeded', verdict: BEST_VERDICT, simulated: false })
    expect(new Set(counted.requests().map(({ protocol }) => protocol))).toEqual(new Set(['anthropic']))

    // The bad JSON of `intake` was mended within its attempt, so it is no failure.
    expect(seen.get('intake')).toBe(2)
    expect(listFailures(run)).toEqual([
      ['requirements', 'schema'],
      ['prd-writer', 'rate_limit'],
      ['story-cutter', 'refusal'],
      ['test', 'timeout'],
      ['qa-analyst', 'transient'],
      ['release-notes', 'transient'],
    ])
    expect(listRetries(run)).toEqual([
      ['requirements', 'fix-synth'],
      ['prd-writer', 'rate_limit'],
      ['story-cutter', 'refusal'],
      ['test', 'timeout'],
      ['qa-analyst', 'transient'],
      ['release-notes', 'transient'],
    ])
    const limited = run.events.find(
      ({ type, data }) => type === 'task.retry_scheduled' && data['reason'] === 'rate_limit',
    )
    const waitMs = Date.parse(String(limited?.data['dueAt'])) - Date.parse(limited?.time ?? '')
    expect(waitMs).toBeGreaterThanOrEqual(2000)
    expect(waitMs).toBeLessThan(3000)

    // What hung or broke off may have been billed: it stays set aside until its deadline charges it.
    const reserved = pick(run, 'budget.reserved')
    expect(reserved).toHaveLength(counted.requests().length)
    const settled = new Set(pick(run, 'budget.settled').map(({ reservationId }) => reservationId))
    const agents = getTargets(run)
    expect(
      reserved
        .filter(({ reservationId }) => !settled.has(reservationId))
        .map(({ taskId }) => agents.get(taskId)),
    ).toEqual(['test', 'release-notes'])
    expect(run.result.tokens).toBe(counted.tokens())
  })

  it('goes on with the second model of the list when the first has no quota left', async () => {
    const counted = countFrom()
    server.setScript((asked) =>
      asked.protocol === 'openai-responses' ? { type: 'quota' } : getGoodReply(asked),
    )
    const run = await program.follow(RUN, getEnv('openai/gpt-5.4-nano,compatible/local-model'))
    expect(run.result).toMatchObject({ status: 'succeeded', verdict: BEST_VERDICT, simulated: false })
    expect(listRetries(run)).toEqual([])
    const byProtocol = Map.groupBy(counted.requests(), ({ protocol }) => protocol)
    expect([...byProtocol.keys()].toSorted()).toEqual(['openai-chat', 'openai-responses'])
    // A call that was refused for want of quota is settled too, with nothing.
    expect(pick(run, 'budget.reserved')).toHaveLength(counted.requests().length)
    expect(pick(run, 'budget.settled')).toHaveLength(counted.requests().length)
    const cost = await readCost(run.runId)
    const spent = cost.rows.filter(({ micros }) => micros > 0)
    expect(new Set(spent.map(({ model }) => model))).toEqual(new Set(['compatible/local-model']))
    expect(cost.rows.reduce((total, { micros }) => total + micros, 0)).toBe(cost.money.spentMicros)
    expect(run.result.tokens).toBe(counted.tokens())
    const makers = pick(run, 'task.completed').map(({ toolVersion }) => String(toolVersion))
    expect(makers).toContainEqual(expect.stringContaining('after openai/gpt-5.4-nano: quota'))
  })

  it('waits long for quota where there is no second model, and is kept when its command is interrupted', async () => {
    server.setScript(() => ({ type: 'quota' }))
    const started = program.start(RUN, getEnv('openai/gpt-5.4-nano'))
    await expect.poll(started.getStdout, { timeout: 60_000 }).toContain('task.retry_scheduled')
    started.child.kill('SIGINT')
    const { exit, stdout, stderr } = await started.ended
    expect(exit, stderr).toBe(130)
    const line = stdout.split('\n').find((text) => text.includes('"task.retry_scheduled"')) ?? '{}'
    const { time, data } = JSON.parse(line) as RunEvent
    expect(data['reason']).toBe('quota')
    expect(Date.parse(String(data['dueAt'])) - Date.parse(time)).toBeGreaterThanOrEqual(30_000)
    // Else a later command of this home would go on with it.
    const { runId } = JSON.parse(stdout.split('\n')[0] ?? '{}') as { runId: string }
    expect((await program.run(['runs', 'cancel', runId])).exit).toBe(0)
  })
})

describe('the budget of a run', () => {
  it('of 0 makes no request at all', async () => {
    const counted = countFrom()
    server.setScript(getGoodReply)
    const run = await program.follow([...RUN, '--budget', '0'], getEnv('openai/gpt-5.4-nano'))
    expect(run.exit).toBe(7)
    expect(counted.requests()).toEqual([])
    expect(run.result).toMatchObject({ status: 'paused', verdict: 'unverified', costUsd: 0, tokens: 0 })
  })

  it('stops a run in the middle, and a top-up lets it go on to its end', async () => {
    const counted = countFrom()
    server.setScript(getGoodReply)
    const env = getEnv('openai/gpt-5.4-nano')
    const stopped = await program.follow([...RUN, '--budget', '0.026'], env)
    expect(stopped.exit).toBe(7)
    expect(stopped.result.status).toBe('paused')
    expect(stopped.result.phases[0]).toMatchObject({ phase: 'intake', status: 'passed' })
    expect(stopped.result.costUsd).toBeGreaterThan(0)
    expect(stopped.result.costUsd).toBeLessThanOrEqual(0.026)
    expect(pick(stopped, 'budget.limit.reached')).toMatchObject([{ unit: 'usd' }])
    const before = counted.requests().length

    const resumed = await program.follow(['runs', 'resume', stopped.runId, '--budget', '1', '--json'], env)
    expect(resumed.exit, resumed.stderr).toBe(0)
    expect(resumed.result).toMatchObject({ status: 'succeeded', verdict: BEST_VERDICT })
    // Nothing that was paid for is asked again.
    const agents = counted.requests().slice(before)
    expect(agents.filter(({ agent }) => ['intake', 'requirements', 'prd-writer'].includes(agent))).toEqual([])
    expect(resumed.result.tokens).toBe(counted.tokens())
    expect((await readCost(stopped.runId)).money.capUsd).toBeCloseTo(1.026, 6)
  })
})

describe('the keys of the providers', () => {
  it('reach no command of an agent, and no message that a provider repeats them in', async () => {
    const counted = countFrom()
    server.setScript((asked) => {
      if (asked.agent === 'intake' && counted.requests().length === 1)
        return { type: 'status', status: 500, body: { error: { message: `bad key ${KEYS.OPENAI_API_KEY}` } } }
      if (asked.agent !== 'test') return getGoodReply(asked)
      return asked.toolResults === 0
        ? { type: 'tools', calls: [{ name: 'repo_run', input: { argv: PRINT_ENVIRONMENT } }] }
        : { type: 'status', status: 401 }
    })
    const run = await program.follow(RUN, getEnv('openai/gpt-5.4-nano'))
    expect(run.result.status).toBe('failed')
    const printed = counted.requests().find(({ toolResults }) => toolResults === 1)?.text ?? ''
    expect(printed).toContain('PATH')
    for (const key of Object.values(KEYS)) expect(printed).not.toContain(key)
    const [failed] = pick(run, 'task.attempt_ended')
    expect(failed).toMatchObject({ errorClass: 'transient' })
    expect(String(failed?.['message'])).toContain('bad key')
    const logs = await program.run(['logs', run.runId, '--json'])
    expect(logs.stdout).toContain('bad key')
  })

  it('are in nothing that is kept or was printed, after all the runs above', () => {
    const files = program.kept.flatMap((folder) => listFiles(folder))
    expect(files.length).toBeGreaterThan(100)
    const found = Object.values(KEYS).flatMap((key) =>
      files.filter((file) => readFileSync(file).includes(key)).map((file) => `${key} in ${file}`),
    )
    expect(found).toEqual([])
    // Only the keys are named: what was written is too long for a message.
    expect(Object.values(KEYS).filter((key) => program.getWritten().includes(key))).toEqual([])
  })

  it('leave a home that holds what its page says, and nothing else', () => {
    const page = readFileSync(CONFIGURATION_PAGE, 'utf8')
    expect(readdirSync(program.home).filter((name) => !page.includes(`| \`${name}`))).toEqual([])
    const kept = readdirSync(path.join(program.home, 'keys'))
    expect(kept.filter((name) => !page.includes(name.replace(/\d{4}/u, 'NNNN')))).toEqual([])
  })

  it('leave a ledger that verifies', async () => {
    const { exit, stderr } = await program.run(['ledger', 'verify', '--json'])
    expect(exit, stderr).toBe(0)
  })
})
