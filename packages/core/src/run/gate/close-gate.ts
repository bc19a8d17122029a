import { digestOf } from '../../canonical.ts'
import { getElapsedMs } from '../../decision.ts'
import type { EvidencePack, PackReport } from '../../contract/evidence-pack.ts'
import type { FixStrategy } from '../../contract/task-spec.ts'
import { clipList } from '../../clip.ts'
import { addEvent, type Draft } from '../draft.ts'
import type { RunEventOf } from '../events.ts'
import { expectPhase, expectPlan, expectRun } from '../patch.ts'
import { getTimeLeftMs } from '../phase/clock.ts'
import { getPhasePlan, getTimeboxMs } from '../plan/find-in-plan.ts'
import type { Phase } from '../state.ts'
import { askApproval, needsApproval } from './approval.ts'
import { sortReports } from './evolve-gate.ts'
import { failGate } from './fail-gate.ts'
import { type Judgement, judgeGate } from './judge-gate.ts'
import { passPhase } from './pass-gate.ts'
import { pickStrategy } from './pick-strategy.ts'

type Said = RunEventOf<'phase.gate.passed'>['data']

const getGrounding = (reports: readonly PackReport[]): number | null => {
  const own = reports.filter(({ type }) => type === 'grounding')
  return own.length === 0 ? null : own.reduce((sum, { score }) => sum + score, 0) / own.length
}

/** The ids of what a phase has handed in, sorted. */
export const getArtifactIds = (phase: Phase) =>
  Object.values(phase.outputs)
    .map(({ artifactId }) => artifactId)
    .toSorted()

const makePack = (draft: Draft, phase: Phase, { relied }: Judgement): EvidencePack => {
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
    waivers: relied.map(({ waiverId, rubric, owner, expiresAt, selfApproved }) => ({
      waiverId,
      rubric,
      owner,
      expiresAt,
      selfApproved,
    })),
  }
  return { id: digestOf(pack), ...pack }
}

const getActions = (judgement: Judgement): string[] => [
  ...judgement.missing.map((name) => `Hand in ${name}.`),
  ...judgement.failing.map(
    ({ artifacts, guard, reasons }) => `Mend ${artifacts.join(', ')}: ${reasons[0] ?? `${guard} must pass`}`,
  ),
]

/** How the gate of a phase would judge the evidence at hand. */
export const judgePhase = (draft: Draft, name: string): Judgement => {
  const { reports, outputs, waivers } = expectPhase(draft.state, name)
  const { definition } = getPhasePlan(expectPlan(draft.state), name)
  return judgeGate(definition, { reports: sortReports(reports), handedIn: Object.keys(outputs), waivers })
}

const pickRoundStrategy = (draft: Draft, phase: Phase, judgement: Judgement): FixStrategy => {
  const plan = expectPlan(draft.state)
  const { max_rounds: most } = getPhasePlan(plan, phase.phase).definition.gate
  const whole = getTimeboxMs(plan, phase.phase)
  return pickStrategy(judgement, {
    isLastRound: phase.round >= most,
    timeLeftShare: whole === 0 ? 1 : getTimeLeftMs(draft, phase) / whole,
  })
}

const failJudged = (draft: Draft, phase: Phase, judgement: Judgement, said: Said): void => {
  const { phase: name, round } = phase
  const { max_rounds: maxAttempts } = getPhasePlan(expectPlan(draft.state), name).definition.gate
  const strategy = pickRoundStrategy(draft, phase, judgement)
  addEvent(draft, 'phase.gate.failed', {
    ...said,
    attemptNumber: round,
    maxAttempts,
    autoFixStrategy: strategy,
  })
  const reasons = judgement.reasons.slice(0, 3).join('; ')
  failGate(draft, name, {
    judgement,
    strategy,
    code: 'GATE_FAILED',
    message: `The gate of ${name} failed in round ${round} of ${maxAttempts}: ${reasons}.`,
  })
}

/** Judges a phase whose guards have all ended: packs the evidence, then passes, asks a person, mends or fails. */
export const closeGate = (draft: Draft, name: string): void => {
  const phase = expectPhase(draft.state, name)
  const judgement = judgePhase(draft, name)
  const { guard_reports: _, ...pack } = makePack(draft, phase, judgement)
  const said = {
    phase: name,
    round: phase.round,
    evidencePackId: pack.id,
    score: judgement.score,
    reasons: clipList(judgement.reasons, { count: 10, maxChars: 400 }),
    requiredActions: clipList(getActions(judgement), { count: 10, maxChars: 400 }),
  }
  addEvent(draft, 'evidence.packed', { pack })
  if (!judgement.passed) {
    failJudged(draft, phase, judgement, said)
    return
  }
  addEvent(draft, 'phase.gate.passed', said)
  if (needsApproval(draft, name)) askApproval(draft, name)
  else passPhase(draft, name)
}
