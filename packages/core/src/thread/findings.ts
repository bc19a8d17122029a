import type { MessageEventType } from '../contract/thread.ts'
import type { Finding, Thread } from './state.ts'

type Findings = Thread['findings']

/** The most findings of a thread: they stand in its row, which each message writes anew. */
const MAX_FINDINGS = 200

/** The most fixes of a thread. A fix that was forgotten counts as new when it comes again. */
const MAX_FIXES = 50

/** What a message says about a finding or a fix. */
type Said = {
  readonly seq: number
  readonly eventType: MessageEventType | null
  readonly finding: string | null
  readonly fix: string | null
}

/** By its name; names such as `constructor` are as good as any. */
export const getFinding = (findings: Findings, name: string): Finding | undefined =>
  Object.hasOwn(findings, name) ? findings[name] : undefined

const compareWorth = ([, one]: [string, Finding], [, other]: [string, Finding]): number =>
  Number(one.status === 'open') - Number(other.status === 'open') || one.seq - other.seq

/** Settled ones go first, those spoken of longest ago before others. */
const bound = (findings: Findings): Findings => {
  const entries = Object.entries(findings)
  if (entries.length <= MAX_FINDINGS) return findings
  return Object.fromEntries(entries.toSorted(compareWorth).slice(entries.length - MAX_FINDINGS))
}

/**
 * One more report of a finding. That somebody rejected it in between is no reason to count anew: two agents who
 * report and reject the same thing in turn go round in a circle too.
 */
const report = (before: Finding | undefined, seq: number): Finding => ({
  reports: (before?.reports ?? 0) + 1,
  status: 'open',
  seq,
})

/** What is known of findings once this was said. */
export const noteFinding = (findings: Findings, { seq, eventType, finding }: Said): Findings => {
  if (finding === null) return findings
  const before = getFinding(findings, finding)
  switch (eventType) {
    case 'finding_reported':
      return bound({ ...findings, [finding]: report(before, seq) })
    case 'finding_verified':
      return bound({ ...findings, [finding]: { reports: 0, status: 'verified', seq } })
    case 'finding_rejected':
      return bound({ ...findings, [finding]: { reports: before?.reports ?? 0, status: 'rejected', seq } })
    default:
      return findings
  }
}

/** What is known of fixes once this was said. */
export const noteFix = (fixes: readonly string[], { eventType, fix }: Said): readonly string[] =>
  eventType !== 'fix_pushed' || fix === null || fixes.includes(fix)
    ? fixes
    : [...fixes, fix].slice(-MAX_FIXES)

/** Somebody has looked at the thread: what was reported too often may be reported again. */
export const forgiveReports = (findings: Findings): Findings =>
  Object.fromEntries(Object.entries(findings).map(([name, of]) => [name, { ...of, reports: 0 }]))

/**
 * Whether an agent's message takes the matter further: a finding that is new or was settled, a fix that is new, a
 * finding that is verified now, was not before, and was told of at all. What has no name cannot be told from what
 * was said already.
 */
export const isProgress = (
  { findings, fixes }: Pick<Thread, 'findings' | 'fixes'>,
  { eventType, finding, fix }: Omit<Said, 'seq'>,
): boolean => {
  const status = finding === null ? undefined : getFinding(findings, finding)?.status
  switch (eventType) {
    case 'finding_reported':
      return finding !== null && status !== 'open'
    case 'finding_verified':
      return status === 'open' || status === 'rejected'
    case 'fix_pushed':
      return fix !== null && !fixes.includes(fix)
    default:
      return false
  }
}

/** The names of findings in a status, those spoken of longest ago first. */
export const getFindingsBy = (findings: Findings, status: Finding['status']): readonly string[] =>
  Object.entries(findings)
    .filter(([, of]) => of.status === status)
    .toSorted(([, one], [, other]) => one.seq - other.seq)
    .map(([name]) => name)
