import { refuse, type Refused } from '../../decision.ts'
import type { RunCommandOf } from '../commands.ts'
import { addEffect, answered, type Outcome } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectRun } from '../patch.ts'
import type { Reservation } from '../state.ts'

const findReservation = (draft: Draft, id: string): Reservation | Refused =>
  draft.state.reservations.get(id) ??
  refuse('NOT_FOUND', `The run has no reservation ${id}.`, { reservationId: id })

/** A run that has ended closes once its last reservation is settled. */
const closeIfLast = (draft: Draft): void => {
  const { id, status, closed, reservedMicros } = expectRun(draft.state)
  const ended = status === 'succeeded' || status === 'cancelled'
  if (ended && !closed && reservedMicros === 0) addEffect(draft, { kind: 'close-run', ref: { runId: id } })
}

/** What a call really cost. After an assumed charge this is the late correction. */
export const settleBudget = (draft: Draft, command: RunCommandOf<'SettleBudget'>): Outcome => {
  const found = findReservation(draft, command.reservationId)
  if ('code' in found) return found
  const { id, status } = found
  if (status === 'settled')
    return refuse('CONFLICT', `The reservation ${id} was settled before.`, { reservationId: id })
  if (expectRun(draft.state).closed)
    return refuse('CONFLICT', 'The run is closed: what it had left went back to its workspace.', {
      reservationId: id,
    })
  const { micros, inputTokens, outputTokens, model } = command
  const late = status === 'assumed'
  addEvent(draft, 'budget.settled', {
    reservationId: id,
    taskId: found.taskId,
    phase: found.phase,
    micros,
    tokens: inputTokens + outputTokens,
    inputTokens,
    outputTokens,
    model,
    assumed: false,
    late,
  })
  closeIfLast(draft)
  return answered({ late, spentMicros: expectRun(draft.state).spentMicros })
}

/** Nobody settled a reservation in time: it is charged in full. */
export const assumeReservation = (draft: Draft, command: RunCommandOf<'AssumeReservation'>): Outcome => {
  const found = findReservation(draft, command.reservationId)
  if ('code' in found) return found
  const { id, status, micros, tokens } = found
  if (status !== 'open')
    return refuse('CONFLICT', `The reservation ${id} is ${status}; nothing is left to assume.`, {
      reservationId: id,
      status,
    })
  addEvent(draft, 'budget.settled', {
    reservationId: id,
    taskId: found.taskId,
    phase: found.phase,
    micros,
    tokens,
    inputTokens: tokens,
    outputTokens: 0,
    model: 'unknown',
    assumed: true,
    late: false,
  })
  closeIfLast(draft)
  return answered({ assumed: true })
}
