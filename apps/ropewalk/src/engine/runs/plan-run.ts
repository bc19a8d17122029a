import { getCostMicros, getPrice } from '@ropewalk/core/contract/price'
import type { RunPlan } from '@ropewalk/core/contract/run-plan'
import type { RunRequest } from '@ropewalk/core/contract/run-request'
import { makeRunPlan } from '@ropewalk/core/run/plan/make-run-plan'
import type { Config } from '../../config.ts'
import type { PinnedPlaybook } from '../playbook/read-playbook.ts'

/** What planning rests on beside the request. */
export type PlanSources = {
  readonly pinned: PinnedPlaybook
  readonly config: Pick<
    Config,
    'models' | 'budgetUsd' | 'clarification' | 'questionDeadlineSeconds' | 'unconfined'
  >
}

/**
 * Without a past to learn from, a run is taken to use between a fifth and three fifths of its phases' token
 * budgets, three quarters of them input.
 */
const SHARES = { low: 0.2, high: 0.6, input: 0.75 }

/** A question waits this long for a person when nobody set a deadline. */
const DEFAULT_DEADLINE_SECONDS = 600

const getEstimate = (pinned: PinnedPlaybook, models: readonly string[]): RunPlan['estimate'] => {
  const [first = 'offline'] = models
  if (first === 'offline') return { lowMicros: 0, highMicros: 0, tokens: 0 }
  const tokens = pinned.playbook.phases.reduce((sum, phase) => sum + phase.budgets.tokens, 0)
  const price = getPrice(pinned.playbook.prices, first, new Date().toISOString().slice(0, 10))
  const cost = (share: number) =>
    getCostMicros(
      price,
      Math.round(tokens * share * SHARES.input),
      Math.round(tokens * share * (1 - SHARES.input)),
    )
  return {
    lowMicros: cost(SHARES.low),
    highMicros: cost(SHARES.high),
    tokens: Math.round(tokens * SHARES.high),
  }
}

/** The frozen plan of a run, from its sources and today's prices. Throws PLAYBOOK_INVALID for a playbook without an order. */
export const planRun = (
  { pinned, config }: PlanSources,
  request: RunRequest,
  repo: RunPlan['repo'] = null,
): RunPlan =>
  makeRunPlan({
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
    estimate: getEstimate(pinned, config.models),
  })
