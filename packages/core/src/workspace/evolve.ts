import type { RunEvent } from '../run/events.ts'
import type { Workspace } from './workspace.ts'

/** The workspace after a run's event: money moves on planning, topping up and closing, else nothing does. */
export const evolveWorkspace = (workspace: Workspace, event: RunEvent): Workspace => {
  if (event.type === 'run.planned')
    return { ...workspace, grantedMicros: workspace.grantedMicros + event.data.capMicros }
  if (event.type === 'budget.topped_up')
    return { ...workspace, grantedMicros: workspace.grantedMicros + event.data.micros }
  if (event.type === 'run.closed') {
    return {
      ...workspace,
      grantedMicros: workspace.grantedMicros - event.data.returnedMicros,
      spentMicros: workspace.spentMicros + event.data.spentMicros,
    }
  }
  return workspace
}
