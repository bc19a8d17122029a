import { findDocumentContract } from '@ropewalk/core/contract/documents'
import type { AgentJob } from '../../../agent-runtime.ts'
import { mendCitation } from './mend-citation.ts'
import { mendCoverage } from './mend-coverage.ts'
import { mendContrast } from './mend-contrast.ts'
import { mendFigure, mendList, mendPlace, mendUncited } from './mend-list.ts'
import { translateReview } from './mend-review.ts'
import { mendScope, mendStatement } from './mend-statement.ts'
import type { Draft, Mender } from './mender.ts'

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A member that is missing, empty, too short or broken is taken from the document as it is written today. */
const mendMember: Mender = ({ json, fresh }, reason) => {
  const told = [
    ...reason.matchAll(/(?:^|[\s;])\/([A-Za-z_]+)(?:\/[^\s:]*)?(?=: | is missing)/gu),
    ...reason.matchAll(/^Expected at least \d+ ([A-Za-z_]+), found/gu),
  ].map(([, member = '']) => member)
  const known = [...new Set(told)].filter((member) => Object.hasOwn(fresh, member))
  for (const member of known) json[member] = structuredClone(fresh[member])
  return known.length > 0
}

/** Two entries with one id: the later takes the first id that is free. */
const mendId: Mender = ({ json }, reason) => {
  const [, member = '', index = '', id = ''] =
    /#\/(requirements|stories)\/\d+\/id and \S+#\/\w+\/(\d+)\/id carry the same id (\S+)\.$/u.exec(reason) ??
    []
  const entries = json[member]
  const later: unknown = Array.isArray(entries) ? entries[Number(index)] : undefined
  if (!Array.isArray(entries) || !isRecord(later) || later.id !== id) return false
  const taken = new Set(entries.map((entry: unknown) => (isRecord(entry) ? entry.id : undefined)))
  const prefix = id.replace(/\d+$/u, '')
  const free = Array.from({ length: 999 }, (_, at) => `${prefix}${String(at + 1).padStart(3, '0')}`).find(
    (each) => !taken.has(each),
  )
  if (free === undefined) return false
  later.id = free
  return true
}

/** Notes, reports and descriptions of the code are computed: what is wrong is mended by computing them again. */
const COMPUTED: ReadonlySet<string> = new Set([
  'TestReport',
  'ReleaseNotes',
  'Changelog',
  'OpenAPI',
  'PrdReview',
  'ArchitectureReview',
  'CodeReview',
])

const MENDERS: readonly Mender[] = [
  mendId,
  mendCitation,
  mendCoverage,
  mendScope,
  mendStatement,
  mendFigure,
  mendContrast,
  mendUncited,
  mendList,
  mendPlace,
  mendMember,
]

/** A gate says whose reason it is. */
const GUARD = /^[a-z][a-z0-9-]*: (?=\S)/u

/**
 * The document with exactly those places changed that the reasons name, and the reasons that no rule mends.
 * What a mending would leave broken by its contract is replaced by the document as it is written today.
 */
export const mendDocument = (of: {
  readonly job: AgentJob
  readonly name: string
  readonly broken: unknown
  readonly fresh: object
  readonly reasons: readonly string[]
}): { readonly document: object; readonly open: readonly string[] } => {
  const { name, broken, fresh, reasons, job } = of
  if (!isRecord(broken) || COMPUTED.has(name)) return { document: fresh, open: [] }
  const json = structuredClone(broken)
  const draft: Draft = { name, json, fresh: { ...fresh }, job, completed: new Set() }
  // Places are named by index: the last first, so that a removal moves nothing that is still to be mended.
  const told = reasons.flatMap((reason) => translateReview(reason.replace(GUARD, ''), json))
  const open = told.toSorted(byLastPlace).filter((reason) => !MENDERS.some((mend) => mend(draft, reason)))
  if (findDocumentContract(name)?.safeParse(json).success === false) return { document: fresh, open: [] }
  return { document: json, open }
}

const getPlace = (reason: string): number => Number(/#\/\w+\/(\d+)/u.exec(reason)?.[1] ?? -1)
const byLastPlace = (a: string, b: string): number => getPlace(b) - getPlace(a)
