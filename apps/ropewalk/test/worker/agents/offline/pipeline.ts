import { makeRtm } from '@ropewalk/core/trace/make-rtm'
import type { Prd, UserStories } from '@ropewalk/core/contract/documents'
import { runOfflineModel } from '../../../../src/worker/agents/offline/run-offline-model.ts'
import { makeJob, type Held, type JobOptions } from './support.ts'

/** Agents of the thirteen phases that are models: what each hands in, and what it is given. */
export const STAGES: readonly (readonly [output: string, inputs: string])[] = [
  ['Clarifications', 'Idea RepoContext'],
  ['Constraints', 'Idea Clarifications RepoContext'],
  ['IdeaSpec', 'Idea Clarifications Constraints RepoContext'],
  ['IdeationResult', 'Idea IdeaSpec'],
  ['CompetitiveAnalysis', 'Idea IdeaSpec'],
  ['TechStackProposal', 'Idea IdeaSpec RepoContext'],
  ['Personas', 'Idea IdeaSpec'],
  ['CritiqueReport', 'IdeaSpec IdeationResult CompetitiveAnalysis TechStackProposal Personas'],
  ['RiskRegister', 'IdeaSpec IdeationResult CompetitiveAnalysis TechStackProposal Personas CritiqueReport'],
  ['RevisedAssumptions', 'IdeaSpec IdeationResult CompetitiveAnalysis TechStackProposal Personas CritiqueReport RiskRegister'],
  ['PRD', 'Idea IdeaSpec IdeationResult Personas RiskRegister RevisedAssumptions RepoContext'],
  ['NFRs', 'PRD IdeaSpec'],
  ['UXFlows', 'PRD Personas'],
  ['UserStories', 'IdeaSpec PRD'],
  ['RTM', 'PRD UserStories'],
  ['PrdReview', 'Idea IdeaSpec PRD'],
  ['BusinessPlan', 'Idea IdeaSpec IdeationResult CompetitiveAnalysis Personas'],
  ['PricingModel', 'Idea IdeaSpec IdeationResult CompetitiveAnalysis Personas'],
  ['GTMStrategy', 'Idea IdeaSpec IdeationResult CompetitiveAnalysis Personas'],
  ['BusinessMetrics', 'Idea IdeaSpec IdeationResult CompetitiveAnalysis Personas'],
  ['ArchitectureDoc', 'PRD NFRs TechStackProposal'],
  ['DataModel', 'PRD UserStories'],
  ['OpenAPI', 'PRD UserStories DataModel'],
  ['InfrastructureSpec', 'PRD NFRs ArchitectureDoc'],
  ['SecurityArchitecture', 'PRD ArchitectureDoc DataModel'],
  ['ArchitectureReview', 'PRD NFRs UserStories ArchitectureDoc'],
  ['PrivacyReview', 'PRD DataModel'],
  ['ThreatModel', 'PRD ArchitectureDoc SecurityArchitecture'],
  ['TestReport', 'PRD NFRs RTM'],
  ['StyleGuide', 'PRD Personas UXFlows IdeationResult'],
  ['DesignSystem', 'StyleGuide UXFlows PRD'],
  ['MotionSpec', 'StyleGuide UXFlows'],
  ['Documentation', 'PRD UserStories OpenAPI InfrastructureSpec RepoManifest RTM TestReport'],
  ['Changelog', 'PRD RTM RepoManifest'],
  ['DeploymentPlan', 'PRD NFRs ArchitectureDoc InfrastructureSpec RepoManifest TestReport'],
  ['RollbackPlan', 'DeploymentPlan InfrastructureSpec DataModel RepoManifest'],
  ['ReleaseNotes', 'IdeaSpec PRD RTM TestReport RepoManifest Documentation Changelog DeploymentPlan'],
  ['MonitoringDashboard', 'NFRs OpenAPI InfrastructureSpec DeploymentPlan RiskRegister'],
  ['FeedbackPlan', 'IdeaSpec PRD Personas UXFlows BusinessMetrics MonitoringDashboard'],
] // prettier-ignore

const MANIFEST = {
  kind: 'service',
  language: 'node',
  entry: 'src/main.js',
  start: ['node', 'src/main.js'],
  tests: ['test/records.test.js'],
  sources: ['src/main.js'],
  port_env: 'PORT',
  commands: null,
}

const trace = (documents: Held) =>
  makeRtm({
    prd: documents['PRD'] as Prd,
    stories: documents['UserStories'] as UserStories,
    checks: [],
    documents: new Map(Object.entries(documents)),
    proofs: [],
    dossier: null,
  })

const pick = (documents: Held, names: string): Held =>
  Object.fromEntries(
    names.split(' ').flatMap((name) => (documents[name] === undefined ? [] : [[name, documents[name]]])),
  )

/** One document as its agent hands it in, from the inputs of its agent alone. */
export const writeStage = async (
  output: string,
  of: { readonly idea: string; readonly documents: Held; readonly inputs: string } & Pick<
    JobOptions,
    'answers'
  >,
): Promise<unknown> => {
  const { idea, answers } = of
  const documents = pick(of.documents, of.inputs)
  const result = await runOfflineModel(makeJob({ idea, output, documents, ...(answers ? { answers } : {}) }))
  const bytes = result.outputs[0]?.bytes
  if (bytes === undefined || bytes === 'bundle') throw new Error(`There is no ${output}.`)
  return JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown
}

/** Every document of an idea that a model writes, each made from what its agent is given. */
export const writeAll = async (
  idea: string,
  answers?: JobOptions['answers'],
  known: Held = {},
): Promise<Record<string, unknown>> => {
  const documents: Record<string, unknown> = { Idea: { text: idea }, RepoManifest: MANIFEST, ...known }
  for (const [output, inputs] of STAGES)
    documents[output] =
      output === 'RTM'
        ? trace(documents)
        : await writeStage(output, { idea, documents, inputs, ...(answers ? { answers } : {}) })
  return documents
}
