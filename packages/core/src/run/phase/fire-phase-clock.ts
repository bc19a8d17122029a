import type { RunCommandOf } from '../commands.ts'
import { failRun } from '../closing/end-run.ts'
import { answered, type Outcome } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectPlan } from '../patch.ts'
import { getDefinition } from '../plan/find-in-plan.ts'
import { isUnderWay } from './advance-phase.ts'

/** A phase's time is up. An older timer, or one that fires early, finds nothing to do. */
export const firePhaseClock = (draft: Draft, command: RunCommandOf<'FirePhaseClock'>): Outcome => {
  const phase = draft.state.phases.get(command.phase)
  const isDue =
    phase !== undefined &&
    isUnderWay(draft) &&
    phase.clockVersion === command.version &&
    phase.deadlineAt !== null &&
    draft.stamp.at >= phase.deadlineAt
  if (!isDue) return answered({ fired: false })
  const { timebox } = getDefinition(expectPlan(draft.state), command.phase)
  const message = `The phase ${command.phase} was not done within its timebox of ${timebox}.`
  addEvent(draft, 'phase.error', { phase: command.phase, error: message, code: 'TIMEBOX', retryable: false })
  failRun(draft, { phase: command.phase, status: 'timeout', code: 'TIMEBOX', message })
  return answered({ fired: true })
}
