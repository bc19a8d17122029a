import { guard as clarity } from './document/clarity.ts'
import { guard as compile } from './compile.ts'
import { guard as contradictions } from './document/contradictions.ts'
import { guard as coverage } from './coverage.ts'
import { guard as grounding } from './document/grounding.ts'
import type { Guard } from './guard.ts'
import { guard as release } from './document/release.ts'
import { guard as requirementCoverage } from './document/requirement-coverage.ts'
import { guard as sbom } from './sbom.ts'
import { guard as schema } from './document/schema.ts'
import { guard as secrets } from './secrets.ts'
import { guard as testsBite } from './tests-bite.ts'
import { guard as tests } from './tests.ts'

const GUARDS: readonly Guard[] = [
  schema,
  clarity,
  contradictions,
  requirementCoverage,
  grounding,
  compile,
  tests,
  testsBite,
  coverage,
  secrets,
  sbom,
  release,
]

/** The guard of this name, or undefined. What it depends on beyond our own code is loaded when it runs. */
export const findGuard = (name: string): Guard | undefined => GUARDS.find((guard) => guard.name === name)

/** All guards, in the order in which a run meets them. */
export const listGuards = (): readonly Guard[] => GUARDS
