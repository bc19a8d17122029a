import type { Parameters } from '../contract/item.ts'
import { showPercent } from './facts.ts'
import { findPercent } from './parameters.ts'

type Case = { readonly name: string; readonly avoidable: number }

const showReach = (target: number, cases: readonly Case[]): string => {
  const expected = cases.find(({ name }) => name === 'expected')
  if (expected === undefined) return 'Nothing was computed to hold it against.'
  const cautious = cases.find(({ name }) => name === 'cautious')
  const inExpected = `the expected case (${showPercent(expected.avoidable)})`
  if (expected.avoidable < target) return `It is not within ${inExpected}.`
  if (cautious === undefined) return `It is within ${inExpected}.`
  const inCautious = `the cautious one (${showPercent(cautious.avoidable)})`
  return cautious.avoidable < target
    ? `It is within ${inExpected}, but not within ${inCautious}.`
    : `It is within ${inExpected}, and within ${inCautious}.`
}

/** Whether what was aimed at is within what could be recovered, in words; null where no aim was given. */
export const tellTarget = (parameters: Parameters, cases: readonly Case[]): string | null => {
  const percent = findPercent(parameters, 'targetPercent')
  const { targetWeeks: weeks } = parameters
  if (percent === undefined) return null
  return [
    `The target is ${showPercent(percent)}, taken as a share of the time and of what it costs.`,
    showReach(percent, cases),
    ...(typeof weeks === 'number'
      ? [`Whether ${weeks} ${weeks === 1 ? 'week is' : 'weeks are'} enough, the records do not tell.`]
      : []),
  ].join(' ')
}
