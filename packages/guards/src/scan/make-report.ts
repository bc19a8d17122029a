import { sha256 } from '@ropewalk/core/canonical'
import type { ScanReport } from '@ropewalk/core/contract/documents/security'
import { sortFindings, type Finding, type Scan, type ScanPart } from './finding.ts'
import { makeNotRunPart } from './make-part.ts'

const MAX_FINDINGS = 2000

/** Text as a document may keep it: well formed, no NUL, not empty. */
const getClean = (text: string, max: number): string => {
  const clean = text.toWellFormed().replaceAll('\u0000', '\uFFFD').trim().slice(0, max).toWellFormed()
  return clean === '' ? '?' : clean
}

type Placed = Finding & { readonly part: string }

/** Lines move when code changes above them, so that a finding is named by what it is and how often before. */
const makeIds = (findings: readonly Placed[]): string[] => {
  const seen = new Map<string, number>()
  return findings.map(({ part, rule, file, package: of, title }) => {
    const key = JSON.stringify([part, rule, file, of ?? null, title])
    const nth = seen.get(key) ?? 0
    seen.set(key, nth + 1)
    return `${rule.slice(0, 150)}-${sha256(JSON.stringify([key, nth])).slice(0, 12)}`
  })
}

const listFindings = (parts: readonly ScanPart[]): ScanReport['findings'] => {
  const placed = sortFindings(
    parts.flatMap(({ part, findings }) => findings.map((one) => ({ ...one, part }))),
  )
  const ids = makeIds(placed)
  return placed.slice(0, MAX_FINDINGS).map((one, index) => ({
    id: getClean(ids[index] ?? '', 200),
    rule: getClean(one.rule, 200),
    severity: one.severity,
    title: getClean(one.title, 400),
    file: one.file === null ? null : getClean(one.file, 300),
    line: one.line,
    package: one.package === undefined || one.package === null ? null : getClean(one.package, 300),
    fix: one.fix === undefined || one.fix === null ? null : getClean(one.fix, 2000),
    part: one.part,
    cites: [],
  }))
}

const getFacts = ({ part, tool, toolVersion, argv, outcome, reason, extra }: ScanPart) => ({
  part,
  tool: getClean(tool, 80),
  toolVersion: getClean(toolVersion, 80),
  argv: argv?.slice(0, 100).map((one) => one.toWellFormed().slice(0, 2000)) ?? null,
  outcome,
  reason: reason === null ? null : getClean(reason, 1000),
  extra,
})

/** The first part with a program of its own is what the report names; our own rules where there is none. */
const findMain = (parts: readonly ScanPart[]): ScanPart | undefined =>
  parts.find(({ extra }) => !extra) ?? parts[0]

/**
 * The report of one scanner on one commit. Not-run as a whole where a part that is no extra was not run: what
 * the other parts found still stands in it.
 */
export const makeReport = (scanner: string, scan: Scan, revision: string | null): ScanReport => {
  const missing = scan.parts.filter(({ outcome, extra }) => outcome === 'not-run' && !extra)
  const main =
    findMain(scan.parts) ?? makeNotRunPart(scanner, `ropewalk-${scanner}`, 'It has no part.', false)
  const findings = listFindings(scan.parts)
  const left = scan.parts.reduce((sum, part) => sum + part.findings.length, 0) - findings.length
  const { tool, toolVersion, argv } = getFacts(main)
  return {
    tool,
    toolVersion,
    argv,
    revision,
    outcome: missing.length === 0 && scan.parts.length > 0 ? 'done' : 'not-run',
    reason:
      scan.parts.length === 0
        ? 'There was nothing to scan with.'
        : missing.length === 0
          ? null
          : getClean(missing.map(({ part, reason }) => `${part}: ${reason ?? ''}`).join(' '), 1000),
    scanner,
    scanned_files: scan.scannedFiles,
    parts: scan.parts.map(getFacts),
    findings,
    notes: [...scan.notes, ...(left > 0 ? [`${left} more findings were left out.`] : [])].map((note) =>
      getClean(note, 2000),
    ),
  }
}
