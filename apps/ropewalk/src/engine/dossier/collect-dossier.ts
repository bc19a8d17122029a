import type { Artifact } from '@ropewalk/core/contract/artifact'
import type { Rtm } from '@ropewalk/core/contract/documents'
import { findDocumentContract, Prd, UserStories } from '@ropewalk/core/contract/documents'
import { GuardReport, type RequirementCheck } from '@ropewalk/core/contract/guard-report'
import type { RunId, WorkspaceId } from '@ropewalk/core/ids'
import type { KeptRow } from '@ropewalk/core/ledger/verify'
import type { Question } from '@ropewalk/core/run/state'
import { judgeRequirements, type Judgement } from '@ropewalk/core/trace/judge-requirements'
import { makeRtm, type Proof } from '@ropewalk/core/trace/make-rtm'
import type { CostView, Engine, GateView, PageRequest, Page, RunView } from '../contract.ts'

/** A full guard report with the gate round it served and the digest of its bytes. */
export type KeptReport = {
  readonly phase: string
  readonly round: number
  readonly digest: string
  readonly report: GuardReport
}

/** Everything a dossier is made of, read once. */
export type DossierData = {
  readonly view: RunView
  readonly gates: readonly GateView[]
  readonly artifacts: readonly Artifact[]
  readonly reports: readonly KeptReport[]
  readonly questions: readonly Question[]
  readonly cost: CostView
  readonly rtm: Rtm | null
  readonly judgement: Judgement
  readonly gaps: readonly string[]
  readonly ledger: readonly KeptRow[]
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

/** The newest version of each artifact, by name. */
export const getNewest = (artifacts: readonly Artifact[]): Map<string, Artifact> => {
  const newest = new Map<string, Artifact>()
  for (const artifact of artifacts) {
    if (artifact.version > (newest.get(artifact.name)?.version ?? 0)) newest.set(artifact.name, artifact)
  }
  return newest
}

const readReports = async (
  engine: Engine,
  workspaceId: WorkspaceId,
  gates: readonly GateView[],
): Promise<KeptReport[]> => {
  const reports: KeptReport[] = []
  for (const gate of gates) {
    for (const packed of gate.pack.guard_reports) {
      const bytes = await engine.blobs.read(workspaceId, packed.digest)
      const report = GuardReport.parse(JSON.parse(bytes.toString('utf8')))
      reports.push({ phase: gate.phase, round: gate.round, digest: packed.digest, report })
    }
  }
  return reports
}

const readDocument = async <T>(
  engine: Engine,
  workspaceId: WorkspaceId,
  artifact: Artifact | undefined,
  parse: (value: unknown) => T,
): Promise<T | undefined> => {
  if (artifact === undefined) return undefined
  const bytes = await engine.blobs.read(workspaceId, artifact.digest)
  return parse(JSON.parse(bytes.toString('utf8')))
}

/** Reports that count: engine-run, of passed gates, over the commit that was accepted last, that ran tests. */
const listCounting = (
  reports: readonly KeptReport[],
  gates: readonly GateView[],
  commit: string | null,
): KeptReport[] =>
  reports.filter(
    ({ phase, round, report }) =>
      report.requirements.length > 0 &&
      report.revision === commit &&
      gates.some((gate) => gate.phase === phase && gate.round === round && gate.passed),
  )

const makeProof = ({ phase, round, digest, report }: KeptReport): Proof => ({
  phase,
  guard: report.guard,
  round,
  digest,
  outcome: report.outcome,
  requirements: report.requirements.map(({ requirementId }) => requirementId),
})

/** The newest version of each document, as JSON, for the citations that lead through them. */
const readDocuments = async (
  engine: Engine,
  workspaceId: WorkspaceId,
  newest: ReadonlyMap<string, Artifact>,
): Promise<Map<string, unknown>> => {
  const documents = new Map<string, unknown>()
  for (const [name, artifact] of newest) {
    if (findDocumentContract(name) === undefined) continue
    documents.set(name, await readDocument(engine, workspaceId, artifact, (value) => value))
  }
  return documents
}

/** The page of the dossier that has a line for each requirement. */
const DOSSIER_PAGE = 'index.html'

const getGaps = (view: RunView, reports: readonly KeptReport[], gates: readonly GateView[]): string[] => {
  const accepted = reports.filter(({ phase, round }) =>
    gates.some((gate) => gate.phase === phase && gate.round === round && gate.passed),
  )
  const notRun = accepted
    .filter(({ report }) => report.outcome === 'not-run')
    .map(
      ({ phase, report }) =>
        `${phase}: ${report.guard} was not run (${report.reasons[0] ?? 'no reason given'})`,
    )
  const unconfined = accepted.some(({ report }) => report.confined === 'no')
    ? ['Code was checked without a sandbox: none was to be had on the machine.']
    : []
  const assumed = view.openQuestions.map((question) => `The question "${question.text}" was still open.`)
  return [...new Set([...notRun, ...unconfined, ...assumed])]
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
  const questions = await readAll((page) => engine.listQuestions(workspaceId, { ...page, runId }))
  const gates: GateView[] = []
  for (const phase of view.phases) gates.push(...(await engine.listGates(workspaceId, runId, phase.phase)))
  const reports = await readReports(engine, workspaceId, gates)
  const newest = getNewest(artifacts)
  const prd = await readDocument(engine, workspaceId, newest.get('PRD'), (value) => Prd.parse(value))
  const stories = await readDocument(engine, workspaceId, newest.get('UserStories'), (value) =>
    UserStories.parse(value),
  )
  const counting = listCounting(reports, gates, view.run.acceptedCommit)
  const checks: readonly RequirementCheck[] = counting.at(-1)?.report.requirements ?? []
  const documents = await readDocuments(engine, workspaceId, newest)
  const proofs = counting.map(makeProof)
  const gaps = getGaps(view, reports, gates)
  const gatesPassed = view.phases.every((phase) => phase.status === 'passed')
  const ledger: KeptRow[] = []
  for await (const row of readLedger(workspaceId, runId)) if (row.seq <= view.run.version) ledger.push(row)
  return {
    view,
    gates,
    artifacts,
    reports,
    questions,
    cost: await engine.readCost(workspaceId, runId),
    rtm: prd && stories ? makeRtm({ prd, stories, checks, documents, proofs, dossier: DOSSIER_PAGE }) : null,
    judgement: judgeRequirements({ prd: prd ?? null, checks, gatesPassed, gaps }),
    gaps,
    ledger,
  }
}
