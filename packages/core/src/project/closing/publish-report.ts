import { refuse } from '../../decision.ts'
import type { ProjectCommandOf } from '../commands.ts'
import { answered, type Outcome } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectProject } from '../patch.ts'
import { isOver } from './settle-project.ts'

/** The report is made: the project is completed, or failed where a leaf has failed. */
export const publishReport = (
  draft: Draft,
  { deliverableId, digest, bytes, totals }: ProjectCommandOf<'PublishReport'>,
): Outcome => {
  const project = expectProject(draft.state)
  const { leaves, status } = project
  if (!isOver(project))
    return refuse('CONFLICT', 'Not all items have ended; the report is made when they have.', { leaves })
  if (status === 'paused') return refuse('CONFLICT', 'The project is paused; resume it first.', { status })
  addEvent(draft, 'REPORT.FINAL_PUBLISHED', { deliverableId, digest, bytes, totals })
  const failed = leaves.failed ?? 0
  const left = (leaves.blocked ?? 0) + (leaves.created ?? 0)
  const to = failed + left > 0 ? 'failed' : 'completed'
  const reasons = [
    ...(failed > 0 ? [`failed: ${failed}`] : []),
    ...(left > 0 ? [`never begun: ${left}`] : []),
  ]
  addEvent(draft, 'PROJECT.STATUS_CHANGED', {
    from: status,
    to,
    reason: to === 'failed' ? `Items that are not done; ${reasons.join(', ')}.` : '',
  })
  return answered({ status: to, digest })
}
