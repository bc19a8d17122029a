import type { Artifact } from '@ropewalk/core/contract/artifact'
import type { GuardReport } from '@ropewalk/core/contract/guard-report'
import { LedgerEntry } from '@ropewalk/core/ledger/entry'
import type { KeptRow } from '@ropewalk/core/ledger/verify'
import type { Question, Task, Waiver } from '@ropewalk/core/run/state'
import type { CostView, GateView, RunView } from '../contract.ts'

/** A full guard report with the gate round it served and the digest of its bytes. */
export type KeptReport = {
  readonly phase: string
  readonly round: number
  readonly packId: string
  readonly digest: string
  readonly report: GuardReport
}

/** What was read of a run, before anything is concluded from it. */
export type RunRecord = {
  readonly view: RunView
  readonly gates: readonly GateView[]
  readonly artifacts: readonly Artifact[]
  /** JSON of every document, by artifact id. */
  readonly contents: ReadonlyMap<string, unknown>
  readonly reports: readonly KeptReport[]
  readonly tasks: readonly Task[]
  readonly questions: readonly Question[]
  readonly waivers: readonly Waiver[]
  readonly cost: CostView
  readonly ledger: readonly KeptRow[]
}

/** The newest version of each artifact, by name. */
export const getNewest = (artifacts: readonly Artifact[]): Map<string, Artifact> => {
  const newest = new Map<string, Artifact>()
  for (const artifact of artifacts) {
    if (artifact.version > (newest.get(artifact.name)?.version ?? 0)) newest.set(artifact.name, artifact)
  }
  return newest
}

/** The newest content of a document, held to its contract; undefined where the run has none that keeps it. */
export const findContent = <T>(
  { artifacts, contents }: Pick<RunRecord, 'artifacts' | 'contents'>,
  name: string,
  contract: { safeParse: (value: unknown) => { success: true; data: T } | { success: false } },
): { readonly artifact: Artifact; readonly value: T } | undefined => {
  const artifact = getNewest(artifacts).get(name)
  if (artifact === undefined) return undefined
  const parsed = contract.safeParse(contents.get(artifact.id))
  return parsed.success ? { artifact, value: parsed.data } : undefined
}

/** The judgement by which each phase stands: its newest, where that one passed. */
export const listStanding = ({ view, gates }: Pick<RunRecord, 'view' | 'gates'>): GateView[] =>
  view.phases.flatMap(({ phase, status }) => {
    const last = gates.findLast((gate) => gate.phase === phase)
    return status === 'passed' && last?.passed === true ? [last] : []
  })

/**
 * Reports that a requirement's verdict may rest on: run by the engine, for the gate by which their phase
 * stands, over the very commit that was accepted last, and naming what their tests prove.
 */
export const listCounting = (record: Pick<RunRecord, 'view' | 'gates' | 'reports'>): KeptReport[] => {
  const commit = record.view.run.acceptedCommit
  const standing = new Set(listStanding(record).map(({ pack }) => pack.id))
  return record.reports.filter(
    ({ packId, report }) =>
      commit !== null && report.revision === commit && report.requirements.length > 0 && standing.has(packId),
  )
}

/** The events of a run in order, as its ledger keeps them. */
export const listLedgerEvents = (ledger: readonly KeptRow[]): LedgerEntry['events'] =>
  ledger.flatMap(({ body }) => LedgerEntry.parse(JSON.parse(body)).events)
