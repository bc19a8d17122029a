import { withEntry } from '../../layered-map.ts'
import { patchPhase, patchRun } from '../patch.ts'
import type { PhaseWaiver } from '../state.ts'
import { type Evolvers, unchanged } from '../evolver.ts'

const STATUS = { success: 'passed', failed: 'failed', timeout: 'failed', cancelled: 'failed' } as const

/** As many as a review's task can name. */
const MAX_MAKERS = 20

/** Waivers of a gate that is to judge again: it leans on none yet, and those that have ended are no matter. */
const forgetEnded = (waivers: readonly PhaseWaiver[]): readonly PhaseWaiver[] =>
  waivers.length === 0
    ? waivers
    : waivers
        .filter(({ isActive }) => isActive)
        .map((waiver) => (waiver.isReliedOn ? { ...waiver, isReliedOn: false } : waiver))

/** The life of a phase, its clock and what it hands in. */
export const phaseEvolvers: Evolvers<
  | 'phase.started'
  | 'phase.clock_set'
  | 'phase.clock_stopped'
  | 'phase.progress'
  | 'phase.stalled'
  | 'phase.ready'
  | 'phase.error'
  | 'phase.completed'
  | 'phase.reopened'
  | 'phase.iterated'
  | 'phase.inherited'
  | 'artifact.created'
> = {
  'phase.started': (state, data, at) =>
    patchPhase(state, data.phase, (phase) => ({
      status: 'running',
      round: data.round,
      stages: data.stages,
      stage: 0,
      fixes: data.fixes,
      // A round that mends keeps what the gate last saw: a waiver may let it pass after all.
      reports: data.round === 1 ? [] : phase.reports,
      iteration: data.round === 1 ? 0 : phase.iteration,
      again: false,
      iterationCommit: phase.commit,
      approvalId: null,
      startedAt: data.round === 1 ? at : phase.startedAt,
      completedAt: null,
    })),
  'phase.clock_set': (state, data) =>
    patchPhase(state, data.phase, {
      deadlineAt: data.deadlineAt,
      timeLeftMs: null,
      clockVersion: data.clockVersion,
    }),
  'phase.clock_stopped': (state, data) =>
    patchPhase(state, data.phase, {
      deadlineAt: null,
      timeLeftMs: data.timeLeftMs,
      clockVersion: data.clockVersion,
    }),
  'phase.progress': unchanged,
  'phase.stalled': unchanged,
  'phase.ready': (state, data, at) =>
    patchPhase(state, data.phase, (phase) => ({
      status: 'gating',
      reports: [],
      startedAt: phase.startedAt ?? at,
    })),
  'phase.error': unchanged,
  'phase.completed': (state, data, at) =>
    patchPhase(state, data.phase, {
      status: STATUS[data.status],
      deadlineAt: null,
      timeLeftMs: null,
      completedAt: at,
    }),
  'phase.reopened': (state, data) =>
    patchRun(
      patchPhase(state, data.phase, (phase) => ({
        status: 'pending',
        round: 1,
        stages: data.stages ?? [],
        stage: 0,
        fixes: [],
        reports: [],
        score: null,
        packId: null,
        strategy: null,
        deadlineAt: null,
        timeLeftMs: null,
        iteration: 0,
        again: false,
        approvalId: null,
        waivers: forgetEnded(phase.waivers),
        openings: phase.openings + 1,
        completedAt: null,
      })),
      { closing: false },
    ),
  'phase.iterated': (state, data) =>
    patchPhase(state, data.phase, (phase) => ({
      stages: data.stages,
      stage: 0,
      fixes: [],
      iteration: data.iteration,
      again: false,
      iterationCommit: phase.commit,
    })),
  'phase.inherited': (state, data, at) =>
    patchPhase(state, data.phase, { status: 'passed', completedAt: at }),
  'artifact.created': (state, { artifact }) => {
    const made = { ...state, artifacts: withEntry(state.artifacts, artifact.id, artifact) }
    const kept = patchPhase(made, artifact.phase, (phase) => {
      const { maker } = artifact.lineage
      const by = maker.kind === 'agent' || maker.kind === 'tool' ? maker.name : null
      const before = phase.outputs[artifact.name]
      const makers = [...new Set([...(before?.makers ?? []), maker.name])].slice(-MAX_MAKERS)
      const output = {
        artifactId: artifact.id,
        digest: artifact.digest,
        version: artifact.version,
        commit: artifact.commit,
        simulated: artifact.simulated,
        agent: before?.agent ?? by,
        makers,
      }
      return {
        outputs: { ...phase.outputs, [artifact.name]: output },
        commit: artifact.commit ?? phase.commit,
      }
    })
    return artifact.simulated ? patchRun(kept, { simulated: true }) : kept
  },
}
