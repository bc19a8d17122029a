import type { EstimateView, Standing } from '@ropewalk/core/contract/api/estimates'
import type { Estimate } from '@ropewalk/core/contract/run-plan'
import type { Phase } from '@ropewalk/core/run/state'
import type { RunView } from '../contract.ts'

const getUsd = (micros: number): number => micros / 1_000_000

/** Where an expectation came from, in words. */
export const getEstimateSource = ({ basis, runs }: Pick<Estimate, 'basis' | 'runs'>): string => {
  const past = `${runs} past ${runs === 1 ? 'run' : 'runs'}`
  switch (basis) {
    case 'none':
      return 'no model is called'
    case 'playbook':
      return 'from the playbook'
    case 'runs':
      return `from ${past}`
    case 'mixed':
      return `from ${past} and, where they tell nothing, the playbook`
  }
}

const getStanding = (actual: number, low: number, high: number): Standing => {
  if (actual === 0) return 'none'
  if (actual < low) return 'below'
  return actual > high ? 'above' : 'within'
}

const countTokens = ({ usage }: Phase): number => usage.inputTokens + usage.outputTokens

/** What a run was expected to use beside what it has used so far. Pure. */
export const makeEstimateView = ({
  run,
  plan,
  phases,
}: Pick<RunView, 'run' | 'plan' | 'phases'>): EstimateView => {
  const { estimate } = plan
  const rows = plan.phases.map(({ phase: name }) => {
    const expected = estimate.phases.find(({ phase }) => phase === name)
    const phase = phases.find((each) => each.phase === name)
    const [low, high] = [expected?.lowTokens ?? 0, expected?.highTokens ?? 0]
    const actual = phase === undefined ? 0 : countTokens(phase)
    return {
      phase: name,
      runs: expected?.runs ?? 0,
      inherited: expected?.inherited ?? false,
      lowTokens: low,
      tokens: expected?.tokens ?? 0,
      highTokens: high,
      lowUsd: getUsd(expected?.lowMicros ?? 0),
      highUsd: getUsd(expected?.highMicros ?? 0),
      actualTokens: actual,
      actualUsd: getUsd(phase?.usage.costMicros ?? 0),
      rounds: phase?.round ?? 1,
      isDone: phase?.status === 'passed',
      standing: getStanding(actual, low, high),
    }
  })
  return {
    basis: estimate.basis,
    from: getEstimateSource(estimate),
    model: estimate.model,
    price: estimate.price,
    lowTokens: estimate.lowTokens,
    tokens: estimate.tokens,
    highTokens: estimate.highTokens,
    lowUsd: getUsd(estimate.lowMicros),
    highUsd: getUsd(estimate.highMicros),
    actualTokens: run.tokensUsed,
    actualUsd: getUsd(run.spentMicros),
    standing: getStanding(run.tokensUsed, estimate.lowTokens, estimate.highTokens),
    phases: rows,
  }
}
