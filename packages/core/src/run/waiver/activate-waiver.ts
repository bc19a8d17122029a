import { addMs } from '../../decision.ts'
import type { DeclaredWaiver } from '../../contract/playbook.ts'
import { WaiverId } from '../../ids.ts'
import { addEffect, makeId } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import type { RunEventOf } from '../events.ts'
import { expectPhase, expectPlan, expectWaiver } from '../patch.ts'
import { getDefinition } from '../plan/find-in-plan.ts'

const DAY_MS = 86_400_000

/** Puts a waiver in force from now on, and sets the timer at which it ends. */
export const activateWaiver = (
  draft: Draft,
  waiverId: WaiverId,
  { by, selfApproved }: { readonly by: string; readonly selfApproved: boolean },
): void => {
  const { phase, days, version } = expectWaiver(draft.state, waiverId)
  const expiresAt = addMs(draft.stamp.at, days * DAY_MS)
  addEvent(draft, 'waiver.activated', {
    waiverId,
    phase,
    by,
    expiresAt,
    selfApproved,
    version: version + 1,
  })
  addEffect(draft, { kind: 'expire-waiver', fireAt: expiresAt, ref: { waiverId, version: version + 1 } })
}

type Asked = Omit<RunEventOf<'waiver.requested'>['data'], 'waiverId' | 'quorum'>

/** Puts a request on record, to be decided by as many persons as the phase's playbook asks for. */
export const recordRequest = (draft: Draft, asked: Asked): WaiverId => {
  const waiverId = WaiverId.parse(makeId(draft))
  const { quorum } = getDefinition(expectPlan(draft.state), asked.phase).waivers
  addEvent(draft, 'waiver.requested', { waiverId, ...asked, quorum })
  return waiverId
}

const declare = (draft: Draft, phase: string, waiver: DeclaredWaiver): void => {
  const { rubric, owner, justification, compensating_control: compensatingControl, days } = waiver
  const waiverId = recordRequest(draft, {
    phase,
    rubric,
    details: 'It stands in the playbook that the run is pinned to.',
    owner,
    justification,
    compensatingControl,
    days,
    declared: true,
    requestedBy: 'playbook',
    requestedKind: 'policy',
  })
  activateWaiver(draft, waiverId, { by: 'policy', selfApproved: false })
}

/**
 * Puts the waivers of a phase's playbook in force, by policy, as the phase begins for the first time: one
 * that has ended or was revoked does not come back when the phase is re-opened.
 */
export const activateDeclared = (draft: Draft, phase: string): void => {
  if (expectPhase(draft.state, phase).openings > 0) return
  const { declared } = getDefinition(expectPlan(draft.state), phase).waivers
  for (const waiver of declared) declare(draft, phase, waiver)
}
