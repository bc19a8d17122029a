import type { z } from 'zod'
import { DesignSystem, MotionSpec, StyleGuide, VisualAssets } from './documents/aesthetic.ts'
import {
  ArchitectureDoc,
  DataModel,
  InfrastructureSpec,
  SecurityArchitecture,
} from './documents/architecture.ts'
import {
  BetaMetrics,
  CanaryResults,
  DeploymentReport,
  FeedbackPlan,
  MonitoringDashboard,
} from './documents/beta.ts'
import { BusinessMetrics, BusinessPlan, GTMStrategy, PricingModel } from './documents/bizdev.ts'
import { CoverageReport, RepoManifest, TestSuite } from './documents/build.ts'
import { CritiqueReport, RevisedAssumptions, RiskRegister } from './documents/critique.ts'
import { CompetitiveAnalysis, IdeationResult, Personas, TechStackProposal } from './documents/ideation.ts'
import { Clarifications, Constraints, Idea, IdeaSpec } from './documents/intake.ts'
import { OpenAPI } from './documents/openapi.ts'
import { Memo, MEMO_NAME } from './documents/memo.ts'
import { NFRs, Prd, Requirement, Rtm, UserStories, UXFlows } from './documents/prd.ts'
import {
  A11yAudit,
  CompatibilityMatrix,
  E2EReport,
  LoadReport,
  PerfReport,
  TestReport,
} from './documents/qa.ts'
import { Changelog, DeploymentPlan, Documentation, ReleaseNotes, RollbackPlan } from './documents/release.ts'
import { RepoContext } from './documents/repo-context.ts'
import { Review } from './documents/review.ts'
import {
  PrivacyReview,
  SBOM,
  ScanReport,
  SecurityPack,
  ThreatModel,
  VulnerabilityScan,
} from './documents/security.ts'
import { AcceptanceTestResults, ImplementedStories, StoryProgress } from './documents/story-loop.ts'

// The names that most of the system imports; the rest are taken from their own files.
export {
  Clarifications,
  Idea,
  IdeaSpec,
  Prd,
  ReleaseNotes,
  RepoManifest,
  Requirement,
  Rtm,
  TestReport,
  UserStories,
}
export { Citation, RequirementId } from './documents/shared.ts'

/** Contracts by artifact name; an artifact without one is opaque bytes (a git bundle, say). */
export const DOCUMENTS = {
  Idea,
  RepoContext,
  Clarifications,
  Constraints,
  IdeaSpec,
  IdeationResult,
  CompetitiveAnalysis,
  TechStackProposal,
  Personas,
  CritiqueReport,
  RiskRegister,
  RevisedAssumptions,
  PRD: Prd,
  NFRs,
  UXFlows,
  UserStories,
  RTM: Rtm,
  PrdReview: Review,
  BusinessPlan,
  PricingModel,
  GTMStrategy,
  BusinessMetrics,
  ArchitectureDoc,
  DataModel,
  OpenAPI,
  InfrastructureSpec,
  SecurityArchitecture,
  ArchitectureReview: Review,
  RepoManifest,
  TestSuite,
  CoverageReport,
  CodeReview: Review,
  SecretsScanReport: ScanReport,
  VulnerabilityScan,
  SastReport: ScanReport,
  IacReport: ScanReport,
  ContainerReport: ScanReport,
  PrivacyReview,
  ThreatModel,
  DastReport: ScanReport,
  SBOM,
  SecurityPack,
  ImplementedStories,
  AcceptanceTestResults,
  StoryProgress,
  E2EReport,
  PerfReport,
  LoadReport,
  A11yAudit,
  CompatibilityMatrix,
  TestReport,
  StyleGuide,
  DesignSystem,
  MotionSpec,
  VisualAssets,
  Documentation,
  Changelog,
  DeploymentPlan,
  RollbackPlan,
  ReleaseNotes,
  DeploymentReport,
  CanaryResults,
  MonitoringDashboard,
  FeedbackPlan,
  BetaMetrics,
} as const
export type DocumentName = keyof typeof DOCUMENTS

/** The value of a document by its artifact name. */
export type DocumentOf<N extends DocumentName> = z.infer<(typeof DOCUMENTS)[N]>

/** The contract of a document artifact, or undefined where the artifact is opaque. */
export const findDocumentContract = (name: string): z.ZodType | undefined => {
  if (Object.hasOwn(DOCUMENTS, name)) return DOCUMENTS[name as DocumentName]
  if (MEMO_NAME.test(name)) return Memo
  // One agent's part of what several hand in, `<Output>.<agent>`, has the form of the whole.
  const end = name.lastIndexOf('.')
  return end > 0 ? findDocumentContract(name.slice(0, end)) : undefined
}
