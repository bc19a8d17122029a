import { hasCode } from '@ropewalk/core/errors'
import { NO_USAGE } from '@ropewalk/core/contract/budget'
import { ReservationId } from '@ropewalk/core/ids'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ClaimedTask } from '../../src/engine/contract.ts'
import { expectHistoriesToMatch } from '../engine/support/histories.ts'
import { makePhaseOf } from '../engine/support/plans.ts'
import {
  AGENT,
  PERSON,
  WORKSPACE,
  claim,
  claimOne,
  complete,
  makeCompletion,
  makeUuid,
  startRun,
  startStage,
  waitUntil,
  workOff,
  type Stage,
} from '../engine/support/stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(async () => {
  await stage.stop()
})

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'done',
    (error: { code?: string }) => error.code,
  )

describe('claims', () => {
  test('hand a task out once, however many ask at once in however many processes', async () => {
    const plan = makePhaseOf(10, 'parallel')
    await Promise.all(Array.from({ length: 20 }, () => startRun(stage.engine, plan)))
    const engines = [stage.engine, await stage.startAnother(), await stage.startAnother()]
    const claimed: ClaimedTask[] = []
    const take = async (index: number) => {
      for (;;) {
        const tasks = await claim(engines[index % 3] ?? stage.engine, 1 + (index % 4), `w${index}`)
        claimed.push(...tasks)
        if (tasks.length === 0) return
      }
    }
    await Promise.all(Array.from({ length: 24 }, (_, index) => take(index)))
    const ids = claimed.map((task) => task.taskId)
    expect(ids).toHaveLength(200)
    expect(new Set(ids).size).toBe(200)
    const rows = await stage.query<{ id: string; claimed_by: string }>(
      'SELECT id, claimed_by FROM ropewalk.tasks',
    )
    expect(new Set(rows.map((row) => row.id))).toEqual(new Set<string>(ids))
    await Promise.all(claimed.map((task) => complete(stage.engine, task)))
  })

  test('take the oldest first, and only what the worker can do', async () => {
    const runs = []
    for (let index = 0; index < 3; index += 1) {
      runs.push(await startRun(stage.engine, makePhaseOf(1, 'sequential')))
    }
    expect(
      await stage.engine.claimTasks({ worker: 'w', capabilities: ['other'], limit: 5, leaseMs: 1000 }),
    ).toEqual([])
    expect(await stage.engine.claimTasks({ worker: 'w', capabilities: [], limit: 5, leaseMs: 1000 })).toEqual(
      [],
    )
    const tasks = await claim(stage.engine, 2)
    expect(tasks.map((task) => task.runId)).toEqual(runs.slice(0, 2))
    expect(tasks[0]).toMatchObject({ attempt: 1, checkpoint: null, spec: { target: 'agent-1' } })
    await Promise.all(tasks.map((task) => complete(stage.engine, task)))
    await workOff(stage.engine)
  })

  test('leave the tasks of a paused run alone', async () => {
    const runId = await startRun(stage.engine, makePhaseOf(2, 'parallel'))
    const signal = (name: 'pause' | 'resume') =>
      stage.engine.submit(
        { type: 'SignalRun', workspaceId: WORKSPACE, runId, signal: name, target: 'run', targetId: null },
        { by: PERSON },
      )
    await signal('pause')
    expect(await claim(stage.engine, 5)).toEqual([])
    await signal('resume')
    expect(await workOff(stage.engine)).toBe(2)
  })
})

