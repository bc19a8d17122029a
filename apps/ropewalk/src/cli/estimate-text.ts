import type { EstimateView } from '@ropewalk/core/contract/api/estimates'
import { getMoneyText } from './result.ts'
import { makeTable } from './terminal.ts'

const STANDING_WORDS = { none: '', below: 'less', within: 'as expected', above: 'more' } as const

/** `$0.40 to $1.20 (from 4 past runs)`, or why nothing was expected. */
export const getExpectedText = (estimate: EstimateView): string =>
  estimate.basis === 'none'
    ? `nothing: ${estimate.from}`
    : `${getMoneyText(estimate.lowUsd)} to ${getMoneyText(estimate.highUsd)} (${estimate.from}), ${estimate.lowTokens} to ${estimate.highTokens} tokens`

const getWord = ({ standing, isDone, actualTokens }: EstimateView['phases'][number]): string =>
  standing === 'below' && !isDone && actualTokens > 0 ? 'under way' : STANDING_WORDS[standing]

/** What was expected of each phase, and what it used; empty where neither is anything. */
export const layOutActuals = ({ phases }: EstimateView): string => {
  const rows = phases
    .filter(({ highTokens, actualTokens }) => highTokens > 0 || actualTokens > 0)
    .map((phase) => [
      `  ${phase.phase}`,
      phase.inherited ? 'taken over' : `${phase.lowTokens} to ${phase.highTokens}`,
      String(phase.actualTokens),
      `${getMoneyText(phase.lowUsd)} to ${getMoneyText(phase.highUsd)}`,
      getMoneyText(phase.actualUsd),
      getWord(phase),
    ])
  const head = ['  PHASE', 'TOKENS EXPECTED', 'USED', 'COST EXPECTED', 'SPENT', '']
  return rows.length === 0 ? '' : makeTable([head, ...rows])
}
