import type { Finding, ScanPart } from './finding.ts'

/** Version of our own rules; it changes with them, so that two reports can be compared. */
export const RULES_VERSION = '1.0.0'

/** A part that our own rules did. */
export const makeOwnPart = (part: string, findings: readonly Finding[]): ScanPart => ({
  part,
  tool: `ropewalk-${part}`,
  toolVersion: RULES_VERSION,
  argv: null,
  outcome: 'done',
  reason: null,
  extra: false,
  findings,
})

/** A part that nobody did, and why. */
export const makeNotRunPart = (part: string, tool: string, reason: string, extra: boolean): ScanPart => ({
  part,
  tool,
  toolVersion: 'none',
  argv: null,
  outcome: 'not-run',
  reason: reason.slice(0, 1000),
  extra,
  findings: [],
})
