import { digestOf } from '../../canonical.ts'
import { getElapsedMs } from '../../decision.ts'
import type { EvidencePack, PackReport } from '../../contract/evidence-pack.ts'
import { clipList } from '../clip.ts'
import { failRun } from '../closing/end-run.ts'
import { addEffect, addEvent, type Draft } from '../draft.ts'
import { expectPhase, expectPlan, expectRun } from '../patch.ts'
import { startReadyPhases, startRound } from '../phase/start-phase.ts'
import { getPhasePlan } from '../plan/find-in-plan.ts'
import type { Phase } from '../state.ts'
import { sortReports } from './evolve-gate.ts'
import { type Judgement, judgeGate, pickStrategy } from './judge-gate.ts'
import { planFixRound } from './plan-fix-round.ts'

const getGrounding = (reports: readonly PackReport[]): number | null => {
  const own = reports.filter(({ type }) => type === 'grounding')
  return own.length === 0 ? null : own.reduce((sum, { score }) => sum + score, 0) / own.length
}

/** The ids of what a phase has handed in, sorted. */
export const getArtifactIds = (phase: Phase) =>
  Object.values(phase.outputs)
    .map(({ artifactId }) => artifactId)
    .toSorted()

const makePack = (draft: Draft, phase: Phase): EvidencePack => {
  const { usage } = phase
  const pack = {
    runId: expectRun(draft.state).id,
    phase: phase.phase,
    round: phase.round,
    artifacts: getArtifactIds(phase),
    guard_reports: sortReports(phase.reports),
    metrics: {
      duration_ms: getElapsedMs(phase.startedAt ?? draft.stamp.at, draft.stamp.at),
      tokens_used: usage.inputTokens + usage.outputTokens,
      tools_minutes_used: usage.toolMs / 60_000,
      cost_usd: usage.costMicros / 1_000_000,
      agents_executed: phase.agentsExecuted,
      agents_succeeded: phase.agentsSucceeded,
      agents_failed: phase.agentsFailed,
    },
    qav_summary: {
      questions: phase.questionIds.length,
      answered: phase.questionIds.length - phase.openQuestions,
      validated: Math.max(0, phase.questionIds.length - phase.openQuestions - phase.assumptions),
      grounding_score: getGrounding(phase.reports),
      assumptions: phase.assumptions,
      questionIds: [...phase.questionIds],
    },
    kmap_refs: [],
  }
  return { id: digestOf(pack), ...pack }
}

const passGate = (draft: Draft, name: string): void => {
  const { commit } = expectPhase(draft.state, name)
  if (commit !== null && commit !== expectRun(draft.state).acceptedCommit)
    addEvent(draft, 'code.accepted', { phase: name, commit })
  addEvent(draft, 'phase.completed', { phase: name, status: 'success' })
  startReadyPhases(draft)
  const { closing, id: runId } = expectRun(draft.state)
  if (!closing) addEffect(draft, { kind: 'sign-head', ref: { runId } })
}

const failGate = (draft: Draft, name: string, judgement: Judgement): void => {
  const plan = expectPlan(draft.state)
  const of = getPhasePlan(plan, name)
  const { round } = expectPhase(draft.state, name)
  if (round < of.definition.gate.max_rounds) {
    startRound(draft, name, planFixRound({ state: draft.state, plan, of }, judgement))
    addEffect(draft, { kind: 'sign-head', ref: { runId: expectRun(draft.state).id } })
    return
  }
  const reasons = judgement.reasons.slice(0, 3).join('; ')
  failRun(draft, {
    phase: name,
    status: 'failed',
    code: 'GATE_FAILED',
    message: `The gate of ${name} failed in round ${round} of ${of.definition.gate.max_rounds}: ${reasons}.`,
  })
}

const getActions = (judgement: Judgement): string[] => [
  ...judgement.missing.map((name) => `Hand in ${name}.`),
  ...judgement.failing.map(
    ({ artifacts, guard, reasons }) => `Mend ${artifacts.join(', ')}: ${reasons[0] ?? `${guard} must pass`}`,
  ),
]

/** Judges a phase whose guards have all ended: packs the evidence, then passes, mends or fails. */
export const closeGate = (draft: Draft, name: string): void => {
  const phase = expectPhase(draft.state, name)
  const { definition } = getPhasePlan(expectPlan(draft.state), name)
  const { guard_reports: reports, ...pack } = makePack(draft, phase)
  const judgement = judgeGate(definition, reports, Object.keys(phase.outputs))
  const { round } = phase
  const said = {
    phase: name,
    round,
    evidencePackId: pack.id,
    score: judgement.score,
    reasons: clipList(judgement.reasons, { count: 10, maxChars: 400 }),
    requiredActions: clipList(getActions(judgement), { count: 10, maxChars: 400 }),
  }
  addEvent(draft, 'evidence.packed', { pack })
  if (judgement.passed) {
    addEvent(draft, 'phase.gate.passed', said)
    passGate(draft, name)
    return
  }
  const { max_rounds: maxAttempts } = definition.gate
  addEvent(draft, 'phase.gate.failed', {
    ...said,
    attemptNumber: round,
    maxAttempts,
    autoFixStrategy: pickStrategy(judgement, round >= maxAttempts),
  })
  failGate(draft, name, judgement)
}
