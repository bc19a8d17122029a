import { refuse } from '../../decision.ts'
import type { RunCommandOf } from '../commands.ts'
import { addEffect, answered, type Outcome } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectRun } from '../patch.ts'
import { isTerminalRun } from '../state.ts'
import { addEndEffects } from './end-run.ts'

/**
 * The dossier is made: a closing run has thereby succeeded, and its books close with it unless a model still
 * owes a report. A run that failed or was cancelled stays so.
 */
export const recordDossier = (draft: Draft, command: RunCommandOf<'RecordDossier'>): Outcome => {
  const run = expectRun(draft.state)
  const { digest, verdict, keyId, artifacts } = command
  if (run.status === 'succeeded' || (!run.closing && !isTerminalRun(run.status)))
    return refuse(
      'CONFLICT',
      `The run is ${run.status}; a dossier is recorded when it closes or has failed.`,
      {
        status: run.status,
      },
    )
  if (run.dossierDigest === digest && !run.closing) return answered({ status: run.status })
  addEvent(draft, 'dossier.published', { digest, verdict, keyId, artifacts })
  if (run.closing) {
    addEvent(draft, 'run.succeeded', { verdict })
    if (run.reservedMicros > 0) addEndEffects(draft, 'close-run')
    else closeBooks(draft)
  } else addEffect(draft, { kind: 'sign-head', ref: { runId: run.id } })
  return answered({ status: expectRun(draft.state).status })
}

/** What the run gives back, in millionths of a dollar. */
const closeBooks = (draft: Draft): number => {
  const { capMicros, spentMicros } = expectRun(draft.state)
  const returnedMicros = Math.max(0, capMicros - spentMicros)
  addEvent(draft, 'run.closed', { returnedMicros, spentMicros })
  return returnedMicros
}

/** Gives back to the workspace what an ended run has not spent; it can then go on no more. */
export const closeRun = (draft: Draft, _command: RunCommandOf<'CloseRun'>): Outcome => {
  const run = expectRun(draft.state)
  const open = [...draft.state.reservations.values()].filter(({ status }) => status === 'open').length
  if (run.closed) return refuse('CONFLICT', 'The run is closed already.')
  if (!isTerminalRun(run.status))
    return refuse('CONFLICT', `The run is ${run.status}; only a run that has ended is closed.`, {
      status: run.status,
    })
  if (open > 0)
    return refuse('CONFLICT', `${open} reservations of the run are open; it closes when they are settled.`, {
      openReservations: open,
    })
  return answered({ returnedMicros: closeBooks(draft) })
}
