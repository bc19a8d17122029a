import { refuse } from '../../decision.ts'
import type { Workspace } from '../../workspace/workspace.ts'
import type { RunCommandOf } from '../commands.ts'
import { answered, getActor, type Outcome } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectRun } from '../patch.ts'
import { resumeRun } from '../signal/pause-run.ts'

/** Gives a run more of its workspace's money; a run that stood still for want of money goes on. */
export const topUpRun = (
  draft: Draft,
  { micros, workspaceId }: RunCommandOf<'TopUpRun'>,
  workspace: Workspace | undefined,
): Outcome => {
  const run = expectRun(draft.state)
  if (!workspace) return refuse('NOT_FOUND', `There is no workspace ${workspaceId}.`, { workspaceId })
  if (run.closed || run.status === 'succeeded' || run.status === 'cancelled')
    return refuse('RUN_ALREADY_FINISHED', `The run is ${run.status}; money is of no use to it.`, {
      status: run.status,
    })
  const capMicros = run.capMicros + micros
  if (micros === 0 || !Number.isSafeInteger(capMicros))
    return refuse('INVALID_ARGUMENT', 'A top-up is at least one micro-dollar and fits a safe integer.', {
      micros,
    })
  const left = workspace.capMicros - workspace.grantedMicros
  if (left < micros)
    return refuse('BUDGET_EXCEEDED', 'The workspace has less money left than the top-up asks for.', {
      unit: 'usd',
      leftMicros: Math.max(0, left),
      askedMicros: micros,
    })
  addEvent(draft, 'budget.topped_up', { micros, capMicros, by: getActor(draft) })
  if (run.status === 'paused' && run.pauseReason === 'budget') resumeRun(draft)
  return answered({ capMicros, status: expectRun(draft.state).status })
}
