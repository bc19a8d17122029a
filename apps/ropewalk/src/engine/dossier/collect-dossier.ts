import { type Artifact, isJsonMediaType } from '@ropewalk/core/contract/artifact'
import { Prd, UserStories, type Rtm } from '@ropewalk/core/contract/documents'
import type { Gap } from '@ropewalk/core/dossier/manifest'
import { GuardReport, type RequirementCheck } from '@ropewalk/core/contract/guard-report'
import type { RunId, WorkspaceId } from '@ropewalk/core/ids'
import type { KeptRow } from '@ropewalk/core/ledger/verify'
import { judgeRequirements, type Judgement } from '@ropewalk/core/trace/judge-requirements'
import { makeRtm, type Proof } from '@ropewalk/core/trace/make-rtm'
import type { Engine, GateView, Page, PageRequest } from '../contract.ts'
import { listGaps } from './list-gaps.ts'
import { DOSSIER_PAGE } from './paths.ts'
import { findContent, getNewest, listCounting, type KeptReport, type RunRecord } from './run-record.ts'

/** Everything a dossier is made of, read once, with what follows from it. */
export type DossierData = RunRecord & {
  readonly rtm: Rtm | null
  readonly judgement: Judgement
  readonly gaps: readonly Gap[]
}

const readAll = async <T>(read: (page: PageRequest) => Promise<Page<T>>): Promise<T[]> => {
  const items: T[] = []
  let cursor: string | undefined
  do {
    const page = await read({ limit: 200, cursor })
    items.push(...page.items)
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  return items
}

/** What the tests of several reports say, each once. A failure in any of them stays. */
const listChecks = (counting: readonly KeptReport[]): RequirementCheck[] => {
  const checks = new Map<string, RequirementCheck>()
  for (const { report } of counting)
    for (const check of report.requirements)
      checks.set([check.requirementId, check.file, check.test, check.outcome].join('\n'), check)
  return [...checks.values()]
}

const makeProof = ({ phase, round, digest, report }: KeptReport): Proof => ({
  phase,
  guard: report.guard,
  round,
  digest,
  outcome: report.outcome,
  requirements: [...new Set(report.requirements.map(({ requirementId }) => requirementId))],
})

/** What follows from a run's record: traceability, gaps and verdicts. Pure. */
export const concludeRun = (record: RunRecord): DossierData => {
  const prd = findContent(record, 'PRD', Prd)?.value
  const stories = findContent(record, 'UserStories', UserStories)?.value
  const counting = listCounting(record)
  const checks = listChecks(counting)
  const gaps = listGaps(record)
  const documents = new Map<string, unknown>()
  for (const [name, artifact] of getNewest(record.artifacts))
    if (record.contents.has(artifact.id)) documents.set(name, record.contents.get(artifact.id))
  const facts = { checks, documents, proofs: counting.map(makeProof), dossier: DOSSIER_PAGE }
  return {
    ...record,
    rtm: prd && stories ? makeRtm({ prd, stories, ...facts }) : null,
    judgement: judgeRequirements({
      prd: prd ?? null,
      checks,
      gatesPassed: record.view.phases.every(({ status }) => status === 'passed'),
      gaps: gaps.map(({ text }) => text),
    }),
    gaps,
  }
}

const readReports = async (
  engine: Engine,
  workspaceId: WorkspaceId,
  gates: readonly GateView[],
): Promise<KeptReport[]> => {
  const reports: KeptReport[] = []
  for (const { phase, round, pack } of gates) {
    for (const { digest } of pack.guard_reports) {
      const bytes = await engine.blobs.read(workspaceId, digest)
      const report = GuardReport.parse(JSON.parse(bytes.toString('utf8')))
      reports.push({ phase, round, packId: pack.id, digest, report })
    }
  }
  return reports
}

/** What a JSON artifact says; undefined where its bytes are no JSON after all. */
const parseJson = (bytes: Buffer): unknown => {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const readContents = async (
  engine: Engine,
  workspaceId: WorkspaceId,
  artifacts: readonly Artifact[],
): Promise<Map<string, unknown>> => {
  const contents = new Map<string, unknown>()
  for (const artifact of artifacts) {
    if (!isJsonMediaType(artifact.mediaType)) continue
    const value = parseJson(await engine.blobs.read(workspaceId, artifact.digest))
    if (value !== undefined) contents.set(artifact.id, value)
  }
  return contents
}

/** Reads a run into the parts of its dossier. `readLedger` gives the run's ledger rows in order. */
export const collectDossier = async (
  engine: Engine,
  workspaceId: WorkspaceId,
  runId: RunId,
  readLedger: (workspaceId: WorkspaceId, stream: string) => AsyncIterable<KeptRow>,
): Promise<DossierData> => {
  const view = await engine.readRun(workspaceId, runId)
  const artifacts = await readAll((page) => engine.listArtifacts(workspaceId, runId, page))
  const gates: GateView[] = []
  for (const phase of view.phases) gates.push(...(await engine.listGates(workspaceId, runId, phase.phase)))
  const ledger: KeptRow[] = []
  for await (const row of readLedger(workspaceId, runId)) if (row.seq <= view.run.version) ledger.push(row)
  return concludeRun({
    view,
    gates,
    artifacts,
    contents: await readContents(engine, workspaceId, artifacts),
    reports: await readReports(engine, workspaceId, gates),
    tasks: await readAll((page) => engine.listTasks(workspaceId, runId, page)),
    questions: await readAll((page) => engine.listQuestions(workspaceId, { ...page, runId })),
    waivers: await engine.listWaivers(workspaceId, runId),
    cost: await engine.readCost(workspaceId, runId),
    ledger,
  })
}
