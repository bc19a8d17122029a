import { guard as compile } from './compile.ts'
import { guard as coverage } from './coverage.ts'
import { guard as assumptions } from './document/assumptions.ts'
import { guard as clarity } from './document/clarity.ts'
import { guard as contradictions } from './document/contradictions.ts'
import { guard as crossReferences } from './document/cross-references.ts'
import { guard as dataModel } from './document/data-model.ts'
import { guard as design } from './document/design.ts'
import { guard as diagrams } from './document/diagrams.ts'
import { guard as feasibility } from './document/feasibility.ts'
import { guard as feedback } from './document/feedback.ts'
import { guard as grounding } from './document/grounding.ts'
import { guard as monitoring } from './document/monitoring.ts'
import { guard as openapi } from './document/openapi.ts'
import { guard as releaseCompleteness } from './document/release-completeness.ts'
import { guard as release } from './document/release.ts'
import { guard as reportedResults } from './document/reported-results.ts'
import { guard as requirementCoverage } from './document/requirement-coverage.ts'
import { guard as review } from './document/review.ts'
import { guard as riskCoverage } from './document/risk-coverage.ts'
import { guard as scalability } from './document/scalability.ts'
import { guard as schema } from './document/schema.ts'
import { guard as securityControls } from './document/security-controls.ts'
import { guard as stories } from './document/stories.ts'
import { guard as viability } from './document/viability.ts'
import type { Guard } from './guard.ts'
import { guard as betaMetrics } from './measurement/beta-metrics.ts'
import { guard as canary } from './measurement/canary.ts'
import { guard as deploymentHealth } from './measurement/deployment-health.ts'
import { guard as measurements } from './measurement/measurements.ts'
import { guard as visual } from './measurement/visual.ts'
import { guard as sbom } from './sbom.ts'
import { guard as secrets } from './secrets.ts'
import { guard as findings } from './security/findings.ts'
import { guard as licences } from './security/licences.ts'
import { guard as lint } from './security/lint.ts'
import { guard as scan } from './security/scan.ts'
import { guard as securityPack } from './security/security-pack.ts'
import { guard as testsBite } from './tests-bite.ts'
import { guard as tests } from './tests.ts'

const GUARDS: readonly Guard[] = [
  schema,
  clarity,
  contradictions,
  requirementCoverage,
  grounding,
  feasibility,
  riskCoverage,
  assumptions,
  viability,
  diagrams,
  scalability,
  dataModel,
  openapi,
  securityControls,
  crossReferences,
  review,
  compile,
  tests,
  testsBite,
  coverage,
  lint,
  licences,
  secrets,
  sbom,
  findings,
  scan,
  securityPack,
  stories,
  reportedResults,
  design,
  release,
  releaseCompleteness,
  monitoring,
  feedback,
  measurements,
  visual,
  deploymentHealth,
  canary,
  betaMetrics,
]

/** The guard of this name, or undefined. What it depends on beyond our own code is loaded when it runs. */
export const findGuard = (name: string): Guard | undefined => GUARDS.find((guard) => guard.name === name)

/** All guards, in the order in which a run meets them. */
export const listGuards = (): readonly Guard[] => GUARDS
