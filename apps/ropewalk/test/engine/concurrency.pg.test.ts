import { setTimeout as sleep } from 'node:timers/promises'
import { hasCode } from '@ropewalk/core/errors'
import { ReservationId, WorkspaceId } from '@ropewalk/core/ids'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunningEngine } from '../../src/engine/start.ts'
import { createWorkspace } from '../../src/store/create-workspace.ts'
import { withClient } from '../support/postgres.ts'
import { expectHistoriesToMatch } from './support/histories.ts'
import { makePhaseOf } from './support/plans.ts'
import {
  AGENT,
  PERSON,
  WORKSPACE,
  claim,
  claimOne,
  complete,
  makeStart,
  makeUuid,
  startRun,
  startStage,
  workOff,
  type Stage,
} from './support/stage.ts'

let stage: Stage
let engines: readonly RunningEngine[]
beforeAll(async () => {
  stage = await startStage()
  engines = [stage.engine, await stage.startAnother()]
})
afterAll(async () => {
  await stage.stop()
})

test('a hundred spenders in two processes never pass the cap', async () => {
  const runId = await startRun(stage.engine, makePhaseOf(1, 'sequential', { capMicros: 1000 }))
  const task = await claimOne(stage.engine)
  const reserve = (index: number) =>
    engines[index % 2]?.submit(
      {
        type: 'ReserveBudget',
        workspaceId: WORKSPACE,
        runId,
        taskId: task.taskId,
        attempt: task.attempt,
        reservationId: ReservationId.parse(makeUuid()),
        micros: 150,
        tokens: 1,
        deadlineAt: '2099-01-01T00:00:00.000Z',
      },
      { by: AGENT },
    )
  const answers = await Promise.allSettled(Array.from({ length: 100 }, (_, index) => reserve(index)))
  const granted = answers.filter((answer) => answer.status === 'fulfilled')
  expect(granted).toHaveLength(6)
  const { run } = await stage.engine.readRun(WORKSPACE, runId)
  expect(run.reservedMicros).toBe(900)
  for (const answer of answers) {
    if (answer.status === 'rejected')
      expect(['BUDGET_EXCEEDED', 'TASK_CEILING']).toContain(answer.reason.code)
  }
  await complete(stage.engine, task)
})

test('a hundred starts never grant more than the workspace has', async () => {
  const workspaceId = WorkspaceId.parse('small')
  await createWorkspace(stage.engine.store, { id: workspaceId, capMicros: 10_000 })
  const plan = makePhaseOf(1, 'sequential', { capMicros: 1000 })
  const answers = await Promise.allSettled(
    Array.from({ length: 100 }, (_, index) =>
      engines[index % 2]?.submit({ ...makeStart(plan), workspaceId }, { by: PERSON }),
    ),
  )
  expect(answers.filter((answer) => answer.status === 'fulfilled')).toHaveLength(10)
  const [row] = await stage.query<{ granted_micros: string }>(
    "SELECT granted_micros FROM ropewalk.workspaces WHERE id = 'small'",
  )
  expect(row?.granted_micros).toBe('10000')
  await workOff(stage.engine, { workspaceId })
})

test('two processes work on the same runs at once without a deadlock, and nothing is lost or done twice', async () => {
  const plan = makePhaseOf(5, 'parallel')
  const [before] = await stage.query<{ deadlocks: string }>(
    'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
  )
  const runIds = await Promise.all(
    Array.from({ length: 40 }, (_, index) => startRun(engines[index % 2] ?? stage.engine, plan)),
  )
  const seen: string[] = []
  const work = async (engine: RunningEngine, worker: string) => {
    for (let idle = 0; idle < 3;) {
      const tasks = await claim(engine, 7, worker)
      seen.push(...tasks.map((task) => `${task.taskId}/${task.attempt}`))
      idle = tasks.length === 0 ? idle + 1 : 0
      // Results go to the other process, in an order of their own, with signals and beats in between.
      await Promise.all(
        tasks.toReversed().map(async (task, index) => {
          const by = engines[index % 2] ?? engine
          await by.heartbeat([task])
          await by.appendLog({ ...task, lines: [{ stream: 'out', text: worker }] })
          await by
            .submit(
              { type: 'TopUpRun', workspaceId: task.workspaceId, runId: task.runId, micros: 1 },
              { by: PERSON },
            )
            .catch((error: unknown) =>
              expect(error).toMatchObject({
                code: expect.stringMatching(/^(CONFLICT|RUN_ALREADY_FINISHED)$/u),
              }),
            )
          await complete(by, task)
        }),
      )
      if (tasks.length === 0) await sleep(20)
    }
  }
  await Promise.all([
    work(engines[0] ?? stage.engine, 'a'),
    work(engines[1] ?? stage.engine, 'b'),
    work(stage.engine, 'c'),
  ])
  expect(new Set(seen).size).toBe(seen.length)
  for (const runId of runIds) {
    const { run } = await stage.engine.readRun(WORKSPACE, runId)
    expect(run.closing).toBe(true)
  }
  const done = await stage.query<{ count: string }>(
    `SELECT count(*) FROM ropewalk.ledger, unnest(string_to_array(types, ' ')) AS of(type)
     WHERE of.type = 'task.completed' AND stream_id = ANY ($1)`,
    [runIds],
  )
  expect(done[0]?.count).toBe('200')
  const [after] = await stage.query<{ deadlocks: string }>(
    'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
  )
  expect(after?.deadlocks).toBe(before?.deadlocks)
})

