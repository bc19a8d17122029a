import type { FixStrategy } from '../../contract/task-spec.ts'
import type { Judgement } from './judge-gate.ts'

/** What a strategy depends on beside the judgement. */
export type Circumstances = {
  readonly isLastRound: boolean
  /** What is left of the phase's time, as a share of all of it. */
  readonly timeLeftShare: number
}

/** With less of its time left than this a phase mends only what keeps its gate shut. */
const NEARLY_OUT = 0.2

const STRATEGIES: readonly (readonly [RegExp, FixStrategy])[] = [
  [/secur|vulnerab|secret|sbom|cve|sast|dast|signature/iu, 'rerun-security'],
  [/ground|citation/iu, 'rerun-qav'],
  [/coverage|complete/iu, 'add-missing-agents'],
]

/**
 * What the next round is about (rows DX-33, DX-49). In the last round only a person can help; what is missing
 * comes before all else; a phase that runs out of time does less.
 */
export const pickStrategy = (judgement: Judgement, of: Circumstances): FixStrategy => {
  if (of.isLastRound) return 'manual-intervention'
  if (judgement.missing.length > 0) return 'add-missing-agents'
  if (of.timeLeftShare < NEARLY_OUT) return 'reduce-scope'
  const names =
    judgement.failingRubrics.length > 0 ? judgement.failingRubrics : judgement.failing.map(({ type }) => type)
  const found = STRATEGIES.find(([pattern]) => names.some((name) => pattern.test(name)))
  return found?.[1] ?? 'stricter-validation'
}
