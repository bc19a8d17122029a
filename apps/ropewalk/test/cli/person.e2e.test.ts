import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cutPlaybook } from '../support/cut-playbook.ts'
import { BEST_VERDICT, CONFINEMENT, makeProgramHome, type ProgramHome } from '../support/program.ts'
import { startModelServer } from '../support/model-server.ts'
import { needs } from '../support/needs.ts'
import { BRIEF } from '../support/short-playbook.ts'

const MAIN = path.resolve(import.meta.dirname, '../../src/main.ts')

let at: ProgramHome

beforeAll(async () => {
  at = await makeProgramHome('short')
})

afterAll(() => at.remove())

const withInput = async (args: readonly string[], input: string) => {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: at.env,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  child.stdin.end(input)
  await once(child, 'close')
  return { exit: child.exitCode, said }
}

describe('secrets', () => {
  test('come by standard input, are listed by name, and go', async () => {
    const value = 'hunter2-and-more'
    expect(await withInput(['secret', 'set', 'MAIL_KEY'], `${value}\n`)).toMatchObject({ exit: 0 })
    expect(statSync(path.join(at.home, 'keys', 'secrets.json')).mode & 0o777).toBe(0o600)
    const listed = await at.run(['secret', 'list'])
    expect(listed.stdout).toBe('MAIL_KEY\n')
    expect(JSON.parse((await at.run(['secret', 'list', '--json'])).stdout)).toEqual({
      items: [{ name: 'MAIL_KEY' }],
    })
    expect((await at.run(['secret', 'rm', 'MAIL_KEY'])).exit).toBe(0)
    expect((await at.run(['secret', 'rm', 'MAIL_KEY'])).exit).toBe(1)
    expect(at.getWritten()).not.toContain(value)
  })
})

describe('doctor', () => {
  test('looks at everything and finds it good', async () => {
    const ended = await at.run(['doctor', '--json'])
    const { checks } = JSON.parse(ended.stdout) as {
      checks: { name: string; standing: string; fix?: string }[]
    }
    expect(checks.map(({ name }) => name)).toEqual([
      'node',
      'home',
      'keys',
      'disk',
      'git',
      'sandbox',
      'tmux',
      'models',
      'port',
      'database',
      'server',
    ])
    expect(checks.filter(({ standing }) => standing === 'bad')).toEqual([])
    for (const check of checks) if (check.standing !== 'good') expect(check.fix).toMatch(/\S/u)
    expect(ended.exit).toBe(0)
  })

  test('tells the fix of a database that is not there', async () => {
    const ended = await at.run(['doctor'], { DATABASE_URL: 'postgres://nobody:nothing@127.0.0.1:1/none' })
    expect(ended.exit).toBe(69)
    expect(ended.stdout).toContain('✗ database')
    expect(ended.stdout).not.toContain('nothing@')
  })
})

type Waiting = {
  readonly id: string
  readonly kind: string
  readonly phase: string
  readonly defaultAnswer: string
}

const readQuestions = async (): Promise<readonly Waiting[]> =>
  (JSON.parse((await at.run(['questions', '--json'])).stdout) as { items: readonly Waiting[] }).items

describe('a person in between', () => {
  test('a question is answered from another command, and the run goes on', async () => {
    const flags = ['--clarification', 'human', '--deadline', '3000', ...CONFINEMENT]
    const waiting = await at.follow(['run', 'a poll app', '--json', '--no-input', ...flags])
    expect(waiting.exit).toBe(6)
    const items = await readQuestions()
    expect(items.length).toBeGreaterThan(0)
    for (const { id, defaultAnswer } of items)
      expect(await at.run(['answer', id, ...defaultAnswer.split(' ')])).toMatchObject({ exit: 0 })
    const twice = await at.run(['answer', items[0]?.id ?? '', 'another'])
    expect(twice.exit).toBe(1)
    expect(twice.stderr).toContain('--change')
    const goOn = () => at.follow(['runs', 'resume', waiting.runId, '--json', '--no-input'])
    let done = await goOn()
    // In this mode the approval points of the playbook wait for a person as well.
    const approved: string[] = []
    while (done.exit === 6 && approved.length < 9) {
      const [open] = await readQuestions()
      expect(open).toMatchObject({ kind: 'approval' })
      approved.push(open?.phase ?? '')
      expect(await at.run(['answer', open?.id ?? '', 'perhaps'])).toMatchObject({ exit: 64 })
      expect(await at.run(['answer', open?.id ?? '', 'approve'])).toMatchObject({ exit: 0 })
      done = await goOn()
    }
    expect(approved).toEqual(['prd', 'release'])
    expect(done).toMatchObject({ exit: 0, result: { status: 'succeeded', verdict: BEST_VERDICT } })
  })

  test('a run is held until somebody says yes', async () => {
    const brief = { ROPEWALK_PLAYBOOK: cutPlaybook(at, 'brief', { kept: BRIEF }) }
    const held = await at.follow(
      ['run', 'a guest book', '--json', '--approve', '--deadline', '0', ...CONFINEMENT],
      brief,
    )
    expect(held).toMatchObject({ exit: 6, result: { status: 'planned' } })
    const done = await at.follow(['runs', 'resume', held.runId, '--json'], brief)
    // Its two phases have no code, so nothing of it is verified.
    expect(done).toMatchObject({ exit: 5, result: { status: 'succeeded', verdict: 'unverified' } })
  })

  test('Ctrl-C keeps the run and says how to go on', async () => {
    const running = at.start(['run', 'a todo list', '--deadline', '2', ...CONFINEMENT])
    let runId: string | undefined
    while (runId === undefined) {
      expect(running.child.exitCode).toBe(null)
      await sleep(50)
      runId = /\nrun ([0-9a-f-]{36})\n/u.exec(at.getWritten().slice(-3000))?.[1]
    }
    running.child.kill('SIGINT')
    const ended = await running.ended
    expect(ended.exit).toBe(130)
    expect(ended.stderr).toContain(`./ropewalk runs resume ${runId}`)
    expect(existsSync(path.join(at.home, 'server.json'))).toBe(false)
    const other = await at.follow(['run', 'a guest book', '--json', '--deadline', '0', ...CONFINEMENT])
    expect(other).toMatchObject({ exit: 0, result: { verdict: BEST_VERDICT } })
    expect(other.stderr).toContain(
      `1 interrupted run goes on too: ${runId}; stop one with ./ropewalk runs cancel ID`,
    )
    const done = await at.follow(['runs', 'resume', runId, '--json'])
    expect(done).toMatchObject({ exit: 0, result: { verdict: BEST_VERDICT } })
    expect(done.stderr).not.toContain('interrupted')
    expect((await at.run(['ledger', 'verify'])).exit).toBe(0)
  })

  test('a document that a person edits is taken into a fork', async () => {
    const shown = await at.run(['artifacts', 'show', 'last', 'IdeaSpec'])
    const idea = JSON.parse(shown.stdout) as Record<string, unknown>
    const file = path.join(at.folder, 'idea.json')
    writeFileSync(file, JSON.stringify(idea))
    const forked = await at.follow([
      'runs',
      'fork',
      'last',
      '--from',
      'prd',
      '--edit',
      `IdeaSpec=${file}`,
      '--json',
    ])
    expect(forked).toMatchObject({ exit: 0, result: { verdict: BEST_VERDICT } })
    const first = forked.result.phases[0]
    expect(first).toMatchObject({ phase: 'intake', status: 'passed' })
    expect((await at.run(['artifacts', 'edit', 'last', 'PRD', '--file', '/nowhere.json'])).exit).toBe(64)
  })
})

