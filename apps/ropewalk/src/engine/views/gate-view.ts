import type { GateDetail, GateRound, RubricView } from '@ropewalk/core/contract/api/gates'
import type { EvidencePack } from '@ropewalk/core/contract/evidence-pack'
import type { PhaseDefinition } from '@ropewalk/core/contract/playbook'
import { judgeGate } from '@ropewalk/core/run/gate/judge-gate'
import type { GateView, RunView } from '../contract.ts'

/** One rubric by itself, judged by the gate's own rule, so that both always say the same. */
const makeRubricView = (
  definition: PhaseDefinition,
  name: string,
  { guard_reports: reports, waivers }: EvidencePack,
): RubricView | undefined => {
  const rubric = definition.rubrics[name]
  if (rubric === undefined) return undefined
  const own = reports.filter((report) => report.type === name)
  const alone = judgeGate(
    { ...definition, rubrics: { [name]: rubric }, required_artifacts: [] },
    { reports: own, handedIn: [] },
  )
  const omitted = rubric.optional && own.every(({ outcome }) => outcome === 'not-run')
  return {
    rubric: name,
    score: omitted ? 0 : alone.score,
    min: rubric.min,
    weight: rubric.weight,
    passed: alone.failingRubrics.length === 0,
    optional: rubric.optional,
    omitted,
    waived: waivers.some((waiver) => waiver.rubric === name),
    guards: own.map(({ guard, outcome, score, severity, reasons, artifacts, digest }) => ({
      guard,
      outcome,
      score,
      severity,
      reasons,
      artifacts,
      digest,
    })),
  }
}

const makeRound = (definition: PhaseDefinition, gate: GateView): GateRound => {
  const reports = gate.pack.guard_reports
  const rubrics = Object.keys(definition.rubrics).flatMap(
    (name) => makeRubricView(definition, name, gate.pack) ?? [],
  )
  const criticals = reports.filter(({ severity, outcome }) => severity === 'critical' && outcome === 'fail')
  return {
    round: gate.round,
    passed: gate.passed,
    score: gate.score,
    passMark: definition.gate.pass,
    reasons: [...gate.reasons],
    requiredActions: [...gate.requiredActions],
    blocking: [
      ...criticals.map(({ guard, type }) => `${type}: ${guard} found a critical failure`),
      ...rubrics
        .filter(({ passed, waived }) => !passed && !waived)
        .map(({ rubric, score, min }) => `${rubric}: ${score.toFixed(2)} of at least ${min.toFixed(2)}`),
    ],
    rubrics,
    at: gate.at,
    pack: gate.pack,
  }
}

/** The gate of a phase with each round's rubrics; undefined where the run has no such phase. */
export const makeGateDetail = (
  view: RunView,
  phase: string,
  gates: readonly GateView[],
): GateDetail | undefined => {
  const definition = view.plan.phases.find((candidate) => candidate.phase === phase)?.definition
  if (definition === undefined) return undefined
  return {
    phase,
    status: view.phases.find((candidate) => candidate.phase === phase)?.status ?? 'pending',
    maxRounds: definition.gate.max_rounds,
    rounds: gates.map((gate) => makeRound(definition, gate)),
  }
}
