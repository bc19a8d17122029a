import type { Fact } from '../contract/work-order.ts'
import { getBasis, getCosts } from './cost.ts'
import { makeDerivedFact, showMoney, showNumber, showPercent } from './facts.ts'
import { getFriction, MAX_AVOIDABLE_SHARE } from './friction.ts'
import { askAvoidablePercent, makeNeeds } from './needs.ts'
import { findPercent, getCurrency } from './parameters.ts'
import { makeClaim, makeDone, showTreatment, type AnalysisInput, type AnalysisResult } from './result.ts'

/** The best case avoids a quarter more than is expected, the cautious one half of it, unless somebody says. */
const BEST_FACTOR = 1.25
const CAUTIOUS_FACTOR = 0.5

type Avoidable = { readonly value: number; readonly from: readonly string[] }
type Case = Avoidable & { readonly name: 'best' | 'expected' | 'cautious' }

/** A person's word first, then what the texts show. */
const findExpected = ({ parameters, known, tally }: AnalysisInput): Avoidable | undefined => {
  const said = findPercent(parameters, 'avoidablePercent')
  if (said !== undefined) return { value: said, from: ['parameters.avoidablePercent'] }
  if (known.avoidableShare !== null)
    return { value: known.avoidableShare, from: ['friction/avoidable.share'] }
  if (tally === null || tally.rowCount === 0) return undefined
  return { value: getFriction(tally).avoidable, from: ['records.text'] }
}

/** What is derived for the best case stays under the cap as well, unless already the expected one is above it. */
const getBest = (expected: number): number =>
  Math.max(expected, Math.min(MAX_AVOIDABLE_SHARE, expected * BEST_FACTOR))

const makeCases = ({ parameters }: AnalysisInput, expected: Avoidable): readonly Case[] => {
  const makeCase = (name: 'best' | 'cautious', parameter: string, derived: number): Case => {
    const said = findPercent(parameters, parameter)
    return said === undefined
      ? { name, value: derived, from: ['expected.avoidable.share'] }
      : { name, value: said, from: [`parameters.${parameter}`] }
  }
  return [
    makeCase('best', 'avoidablePercentBest', getBest(expected.value)),
    { name: 'expected', ...expected },
    makeCase('cautious', 'avoidablePercentCautious', expected.value * CAUTIOUS_FACTOR),
  ]
}

type Base = {
  readonly monthHours: number
  readonly monthMoney: number
  readonly facts: readonly Fact[]
  readonly assumptions: readonly string[]
}

/** Hours and money of a month, from the cost deliverable where there is one, else computed here. */
const findBase = (input: AnalysisInput): Base | AnalysisResult => {
  const { monthHours, monthMoney } = input.known
  if (monthHours !== null && monthMoney !== null) {
    const facts = [
      makeDerivedFact('hours.month', monthHours, { unit: 'hours', from: ['cost/hours.month'] }),
      makeDerivedFact('cost.month', monthMoney, { unit: 'money', from: ['cost/cost.month'] }),
    ]
    return { monthHours, monthMoney, facts, assumptions: [] }
  }
  const costs = getCosts(input)
  return 'type' in costs ? costs : { ...costs, assumptions: costs.period.defaults }
}

const makeCaseFacts = (one: Case, base: Base): Fact[] => {
  const share = `${one.name}.avoidable.share`
  const hours = base.monthHours * one.value
  const money = base.monthMoney * one.value
  return [
    makeDerivedFact(share, one.value, { unit: 'share', from: one.from }),
    makeDerivedFact(`${one.name}.recovered.hours.month`, hours, {
      unit: 'hours',
      from: ['hours.month', share],
    }),
    makeDerivedFact(`${one.name}.recovered.cost.month`, money, {
      unit: 'money',
      from: ['cost.month', share],
    }),
    makeDerivedFact(`${one.name}.recovered.cost.year`, money * 12, {
      unit: 'money',
      from: [`${one.name}.recovered.cost.month`],
    }),
  ]
}

/** How many hours, and how much money, come back if a part of the work is avoided. */
export const analyseScenario = (input: AnalysisInput): AnalysisResult => {
  const base = findBase(input)
  const expected = findExpected(input)
  if ('type' in base) {
    return base.type === 'needs' && expected === undefined
      ? makeNeeds(input.agent, [...base.questions, askAvoidablePercent()])
      : base
  }
  if (expected === undefined) return makeNeeds(input.agent, [askAvoidablePercent()])
  const cases = makeCases(input, expected)
  const currency = getCurrency(input.parameters)
  return makeDone({
    input,
    type: 'scenario',
    confidence: getBasis(input, true),
    facts: [...base.facts, ...cases.flatMap((one) => makeCaseFacts(one, base))],
    claims: cases.map((one) =>
      makeClaim(
        `${one.name}: ${showPercent(one.value)} avoided gives back ${showNumber(base.monthHours * one.value)} hours and ` +
          `${showMoney(base.monthMoney * one.value, currency)} a month, ${showMoney(base.monthMoney * one.value * 12, currency)} a year.`,
        [
          `${one.name}.avoidable.share`,
          `${one.name}.recovered.hours.month`,
          `${one.name}.recovered.cost.month`,
          `${one.name}.recovered.cost.year`,
        ],
      ),
    ),
    content: {
      treatment: showTreatment(input.treatment),
      currency,
      cases: cases.map(({ name, value, from }) => ({
        name,
        avoidable: value,
        hoursMonth: base.monthHours * value,
        moneyMonth: base.monthMoney * value,
        moneyYear: base.monthMoney * value * 12,
        from: [...from],
      })),
      formulas: {
        'recovered.hours.month': 'hours.month × avoidable.share',
        'recovered.cost.month': 'cost.month × avoidable.share',
        'recovered.cost.year': 'recovered.cost.month × 12',
        'best.avoidable.share': `expected × ${BEST_FACTOR}, at most ${MAX_AVOIDABLE_SHARE} unless more is expected`,
        'cautious.avoidable.share': `expected × ${CAUTIOUS_FACTOR}`,
      },
      assumptions: [...base.assumptions],
    },
    statement: `Computed three cases of what can be recovered from ${showNumber(base.monthHours)} hours a month.`,
  })
}
