import type { Fact } from '../contract/work-order.ts'
import { findHourlyRate } from './parameters.ts'
import { getConfidence } from './confidence.ts'
import { joinFields, makeDerivedFact, makeRowFact, showNumber, showPercent } from './facts.ts'
import { askRows, askTreatment, makeNeeds } from './needs.ts'
import {
  failForData,
  makeClaim,
  makeDone,
  showTreatment,
  type AnalysisInput,
  type AnalysisResult,
} from './result.ts'
import { listCategories, type Category, type Tally } from './tally.ts'

/** Categories with facts of their own; further ones are summed as the rest. */
const MAX_CATEGORIES = 500

/** What every analysis of records needs first; undefined where it can go on. */
export const checkTally = (input: AnalysisInput): AnalysisResult | undefined => {
  const { tally, agent, treatment, parameters } = input
  if (tally === null || (tally.rowCount === 0 && tally.long.rowCount === 0)) {
    return parameters['noRecords'] === true
      ? failForData(`${agent} has no records to work on, and was told that none will come.`)
      : makeNeeds(agent, [askRows()])
  }
  const asked = askTreatment(tally, treatment)
  if (asked.length > 0) return makeNeeds(agent, asked)
  if (tally.rowCount === 0) return failForData('All records were left out because each is over the cap.')
  return undefined
}

/** Facts about the records as a whole, which several analyses state. */
export const makeRecordFacts = (tally: Tally): Fact[] => {
  const field = joinFields(tally.fields)
  const rows = (name: string, sum: Tally['missing']) =>
    makeRowFact(name, sum.rowCount, { unit: 'rows', sum, field })
  return [
    makeRowFact('total.minutes', tally.hundredths / 100, { unit: 'minutes', sum: tally, field }),
    rows('rows.counted', tally),
    rows('estimates.missing', tally.missing),
    makeRowFact('categories.counted', tally.categories.length, {
      unit: 'categories',
      sum: tally,
      field: null,
    }),
    ...(tally.long.rowCount === 0 ? [] : [rows('rows.over-cap', tally.long)]),
  ]
}

type Shown = Category & { readonly key: string; readonly share: number }

/** Categories by minutes; those beyond the limit as one, called the rest. */
const showCategories = (tally: Tally): { readonly shown: readonly Shown[]; readonly rest: number } => {
  const all = listCategories(tally)
  const getShare = (hundredths: number) => (tally.hundredths === 0 ? 0 : hundredths / tally.hundredths)
  return {
    shown: all.slice(0, MAX_CATEGORIES).map((category, index) => ({
      ...category,
      key: `category.${index + 1}`,
      share: getShare(category.hundredths),
    })),
    rest: Math.max(0, all.length - MAX_CATEGORIES),
  }
}

/** Totals and shares per category, with the rows behind each. */
export const analyseTimeWaste = (input: AnalysisInput): AnalysisResult => {
  const problem = checkTally(input)
  const { tally } = input
  if (problem !== undefined || tally === null) return problem ?? failForData('There are no records.')
  const field = joinFields(tally.fields)
  const { shown, rest } = showCategories(tally)
  const facts = [
    ...makeRecordFacts(tally),
    makeDerivedFact('total.hours', tally.hundredths / 6000, { unit: 'hours', from: ['total.minutes'] }),
    ...shown.flatMap((category) => [
      makeRowFact(`${category.key}.minutes`, category.hundredths / 100, {
        unit: 'minutes',
        sum: category,
        field,
      }),
      makeDerivedFact(`${category.key}.share`, category.share, {
        unit: 'share',
        from: [`${category.key}.minutes`, 'total.minutes'],
        rowCount: category.rowCount,
      }),
    ]),
  ]
  const minutes = showNumber(tally.hundredths / 100)
  return makeDone({
    input,
    type: 'time_waste',
    confidence: getConfidence({
      isRateKnown: findHourlyRate(input.parameters) !== undefined,
      rows: tally.rowCount,
      categories: tally.categories.length,
      missingEstimates: tally.missing.rowCount,
    }),
    facts,
    claims: [
      makeClaim(
        `${tally.rowCount} records come to ${minutes} minutes (${showNumber(tally.hundredths / 6000)} hours).`,
        ['total.minutes', 'rows.counted', 'total.hours'],
      ),
      ...shown
        .slice(0, 10)
        .map(({ key, name, hundredths, share }) =>
          makeClaim(`${name}: ${showNumber(hundredths / 100)} minutes, ${showPercent(share)} of all.`, [
            `${key}.minutes`,
            `${key}.share`,
          ]),
        ),
      ...(tally.missing.rowCount === 0
        ? []
        : [
            makeClaim(
              `${tally.missing.rowCount} records had no duration that could be read as it stands: theirs is a guess.`,
              ['estimates.missing'],
            ),
          ]),
    ],
    content: {
      treatment: showTreatment(input.treatment),
      categories: shown.map(({ key, name, hundredths, rowCount, share }) => ({
        key,
        name,
        minutes: hundredths / 100,
        rows: rowCount,
        share,
      })),
      categoriesNotShown: rest,
      dates: tally.dates,
    },
    statement: `Added up the minutes of ${tally.rowCount} records: ${minutes}.`,
  })
}
