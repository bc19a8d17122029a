import { ARCHITECTURE, BUILD, SECURITY, STORY_LOOP } from './making.ts'
import { REPOSITORY } from './repository.ts'
import { AESTHETIC, BETA, QA, RELEASE } from './shipping.ts'
import { BUSINESS, CRITIQUE, IDEATION, INTAKE, PRODUCT } from './thinking.ts'

/** One realistic document of each name. */
export const SAMPLES: Readonly<Record<string, unknown>> = {
  ...INTAKE,
  ...REPOSITORY,
  ...IDEATION,
  ...CRITIQUE,
  ...PRODUCT,
  ...BUSINESS,
  ...ARCHITECTURE,
  ...BUILD,
  ...SECURITY,
  ...STORY_LOOP,
  ...QA,
  ...AESTHETIC,
  ...RELEASE,
  ...BETA,
}