describe('an attempt that was superseded', () => {
  test('is refused whatever it writes', async () => {
    const { engine } = stage
    const runId = await startRun(engine, makePhaseOf(1, 'sequential'))
    const old = await claimOne(engine)
    const of = { workspaceId: WORKSPACE, taskId: old.taskId, attempt: old.attempt }
    await engine.saveCheckpoint({ ...of, token: 'half', data: { done: 3 } })
    await engine.appendLog({ ...of, lines: [{ stream: 'out', text: 'first' }] })
    await engine.submit(
      {
        type: 'LoseAttempt',
        ...of,
        runId,
        outcome: 'lost',
        worker: 'w1',
        claimedAt: old.claimedAt,
        message: 'Gone.',
      },
      { by: PERSON },
    )
    await waitUntil(
      'the task is due again',
      async () => (await stage.engine.readTask(WORKSPACE, old.taskId)).status === 'ready',
    )
    const next = await claimOne(engine)
    expect(next).toMatchObject({
      taskId: old.taskId,
      attempt: 2,
      checkpoint: { token: 'half', data: { done: 3 } },
    })
    const doer = { worker: 'w1', claimedAt: old.claimedAt, tool: 'fixture', toolVersion: '1' }
    const writes: Record<string, () => Promise<unknown>> = {
      checkpoint: () => engine.saveCheckpoint({ ...of, token: 'late', data: {} }),
      log: () => engine.appendLog({ ...of, lines: [{ stream: 'out', text: 'late' }] }),
      complete: () => complete(engine, old),
      fail: () =>
        engine.submit(
          {
            type: 'FailTask',
            ...of,
            ...doer,
            runId,
            errorClass: 'transient',
            message: 'late',
            usage: NO_USAGE,
            retryAfterMs: null,
            jitter: 0,
          },
          { by: AGENT },
        ),
      tool: () =>
        engine.submit({ type: 'RefuseTool', ...of, runId, tool: 'rm', reason: 'late' }, { by: AGENT }),
      reserve: () =>
        engine.submit(
          {
            type: 'ReserveBudget',
            ...of,
            runId,
            reservationId: ReservationId.parse(makeUuid()),
            micros: 1,
            tokens: 1,
            deadlineAt: '2099-01-01T00:00:00.000Z',
          },
          { by: AGENT },
        ),
    }
    for (const [name, write] of Object.entries(writes))
      expect([name, await codeOf(write())]).toEqual([name, 'STALE_ATTEMPT'])
    expect(await engine.heartbeat([old, next, next])).toEqual([
      { stale: true },
      { leaseUntil: expect.any(String), cancelled: false },
      { leaseUntil: expect.any(String), cancelled: false },
    ])
    await complete(engine, next)
    expect(await codeOf(complete(engine, next))).toBe('STALE_ATTEMPT')
    expect(await engine.heartbeat([next])).toEqual([{ stale: true }])
  })

  test('of two that complete the same attempt at once, one counts', async () => {
    const { engine } = stage
    await startRun(engine, makePhaseOf(1, 'sequential'))
    const task = await claimOne(engine)
    const other = await stage.startAnother()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => codeOf(complete(index % 2 === 0 ? engine : other, task))),
    )
    expect(answers.toSorted()).toEqual([...Array.from({ length: 19 }, () => 'STALE_ATTEMPT'), 'done'])
  })
})

describe('heartbeats', () => {
  test('renew the lease by its own length and keep progress', async () => {
    const { engine } = stage
    await startRun(engine, makePhaseOf(1, 'sequential'))
    const [task] = await claim(engine, 1, 'w1', { leaseMs: 5_000 })
    if (task === undefined) throw new Error('no task')
    expect(Date.parse(task.leaseUntil) - Date.parse(task.claimedAt)).toBe(5_000)
    const [answer] = await engine.heartbeat([{ ...task, pct: 40, etaMs: 1000 }])
    expect(answer).toMatchObject({ cancelled: false })
    const [row] = await stage.query<{ pct: number; length: string; overdue: boolean }>(
      `SELECT pct, extract(epoch FROM lease_until - heartbeat_at)::text AS length, overdue_at = least(lease_until, timeout_at) AS overdue
       FROM ropewalk.tasks WHERE id = $1`,
      [task.taskId],
    )
    expect(row).toEqual({ pct: 40, length: '5.000000', overdue: true })
    await complete(engine, task)
  })

  test('tell the worker of a cancelled task', async () => {
    const { engine } = stage
    const runId = await startRun(engine, makePhaseOf(1, 'sequential'))
    const task = await claimOne(engine)
    await engine.submit(
      { type: 'SignalRun', workspaceId: WORKSPACE, runId, signal: 'cancel', target: 'run', targetId: null },
      { by: PERSON },
    )
    expect(await engine.heartbeat([task])).toEqual([{ leaseUntil: expect.any(String), cancelled: true }])
    expect(await codeOf(complete(engine, task))).not.toBe('done')
  })
})

