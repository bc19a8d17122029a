import { readFileSync } from 'node:fs'
import type { CostDetail } from '@ropewalk/core/contract/api/records'
import type { QuestionView } from '@ropewalk/core/contract/api/questions'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { cutPlaybook, type Kept } from '../support/cut-playbook.ts'
import { getGoodReply, startModelServer, type ModelServer } from '../support/model-server.ts'
import { getModelEnv, pick, sum } from '../support/models.ts'
import {
  CONFINEMENT,
  makeProgramHome,
  type ProgramHome,
  type RunEvent,
  type Started,
} from '../support/program.ts'
import { killAll } from './crash-processes.ts'

/** Without code, since what is shared here are gates, questions and money. The requirements are approved. */
const KEPT: Kept = [
  ['intake', ['intake', 'constraints', 'requirements']],
  ['prd', ['prd-writer', 'story-cutter', 'trace-matrix']],
  ['release', ['release-notes']],
]
const PATIENCE = { timeout: 120_000, interval: 200 }

let models: ModelServer
let program: ProgramHome
let up: Started
let url: string
let token: string
let env: Readonly<Record<string, string>>

const startUp = async (): Promise<void> => {
  up = program.start(['up', '--json'], env)
  await vi.waitUntil(() => up.getStdout().includes('\n'), PATIENCE)
  const told = JSON.parse(up.getStdout().split('\n')[0] ?? '') as { url: string; tokenFile: string }
  url = told.url
  token = readFileSync(told.tokenFile, 'utf8').trim()
}

const read = async <T>(at: string): Promise<T> => {
  const answer = await fetch(new URL(at, url), { headers: { authorization: `Bearer ${token}` } })
  expect(answer.status, at).toBe(200)
  return (await answer.json()) as T
}

/** All that the ledger tells of a run. */
const readEvents = async (runId: string): Promise<readonly RunEvent[]> => {
  const events: RunEvent[] = []
  for (let after = 0; ;) {
    const page = await read<{ items: readonly RunEvent[]; nextAfter: number }>(
      `/v1/events?run=${runId}&after=${String(after)}&limit=200`,
    )
    if (page.items.length === 0) return events
    events.push(...page.items)
    after = page.nextAfter
  }
}

const readCost = (runId: string): Promise<CostDetail> => read<CostDetail>(`/v1/runs/${runId}/cost`)

const listOpen = async (): Promise<readonly QuestionView[]> =>
  (await read<{ items: readonly QuestionView[] }>('/v1/questions?status=open&limit=100')).items

const readStatus = async (runId: string): Promise<string> =>
  (await read<{ status: string }>(`/v1/runs/${runId}`)).status

type Begun = { readonly runId: string; readonly idea: string; readonly capUsd: number }

/** Starts a run and leaves it to the server. */
const begin = async (whom: string, mode: 'human' | 'autonomous', capUsd: number): Promise<Begun> => {
  const idea = `a link shortener with click counts for ${whom}`
  const flags = ['--clarification', mode, '--budget', String(capUsd), ...CONFINEMENT]
  const { exit, stdout, stderr } = await program.run(['run', idea, '--detach', ...flags], env)
  expect(exit, stderr).toBe(0)
  return { runId: stdout.trim(), idea, capUsd }
}

const waitForEnd = async ({ runId }: Begun): Promise<void> => {
  await vi.waitUntil(async () => (await readStatus(runId)) === 'succeeded', PATIENCE)
}

/** Waits until a run asks whether it may go on; gives its question, which is the only one it asks. */
const waitForApproval = ({ runId }: Begun): Promise<QuestionView> =>
  vi.waitUntil(async () => (await listOpen()).find((one) => one.runId === runId), PATIENCE)

/** A run's ledger names itself alone, and its money is what its own calls cost, within its own cap. */
const expectOwn = async ({ runId, idea, capUsd }: Begun): Promise<void> => {
  const events = await readEvents(runId)
  const run = { events }
  expect(new Set(events.map((event) => (event as RunEvent & { runid: string }).runid))).toEqual(
    new Set([runId]),
  )
  const asked = models.requests.filter(({ text }) => text.includes(idea))
  expect(pick(run, 'budget.reserved')).toHaveLength(asked.length)
  const { money, rows } = await readCost(runId)
  expect(money.capUsd).toBeCloseTo(capUsd, 9)
  expect(money.spentMicros).toBe(sum(pick(run, 'budget.settled'), 'micros'))
  expect(rows.reduce((total, { calls }) => total + calls, 0)).toBe(asked.length)
  expect(money.spentMicros).toBeGreaterThan(0)
}

const listPassed = async ({ runId }: Begun): Promise<readonly unknown[]> =>
  pick({ events: await readEvents(runId) }, 'phase.gate.passed').map(({ phase }) => phase)

