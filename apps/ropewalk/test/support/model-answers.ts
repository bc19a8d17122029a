import { Rtm } from '@ropewalk/core/contract/documents/prd'
import { ARCHITECTURE, SECURITY } from './answers/architecture.ts'
import { BUSINESS } from './answers/business.ts'
import { CODER_FILES, GOOD_FILES, LEAN_FILES, type Files } from './answers/code.ts'
import { PRODUCT, REVIEWS } from './answers/product.ts'
import { AESTHETIC, BETA, makeTestReport, QA, RELEASE } from './answers/shipping.ts'
import { CRITIQUE, IDEATION, INTAKE } from './answers/thinking.ts'

/**
 * What a good model hands in for a link shortener with click counts: a document of each name that an agent of
 * kind `model` writes. They meet their contracts, cite what is there, and fit each other and the code.
 */
export const GOOD_DOCUMENTS: Readonly<Record<string, unknown>> = {
  ...INTAKE,
  ...IDEATION,
  ...CRITIQUE,
  ...PRODUCT,
  ...REVIEWS,
  ...BUSINESS,
  ...ARCHITECTURE,
  ...SECURITY,
  ...QA,
  ...AESTHETIC,
  ...RELEASE,
  ...BETA,
}

export { CODER_FILES, GOOD_FILES, LEAN_FILES, type Files }

/** What a coder of this name writes; one that the playbook does not have writes the whole service. */
export const getCoderFiles = (agent: string): Files => CODER_FILES[agent] ?? LEAN_FILES

/** The tests of a matrix, each once though it stands in the rows of two requirements. */
const countTests = (matrix: unknown) => {
  const tests = new Map(
    Rtm.parse(matrix).rows.flatMap((row) => row.tests.map((one) => [`${one.file} ${one.test}`, one.outcome])),
  )
  const count = (outcome: string) => [...tests.values()].filter((each) => each === outcome).length
  return { passed: count('pass'), failed: count('fail') }
}

/**
 * The document that is asked for; `findInput` gives an artifact that the prompt quotes. A report on tests counts
 * those of the matrix that its author was given.
 */
export const findGoodDocument = (name: string, findInput: (name: string) => unknown): unknown => {
  const matrix = name === 'TestReport' ? findInput('RTM') : undefined
  return matrix === undefined ? GOOD_DOCUMENTS[name] : makeTestReport(countTests(matrix))
}
