import { describe, expect, test } from 'vitest'
import type { ReservationId } from '../../src/ids.ts'
import type { Reservation } from '../../src/run/state.ts'
import { evolveWorkspace } from '../../src/workspace/evolve.ts'
import { dataOf, given, onRun, twoPhases } from './given.ts'

const working = (capMicros = 1000, tokens = 1000) => {
  const budgets = { tokens, tools_minutes: 1, gpu_hours: 0, wallclock_minutes: 1 }
  const run = given(twoPhases({ capMicros }, { budgets }))
  run.start()
  const task = run.claim(run.task('writer'))
  const reserve = (micros: number, asked = 10) => run.reserve(run.task('writer'), micros, asked)
  const last = (): Reservation => {
    const found = [...run.state.reservations.values()].at(-1)
    if (!found) throw new Error('nothing is reserved')
    return found
  }
  const settle = (reservationId: ReservationId, micros: number, inputTokens = 4, outputTokens = 3) =>
    run.when({ type: 'SettleBudget', ...onRun, reservationId, micros, inputTokens, outputTokens, model: 'm' })
  const assume = (reservationId: ReservationId) =>
    run.when({ type: 'AssumeReservation', ...onRun, reservationId })
  return { run, task, reserve, settle, assume, last }
}

describe('reserving', () => {
  test('sets money and tokens aside until a deadline', () => {
    const { run, reserve } = working()
    const decision = reserve(100, 50)
    expect(decision).toMatchObject({ type: 'accepted', answer: { throttleMs: 0 } })
    expect(decision.type === 'accepted' && decision.effects).toMatchObject([
      { kind: 'reservation-deadline', fireAt: '2026-01-01T00:01:00.000Z' },
    ])
    expect(run.run.reservedMicros).toBe(100)
    expect(run.phase('prd').reservedTokens).toBe(50)
    expect(run.task('writer').modelCalls).toBe(1)
  })

  test('is refused where spent, reserved and asked pass the cap, to the last micro-dollar', () => {
    const { reserve, settle, last } = working(1000)
    reserve(400)
    settle(last().id, 300)
    reserve(500)
    expect(reserve(201)).toMatchObject({
      code: 'BUDGET_EXCEEDED',
      details: { unit: 'usd', cap: 1000, spent: 300, reserved: 500, asked: 201 },
    })
    expect(reserve(200)).toMatchObject({ type: 'accepted', answer: { throttleMs: 2000 } })
  })

  test("is refused where the phase's tokens do not last", () => {
    const { reserve, settle, last } = working(1000, 100)
    reserve(0, 50)
    settle(last().id, 0, 20, 10)
    reserve(0, 30)
    expect(reserve(0, 41)).toMatchObject({
      code: 'BUDGET_EXCEEDED',
      details: { unit: 'tokens', cap: 100, spent: 30, reserved: 30, asked: 41 },
    })
    expect(reserve(0, 40)).toMatchObject({ type: 'accepted', answer: { throttleMs: 2000 } })
  })

  test('of nothing is fine under a cap of zero, of anything is not', () => {
    const { reserve } = working(0)
    expect(reserve(0)).toMatchObject({ type: 'accepted', answer: { throttleMs: 0 } })
    expect(reserve(1)).toMatchObject({ code: 'BUDGET_EXCEEDED' })
  })

  test('ends at the ceiling of calls, and a task that fails by it is not paused but failed', () => {
    const { run, task, reserve } = working()
    for (let call = 0; call < 12; call += 1) expect(reserve(1, 1).type).toBe('accepted')
    expect(reserve(1, 1)).toMatchObject({ code: 'TASK_CEILING', details: { cap: 12 } })
    run.accepted({
      type: 'FailTask',
      ...run.attemptOf(task),
      errorClass: 'budget',
      message: 'no calls left',
      usage: { inputTokens: 0, outputTokens: 0, modelCalls: 12, toolMs: 0, costMicros: 0 },
      retryAfterMs: null,
      jitter: 0,
    })
    expect(run.run).toMatchObject({ status: 'failed', failureCode: 'TASK_FAILED' })
  })

  test('needs the running attempt and a name of its own', () => {
    const { run, task, reserve, last } = working()
    reserve(1)
    const deadlineAt = run.at()
    const again = {
      type: 'ReserveBudget' as const,
      ...onRun,
      taskId: task.id,
      attempt: 1,
      reservationId: last().id,
      micros: 1,
      tokens: 1,
      deadlineAt,
    }
    expect(run.refused(again).code).toBe('CONFLICT')
    expect(run.refused({ ...again, attempt: 2 }).code).toBe('STALE_ATTEMPT')
  })
})

