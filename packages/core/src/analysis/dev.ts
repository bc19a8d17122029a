import { getBasis } from './cost.ts'
import { makeProgram, type Rule } from './dev-files.ts'
import { makeDerivedFact } from './facts.ts'
import { makeFingerprint } from './fingerprint.ts'
import { showRecurring } from './friction.ts'
import { askRequirements, makeNeeds } from './needs.ts'
import { findHourlyRate } from './parameters.ts'
import { failForData, makeClaim, makeDone, type AnalysisInput, type AnalysisResult } from './result.ts'

const MAX_RULES = 200

type Found = { readonly rules: readonly Rule[]; readonly from: readonly string[] }

const dropTwins = (rules: readonly Rule[]): Rule[] => [
  ...new Map(
    rules.filter(({ fingerprint }) => fingerprint !== '').map((rule) => [rule.fingerprint, rule]),
  ).values(),
]

/**
 * From the requirements, each about one kind of work; else, where a person said in words what is wanted, from
 * what recurs in the records, and from the words themselves where there are none.
 */
const findRules = ({ known, parameters, tally }: AnalysisInput): Found | undefined => {
  if (known.requirements !== null && known.requirements.length > 0) {
    const rules = known.requirements.map(({ id, fingerprint, example }) => ({
      id,
      fingerprint: fingerprint ?? makeFingerprint(example),
      example,
    }))
    return {
      rules: dropTwins(rules).slice(0, MAX_RULES),
      from: known.requirements.map(({ id }) => `requirements/${id}.rows`),
    }
  }
  const { requirements: said } = parameters
  if (typeof said !== 'string' || said.trim() === '') return undefined
  const recurring = known.recurring ?? (tally === null ? [] : showRecurring(tally))
  const texts =
    recurring.length > 0 ? recurring : [{ fingerprint: makeFingerprint(said), text: said.slice(0, 200) }]
  const rules = texts.map(({ fingerprint, text }, index) => ({
    id: `R-${index + 1}`,
    fingerprint,
    example: text,
  }))
  return { rules: dropTwins(rules).slice(0, MAX_RULES), from: ['parameters.requirements'] }
}

/** An example that does not have its rule's fingerprint, because it was cut, would make a test that must fail. */
const isTrueExample = ({ fingerprint, example }: Rule): boolean => makeFingerprint(example) === fingerprint

/**
 * Writes a small program, by rule and not by a model: one rule for each kind of recurring work, with its tests.
 * The deliverable says that it is simulated.
 */
export const analyseDev = (input: AnalysisInput): AnalysisResult => {
  const found = findRules(input)
  if (found === undefined) return makeNeeds(input.agent, [askRequirements()])
  const rules = found.rules.map((rule) =>
    isTrueExample(rule) ? rule : { ...rule, example: rule.fingerprint },
  )
  const usable = rules.filter(isTrueExample)
  if (usable.length === 0) {
    return failForData('The requirements name no kind of work that a rule could recognise.')
  }
  const files = makeProgram(usable)
  const from = found.from.slice(0, 100)
  return makeDone({
    input,
    type: 'code',
    confidence: getBasis(input, findHourlyRate(input.parameters) !== undefined),
    simulated: true,
    facts: [
      makeDerivedFact('rules.count', usable.length, { unit: 'rows', from }),
      makeDerivedFact('files.count', files.length, { unit: 'rows', from: ['rules.count'] }),
    ],
    claims: [
      makeClaim(
        `A program of ${files.length} files with ${usable.length} rules, written by a template and not by a model: it is simulated work.`,
        ['rules.count', 'files.count'],
      ),
    ],
    content: {
      language: 'JavaScript (Node, no dependencies)',
      note: 'Written by rule, not by a model.',
      entry: 'count.mjs',
      test: 'rules.test.mjs',
      rules: usable,
      files: files.map(({ path, text }) => ({ path, text })),
    },
    statement: `Wrote ${files.map(({ path }) => path).join(', ')} by rule.`,
  })
}
