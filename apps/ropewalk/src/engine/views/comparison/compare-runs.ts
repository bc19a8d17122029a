import type { Comparison } from '@ropewalk/core/contract/api/comparison'
import { getElapsedMs } from '@ropewalk/core/decision'
import type { RunId, WorkspaceId } from '@ropewalk/core/ids'
import type { KeptRow } from '@ropewalk/core/ledger/verify'
import type { Engine } from '../../contract.ts'
import { collectDossier, type DossierData } from '../../dossier/collect-dossier.ts'
import { compareCode } from './compare-code.ts'
import { comparePlans } from './compare-plans.ts'
import { compareArtifacts, compareEvidence, comparePhases, compareRequirements } from './compare-work.ts'

const getSide = ({ view: { run }, judgement }: DossierData): Comparison['a'] => ({
  runId: run.id,
  title: run.title,
  status: run.status,
  verdict: run.verdict ?? judgement.verdict,
  simulated: run.simulated,
  forkOf: run.forkOf,
  createdAt: run.createdAt,
  ms: run.startedAt === null || run.endedAt === null ? null : getElapsedMs(run.startedAt, run.endedAt),
  tokens: run.tokensUsed,
  usd: run.spentMicros / 1_000_000,
})

const getRelation = (a: Comparison['a'], b: Comparison['b']): Comparison['relation'] => {
  if (a.runId === b.runId) return 'same'
  if (b.forkOf === a.runId) return 'fork'
  if (a.forkOf === b.runId) return 'origin'
  return a.forkOf !== null && a.forkOf === b.forkOf ? 'sibling' : 'none'
}

/** Nothing of what is compared is told by the ledger alone. */
const readNothing = (): AsyncIterable<KeptRow> => ({
  [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }),
})

/**
 * How two runs of a workspace differ: plans, phases, requirements with the verdicts that their dossiers give,
 * artifacts, code and evidence. Either may be under way. Throws NOT_FOUND.
 */
export const compareRuns = async (
  engine: Engine,
  of: { readonly workspaceId: WorkspaceId; readonly a: RunId; readonly b: RunId; readonly scratch: string },
): Promise<Comparison> => {
  const { workspaceId, scratch } = of
  const a = await collectDossier(engine, workspaceId, of.a, readNothing)
  const b = await collectDossier(engine, workspaceId, of.b, readNothing)
  const sides = { a: getSide(a), b: getSide(b) }
  return {
    ...sides,
    relation: getRelation(sides.a, sides.b),
    plan: comparePlans(a.view.plan, b.view.plan),
    phases: comparePhases(a, b),
    requirements: compareRequirements(a, b),
    artifacts: compareArtifacts(a, b),
    code: await compareCode(engine, { workspaceId, scratch }, { a, b }),
    evidence: compareEvidence(a, b),
  }
}
