import type { Severity } from '@ropewalk/core/contract/documents/shared'

export type { Severity }

/** How bad a finding is, worst first. `info` is worth knowing and no fault. */
export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'] as const satisfies readonly Severity[]

/**
 * What a scanner found at one place. `title` never holds a secret nor a line number, so that the same finding
 * keeps its id when lines move; `file` is relative to the checkout.
 */
export type Finding = {
  readonly rule: string
  readonly severity: Severity
  readonly title: string
  readonly file: string | null
  readonly line: number | null
  readonly package?: string | null
  readonly fix?: string | null
}

/**
 * One scanner's share of a report. `argv` is null where it ran in our own process. An `extra` part is welcome
 * where its program is installed, and no gap where it is not.
 */
export type ScanPart = {
  readonly part: string
  readonly tool: string
  readonly toolVersion: string
  readonly argv: readonly string[] | null
  readonly outcome: 'done' | 'not-run'
  /** Why it was not run; null where it was. */
  readonly reason: string | null
  readonly extra: boolean
  readonly findings: readonly Finding[]
}

/** All parts of one scanner on one commit, with what a reader should know beside the findings. */
export type Scan = {
  readonly parts: readonly ScanPart[]
  /** How many files it looked at; nothing to look at is no fault and is said in `notes`. */
  readonly scannedFiles: number
  readonly notes: readonly string[]
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Worst first, then by place and rule: the same repository gives the same report. */
export const sortFindings = <F extends Finding>(findings: readonly F[]): F[] =>
  findings.toSorted(
    (a, b) =>
      SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
      compareText(a.file ?? '', b.file ?? '') ||
      (a.line ?? 0) - (b.line ?? 0) ||
      compareText(a.rule, b.rule) ||
      compareText(a.title, b.title),
  )

/** How many findings there are of each severity. */
export const countBySeverity = (findings: readonly { readonly severity: Severity }[]) => {
  const counts: Record<Severity, number> = { critical: 0, high: 0, medium: 0, low: 0, info: 0 }
  for (const { severity } of findings) counts[severity] += 1
  return counts
}
