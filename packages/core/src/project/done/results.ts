import { z } from 'zod'
import { findNumber } from '../../analysis/facts.ts'
import { Requirement } from '../../analysis/known.ts'
import { parseCode } from '../../analysis/test-run.ts'
import type { DeliverableBody } from '../../contract/work-order.ts'
import type { Checked, Validator } from './input.ts'

const ofType = ({ bodies }: Checked, type: string): readonly DeliverableBody[] =>
  bodies.filter((body) => body.type === type)

const expectBody = (input: Checked, type: string): string[] =>
  ofType(input, type).length === 0 ? [`Expected a deliverable of type ${type}, and none is there.`] : []

const Requirements = z.object({ requirements: z.array(Requirement).min(1) })

const checkRequirementsOf = (body: DeliverableBody): string[] => {
  const content = Requirements.safeParse(body.content)
  if (!content.success) {
    return [
      `requirements: expected at least one with acceptance criteria and sources: ${z.prettifyError(content.error)}`,
    ]
  }
  const { requirements } = content.data
  return [
    ...(new Set(requirements.map(({ id }) => id)).size === requirements.length
      ? []
      : ['Two requirements have the same id.']),
    ...requirements.flatMap(({ id, acceptance }) =>
      acceptance.flatMap(({ measure, value }) =>
        findNumber(body, measure) === value
          ? []
          : [`${id} is held against ${measure} = ${value}, which is no fact of the deliverable.`],
      ),
    ),
  ]
}

/** requirements_manager: each requirement can be tested against a number that is a fact, and says where it is from. */
export const checkRequirements: Validator = (input) => [
  ...expectBody(input, 'requirements'),
  ...ofType(input, 'requirements').flatMap(checkRequirementsOf),
]

/**
 * A module that is loaded and is neither Node's own nor a file beside. Imports longer than 2,000 characters are not
 * looked through: what may be any text must not be read again and again from each of its lines.
 */
const FOREIGN_IMPORT =
  /(?:^[ \t]*(?:import|export)\b[^'"]{0,2000}?\bfrom\s*|^[ \t]*import\s*|\b(?:import|require)\s*\(\s*)(['"])(?!node:|\.\/)[^'"\n]+\1/mu

/** dev: the program is there with its tests, needs nothing from elsewhere, and says so if no model wrote it. */
export const checkCode: Validator = (input) => [
  ...expectBody(input, 'code'),
  ...ofType(input, 'code').flatMap((body) => {
    const code = parseCode(body)
    if (typeof code === 'string') return [code]
    const foreign = code.files.find(({ text }) => FOREIGN_IMPORT.test(text))
    const isTested = code.files.some(({ path, text }) => path === code.test && /\btest\(/u.test(text))
    return [
      ...(foreign === undefined
        ? []
        : [`${foreign.path} loads something that is neither Node's nor its own.`]),
      ...(isTested ? [] : [`${code.test} has no test.`]),
      ...(!body.simulated && body.agent === 'dev'
        ? ['What the dev worker writes by rule has to say that it is simulated.']
        : []),
    ]
  }),
]

/** test: the tests were run, ended with 0, and their count is stated. */
export const checkTestsPassed: Validator = ({ evidence, bodies }) => {
  const runs = evidence.filter(({ kind }) => kind === 'test')
  const failed = runs.find(({ exitCode }) => exitCode !== 0)
  const reports = bodies.flatMap(({ facts }) => facts).filter(({ name }) => name === 'tests.failed')
  const counts = bodies.flatMap(({ facts }) => facts).filter(({ name }) => name === 'tests.passed')
  return [
    ...(runs.length === 0 ? ['There is no evidence of a test run.'] : []),
    ...(failed === undefined
      ? []
      : [`A test run ended with ${failed.exitCode ?? 'no exit code'}: ${failed.statement}`]),
    ...(counts.some(({ value }) => typeof value === 'number' && value > 0)
      ? []
      : ['No deliverable says that at least one test passed (fact tests.passed).']),
    ...(reports.every(({ value }) => value === 0)
      ? []
      : ['A deliverable says that tests failed (fact tests.failed).']),
  ]
}

/** generic: there is something in it to read. */
export const checkResultPresent: Validator = ({ bodies }) =>
  bodies.some(({ facts, claims, content }) => facts.length > 0 || claims.length > 0 || !isEmpty(content))
    ? []
    : ['The deliverables say nothing: no facts, no claims, no content.']

const isEmpty = (content: DeliverableBody['content']): boolean =>
  content === null || content === '' || (typeof content === 'object' && Object.keys(content).length === 0)
