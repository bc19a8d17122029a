import { refuse, type Refused } from '../../decision.ts'
import type { RunCommandOf } from '../commands.ts'
import { clipText } from '../../clip.ts'
import { answered, getActor, type Outcome } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectPlan, expectRun, expectWaiver } from '../patch.ts'
import { getDefinition } from '../plan/find-in-plan.ts'
import type { Waiver } from '../state.ts'
import { activateWaiver } from './activate-waiver.ts'
import { applyWaiver } from './apply-waiver.ts'
import { findHardness, isWaivable } from './request-waiver.ts'

type Command = RunCommandOf<'DecideWaiver'>

const isOwnRequest = (draft: Draft, { requestedBy, requestedKind }: Waiver): boolean =>
  requestedKind === 'person' && requestedBy === getActor(draft)

const findVoteRefusal = (draft: Draft, waiver: Waiver): Refused | undefined => {
  const { self_approval: allowed } = getDefinition(expectPlan(draft.state), waiver.phase).waivers
  if (waiver.approvals.some(({ by }) => by === getActor(draft)))
    return refuse('ALREADY_DECIDED', 'You have approved this waiver; each person counts once.', {
      waiverId: waiver.id,
      votes: waiver.approvals.length,
      quorum: waiver.quorum,
    })
  if (isOwnRequest(draft, waiver) && !(allowed && waiver.quorum === 1))
    return refuse('FORBIDDEN', 'Whoever asked for a waiver does not approve it; another person must.', {
      waiverId: waiver.id,
      quorum: waiver.quorum,
    })
  return findHardness(draft, waiver.phase, waiver.rubric)
}

const findRefusal = (draft: Draft, command: Command): Refused | undefined => {
  const waiver = draft.state.waivers.get(command.waiverId)
  if (!waiver)
    return refuse('NOT_FOUND', `The run has no waiver ${command.waiverId}.`, { waiverId: command.waiverId })
  if (draft.stamp.by.kind !== 'person') return refuse('FORBIDDEN', 'Only a person decides on a waiver.')
  const run = expectRun(draft.state)
  if (!isWaivable(run))
    return refuse('RUN_ALREADY_FINISHED', `The run is ${run.status}; its waivers rest.`, {
      status: run.status,
    })
  if (waiver.status !== 'requested')
    return refuse('ALREADY_DECIDED', `The waiver is ${waiver.status}.`, {
      waiverId: waiver.id,
      status: waiver.status,
      decidedBy: waiver.decidedBy,
      decidedAt: waiver.decidedAt,
    })
  return command.decision === 'reject' ? undefined : findVoteRefusal(draft, waiver)
}

const approve = (draft: Draft, { id, phase, quorum }: Waiver): void => {
  const by = getActor(draft)
  const votes = expectWaiver(draft.state, id).approvals.length + 1
  addEvent(draft, 'waiver.approved', { waiverId: id, phase, by, votes, quorum })
  if (votes < quorum) return
  const selfApproved = isOwnRequest(draft, expectWaiver(draft.state, id))
  activateWaiver(draft, id, { by, selfApproved })
  applyWaiver(draft, phase)
}

/** A person's vote on a waiver. It is in force once enough distinct persons have approved; one rejects it. */
export const decideWaiver = (draft: Draft, command: Command): Outcome => {
  const refusal = findRefusal(draft, command)
  if (refusal) return refusal
  const waiver = expectWaiver(draft.state, command.waiverId)
  if (command.decision === 'approve') approve(draft, waiver)
  else
    addEvent(draft, 'waiver.rejected', {
      waiverId: waiver.id,
      phase: waiver.phase,
      by: getActor(draft),
      reason: clipText(command.reason, 400),
      version: waiver.version + 1,
    })
  const { status, approvals, expiresAt } = expectWaiver(draft.state, waiver.id)
  return answered({
    waiverId: waiver.id,
    status,
    votes: approvals.length,
    quorum: waiver.quorum,
    expiresAt,
  })
}
