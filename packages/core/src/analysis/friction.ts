import type { RecurringText } from './known.ts'
import { getBasis } from './cost.ts'
import { joinFields, makeDerivedFact, makeRowFact, showNumber, showPercent } from './facts.ts'
import { findHourlyRate } from './parameters.ts'
import {
  failForData,
  makeClaim,
  makeDone,
  showTreatment,
  type AnalysisInput,
  type AnalysisResult,
} from './result.ts'
import { checkTally, makeRecordFacts } from './time-waste.ts'
import { listRecurring, type Tally } from './tally.ts'

/** What recurs can be avoided a little beyond itself, since it disturbs other work; never more than the cap (AX-33). */
const AVOIDABLE_FACTOR = 1.25
export const MAX_AVOIDABLE_SHARE = 0.6

/** Clusters with facts of their own. */
const MAX_CLUSTERS = 200

/** How much of all minutes went into texts that occur more than once, and how much of that is avoidable. */
export const getFriction = (
  tally: Tally,
): { hundredths: number; rowCount: number; share: number; avoidable: number } => {
  const recurring = listRecurring(tally)
  const hundredths = recurring.reduce((sum, each) => sum + each.hundredths, 0)
  const share = tally.hundredths === 0 ? 0 : hundredths / tally.hundredths
  return {
    hundredths,
    rowCount: recurring.reduce((sum, each) => sum + each.rowCount, 0),
    share,
    avoidable: Math.min(MAX_AVOIDABLE_SHARE, share * AVOIDABLE_FACTOR),
  }
}

/** The recurring texts that matter most, with the key under which facts name them. */
export const showRecurring = (tally: Tally): RecurringText[] =>
  listRecurring(tally)
    .slice(0, MAX_CLUSTERS)
    .map(({ fingerprint, text, hundredths, rowCount, rows }, index) => ({
      key: `recurring.${index + 1}`,
      fingerprint,
      text,
      hundredths,
      rowCount,
      rows,
    }))

/** What recurs in the texts of the records. */
export const analyseFriction = (input: AnalysisInput): AnalysisResult => {
  const problem = checkTally(input)
  const { tally } = input
  if (problem !== undefined || tally === null) return problem ?? failForData('There are no records.')
  const field = joinFields(tally.fields)
  const { hundredths, share, avoidable, rowCount } = getFriction(tally)
  const recurring = showRecurring(tally)
  const all = listRecurring(tally).length
  const keys = recurring.map(({ key }) => `${key}.minutes`)
  return makeDone({
    input,
    type: 'friction',
    confidence: getBasis(input, findHourlyRate(input.parameters) !== undefined),
    facts: [
      ...makeRecordFacts(tally),
      ...recurring.map((each) =>
        makeRowFact(`${each.key}.minutes`, each.hundredths / 100, { unit: 'minutes', sum: each, field }),
      ),
      makeDerivedFact('recurring.minutes', hundredths / 100, {
        unit: 'minutes',
        from: all > 0 && all <= 90 ? keys : ['total.minutes'],
        rowCount,
      }),
      makeDerivedFact('recurring.clusters', all, { unit: 'clusters', from: ['total.minutes'], rowCount }),
      makeDerivedFact('recurring.share', share, {
        unit: 'share',
        from: ['recurring.minutes', 'total.minutes'],
        rowCount,
      }),
      makeDerivedFact('avoidable.share', avoidable, { unit: 'share', from: ['recurring.share'], rowCount }),
    ],
    claims: [
      makeClaim(
        `${rowCount} of ${tally.rowCount} records are about something that occurs more than once; they take ${showPercent(share)} of the time.`,
        ['recurring.minutes', 'recurring.share', 'rows.counted'],
      ),
      makeClaim(`Judged by what recurs, about ${showPercent(avoidable)} of the time could be avoided.`, [
        'avoidable.share',
      ]),
      ...recurring
        .slice(0, 10)
        .map(({ key, text, hundredths: minutes, rowCount: times }) =>
          makeClaim(`“${text}” occurs ${times} times and takes ${showNumber(minutes / 100)} minutes.`, [
            `${key}.minutes`,
          ]),
        ),
    ],
    content: {
      treatment: showTreatment(input.treatment),
      recurring,
      recurringNotShown: all - recurring.length,
      formulas: {
        'recurring.share': 'recurring.minutes / total.minutes',
        'avoidable.share': `recurring.share × ${AVOIDABLE_FACTOR}, at most ${MAX_AVOIDABLE_SHARE}`,
      },
    },
    statement: `Compared the texts of ${tally.rowCount} records by fingerprint: ${all} recur.`,
  })
}