describe('settling', () => {
  test('charges what the call cost and frees the rest, once', () => {
    const { run, reserve, settle, last } = working()
    reserve(100, 50)
    expect(settle(last().id, 60)).toMatchObject({
      type: 'accepted',
      answer: { late: false, spentMicros: 60 },
    })
    expect(run.run).toMatchObject({ reservedMicros: 0, spentMicros: 60, tokensUsed: 7 })
    expect(run.phase('prd')).toMatchObject({
      reservedTokens: 0,
      usage: { inputTokens: 4, outputTokens: 3, modelCalls: 1, costMicros: 60 },
    })
    expect(settle(last().id, 60)).toMatchObject({ code: 'CONFLICT' })
  })

  test('may cost more than was reserved, if the provider says so', () => {
    const { run, reserve, settle, last } = working()
    reserve(100)
    settle(last().id, 130)
    expect(run.run).toMatchObject({ spentMicros: 130, reservedMicros: 0 })
  })

  test('after the deadline corrects what was assumed in full', () => {
    const { run, reserve, settle, assume, last } = working()
    reserve(100, 50)
    expect(assume(last().id)).toMatchObject({ type: 'accepted', answer: { assumed: true } })
    expect(run.run).toMatchObject({ spentMicros: 100, reservedMicros: 0, tokensUsed: 50 })
    expect(last()).toMatchObject({ status: 'assumed', chargedMicros: 100 })
    expect(assume(last().id)).toMatchObject({ code: 'CONFLICT' })
    const late = settle(last().id, 60)
    expect(late.type === 'accepted' && dataOf(late, 'budget.settled')).toMatchObject({
      late: true,
      assumed: false,
    })
    expect(run.run).toMatchObject({ spentMicros: 60, tokensUsed: 7 })
    expect(run.phase('prd').usage).toMatchObject({
      inputTokens: 4,
      outputTokens: 3,
      modelCalls: 1,
      costMicros: 60,
    })
  })

  test('of a reservation that is not there is refused', () => {
    const { settle, assume, reserve, last, run } = working()
    reserve(1)
    const { id } = last()
    const other = id.replace(/^0/u, '1') as ReservationId
    expect(settle(other, 1)).toMatchObject({ code: 'NOT_FOUND' })
    expect(assume(other)).toMatchObject({ code: 'NOT_FOUND' })
    expect(run.run.spentMicros).toBe(0)
  })
})

describe('the workspace', () => {
  test('tops a run up from what it has left, and not after the run has ended', () => {
    const run = given(twoPhases({ capMicros: 1000 }), 1500)
    run.start()
    expect(run.refused({ type: 'TopUpRun', ...onRun, micros: 501 }).code).toBe('BUDGET_EXCEEDED')
    expect(run.refused({ type: 'TopUpRun', ...onRun, micros: 0 }).code).toBe('INVALID_ARGUMENT')
    run.accepted({ type: 'TopUpRun', ...onRun, micros: 500 })
    expect(run.workspace.grantedMicros).toBe(1500)
    run.signal('cancel')
    expect(run.refused({ type: 'TopUpRun', ...onRun, micros: 1 }).code).toBe('RUN_ALREADY_FINISHED')
  })

  test('gets back what a run has not spent, once nothing is reserved any more', () => {
    const { run, reserve, settle, last } = working(1000)
    reserve(100)
    expect(run.refused({ type: 'CloseRun', ...onRun }).code).toBe('CONFLICT')
    const cancelled = run.signal('cancel')
    expect(cancelled.type === 'accepted' && cancelled.effects[0]).toMatchObject({ kind: 'close-run' })
    expect(run.refused({ type: 'CloseRun', ...onRun })).toMatchObject({ details: { openReservations: 1 } })
    const settled = settle(last().id, 60)
    expect(settled.type === 'accepted' && settled.effects).toMatchObject([{ kind: 'close-run' }])
    run.accepted({ type: 'CloseRun', ...onRun })
    expect(run.workspace).toMatchObject({ grantedMicros: 60, spentMicros: 60 })
    expect(run.refused({ type: 'CloseRun', ...onRun }).code).toBe('CONFLICT')
  })

  test('refuses a correction once the books are closed', () => {
    const { run, reserve, assume, settle, last } = working(1000)
    reserve(100)
    assume(last().id)
    run.signal('cancel')
    run.accepted({ type: 'CloseRun', ...onRun })
    expect(settle(last().id, 1)).toMatchObject({ code: 'CONFLICT' })
  })

  test('is not moved by any other event', () => {
    const { run } = working()
    expect(evolveWorkspace(run.workspace, { type: 'run.started', v: 1, data: {} })).toBe(run.workspace)
  })
})