describe('money', () => {
  test('--budget 0 makes no call and ends with 7, also when it is taken up again without more', async () => {
    const models = await startModelServer()
    try {
      const env = {
        ROPEWALK_MODEL: 'openai/scripted',
        OPENAI_API_KEY: 'key',
        OPENAI_BASE_URL: models.baseUrl,
      }
      const ended = await at.run(['run', 'a todo list', '--budget', '0', '--json', ...CONFINEMENT], env)
      expect(ended.exit).toBe(7)
      expect(models.requests).toEqual([])
      expect(ended.stdout).toContain('"status":"paused"')
      expect(ended.stderr).toMatch(/runs resume [0-9a-f-]{36} --budget USD/u)
      const runId = /runs resume ([0-9a-f-]{36})/u.exec(ended.stderr)?.[1] ?? ''
      const again = await at.run(['runs', 'resume', runId, '--json'], env)
      expect(again.exit).toBe(7)
      expect(models.requests).toEqual([])
    } finally {
      await models.stop()
    }
  })
})

describe('output', () => {
  test('a reader that went away is no failure', () => {
    const { stderr, status } = spawnSync(
      '/bin/sh',
      ['-c', `"$0" "$1" --help | head -n 1; exit 0`, process.execPath, MAIN],
      { encoding: 'utf8' },
    )
    expect(stderr).toBe('')
    expect(status).toBe(0)
  })

  test.skipIf(!needs('tmux'))('at a terminal there are phase lines, and the page at the end', async () => {
    const session = `ropewalk-test-${process.pid}`
    const tmux = (...args: string[]) => spawnSync('tmux', ['-L', session, ...args], { encoding: 'utf8' })
    const { PATH: _, ...own } = at.env
    const env = Object.entries(own)
      .map(([name, value]) => `${name}='${value}'`)
      .join(' ')
    const flags = ['--clarification autonomous', ...CONFINEMENT].join(' ')
    const command = `${env} '${process.execPath}' '${MAIN}' run 'a todo list' ${flags}; echo "ended with $?"`
    tmux('-f', '/dev/null', 'new-session', '-d', '-x', '90', '-y', '60', command + '; sleep 60')
    try {
      let screen = ''
      for (let tries = 0; tries < 1600 && !screen.includes('ended with'); tries += 1) {
        await sleep(150)
        screen = tmux('capture-pane', '-p').stdout
      }
      expect(screen).toContain('preflight')
      expect(screen).toMatch(/✓ models +offline/u)
      expect(screen).toContain('price      nothing')
      for (const phase of ['intake', 'prd', 'build', 'story-loop', 'qa', 'release'])
        expect(screen).toMatch(new RegExp(`✓ ${phase} +\\d+ s +passed, score \\d+ %`, 'u'))
      expect(screen).toContain('dossier  file://')
      expect(screen).toContain('ended with 0')
    } finally {
      tmux('kill-server')
    }
  })
})

describe('reset', () => {
  test('wants a yes, then removes runs and database and keeps keys', async () => {
    const key = readFileSync(path.join(at.home, 'keys', 'signing-0001.pem'), 'utf8')
    expect((await at.run(['reset'])).exit).toBe(64)
    expect((await at.run(['reset', '--yes'])).exit).toBe(0)
    expect(existsSync(path.join(at.home, 'dossiers'))).toBe(false)
    expect(readFileSync(path.join(at.home, 'keys', 'signing-0001.pem'), 'utf8')).toBe(key)
    expect(JSON.parse((await at.run(['runs', 'list', '--json'])).stdout)).toEqual({ items: [] })
    expect((await at.run(['ledger', 'verify'])).exit).toBe(0)
    expect((await at.run(['reset', '--yes', '--keys'])).exit).toBe(0)
    expect(existsSync(path.join(at.home, 'keys'))).toBe(false)
  })
})
