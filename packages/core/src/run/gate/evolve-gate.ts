import type { PackReport } from '../../contract/evidence-pack.ts'
import type { Evolvers } from '../evolver.ts'
import { withEntry } from '../../layered-map.ts'
import { expectPhase, patchPhase, patchRun } from '../patch.ts'

/** The order of reports in a pack: by rubric, guard and digest, however the guards came in. */
export const sortReports = (reports: readonly PackReport[]): PackReport[] => {
  const key = (report: PackReport) => `${report.type} ${report.guard} ${report.digest} ${report.timestamp}`
  return reports.toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))
}

/** What guards report, what a gate says of it, and the code it lets in. */
export const gateEvolvers: Evolvers<
  'guard.reported' | 'evidence.packed' | 'phase.gate.passed' | 'phase.gate.failed' | 'code.accepted'
> = {
  'guard.reported': (state, data) =>
    patchPhase(state, data.phase, (phase) => ({ reports: [...phase.reports, data.report] })),
  'evidence.packed': (state, { pack }) => {
    const whole = { ...pack, guard_reports: sortReports(expectPhase(state, pack.phase).reports) }
    const relied = new Set(pack.waivers.map(({ waiverId }) => waiverId))
    const packed = { ...state, packs: withEntry(state.packs, pack.id, whole) }
    // Most phases have no waiver, and then nothing of the phase has changed.
    if (expectPhase(state, pack.phase).waivers.length === 0) return packed
    return patchPhase(packed, pack.phase, ({ waivers }) => ({
      waivers: waivers
        .filter(({ isActive }) => isActive)
        .map((waiver) => ({ ...waiver, isReliedOn: relied.has(waiver.waiverId) })),
    }))
  },
  'phase.gate.passed': (state, data) =>
    patchPhase(state, data.phase, {
      // A waiver may let a gate pass that had failed; the phase is at its gate until it is completed.
      status: 'gating',
      score: data.score,
      packId: data.evidencePackId,
      strategy: null,
    }),
  'phase.gate.failed': (state, data) =>
    patchPhase(state, data.phase, {
      score: data.score,
      packId: data.evidencePackId,
      strategy: data.autoFixStrategy,
    }),
  'code.accepted': (state, data) => patchRun(state, { acceptedCommit: data.commit }),
}
