import { z } from 'zod'
import { ArtifactId, RunId } from '../../ids.ts'
import { text } from '../../text.ts'
import { PhaseBudget, Usage } from '../budget.ts'
import { Rubric } from '../playbook.ts'
import { RepoContext } from '../documents/repo-context.ts'
import { ClarificationMode, Estimate, RunRepo } from '../run-plan.ts'
import { EstimateView } from './estimates.ts'
import { pageQuery } from './paging.ts'
import { QuestionView } from './questions.ts'

export const RunStatus = z.enum([
  'planned',
  'running',
  'paused',
  'awaiting_human',
  'succeeded',
  'failed',
  'cancelled',
])
export const Verdict = z.enum(['verified', 'gaps', 'unverified'])
export const Signal = z.enum(['pause', 'resume', 'retry', 'cancel'])

/** Money of a run. Micros are exact; US dollars stand beside them for people. `left` is cap less spent and reserved. */
export const Money = z.strictObject({
  capMicros: z.int(),
  spentMicros: z.int(),
  reservedMicros: z.int(),
  leftMicros: z.int(),
  capUsd: z.number(),
  spentUsd: z.number(),
  reservedUsd: z.number(),
  leftUsd: z.number(),
})
export type Money = z.infer<typeof Money>

const runSummary = {
  id: RunId,
  title: z.string(),
  status: RunStatus,
  pauseReason: z.enum(['signal', 'budget']).nullable(),
  mode: ClarificationMode,
  verdict: Verdict.nullable(),
  simulated: z.boolean(),
  forkOf: RunId.nullable(),
  money: Money,
  tokensUsed: z.int(),
  openQuestions: z.int(),
  failureCode: z.string().nullable(),
  failureMessage: z.string().nullable(),
  createdAt: z.string(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
}

/** A run as one row of a list. */
export const RunSummary = z.strictObject(runSummary)
export type RunSummary = z.infer<typeof RunSummary>

const PhaseOutput = z.strictObject({
  name: z.string(),
  artifactId: ArtifactId,
  digest: z.string(),
  version: z.int(),
  commit: z.string().nullable(),
  simulated: z.boolean(),
  agent: z.string().nullable(),
})

/** One phase of a run, in the order of the plan. `timeLeftMs` is set while the clock stands still. */
export const PhaseView = z.strictObject({
  phase: z.string(),
  title: z.string(),
  status: z.enum(['pending', 'running', 'gating', 'passed', 'failed', 'skipped']),
  round: z.int(),
  maxRounds: z.int(),
  stages: z.array(z.array(z.string())),
  stage: z.int(),
  stageOpen: z.int(),
  openQuestions: z.int(),
  score: z.number().nullable(),
  strategy: z.string().nullable(),
  outputs: z.array(PhaseOutput),
  usage: Usage,
  costUsd: z.number(),
  agentsExecuted: z.int(),
  agentsSucceeded: z.int(),
  agentsFailed: z.int(),
  assumptions: z.int(),
  deadlineAt: z.string().nullable(),
  timeLeftMs: z.number().nullable(),
  startedAt: z.string().nullable(),
  completedAt: z.string().nullable(),
})
export type PhaseView = z.infer<typeof PhaseView>

/** A run with all that a page about it shows. `version` is the ledger's last sequence number, also the ETag. */
export const RunDetail = z.strictObject({
  ...runSummary,
  version: z.int(),
  headHash: z.string(),
  planHash: z.string(),
  playbook: z.strictObject({ name: z.string(), hash: z.string() }),
  idea: z.string(),
  repo: RunRepo.nullable(),
  models: z.array(z.string()),
  acceptedCommit: z.string().nullable(),
  dossierDigest: z.string().nullable(),
  closing: z.boolean(),
  closed: z.boolean(),
  phases: z.array(PhaseView),
  questions: z.array(QuestionView),
  /** What was expected, and what came of it. */
  estimate: EstimateView,
  allowedSignals: z.array(Signal),
})
export type RunDetail = z.infer<typeof RunDetail>

export const RunQuery = z.strictObject({ ...pageQuery, status: RunStatus.optional() })

/** What a run would do, without doing it. */
export const PlanView = z.strictObject({
  planHash: z.string(),
  playbook: z.strictObject({ name: z.string(), hash: z.string() }),
  idea: z.string(),
  /** What was found in the repository that the run would start from. */
  repo: RepoContext.nullable(),
  models: z.array(z.string()),
  phases: z.array(
    z.strictObject({
      phase: z.string(),
      title: z.string(),
      needs: z.array(z.string()),
      stages: z.array(z.array(z.string())),
      guards: z.array(z.string()),
      timebox: z.string(),
      budgets: PhaseBudget,
      rubrics: z.record(z.string(), Rubric),
      gate: z.strictObject({ pass: z.number(), maxRounds: z.int() }),
      requiredArtifacts: z.array(z.string()),
    }),
  ),
  budgets: z.strictObject({
    capMicros: z.int(),
    capUsd: z.number(),
    tokens: z.int(),
    toolsMinutes: z.number(),
    gpuHours: z.number(),
  }),
  estimate: Estimate.extend({ lowUsd: z.number(), highUsd: z.number() }),
  clarification: ClarificationMode,
  questionDeadlineMs: z.int(),
  unconfined: z.boolean(),
  timeout: z.string(),
  requiredEvidence: z.array(z.string()),
})
export type PlanView = z.infer<typeof PlanView>

/** A run that was accepted; it is read at `/v1/runs/{runId}`. */
export const RunStarted = z.strictObject({ runId: RunId, status: RunStatus, version: z.int() })
export type RunStarted = z.infer<typeof RunStarted>

/** What a command answered: its own words, and `version`, the ledger's last sequence number of the run. */
export const CommandAnswer = z.looseObject({ version: z.int() })
export type CommandAnswer = z.infer<typeof CommandAnswer>

/** `target` phase or task needs `targetId`: the phase's name or the task's id. */
export const SignalRequest = z.strictObject({
  signal: Signal,
  target: z.enum(['run', 'phase', 'task']).default('run'),
  targetId: text(120, 1).optional(),
})
export type SignalRequest = z.infer<typeof SignalRequest>

export const BudgetRequest = z.strictObject({ addUsd: z.number().min(0.000_001).max(1_000_000) })
export type BudgetRequest = z.infer<typeof BudgetRequest>
