import { DOCUMENTS, type DocumentName, type DocumentOf } from '../contract/documents.ts'
import { type Block, note, noteNotRun, title } from './blocks.ts'
import { renderBusinessPlan, renderPricingModel, renderRiskRegister } from './business.ts'
import {
  renderChangelog,
  renderDeploymentPlan,
  renderReleaseNotes,
  renderRollbackPlan,
  renderTestReport,
} from './delivery.ts'
import { renderArchitecture, renderDataModel, renderOpenApi } from './design.ts'
import { getWords, renderValue } from './generic.ts'
import {
  renderAcceptance,
  renderAccessibility,
  renderBeta,
  renderCanary,
  renderCompatibility,
  renderCoverage,
  renderDeployment,
  renderE2E,
  renderLoad,
  renderPerf,
  renderTestSuite,
  renderVisuals,
} from './measured.ts'
import { renderPrd, renderReview, renderRtm, renderUserStories } from './product.ts'
import { renderScan, renderSecurityPack, renderThreatModel } from './security.ts'

type Renderers = { readonly [N in DocumentName]?: (value: DocumentOf<N>) => Block[] }

const RENDERERS: Renderers = {
  PRD: renderPrd,
  UserStories: renderUserStories,
  RTM: renderRtm,
  PrdReview: renderReview,
  ArchitectureReview: renderReview,
  CodeReview: renderReview,
  RiskRegister: renderRiskRegister,
  BusinessPlan: renderBusinessPlan,
  PricingModel: renderPricingModel,
  ArchitectureDoc: renderArchitecture,
  DataModel: renderDataModel,
  OpenAPI: renderOpenApi,
  SecretsScanReport: renderScan('Secrets'),
  VulnerabilityScan: renderScan('Vulnerabilities'),
  SastReport: renderScan('Static security'),
  IacReport: renderScan('Infrastructure as code'),
  ContainerReport: renderScan('Containers'),
  DastReport: renderScan('Security of the running service'),
  ThreatModel: renderThreatModel,
  SecurityPack: renderSecurityPack,
  TestSuite: renderTestSuite,
  CoverageReport: renderCoverage,
  AcceptanceTestResults: renderAcceptance,
  E2EReport: renderE2E,
  PerfReport: renderPerf,
  LoadReport: renderLoad,
  A11yAudit: renderAccessibility,
  CompatibilityMatrix: renderCompatibility,
  VisualAssets: renderVisuals,
  DeploymentReport: renderDeployment,
  CanaryResults: renderCanary,
  BetaMetrics: renderBeta,
  TestReport: renderTestReport,
  ReleaseNotes: renderReleaseNotes,
  Changelog: renderChangelog,
  DeploymentPlan: renderDeploymentPlan,
  RollbackPlan: renderRollbackPlan,
}

/** Where the words of an artifact's name would not say what it is. */
const TITLES: Readonly<Record<string, string>> = {
  NFRs: 'Qualities with their measures',
  UXFlows: 'User flows',
  GTMStrategy: 'Going to market',
  SBOM: 'Bill of materials',
  TechStackProposal: 'Technology',
  IdeaSpec: 'The idea, specified',
  IdeationResult: 'Strategy and use cases',
  CritiqueReport: 'Critique',
  MotionSpec: 'Motion',
}

/** A document that a tool did not get to make says so before anything else. */
const listNotRun = (value: unknown): Block[] => {
  if (typeof value !== 'object' || value === null || !('outcome' in value)) return []
  if (value.outcome !== 'not-run') return []
  return [noteNotRun('reason' in value && typeof value.reason === 'string' ? value.reason : null)]
}

const renderByShape = (name: string, value: unknown): Block[] => [
  title((Object.hasOwn(TITLES, name) ? TITLES[name] : undefined) ?? getWords(name)),
  ...listNotRun(value),
  ...renderValue(value),
]

const renderAs = <N extends DocumentName>(name: N, value: unknown): Block[] => {
  const parsed = DOCUMENTS[name].safeParse(value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const [heading, ...rest] = renderByShape(name, value)
    const where = `/${issue?.path.map(String).join('/') ?? ''}`
    const broken = note(
      'bad',
      `This document breaks its contract at ${where}: ${issue?.message ?? 'unknown'}`,
    )
    return [...(heading === undefined ? [] : [heading]), broken, ...rest]
  }
  const document = parsed.data as DocumentOf<N>
  const renderer = RENDERERS[name]
  return renderer === undefined ? renderByShape(name, document) : renderer(document)
}

/**
 * The blocks of a document for people to read, by the artifact name it has. A document without a renderer of
 * its own, or that breaks its contract, is shown by its shape: nothing of it is hidden either way.
 */
export const renderDocument = (name: string, value: unknown): Block[] =>
  Object.hasOwn(DOCUMENTS, name) ? renderAs(name as DocumentName, value) : renderByShape(name, value)
