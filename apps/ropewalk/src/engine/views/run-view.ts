import { digestOf } from '@ropewalk/core/canonical'
import type { Money, PhaseView, PlanView, RunDetail, RunSummary } from '@ropewalk/core/contract/api/runs'
import type { QuestionView } from '@ropewalk/core/contract/api/questions'
import type { RunPlan } from '@ropewalk/core/contract/run-plan'
import { getAllowedSignals } from '@ropewalk/core/run/signal/signal-run'
import type { Phase, Question, Run } from '@ropewalk/core/run/state'
import type { RunView } from '../contract.ts'
import { makeEstimateView } from './estimates.ts'

/** Micros as US dollars, to six digits after the point, which is all there are. */
export const getUsd = (micros: number): number => micros / 1_000_000

export const makeMoney = (of: {
  readonly capMicros: number
  readonly spentMicros: number
  readonly reservedMicros: number
}): Money => {
  const { capMicros, spentMicros, reservedMicros } = of
  const leftMicros = Math.max(0, capMicros - spentMicros - reservedMicros)
  return {
    capMicros,
    spentMicros,
    reservedMicros,
    leftMicros,
    capUsd: getUsd(capMicros),
    spentUsd: getUsd(spentMicros),
    reservedUsd: getUsd(reservedMicros),
    leftUsd: getUsd(leftMicros),
  }
}

export const makeRunSummary = (run: Run): RunSummary => ({
  id: run.id,
  title: run.title,
  status: run.status,
  pauseReason: run.pauseReason,
  mode: run.mode,
  verdict: run.verdict,
  simulated: run.simulated,
  forkOf: run.forkOf,
  money: makeMoney(run),
  tokensUsed: run.tokensUsed,
  openQuestions: run.openQuestions,
  failureCode: run.failureCode,
  failureMessage: run.failureMessage,
  createdAt: run.createdAt,
  startedAt: run.startedAt,
  endedAt: run.endedAt,
})

export const makeQuestionView = (question: Question): QuestionView => ({
  owner: 'run',
  id: question.id,
  runId: question.runId,
  kind: question.kind,
  phase: question.phase,
  taskId: question.taskId,
  askedBy: question.askedBy,
  text: question.text,
  category: question.category,
  priority: question.priority,
  decisionImpact: question.decisionImpact,
  defaultAnswer: question.defaultAnswer,
  fields: [...(question.fields ?? [])],
  form: question.form,
  defaultValues: question.defaultValues ?? {},
  risk: question.risk,
  policy: question.policy,
  escalatedAt: question.escalatedAt,
  values: question.values,
  status: question.status,
  version: question.version,
  deadlineAt: question.deadlineAt,
  answer: question.answer,
  decidedBy: question.decidedBy,
  decidedKind: question.decidedKind,
  createdAt: question.createdAt,
  decidedAt: question.decidedAt,
})

const makePhaseView = (phase: Phase, plan: RunPlan): PhaseView => {
  const definition = plan.phases.find((candidate) => candidate.phase === phase.phase)?.definition
  return {
    phase: phase.phase,
    title: definition?.title ?? phase.phase,
    status: phase.status,
    round: phase.round,
    maxRounds: definition?.gate.max_rounds ?? 1,
    stages: phase.stages.map((stage) => [...stage]),
    stage: phase.stage,
    stageOpen: phase.stageOpen,
    openQuestions: phase.openQuestions,
    score: phase.score,
    strategy: phase.strategy,
    outputs: Object.entries(phase.outputs).map(([name, output]) => ({
      name,
      artifactId: output.artifactId,
      digest: output.digest,
      version: output.version,
      commit: output.commit,
      simulated: output.simulated,
      agent: output.agent,
    })),
    usage: phase.usage,
    costUsd: getUsd(phase.usage.costMicros),
    agentsExecuted: phase.agentsExecuted,
    agentsSucceeded: phase.agentsSucceeded,
    agentsFailed: phase.agentsFailed,
    assumptions: phase.assumptions,
    deadlineAt: phase.deadlineAt,
    timeLeftMs: phase.timeLeftMs,
    startedAt: phase.startedAt,
    completedAt: phase.completedAt,
  }
}

export const makeRunDetail = ({ run, plan, phases, openQuestions }: RunView): RunDetail => {
  const place = new Map(plan.phases.map(({ phase }, index) => [phase, index]))
  const inOrder = phases.toSorted((a, b) => (place.get(a.phase) ?? 0) - (place.get(b.phase) ?? 0))
  return {
    ...makeRunSummary(run),
    version: run.version,
    headHash: run.headHash,
    planHash: run.planHash,
    playbook: plan.playbook,
    idea: plan.idea,
    repo: plan.repo,
    models: plan.models,
    acceptedCommit: run.acceptedCommit,
    dossierDigest: run.dossierDigest,
    closing: run.closing,
    closed: run.closed,
    phases: inOrder.map((phase) => makePhaseView(phase, plan)),
    questions: openQuestions.map(makeQuestionView),
    estimate: makeEstimateView({ run, plan, phases }),
    allowedSignals: [...getAllowedSignals(run)],
  }
}

export const makePlanView = (plan: RunPlan, repo: PlanView['repo'] = null): PlanView => ({
  planHash: digestOf(plan),
  playbook: plan.playbook,
  idea: plan.idea,
  repo,
  models: plan.models,
  phases: plan.phases.map(({ phase, definition, stages }) => ({
    phase,
    title: definition.title,
    needs: definition.needs,
    stages,
    guards: definition.guards.map(({ guard }) => guard),
    timebox: definition.timebox,
    budgets: definition.budgets,
    rubrics: definition.rubrics,
    gate: { pass: definition.gate.pass, maxRounds: definition.gate.max_rounds },
    requiredArtifacts: definition.required_artifacts,
  })),
  budgets: {
    capMicros: plan.budgets.capMicros,
    capUsd: getUsd(plan.budgets.capMicros),
    tokens: plan.budgets.total_tokens,
    toolsMinutes: plan.budgets.total_tools_minutes,
    gpuHours: plan.budgets.total_gpu_hours,
  },
  estimate: {
    ...plan.estimate,
    lowUsd: getUsd(plan.estimate.lowMicros),
    highUsd: getUsd(plan.estimate.highMicros),
  },
  clarification: plan.policies.clarification,
  questionDeadlineMs: plan.policies.question_deadline_ms,
  unconfined: plan.policies.unconfined,
  timeout: plan.timeouts.total,
  requiredEvidence: plan.required_evidence,
})
