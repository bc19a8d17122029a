import type { GuardFindings } from '../../src/guard.ts'
import { IDEA, PRD, runGuard, STORIES } from '../support.ts'
import * as design from './given-architecture.ts'
import * as given from './given.ts'

/** Every document of the sample run before code, so that each guard finds what it cites. */
export const RUN: Readonly<Record<string, unknown>> = {
  Idea: IDEA,
  IdeaSpec: given.IDEA_SPEC,
  IdeationResult: given.IDEATION,
  CritiqueReport: given.CRITIQUE,
  RiskRegister: given.RISKS,
  RevisedAssumptions: given.ASSUMPTIONS,
  PRD,
  NFRs: design.NFRS,
  UserStories: STORIES,
  PricingModel: given.PRICING,
  BusinessPlan: given.PLAN,
  ArchitectureDoc: design.ARCHITECTURE,
  InfrastructureSpec: design.INFRASTRUCTURE,
  DataModel: design.DATA_MODEL,
  OpenAPI: design.OPENAPI,
  SecurityArchitecture: design.SECURITY,
}

/** Runs a guard over these documents in the sample run; a document given as undefined is taken out of the run. */
export const judge = (
  guard: string,
  judged: Readonly<Record<string, unknown>>,
  options: {
    readonly settings?: Readonly<Record<string, unknown>>
    readonly others?: Readonly<Record<string, unknown>>
    readonly dir?: string
  } = {},
): Promise<GuardFindings> => {
  const others = Object.entries({ ...RUN, ...options.others }).filter(
    ([name, document]) => !Object.hasOwn(judged, name) && document !== undefined,
  )
  return runGuard(guard, {
    judged,
    others: Object.fromEntries(others),
    ...(options.settings && { settings: options.settings }),
    ...(options.dir !== undefined && { dir: options.dir }),
  })
}
