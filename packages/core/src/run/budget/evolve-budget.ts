import { type Evolvers, unchanged } from '../evolver.ts'
import { withEntry } from '../../layered-map.ts'
import { expectReservation, expectRun, expectTask, patchPhase, patchRun, patchTask } from '../patch.ts'
import type { Reservation } from '../state.ts'

/** Money and tokens set aside and charged. */
export const budgetEvolvers: Evolvers<
  'budget.reserved' | 'budget.settled' | 'budget.limit.reached' | 'budget.topped_up'
> = {
  'budget.reserved': (state, data, at) => {
    const run = expectRun(state)
    const task = expectTask(state, data.taskId)
    const reservation: Reservation = {
      id: data.reservationId,
      runId: run.id,
      taskId: data.taskId,
      phase: task.phase,
      attempt: data.attempt,
      micros: data.micros,
      tokens: data.tokens,
      status: 'open',
      chargedMicros: 0,
      chargedTokens: 0,
      deadlineAt: data.deadlineAt,
      createdAt: at,
      settledAt: null,
    }
    const kept = { ...state, reservations: withEntry(state.reservations, reservation.id, reservation) }
    const onTask = patchTask(kept, task.id, { modelCalls: task.modelCalls + 1 })
    const onPhase = patchPhase(onTask, task.phase, (phase) => ({
      reservedTokens: phase.reservedTokens + data.tokens,
    }))
    return patchRun(onPhase, { reservedMicros: run.reservedMicros + data.micros })
  },
  // A late settlement takes back what was assumed, which was counted as one call of input tokens.
  'budget.settled': (state, data, at) => {
    const run = expectRun(state)
    const before = expectReservation(state, data.reservationId)
    const open = before.status === 'open'
    const after: Reservation = {
      ...before,
      status: data.assumed ? 'assumed' : 'settled',
      chargedMicros: data.micros,
      chargedTokens: data.tokens,
      settledAt: at,
    }
    const charged = patchPhase(
      { ...state, reservations: withEntry(state.reservations, after.id, after) },
      data.phase,
      (phase) => ({
        reservedTokens: phase.reservedTokens - (open ? before.tokens : 0),
        usage: {
          ...phase.usage,
          inputTokens: phase.usage.inputTokens + data.inputTokens - before.chargedTokens,
          outputTokens: phase.usage.outputTokens + data.outputTokens,
          modelCalls: phase.usage.modelCalls + (open ? 1 : 0),
          costMicros: phase.usage.costMicros + data.micros - before.chargedMicros,
        },
      }),
    )
    return patchRun(charged, {
      reservedMicros: run.reservedMicros - (open ? before.micros : 0),
      spentMicros: run.spentMicros + data.micros - before.chargedMicros,
      tokensUsed: run.tokensUsed + data.tokens - before.chargedTokens,
    })
  },
  'budget.limit.reached': unchanged,
  'budget.topped_up': (state, data) => patchRun(state, { capMicros: data.capMicros }),
}
