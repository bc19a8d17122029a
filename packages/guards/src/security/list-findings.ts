import { ScanReport, VulnerabilityScan, type ScanPart } from '@ropewalk/core/contract/documents/security'
import { PrivacyReview, ThreatModel } from '@ropewalk/core/contract/documents/security'
import { getJson } from '../documents.ts'
import type { JudgedArtifact } from '../guard.ts'
import type { JudgedFinding } from './judge-findings.ts'

/** What a document of the security phase says, in one form for all. */
export type Told = {
  readonly name: string
  readonly findings: readonly JudgedFinding[]
  /** The commit it is about; undefined for a document about no commit. */
  readonly revision: string | null | undefined
  /** What of it was not run, with the reason. */
  readonly missing: readonly string[]
}

type Report = Pick<ScanReport, 'findings' | 'parts' | 'outcome' | 'reason' | 'revision'>

/** Which parts are judged: those named, else all that are no extra, and extras that were run. */
const isJudged = (part: ScanPart, wanted: readonly string[] | undefined): boolean =>
  wanted === undefined ? !part.extra || part.outcome === 'done' : wanted.includes(part.part)

const tellReport = (name: string, report: Report, wanted: readonly string[] | undefined): Told => {
  const parts = report.parts.filter((part) => isJudged(part, wanted))
  const names = new Set(parts.map(({ part }) => part))
  const absent = (wanted ?? []).filter((one) => !names.has(one))
  const isWhole = report.parts.length === 0 || wanted === undefined
  return {
    name,
    revision: report.revision,
    findings: report.findings
      .filter(({ part }) => wanted === undefined || (part !== null && wanted.includes(part)))
      .map(({ id, severity, title, file, line, rule, package: of }) => {
        const place = file === null ? (of ?? '') : `${file}${line === null ? '' : `:${line}`}`
        return { id, severity, text: `${name} ${place} ${rule} (${severity}): ${title} [${id}]` }
      }),
    missing: [
      ...parts
        .filter(({ outcome }) => outcome === 'not-run')
        .map(({ part, reason }) => `${name} ${part} was not run: ${reason ?? 'no reason was given'}`),
      ...absent.map((part) => `${name} has no part ${part}.`),
      ...(isWhole && report.outcome === 'not-run' && parts.every(({ outcome }) => outcome === 'done')
        ? [`${name} was not run: ${report.reason ?? 'no reason was given'}`]
        : []),
    ],
  }
}

/** What the document says, or undefined where it is none of the security phase. Throws nothing. */
export const tellFindings = (
  judged: JudgedArtifact,
  wanted: readonly string[] | undefined,
): Told | 'broken' | undefined => {
  const { name } = judged.artifact
  const json = getJson(judged)
  switch (name) {
    case 'SecretsScanReport':
    case 'SastReport':
    case 'IacReport':
    case 'ContainerReport':
    case 'DastReport': {
      const report = ScanReport.safeParse(json)
      return report.success ? tellReport(name, report.data, wanted) : 'broken'
    }
    case 'VulnerabilityScan': {
      const report = VulnerabilityScan.safeParse(json)
      return report.success ? tellReport(name, report.data, wanted) : 'broken'
    }
    case 'PrivacyReview': {
      const review = PrivacyReview.safeParse(json)
      if (!review.success) return 'broken'
      const findings = review.data.findings.map(({ title, severity }) => ({
        id: `privacy:${title}`,
        severity,
        text: `${name} (${severity}): ${title}`,
      }))
      return { name, findings, revision: undefined, missing: [] }
    }
    case 'ThreatModel': {
      const model = ThreatModel.safeParse(json)
      if (!model.success) return 'broken'
      const findings = model.data.threats.flatMap(({ id, title, residual_risk: severity }) =>
        severity === 'none'
          ? []
          : [{ id, severity, text: `${name} ${id} leaves a ${severity} risk: ${title}` }],
      )
      return { name, findings, revision: undefined, missing: [] }
    }
    default:
      return undefined
  }
}
