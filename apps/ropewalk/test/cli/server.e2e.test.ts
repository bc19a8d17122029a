import { existsSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  BEST_VERDICT,
  CONFINEMENT,
  makeProgramHome,
  type ProgramHome,
  type Started,
} from '../support/program.ts'

const waitFor = async <T>(find: () => T | undefined | false, what: string): Promise<T> => {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline;) {
    const found = find()
    if (found !== undefined && found !== false) return found
    await sleep(50)
  }
  throw new Error(`${what} did not come about within 60 s`)
}

type Up = Started & { readonly url: string; readonly pid: number }

const startUp = async (
  at: ProgramHome,
  env: Readonly<Record<string, string>> = {},
  ...args: string[]
): Promise<Up> => {
  const started = at.start(['up', '--json', ...args], env)
  const line = await waitFor(
    () => started.getStdout().split('\n').length > 1 && started.getStdout(),
    'the server',
  )
  return { ...started, ...(JSON.parse(line) as { url: string; pid: number }) }
}

const readRecord = (at: ProgramHome) =>
  JSON.parse(readFileSync(path.join(at.home, 'server.json'), 'utf8')) as { pid: number; url: string }

/** How a run of the brief playbook ends well: it has no code, so nothing of it is verified. */
const DONE = { exit: 5, result: { status: 'succeeded', verdict: 'unverified' } } as const

describe('beside a server', () => {
  let at: ProgramHome
  let up: Up

  beforeAll(async () => {
    at = await makeProgramHome('brief')
    up = await startUp(at)
  })

  afterAll(() => at.remove())

  test('it says where it is, to its owner alone, and wants the token', async () => {
    expect(statSync(path.join(at.home, 'server.json')).mode & 0o777).toBe(0o600)
    expect(readRecord(at)).toMatchObject({ pid: up.pid, url: up.url })
    expect(up.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/u)
    expect((await fetch(`${up.url}/healthz`)).status).toBe(200)
    expect((await fetch(`${up.url}/v1/runs`)).status).toBe(401)
    const token = readFileSync(path.join(at.home, 'keys', 'api-token'), 'utf8')
    const answer = await fetch(`${up.url}/v1/runs`, { headers: { authorization: `Bearer ${token}` } })
    expect(answer.status).toBe(200)
  })

  test('run uses it and leaves it running', async () => {
    const ended = await at.follow(['run', 'a todo list', '--json', '--deadline', '0', ...CONFINEMENT])
    expect(ended).toMatchObject(DONE)
    expect(readRecord(at).pid).toBe(up.pid)
    expect((await fetch(`${up.url}/healthz`)).status).toBe(200)
  })

  test('a run that was handed over can be followed later', async () => {
    const handed = await at.run(['run', 'a poll app', '--detach', '--deadline', '0', ...CONFINEMENT])
    expect(handed.exit).toBe(0)
    const runId = handed.stdout.trim()
    const followed = await at.follow(['runs', 'resume', runId, '--json'])
    expect(followed).toMatchObject({ ...DONE, runId })
    const again = await at.follow(['runs', 'resume', runId, '--json'])
    expect(again).toMatchObject({ ...DONE, events: [] })
  })

  test('a second server of the same home is refused', async () => {
    const second = await at.run(['up'])
    expect(second.exit).toBe(1)
    expect(second.stderr).toContain(up.url)
  })

  test('a run waits for a person, is paused, resumed, cancelled, and stays so', async () => {
    const flags = ['--clarification', 'human', '--deadline', '3000', ...CONFINEMENT]
    const waiting = await at.follow(['run', 'a poll app', '--json', '--no-input', ...flags])
    expect(waiting).toMatchObject({ exit: 6, result: { status: 'awaiting_human', dossier: null } })
    expect(waiting.stderr).toContain('./ropewalk answer')
    const { runId } = waiting
    expect((await at.run(['runs', 'pause', runId])).exit).toBe(0)
    const paused = await at.run(['runs', 'show', runId, '--json'])
    expect(JSON.parse(paused.stdout)).toMatchObject({ status: 'paused', pauseReason: 'signal' })
    const still = await at.follow(['runs', 'resume', runId, '--json', '--no-input'])
    expect(still.exit).toBe(6)
    expect((await at.run(['runs', 'cancel', runId])).exit).toBe(0)
    const over = await at.follow(['runs', 'resume', runId, '--json'])
    expect(over).toMatchObject({ exit: 2, result: { status: 'cancelled', verdict: 'unverified' } })
    const refused = await at.run(['runs', 'pause', runId])
    expect(refused.exit).toBe(1)
    expect(refused.stderr).toMatch(/The run is (closed|cancelled); pause does not apply/u)
  })

  test('a run that failed, with its dossier, is retried to a good end and a new dossier', async () => {
    const handed = await at.run(['run', 'a poll app', '--detach', '--deadline', '3', ...CONFINEMENT])
    const runId = handed.stdout.trim()
    expect((await at.run(['runs', 'cancel', runId, '--phase', 'intake'])).exit).toBe(0)
    const failed = await at.run(['runs', 'show', runId, '--json'])
    expect(JSON.parse(failed.stdout)).toMatchObject({ status: 'failed', failureCode: 'PHASE_CANCELLED' })
    const retried = await at.follow(['runs', 'retry', runId, '--json'])
    expect(retried).toMatchObject(DONE)
    expect((await at.run(['dossier', 'verify', runId])).exit).toBe(0)
  })

  test('another home knows nothing of it', async () => {
    const other = await makeProgramHome('brief')
    try {
      const [theirs, ours] = await Promise.all([
        other.run(['runs', 'list', '--json']),
        at.run(['runs', 'list', '--json']),
      ])
      expect(JSON.parse(theirs.stdout)).toEqual({ items: [] })
      expect((JSON.parse(ours.stdout) as { items: unknown[] }).items.length).toBeGreaterThan(1)
    } finally {
      await other.remove()
    }
  })

  test('a client whose server is killed goes on by itself', async () => {
    const running = at.start(['run', 'a guest book', '--json', '--deadline', '4', ...CONFINEMENT])
    await waitFor(() => running.getStdout().includes('CLARIFICATION.QUESTION_ASKED'), 'a question')
    process.kill(up.pid, 'SIGKILL')
    const ended = await running.ended
    expect(ended.exit).toBe(DONE.exit)
    expect(ended.stdout).toContain('"status":"succeeded"')
    const positions = ended.stdout
      .split('\n')
      .filter((line) => line.includes('"position"'))
      .map((line) => (JSON.parse(line) as { position: number }).position)
    expect(positions).toEqual([...new Set(positions)].toSorted((a, b) => a - b))
    expect((await at.run(['ledger', 'verify'])).exit).toBe(0)
  })
})

