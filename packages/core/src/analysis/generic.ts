import { getBasis } from './cost.ts'
import { makeDerivedFact, showNumber } from './facts.ts'
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

/** Work that nobody here knows: what can be said of any records. Without records it cannot be done. */
export const summarise = (input: AnalysisInput): AnalysisResult => {
  const { tally, title } = input
  if (tally === null || (tally.rowCount === 0 && tally.long.rowCount === 0)) {
    return failForData(
      `No worker here knows how to do “${title.slice(0, 200)}”, and without records there is nothing to count either.`,
    )
  }
  const problem = checkTally(input)
  if (problem !== undefined) return problem
  const mean = tally.hundredths / 100 / tally.rowCount
  return makeDone({
    input,
    type: 'summary',
    confidence: getBasis(input, findHourlyRate(input.parameters) !== undefined),
    facts: [
      ...makeRecordFacts(tally),
      makeDerivedFact('mean.minutes', mean, { unit: 'minutes', from: ['total.minutes', 'rows.counted'] }),
    ],
    claims: [
      makeClaim(
        `${tally.rowCount} records in ${tally.categories.length} categories, ${showNumber(tally.hundredths / 100)} minutes in all, ${showNumber(mean)} each.`,
        ['rows.counted', 'categories.counted', 'total.minutes', 'mean.minutes'],
      ),
    ],
    content: {
      treatment: showTreatment(input.treatment),
      title,
      note: 'A count only: no worker with the capability that this work asks for was there.',
      dates: tally.dates,
    },
    statement: `Counted ${tally.rowCount} records.`,
  })
}
