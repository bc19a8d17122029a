import type { Evolvers } from '../evolver.ts'
import { withEntry } from '../../layered-map.ts'
import { expectRun, expectWaiver, patchPhase } from '../patch.ts'
import type { RunState, Waiver } from '../state.ts'

const keep = (state: RunState, waiver: Waiver): RunState => ({
  ...state,
  waivers: withEntry(state.waivers, waiver.id, waiver),
})

const decide = (
  state: RunState,
  id: string,
  patch: Pick<Waiver, 'status' | 'version'> & Partial<Waiver>,
): RunState => keep(state, { ...expectWaiver(state, id), ...patch })

/** Takes a waiver from its gate; one that a passed gate leans on stays there as ended. */
const takeFromGate = (state: RunState, phase: string, id: string): RunState =>
  patchPhase(state, phase, ({ waivers, status, approvalId }) => ({
    waivers: waivers.flatMap((waiver) => {
      if (waiver.waiverId !== id) return [waiver]
      const hasPassed = status === 'passed' || approvalId !== null
      return hasPassed && waiver.isReliedOn ? [{ ...waiver, isActive: false }] : []
    }),
  }))

/** Waivers: requested, voted upon, active, ended. */
export const waiverEvolvers: Evolvers<
  | 'waiver.requested'
  | 'waiver.approved'
  | 'waiver.activated'
  | 'waiver.rejected'
  | 'waiver.expired'
  | 'waiver.revoked'
> = {
  'waiver.requested': (state, { waiverId, ...asked }, at) =>
    keep(state, {
      ...asked,
      id: waiverId,
      runId: expectRun(state).id,
      approvals: [],
      status: 'requested',
      version: 1,
      selfApproved: false,
      expiresAt: null,
      decidedBy: null,
      reason: null,
      createdAt: at,
      decidedAt: null,
    }),
  'waiver.approved': (state, { waiverId, by }, at) => {
    const waiver = expectWaiver(state, waiverId)
    return keep(state, { ...waiver, approvals: [...waiver.approvals, { by, at }] })
  },
  'waiver.activated': (state, { waiverId, phase, by, expiresAt, selfApproved, version }, at) => {
    const { rubric, owner, justification } = expectWaiver(state, waiverId)
    const active = decide(state, waiverId, {
      status: 'active',
      version,
      expiresAt,
      selfApproved,
      decidedBy: by,
      decidedAt: at,
    })
    const known = { waiverId, rubric, owner, justification, expiresAt, selfApproved }
    return patchPhase(active, phase, ({ waivers }) => ({
      waivers: [...waivers, { ...known, isActive: true, isReliedOn: false }],
    }))
  },
  'waiver.rejected': (state, { waiverId, by, reason, version }, at) =>
    decide(state, waiverId, { status: 'rejected', version, decidedBy: by, reason, decidedAt: at }),
  'waiver.expired': (state, { waiverId, phase, version }, at) =>
    takeFromGate(decide(state, waiverId, { status: 'expired', version, decidedAt: at }), phase, waiverId),
  'waiver.revoked': (state, { waiverId, phase, by, reason, version }, at) =>
    takeFromGate(
      decide(state, waiverId, { status: 'revoked', version, decidedBy: by, reason, decidedAt: at }),
      phase,
      waiverId,
    ),
}
