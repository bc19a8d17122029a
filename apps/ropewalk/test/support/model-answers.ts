import { ARCHITECTURE, SECURITY } from './answers/architecture.ts'
import { BUSINESS } from './answers/business.ts'
import { CODER_FILES, GOOD_FILES, type Files } from './answers/code.ts'
import { PRODUCT, REVIEWS } from './answers/product.ts'
import { AESTHETIC, BETA, QA, RELEASE } from './answers/shipping.ts'
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

export { CODER_FILES, GOOD_FILES, type Files }

/** What a coder of this name writes; one that the playbook does not have writes the whole service. */
export const getCoderFiles = (agent: string): Files => CODER_FILES[agent] ?? GOOD_FILES
