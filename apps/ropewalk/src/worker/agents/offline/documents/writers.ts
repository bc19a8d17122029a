import { MEMO_NAME } from '@ropewalk/core/contract/documents/memo'
import type { AgentJob } from '../../../agent-runtime.ts'
import { findInput, readInput } from './inputs.ts'
import { readBrief } from './parts/brief.ts'
import { markExisting, readIdeaBySpec, readParsedIdea } from './parts/existing.ts'
import { listMeasured } from './parts/measured.ts'
import { readProduct } from './parts/product.ts'
import { writeArchitectureReview } from './write-architecture-review.ts'
import { writeArchitecture } from './write-architecture.ts'
import { writeBusinessMetrics } from './write-business-metrics.ts'
import { writeBusinessPlan } from './write-business-plan.ts'
import { writeChangelog } from './write-changelog.ts'
import { writeClarifications } from './write-clarifications.ts'
import { writeCodeReview } from './write-code-review.ts'
import { writeCompetitiveAnalysis } from './write-competitive-analysis.ts'
import { writeConstraints } from './write-constraints.ts'
import { writeCritique } from './write-critique.ts'
import { writeDataModel } from './write-data-model.ts'
import { writeDeploymentPlan } from './write-deployment-plan.ts'
import { writeDesignSystem } from './write-design-system.ts'
import { writeDocumentation } from './write-documentation.ts'
import { writeFeedbackPlan } from './write-feedback-plan.ts'
import { writeGtmStrategy } from './write-gtm-strategy.ts'
import { writeIdeaSpec } from './write-idea-spec.ts'
import { writeIdeationResult } from './write-ideation-result.ts'
import { writeInfrastructure } from './write-infrastructure.ts'
import { findMeasured, writeMonitoring } from './write-monitoring.ts'
import { writeMemo } from './write-memo.ts'
import { writeMotionSpec } from './write-motion-spec.ts'
import { writeNfrs } from './write-nfrs.ts'
import { writeOpenApi } from './write-openapi.ts'
import { writePersonas } from './write-personas.ts'
import { writePrdReview } from './write-prd-review.ts'
import { writePrd } from './write-prd.ts'
import { writePricingModel } from './write-pricing-model.ts'
import { writePrivacyReview } from './write-privacy-review.ts'
import { writeReleaseNotes } from './write-release-notes.ts'
import { writeRevisedAssumptions } from './write-revised-assumptions.ts'
import { writeRiskRegister } from './write-risk-register.ts'
import { writeRollbackPlan } from './write-rollback-plan.ts'
import { writeSecurityArchitecture } from './write-security-architecture.ts'
import { writeStories } from './write-stories.ts'
import { writeStyleGuide } from './write-style-guide.ts'
import { writeTechStack } from './write-tech-stack.ts'
import { writeTestReport } from './write-test-report.ts'
import { writeThreatModel } from './write-threat-model.ts'
import { writeUxFlows } from './write-ux-flows.ts'

type Writer = (job: AgentJob) => object | Promise<object>

const IDEA_WRITERS: Readonly<Record<string, Writer>> = {
  Clarifications: (job) => writeClarifications(readParsedIdea(job)),
  Constraints: (job) => writeConstraints(readParsedIdea(job), findInput(job, 'Clarifications')),
  IdeaSpec: (job) =>
    writeIdeaSpec({
      idea: readParsedIdea(job),
      clarifications: findInput(job, 'Clarifications'),
      constraints: findInput(job, 'Constraints'),
      answers: job.context.context.answers,
    }),
  IdeationResult: (job) => writeIdeationResult(readBrief(job)),
  CompetitiveAnalysis: (job) => writeCompetitiveAnalysis(readBrief(job)),
  TechStackProposal: (job) => writeTechStack(readBrief(job)),
  Personas: (job) => writePersonas(readBrief(job)),
  CritiqueReport: (job) =>
    writeCritique({
      brief: readBrief(job),
      ideation: readInput(job, 'IdeationResult'),
      competition: readInput(job, 'CompetitiveAnalysis'),
      personas: readInput(job, 'Personas'),
    }),
  RiskRegister: (job) => writeRiskRegister(readBrief(job), findInput(job, 'CritiqueReport')),
  RevisedAssumptions: (job) => writeRevisedAssumptions(readBrief(job), findInput(job, 'RiskRegister')),
  BusinessPlan: (job) =>
    writeBusinessPlan({
      brief: readBrief(job),
      ideation: findInput(job, 'IdeationResult'),
      competition: findInput(job, 'CompetitiveAnalysis'),
    }),
  PricingModel: (job) => writePricingModel(readBrief(job)),
  GTMStrategy: (job) => writeGtmStrategy(readBrief(job), findInput(job, 'CompetitiveAnalysis')),
  BusinessMetrics: (job) => writeBusinessMetrics(readBrief(job)),
}

