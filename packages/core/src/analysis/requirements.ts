import type { Fact } from '../contract/work-order.ts'
import { getBasis } from './cost.ts'
import { joinFields, makeDerivedFact, makeRowFact, showNumber, showPercent } from './facts.ts'
import { getFriction, showRecurring } from './friction.ts'
import type { RecurringText, Requirement } from './known.ts'
import { askRows, makeNeeds } from './needs.ts'
import { findHourlyRate, findPercent } from './parameters.ts'
import {
  failForData,
  makeClaim,
  makeDone,
  showTreatment,
  type AnalysisInput,
  type AnalysisResult,
} from './result.ts'
import { checkTally } from './time-waste.ts'
import { listCategories } from './tally.ts'

/** More would not be read; what is left out is counted. */
const MAX_REQUIREMENTS = 20

type Goal = { readonly share: number; readonly from: string }

/** How much of each recurring text is to go: the expected case, else what friction says. */
const findGoal = ({ known, parameters, tally }: AnalysisInput): Goal => {
  if (known.expectedShare !== null)
    return { share: known.expectedShare, from: 'scenario/expected.avoidable.share' }
  const said = findPercent(parameters, 'avoidablePercent')
  if (said !== undefined) return { share: said, from: 'parameters.avoidablePercent' }
  if (known.avoidableShare !== null) return { share: known.avoidableShare, from: 'friction/avoidable.share' }
  return { share: tally === null ? 0 : getFriction(tally).avoidable, from: 'records.text' }
}

/** What recurs; where nothing does, the category with most minutes stands in for it. */
const findSubjects = ({
  known,
  tally,
}: AnalysisInput): { readonly texts: readonly RecurringText[]; readonly from: string } => {
  if (known.recurring !== null && known.recurring.length > 0)
    return { texts: known.recurring, from: 'friction/' }
  if (tally === null) return { texts: [], from: '' }
  const recurring = showRecurring(tally)
  if (recurring.length > 0) return { texts: recurring, from: '' }
  const [largest] = listCategories(tally)
  if (largest === undefined) return { texts: [], from: '' }
  const { name, ...sum } = largest
  return { texts: [{ key: 'category.1', fingerprint: '-', text: name, ...sum }], from: '' }
}

const makeRequirement = (text: RecurringText, index: number, goal: Goal, from: string): Requirement => {
  const id = `R-${index + 1}`
  const minutes = text.hundredths / 100
  const most = minutes * (1 - goal.share)
  const isCluster = text.fingerprint !== '-'
  return {
    id,
    statement: isCluster
      ? `Work such as “${text.text}” is recognised when it comes in, and needs less time of a person.`
      : `Work of the category “${text.text}” needs less time of a person.`,
    acceptance: [
      {
        text: `All ${text.rowCount} records of this kind are recognised.`,
        measure: `${id}.rows`,
        value: text.rowCount,
        unit: 'rows',
      },
      {
        text: `In a period like that of the records it takes at most ${showNumber(most)} minutes instead of ${showNumber(minutes)} (${showPercent(goal.share)} less).`,
        measure: `${id}.minutes.most`,
        value: most,
        unit: 'minutes',
      },
    ],
    fingerprint: isCluster ? text.fingerprint : null,
    example: text.text,
    sources: [`${from}${text.key}.minutes`, goal.from],
  }
}

const makeRequirementFacts = (
  texts: readonly RecurringText[],
  requirements: readonly Requirement[],
): Fact[] =>
  requirements.flatMap((requirement, index) => {
    const text = texts[index]
    return requirement.acceptance.map(({ measure, value, unit }) =>
      makeDerivedFact(measure, value, {
        unit: unit === 'rows' ? 'rows' : 'minutes',
        from: unit === 'rows' ? requirement.sources.slice(0, 1) : requirement.sources,
        rowCount: text?.rowCount,
      }),
    )
  })

const makeSubjectFacts = (texts: readonly RecurringText[], fields: readonly string[]): Fact[] =>
  texts.map((text) =>
    makeRowFact(`${text.key}.minutes`, text.hundredths / 100, {
      unit: 'minutes',
      sum: text,
      field: joinFields(fields),
    }),
  )

/** What a remedy would have to do, each with numbers to hold it against. */
export const analyseRequirements = (input: AnalysisInput): AnalysisResult => {
  const { texts, from } = findSubjects(input)
  if (input.tally !== null && from === '') {
    const problem = checkTally(input)
    if (problem !== undefined) return problem
  }
  if (texts.length === 0) {
    return input.parameters['noRecords'] === true
      ? failForData(`${input.agent} has neither records nor recurring work to make requirements of.`)
      : makeNeeds(input.agent, [askRows()])
  }
  const goal = findGoal(input)
  const subjects = texts.slice(0, MAX_REQUIREMENTS)
  const requirements = subjects.map((text, index) => makeRequirement(text, index, goal, from))
  const facts = [
    ...(from === '' ? makeSubjectFacts(subjects, input.tally?.fields ?? []) : []),
    ...makeRequirementFacts(subjects, requirements),
  ]
  return makeDone({
    input,
    type: 'requirements',
    confidence: getBasis(input, findHourlyRate(input.parameters) !== undefined),
    facts,
    claims: requirements.map(({ id, statement, acceptance }) =>
      makeClaim(
        `${id}: ${statement}`,
        acceptance.map(({ measure }) => measure),
      ),
    ),
    content: {
      treatment: showTreatment(input.treatment),
      requirements,
      goal: { share: goal.share, from: goal.from },
      notShown: texts.length - subjects.length,
    },
    statement: `Made ${requirements.length} requirements, each with numbers to accept it by.`,
  })
}
