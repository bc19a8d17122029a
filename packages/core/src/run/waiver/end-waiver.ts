import { refuse, type Refused } from '../../decision.ts'
import type { RunCommandOf } from '../commands.ts'
import { clipText } from '../../clip.ts'
import { answered, getActor, type Outcome } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectPhase, expectWaiver } from '../patch.ts'
import { isUnderWay } from '../phase/advance-phase.ts'
import { rejudge } from '../phase/judge-anew.ts'
import type { Waiver } from '../state.ts'

const findWaiver = (draft: Draft, id: string): Waiver | Refused =>
  draft.state.waivers.get(id) ?? refuse('NOT_FOUND', `The run has no waiver ${id}.`, { waiverId: id })

/** Whether a gate passed by leaning on this waiver. */
const isLeantOn = (draft: Draft, { id, phase: name }: Waiver): boolean => {
  const { status, approvalId, waivers } = expectPhase(draft.state, name)
  const hasPassed = status === 'passed' || approvalId !== null
  return hasPassed && waivers.some(({ waiverId, isReliedOn }) => waiverId === id && isReliedOn)
}

/** A gate that leant on a waiver judges again without it; once the run has ended that is left to a retry. */
const takeBack = (draft: Draft, waiver: Waiver, wasLeantOn: boolean): boolean => {
  const isTaken = wasLeantOn && isUnderWay(draft)
  if (isTaken) rejudge(draft, waiver.phase, `The waiver of ${waiver.rubric} has ended.`)
  return isTaken
}

/** A person takes a waiver back, asked for or in force. */
export const revokeWaiver = (draft: Draft, command: RunCommandOf<'RevokeWaiver'>): Outcome => {
  const waiver = findWaiver(draft, command.waiverId)
  if ('code' in waiver) return waiver
  if (draft.stamp.by.kind !== 'person') return refuse('FORBIDDEN', 'Only a person revokes a waiver.')
  if (waiver.status !== 'requested' && waiver.status !== 'active')
    return refuse('INVALID_TRANSITION', `The waiver is ${waiver.status}; there is nothing to revoke.`, {
      status: waiver.status,
    })
  const wasLeantOn = isLeantOn(draft, waiver)
  addEvent(draft, 'waiver.revoked', {
    waiverId: waiver.id,
    phase: waiver.phase,
    by: getActor(draft),
    reason: clipText(command.reason, 400),
    version: waiver.version + 1,
  })
  const reopened = takeBack(draft, waiver, wasLeantOn)
  return answered({ waiverId: waiver.id, status: 'revoked', reopened })
}

/** A waiver's time is up. An older timer, or one that fires early, finds nothing to do. */
export const expireWaiver = (draft: Draft, command: RunCommandOf<'ExpireWaiver'>): Outcome => {
  const waiver = findWaiver(draft, command.waiverId)
  if ('code' in waiver) return waiver
  const isDue =
    waiver.status === 'active' &&
    waiver.version === command.version &&
    waiver.expiresAt !== null &&
    draft.stamp.at >= waiver.expiresAt
  if (!isDue) return answered({ expired: false })
  const wasLeantOn = isLeantOn(draft, waiver)
  addEvent(draft, 'waiver.expired', {
    waiverId: waiver.id,
    phase: waiver.phase,
    version: waiver.version + 1,
  })
  const reopened = takeBack(draft, waiver, wasLeantOn)
  return answered({ expired: true, status: expectWaiver(draft.state, waiver.id).status, reopened })
}
