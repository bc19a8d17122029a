import { NO_ESTIMATE, type RunPlan } from '@ropewalk/core/contract/run-plan'
import type { RunRequest } from '@ropewalk/core/contract/run-request'
import { makeRunPlan } from '@ropewalk/core/run/plan/make-run-plan'
import type { Config } from '../../config.ts'
import type { PinnedPlaybook } from '../playbook/read-playbook.ts'
import { makeEstimate, type PastUse } from './estimate.ts'

/** What planning rests on beside the request. */
export type PlanSources = {
  readonly pinned: PinnedPlaybook
  readonly config: Pick<
    Config,
    'models' | 'budgetUsd' | 'clarification' | 'questionDeadlineSeconds' | 'unconfined'
  >
  /** What finished runs of the workspace used; the estimate rests on the playbook without it. */
  readonly past?: readonly PastUse[] | undefined
}

/** A question waits this long for a person when nobody set a deadline. */
const DEFAULT_DEADLINE_SECONDS = 600

/** The day whose prices count. */
export const getToday = (): string => new Date().toISOString().slice(0, 10)

/** The frozen plan of a run, from its sources and today's prices. Throws PLAYBOOK_INVALID for a playbook without an order. */
export const planRun = (
  { pinned, config, past = [] }: PlanSources,
  request: RunRequest,
  repo: RunPlan['repo'] = null,
): RunPlan => {
  const plan = makeRunPlan({
    playbook: pinned.playbook,
    playbookHash: pinned.hash,
    idea: request.idea.trim(),
    repo,
    models: config.models,
    capMicros: Math.round((request.budgetUsd ?? config.budgetUsd) * 1_000_000),
    clarification: request.clarification ?? config.clarification,
    questionDeadlineMs:
      (request.questionDeadlineSeconds ?? config.questionDeadlineSeconds ?? DEFAULT_DEADLINE_SECONDS) * 1000,
    unconfined: request.unconfined ?? config.unconfined,
    estimate: NO_ESTIMATE,
  })
  return { ...plan, estimate: makeEstimate({ plan, past, date: getToday() }) }
}