describe('roles apart', () => {
  test('one process serves, another works, on one database', async () => {
    const at = await makeProgramHome('short')
    try {
      const serve = at.start(['serve', '--json'])
      await waitFor(() => serve.getStdout().includes('"url"'), 'the server')
      const handed = await at.run(['run', 'a todo list', '--detach', '--deadline', '0', ...CONFINEMENT])
      const runId = handed.stdout.trim()
      await sleep(1500)
      const { items } = JSON.parse((await at.run(['artifacts', 'list', runId, '--json'])).stdout) as {
        items: unknown[]
      }
      expect(items).toHaveLength(1)
      const worker = at.start(['worker'])
      const done = await at.follow(['runs', 'resume', runId, '--json'])
      expect(done).toMatchObject({ exit: 0, result: { verdict: BEST_VERDICT } })
      worker.child.kill('SIGTERM')
      expect((await worker.ended).exit).toBe(0)
      serve.child.kill('SIGTERM')
      expect((await serve.ended).exit).toBe(0)
    } finally {
      await at.remove()
    }
  })
})

describe('the end of a server', () => {
  let at: ProgramHome

  beforeAll(async () => {
    at = await makeProgramHome('brief')
  })

  afterAll(() => at.remove())

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'comes in order after %s, without a word of trouble, and takes its record along',
    async (signal) => {
      const up = await startUp(at)
      // Requests that come together open several connections, whose end comes at the same time too.
      await Promise.all([1, 2, 3, 4].map(() => at.run(['runs', 'list'])))
      up.child.kill(signal)
      const { exit, stderr } = await up.ended
      expect(exit).toBe(0)
      expect(stderr).not.toContain('"level"')
      expect(existsSync(path.join(at.home, 'server.json'))).toBe(false)
    },
  )
})

describe('ports', () => {
  let at: ProgramHome
  const busy = createServer()

  beforeAll(async () => {
    at = await makeProgramHome('short')
  })

  afterEach(() => new Promise((resolve) => busy.close(resolve)))

  afterAll(() => at.remove())

  const listen = (port: number) =>
    new Promise<number>((resolve) => {
      busy.once('error', () => {
        // Somebody else has it, which serves as well.
        resolve(port)
      })
      busy.listen(port, '127.0.0.1', () => {
        const address = busy.address()
        resolve(typeof address === 'object' && address !== null ? address.port : port)
      })
    })

  test('one that was asked for and is taken is refused, with the way out', async () => {
    const port = await listen(0)
    const ended = await at.run(['up'], { ROPEWALK_PORT: String(port) })
    expect(ended.exit).toBe(69)
    expect(ended.stderr).toContain(`cannot listen on port ${port}`)
    expect(ended.stderr).toContain('ROPEWALK_PORT=')
    expect(existsSync(path.join(at.home, 'server.json'))).toBe(false)
  })

  test('nobody asked for one: the next free one is taken', async () => {
    await listen(18_080)
    const up = await startUp(at, { ROPEWALK_PORT: '' })
    expect(Number(new URL(up.url).port)).toBeGreaterThan(18_080)
    up.child.kill('SIGTERM')
    expect((await up.ended).exit).toBe(0)
  })
})