beforeAll(async () => {
  models = await startModelServer()
  program = await makeProgramHome()
  const playbook = cutPlaybook(program, 'two-runs', {
    kept: KEPT,
    edits: [{ file: 'phases/release.yaml', from: 'approval: true\n', to: '' }],
  })
  env = {
    ...getModelEnv(models, 'openai/gpt-5.4-nano'),
    ROPEWALK_PLAYBOOK: playbook,
    ROPEWALK_LEASE: '5',
  }
  await startUp()
})

afterAll(async () => {
  await program.remove()
  await models.stop()
})

it('a run that waits for an approval and one that goes on share a workspace and nothing else', async () => {
  const waiting = await begin('a paper', 'human', 0.5)
  const question = await waitForApproval(waiting)
  expect(question).toMatchObject({ kind: 'approval', phase: 'prd' })
  const before = await readEvents(waiting.runId)
  const cost = await readCost(waiting.runId)

  const going = await begin('a club', 'autonomous', 0.3)
  await waitForEnd(going)
  expect(await listPassed(going)).toEqual(['intake', 'prd', 'release'])
  expect(pick({ events: await readEvents(going.runId) }, 'CLARIFICATION.QUESTION_ASKED')).toEqual([])
  await expectOwn(going)

  expect(await listOpen()).toEqual([question])
  expect(await readEvents(waiting.runId)).toEqual(before)
  expect(await readCost(waiting.runId)).toEqual(cost)
  await expectOwn(waiting)

  // The other way round: the first goes on, and the second is the one that waits.
  const second = await begin('a choir', 'human', 0.4)
  const other = await waitForApproval(second)
  const still = await readEvents(second.runId)
  const yes = await program.run(['answer', question.id, 'approve'], env)
  expect(yes.exit, yes.stderr).toBe(0)
  await waitForEnd(waiting)
  expect(await listPassed(waiting)).toEqual(['intake', 'prd', 'release'])
  expect(await listOpen()).toEqual([other])
  expect(await readEvents(second.runId)).toEqual(still)
  expect(await listPassed(second)).toEqual(['intake', 'prd'])
  await expectOwn(waiting)
  await expectOwn(second)
  expect((await program.run(['answer', other.id, 'approve'], env)).exit).toBe(0)
  await waitForEnd(second)
})

it('a run without money left stops, and the one beside it goes on with its own', async () => {
  const [poor, rich] = await Promise.all([
    begin('a poor man', 'autonomous', 0.021),
    begin('a rich man', 'autonomous', 0.5),
  ])
  await waitForEnd(rich)
  await vi.waitUntil(async () => (await readStatus(poor.runId)) === 'paused', PATIENCE)
  expect(pick({ events: await readEvents(poor.runId) }, 'budget.limit.reached')).toHaveLength(1)
  expect(pick({ events: await readEvents(rich.runId) }, 'budget.limit.reached')).toEqual([])
  await expectOwn(rich)
  expect((await readCost(poor.runId)).money.spentUsd).toBeLessThanOrEqual(0.021)
  expect((await program.run(['runs', 'cancel', poor.runId], env)).exit).toBe(0)
})

it('kill -9 of the server while one waits and one works leaves each with what it had', async () => {
  const waiting = await begin('a school', 'human', 0.5)
  const question = await waitForApproval(waiting)
  const before = await readEvents(waiting.runId)
  const { promise: isAsked, resolve } = Promise.withResolvers<undefined>()
  models.setScript((asked) => {
    if (asked.agent !== 'prd-writer') return getGoodReply(asked)
    resolve(undefined)
    return { type: 'hang' }
  })
  const working = await begin('a shop', 'autonomous', 0.3)
  await isAsked
  await killAll(program.home, up.child.pid ?? 0)
  await up.ended
  models.setScript(getGoodReply)
  await startUp()

  await waitForEnd(working)
  expect(await listPassed(working)).toEqual(['intake', 'prd', 'release'])
  expect(await listOpen()).toEqual([question])
  expect(await readEvents(waiting.runId)).toEqual(before)
  await expectOwn(waiting)
  // The call that nobody heard the end of stays set aside, in the run that made it.
  const { money } = await readCost(working.runId)
  expect(money.reservedMicros).toBeGreaterThan(0)
  expect((await readCost(waiting.runId)).money.reservedMicros).toBe(0)

  expect((await program.run(['answer', question.id, 'approve'], env)).exit).toBe(0)
  await waitForEnd(waiting)
  expect(await listPassed(waiting)).toEqual(['intake', 'prd', 'release'])
  const ledger = await program.run(['ledger', 'verify', '--json'], env)
  expect(ledger.exit, ledger.stdout).toBe(0)
})