describe('logs and checkpoints', () => {
  test('lines are numbered per run without a gap, whatever came at once and whatever it holds', async () => {
    const { engine } = stage
    const runId = await startRun(engine, makePhaseOf(2, 'parallel'))
    const tasks = await claim(engine, 2)
    const other = await stage.startAnother()
    await Promise.all(
      Array.from({ length: 60 }, (_, index) => {
        const task = tasks[index % 2]
        if (task === undefined) throw new Error('no task')
        const lines = [
          { stream: 'out' as const, text: `a\0b\uD800 ${index}` },
          { stream: 'err' as const, text: 'x'.repeat(20_000) },
        ]
        return (index % 3 === 0 ? other : engine).appendLog({ ...task, lines })
      }),
    )
    const first = await engine.listLogs(WORKSPACE, runId, { after: 0, limit: 100 })
    const rest = await engine.listLogs(WORKSPACE, runId, { after: 100, limit: 100 })
    expect([...first, ...rest].map((line) => line.seq)).toEqual(
      Array.from({ length: 120 }, (_, index) => index + 1),
    )
    expect(first.find((line) => line.stream === 'out')?.text).toMatch(/^a\uFFFDb\uFFFD \d+$/u)
    const [task] = tasks
    if (task === undefined) throw new Error('no task')
    expect(
      await engine.listLogs(WORKSPACE, runId, { after: 0, limit: 200, taskId: task.taskId }),
    ).toHaveLength(60)
    await Promise.all(tasks.map((one) => complete(engine, one)))
  })

  test('the newest checkpoint stands, and one that is too large is refused', async () => {
    const { engine } = stage
    await startRun(engine, makePhaseOf(1, 'sequential'))
    const task = await claimOne(engine)
    await Promise.all(
      [1, 2, 3].map((step) => engine.saveCheckpoint({ ...task, token: `t${step}`, data: { step } })),
    )
    const rows = await stage.query('SELECT token, data FROM ropewalk.checkpoints WHERE task_id = $1', [
      task.taskId,
    ])
    expect(rows).toEqual([{ token: 't3', data: { step: 3 } }])
    expect(await codeOf(engine.saveCheckpoint({ ...task, token: 't', data: 'x'.repeat(300_000) }))).toBe(
      'PAYLOAD_TOO_LARGE',
    )
    await complete(engine, task)
  })
})

describe('what Postgres or the ledger cannot keep', () => {
  test('fails alone, not with the commands that came along', async () => {
    const { engine } = stage
    await startRun(engine, makePhaseOf(2, 'parallel'))
    const [good, bad] = await claim(engine, 2)
    if (good === undefined || bad === undefined) throw new Error('no tasks')
    const broken = makeCompletion(bad, { tool: 'with \0 in it' })
    const [fine, refused] = await Promise.all([
      complete(engine, good),
      codeOf(engine.submit(broken, { by: AGENT })),
    ])
    expect(fine.version).toBeGreaterThan(0)
    expect(refused).toBe('INVARIANT_BROKEN')
    await complete(engine, bad)
    const oversized = await engine
      .submit(makeCompletion(good), { by: AGENT, correlationId: 'x'.repeat(9000) })
      .catch((error: unknown) => error)
    expect(hasCode(oversized, 'STALE_ATTEMPT')).toBe(true)
  })
})

test('every stored history folds to what the tables say', async () => {
  await workOff(stage.engine)
  expect(await expectHistoriesToMatch(stage)).toBeGreaterThan(20)
})