test('positions have no gap, and a live reader skips none of four writers', async () => {
  const other = WorkspaceId.parse('other')
  await createWorkspace(stage.engine.store, { id: other, capMicros: 1_000_000_000 })
  const plan = makePhaseOf(1, 'sequential', { capMicros: 10 })
  const [{ last: start } = { last: '0' }] = await stage.query<{ last: string }>(
    "SELECT last FROM ropewalk.workspace_positions WHERE workspace_id = 'default'",
  )
  const read: number[] = []
  let isWriting = true
  const follow = async () => {
    for (let after = Number(start); ;) {
      const wasWriting = isWriting
      const events = await engines[1]?.listEvents(WORKSPACE, { after, limit: 100 })
      read.push(...(events ?? []).map((event) => event.position))
      after = read.at(-1) ?? after
      if (events?.length === 0 && !wasWriting) return
    }
  }
  const write = async (engine: RunningEngine) => {
    for (let round = 0; round < 12; round += 1) {
      await Promise.all([
        startRun(engine, plan),
        startRun(engine, plan),
        engine.submit({ ...makeStart(plan), workspaceId: other }, { by: PERSON }),
      ])
    }
  }
  const following = follow()
  await Promise.all([...engines, ...engines].map(write))
  isWriting = false
  await following
  const [{ last } = { last: '0' }] = await stage.query<{ last: string }>(
    "SELECT last FROM ropewalk.workspace_positions WHERE workspace_id = 'default'",
  )
  expect(read).toEqual(
    Array.from({ length: Number(last) - Number(start) }, (_, index) => Number(start) + 1 + index),
  )
  expect(read.length).toBeGreaterThan(500)
  const gaps = await stage.query(
    `SELECT workspace_id FROM ropewalk.ledger GROUP BY 1 HAVING max(position) <> sum(events) OR min(position - events) <> 0`,
  )
  expect(gaps).toEqual([])
})

test('a command on a row that somebody else holds is passed over, then waits, then says so; the others go on', async () => {
  const plan = makePhaseOf(1, 'sequential')
  const [held, free] = await Promise.all([startRun(stage.engine, plan), startRun(stage.engine, plan)])
  const topUp = (runId: typeof held) =>
    stage.engine.submit({ type: 'TopUpRun', workspaceId: WORKSPACE, runId, micros: 1 }, { by: PERSON })
  await withClient(stage.database.adminUrl, async (client) => {
    await client.query('BEGIN')
    await client.query('SELECT 1 FROM ropewalk.runs WHERE id = $1 FOR UPDATE', [held])
    const order: string[] = []
    const waiting = topUp(held)
      .then(
        () => 'done',
        (error: { code?: string }) => error.code,
      )
      .finally(() => order.push('held'))
    await topUp(free).finally(() => order.push('free'))
    expect(await waiting).toBe('LOCK_TIMEOUT')
    expect(order).toEqual(['free', 'held'])
    const second = topUp(held)
    await sleep(300)
    await client.query('COMMIT')
    await second
  })
})

test('more commands than the queue holds are refused at once', async () => {
  const small = await stage.startAnother({ limits: { maxQueued: 20 } })
  const plan = makePhaseOf(1, 'sequential', { capMicros: 1 })
  const answers = await Promise.allSettled(
    Array.from({ length: 100 }, () => small.submit(makeStart(plan), { by: PERSON })),
  )
  const refused = answers.filter((answer) => answer.status === 'rejected')
  expect(refused.length).toBeGreaterThan(50)
  for (const { reason } of refused) expect(hasCode(reason, 'QUEUE_FULL')).toBe(true)
})

test('an engine that stops answers what it took and refuses the rest', async () => {
  const leaving = await stage.startAnother()
  const plan = makePhaseOf(1, 'sequential', { capMicros: 1 })
  const taken = Promise.all(Array.from({ length: 30 }, () => leaving.submit(makeStart(plan), { by: PERSON })))
  const stopped = leaving.stop()
  const late = await leaving.submit(makeStart(plan), { by: PERSON }).catch((error: unknown) => error)
  expect(hasCode(late, 'DRAINING')).toBe(true)
  expect(await taken).toHaveLength(30)
  await stopped
})

test('every stored history folds to what the tables say', async () => {
  await workOff(stage.engine)
  expect(await expectHistoriesToMatch(stage)).toBeGreaterThan(100)
})