const PLAN_WRITERS: Readonly<Record<string, Writer>> = {
  PRD: (job) => {
    const spec = readInput(job, 'IdeaSpec')
    return writePrd(spec, readIdeaBySpec(readParsedIdea(job), spec))
  },
  NFRs: (job) => writeNfrs(readProduct(job), findInput(job, 'IdeaSpec')),
  UXFlows: (job) => writeUxFlows(readProduct(job), findInput(job, 'Personas')),
  UserStories: (job) => writeStories(readInput(job, 'PRD'), readInput(job, 'IdeaSpec'), readParsedIdea(job)),
  ArchitectureDoc: (job) =>
    writeArchitecture(readProduct(job), findInput(job, 'NFRs'), findInput(job, 'TechStackProposal')),
  DataModel: (job) => writeDataModel(readProduct(job)),
  OpenAPI: (job) => writeOpenApi(readProduct(job)),
  InfrastructureSpec: (job) =>
    writeInfrastructure(readProduct(job), findInput(job, 'NFRs'), findInput(job, 'ArchitectureDoc')),
  SecurityArchitecture: (job) => writeSecurityArchitecture(readProduct(job), findInput(job, 'DataModel')),
  PrivacyReview: (job) => writePrivacyReview(readProduct(job), readInput(job, 'DataModel')),
  ThreatModel: (job) => writeThreatModel(readProduct(job), findInput(job, 'SecurityArchitecture')),
}

const DELIVERY_WRITERS: Readonly<Record<string, Writer>> = {
  TestReport: (job) => writeTestReport(readInput(job, 'RTM'), readInput(job, 'PRD'), listMeasured(job)),
  StyleGuide: (job) => writeStyleGuide(readProduct(job)),
  DesignSystem: (job) => writeDesignSystem(readProduct(job), findInput(job, 'StyleGuide')),
  MotionSpec: (job) => writeMotionSpec(readProduct(job), findInput(job, 'StyleGuide')),
  Documentation: (job) => writeDocumentation(readProduct(job), findInput(job, 'RepoManifest')),
  Changelog: (job) => writeChangelog(readProduct(job), findInput(job, 'RTM')),
  DeploymentPlan: (job) => writeDeploymentPlan(readProduct(job), findInput(job, 'RepoManifest')),
  RollbackPlan: (job) =>
    writeRollbackPlan(readProduct(job), findInput(job, 'RepoManifest'), findInput(job, 'DeploymentPlan')),
  ReleaseNotes: (job) =>
    writeReleaseNotes({
      spec: findInput(job, 'IdeaSpec'),
      prd: readInput(job, 'PRD'),
      rtm: readInput(job, 'RTM'),
      report: findInput(job, 'TestReport'),
      manifest: findInput(job, 'RepoManifest'),
    }),
  MonitoringDashboard: (job) => writeMonitoring(readProduct(job), findMeasured(job)),
  FeedbackPlan: (job) => writeFeedbackPlan(readProduct(job)),
}

const REVIEW_WRITERS: Readonly<Record<string, Writer>> = {
  PrdReview: writePrdReview,
  ArchitectureReview: writeArchitectureReview,
  CodeReview: writeCodeReview,
}

const WRITERS = new Map<string, Writer>(
  [IDEA_WRITERS, PLAN_WRITERS, DELIVERY_WRITERS, REVIEW_WRITERS].flatMap((writers) =>
    Object.entries(writers),
  ),
)

/** Documents about code: of somebody else's, rules know nothing. */
const ABOUT_CODE = new Set([
  'ArchitectureDoc',
  'DataModel',
  'OpenAPI',
  'InfrastructureSpec',
  'SecurityArchitecture',
  'PrivacyReview',
  'ThreatModel',
  'StyleGuide',
  'DesignSystem',
  'Documentation',
  'DeploymentPlan',
  'FeedbackPlan',
])

/** The rules behind a document, or undefined where there are none. */
export const findWriter = (name: string): Writer | undefined => {
  const write = WRITERS.get(name) ?? (MEMO_NAME.test(name) ? writeMemo : undefined)
  if (write === undefined || !ABOUT_CODE.has(name)) return write
  return async (job) => markExisting(await write(job), findInput(job, 'PRD'))
}

/** Every document that rules write, in the order of the phases. */
export const listWritten = (): readonly string[] => [...WRITERS.keys()]
