import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasCode } from '@ropewalk/core/errors'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startEngine, type RunningEngine } from '../../src/engine/start.ts'
import { makeLog } from '../../src/log.ts'
import { sendSignal } from '../../src/store/embedded/processes.ts'
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../src/store/embedded/start-embedded-postgres.ts'
import { migrate } from '../../src/store/migrate.ts'
import { makeRoleUrl } from '../../src/store/urls.ts'
import { startTimers, type Timers } from '../../src/timers/start-timers.ts'
import { makePhaseOf } from '../engine/support/plans.ts'
import {
  AGENT,
  PERSON,
  WORKSPACE,
  claim,
  complete,
  makeRecordDossier,
  makeStart,
  waitUntil,
} from '../engine/support/stage.ts'
import { TestHome } from './embedded-home.ts'

let home: TestHome
let server: EmbeddedPostgres
let engine: RunningEngine
let timers: Timers
beforeAll(async () => {
  home = await TestHome.make()
  server = await startEmbeddedPostgres({ homeDir: home.homeDir, log: () => undefined })
  const password = randomBytes(16).toString('hex')
  await migrate({ adminUrl: server.url, passwords: { writer: password, reader: password } })
  const log = makeLog({ level: 'silent' })
  engine = await startEngine({
    databaseUrls: {
      writer: makeRoleUrl(server.url, 'ropewalk_writer', password),
      reader: makeRoleUrl(server.url, 'ropewalk_reader', password),
    },
    log,
    isTimerProcess: true,
  })
  timers = await startTimers({
    engine,
    log,
    doers: {
      signHead: () => Promise.resolve(),
      buildDossier: async (workspaceId, runId) => {
        await engine.submit(makeRecordDossier({ workspaceId, runId }), { by: PERSON })
      },
    },
  })
})
afterAll(async () => {
  await timers.stop()
  await engine.stop()
  await server.stop()
  await home.remove()
})

type Try = {
  readonly ok: boolean
  readonly ms: number
  readonly code: string | undefined
  readonly at: number
}

const attempt = async (work: () => Promise<unknown>): Promise<Try> => {
  const startedAt = performance.now()
  const code = await work().then(
    () => undefined,
    (error: { code?: string }) => error.code ?? 'unknown',
  )
  return { ok: code === undefined, ms: performance.now() - startedAt, code, at: performance.now() }
}

test('while Postgres is gone every call says so soon; it works again by itself; nothing acknowledged is lost', async () => {
  const plan = makePhaseOf(1, 'sequential', { capMicros: 10 })
  const acknowledged: string[] = []
  const tries: Try[] = []
  let isOver = false
  const write = async () => {
    while (!isOver) {
      const command = makeStart(plan)
      const result = await attempt(async () => {
        await engine.submit(command, { by: PERSON })
        acknowledged.push(command.runId)
      })
      tries.push(result)
      if (!result.ok) await sleep(20)
    }
  }
  const read = async () => {
    while (!isOver) {
      tries.push(await attempt(() => engine.listRuns(WORKSPACE, { limit: 1 })))
      tries.push(
        await attempt(() =>
          engine.claimTasks({ worker: 'w', capabilities: ['none'], limit: 1, leaseMs: 1000 }),
        ),
      )
      await sleep(20)
    }
  }
  const all = Promise.all([write(), write(), write(), write(), read()])
  for (let round = 0; round < 2; round += 1) {
    await sleep(300)
    const { pid } = server
    const killedAt = performance.now()
    sendSignal(pid, 'SIGKILL')
    await waitUntil('the server is another', () => Promise.resolve(server.pid !== pid))
    const backAt = performance.now()
    await waitUntil('writes work', () => Promise.resolve(tries.some(({ ok, at }) => ok && at > backAt)))
    expect(tries.some(({ ok, at }) => !ok && at > killedAt)).toBe(true)
  }
  isOver = true
  await all
  // Two seconds on a machine with nothing else to do; a call that waits for an answer that never comes takes 5 s.
  expect(Math.max(...tries.filter(({ ok }) => !ok).map(({ ms }) => ms))).toBeLessThan(5_000)
  for (const { code } of tries.filter(({ ok }) => !ok)) expect(code).toBe('STORE_UNAVAILABLE')
  const found = new Set<string>()
  for (let cursor: string | undefined, more = true; more;) {
    const page = await engine.listRuns(WORKSPACE, { limit: 200, cursor })
    for (const run of page.items) found.add(run.id)
    cursor = page.nextCursor ?? undefined
    more = cursor !== undefined
  }
  expect(acknowledged.filter((id) => !found.has(id))).toEqual([])
  expect(acknowledged.length).toBeGreaterThan(10)
})

test('timers, hints and claims go on after the outage', async () => {
  for (let tasks = await claim(engine, 100); tasks.length > 0; tasks = await claim(engine, 100)) {
    await Promise.all(tasks.map((task) => complete(engine, task)))
  }
  let hints = 0
  const undo = engine.onCommit(() => {
    hints += 1
  })
  const command = makeStart(makePhaseOf(1, 'sequential', { capMicros: 10 }))
  await engine.submit(command, { by: PERSON })
  const [task] = await claim(engine, 1)
  if (task === undefined) throw new Error('no task')
  await complete(engine, task)
  await waitUntil('the run closes', async () => (await engine.readRun(WORKSPACE, command.runId)).run.closed)
  expect(hints).toBeGreaterThan(0)
  undo()
  const late = await engine
    .submit(
      {
        type: 'RefuseTool',
        workspaceId: WORKSPACE,
        runId: command.runId,
        taskId: task.taskId,
        attempt: 1,
        tool: 'x',
        reason: 'y',
      },
      { by: AGENT },
    )
    .catch((error: unknown) => error)
  expect(hasCode(late, 'STALE_ATTEMPT') || hasCode(late, 'RUN_ALREADY_FINISHED')).toBe(true)
})
