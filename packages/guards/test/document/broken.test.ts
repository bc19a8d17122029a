import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { GuardFindings } from '../../src/guard.ts'
import { listValues } from '../../src/text/json-pointer.ts'
import { IDEA, MANIFEST, makeCheckout, PRD, runGuard, STORIES } from '../support.ts'
import { edit } from './edit.ts'
import * as design from './given-architecture.ts'
import * as release from './given-release.ts'
import * as given from './given.ts'
import { RUN } from './judge.ts'

const ALL: Readonly<Record<string, unknown>> = {
  ...RUN,
  RepoManifest: MANIFEST,
  BusinessMetrics: release.BUSINESS_METRICS,
  ThreatModel: design.THREATS,
  PrivacyReview: design.PRIVACY,
  AcceptanceTestResults: release.RESULTS,
  StoryProgress: release.PROGRESS,
  ImplementedStories: release.IMPLEMENTED,
  StyleGuide: release.STYLE_GUIDE,
  DesignSystem: release.DESIGN_SYSTEM,
  MotionSpec: release.MOTION,
  ReleaseNotes: release.NOTES,
  Changelog: release.CHANGELOG,
  DeploymentPlan: release.DEPLOYMENT,
  RollbackPlan: release.ROLLBACK,
  Documentation: release.DOCUMENTATION,
  MonitoringDashboard: release.DASHBOARDS,
  FeedbackPlan: release.FEEDBACK,
}

/** Each guard with a document that it judges, the one whose absence it must tell first. */
const PAIRS: readonly (readonly [guard: string, name: string, document: unknown])[] = [
  ['feasibility', 'IdeationResult', given.IDEATION],
  ['risk-coverage', 'RiskRegister', given.RISKS],
  ['assumptions', 'RevisedAssumptions', given.ASSUMPTIONS],
  ['viability', 'PricingModel', given.PRICING],
  ['diagrams', 'ArchitectureDoc', design.ARCHITECTURE],
  ['scalability', 'ArchitectureDoc', design.ARCHITECTURE],
  ['data-model', 'DataModel', design.DATA_MODEL],
  ['openapi', 'OpenAPI', design.OPENAPI],
  ['security-controls', 'SecurityArchitecture', design.SECURITY],
  ['stories', 'AcceptanceTestResults', release.RESULTS],
  ['design', 'StyleGuide', release.STYLE_GUIDE],
  ['monitoring', 'MonitoringDashboard', release.DASHBOARDS],
  ['feedback', 'FeedbackPlan', release.FEEDBACK],
  ['release-completeness', 'DeploymentPlan', release.DEPLOYMENT],
  ['cross-references', 'SecurityArchitecture', design.SECURITY],
]

const JUNK: fc.Arbitrary<unknown> = fc.oneof(
  fc.constant(undefined),
  fc.constant(null),
  fc.constant(''),
  fc.integer({ min: -1, max: 1e6 }),
  fc.constantFrom('REQ-999', 'COMP-001', 'Idea#/nowhere', 'constructor', '__proto__', 'x'.repeat(3000)),
  fc.constant([]),
  fc.constant({}),
)

const run = (guard: string, judged: Readonly<Record<string, unknown>>): Promise<GuardFindings | string> =>
  runGuard(guard, { judged, others: ALL, dir: makeCheckout({}) }).catch((error: unknown) => String(error))

describe('whatever stands in a document', () => {
  test.each(PAIRS)('%s judges %s or says where it breaks its contract', async (guard, name, document) => {
    const places = listValues(document).flatMap(({ pointer }) => (pointer === '' ? [] : [pointer]))
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), JUNK, async (place, value) => {
        const found = await run(guard, { [name]: edit(document, { [place.replaceAll('~0', '~')]: value }) })
        if (typeof found === 'string') {
          expect(found).toMatch(/breaks its contract at \//u)
          return
        }
        expect(['pass', 'fail']).toContain(found.outcome)
        expect(found.score).toBeGreaterThanOrEqual(0)
        if (found.outcome === 'fail') expect(found.reasons.length).toBeGreaterThan(0)
        for (const reason of found.reasons) expect(reason).not.toMatch(/undefined|NaN|\[object/u)
      }),
      { numRuns: guard === 'openapi' ? 8 : 30 },
    )
  })

  test.each(PAIRS.filter(([guard]) => guard !== 'cross-references' && guard !== 'release-completeness'))(
    '%s ends as an error where the run has no %s',
    async (guard, name) => {
      const found = await runGuard(guard, { judged: { Idea: IDEA }, others: { PRD, UserStories: STORIES } })
      expect(found.outcome).toBe('error')
      expect(found.reasons[0]).toMatch(/^This check needs the artifact /u)
      expect(['IdeationResult', 'PricingModel'].includes(name) || found.reasons.join().includes(name)).toBe(
        true,
      )
    },
  )
})
