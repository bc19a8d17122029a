import { z } from 'zod'
import {
  SECURITY_SECTIONS,
  type ScanReport,
  type SecurityPack,
} from '@ropewalk/core/contract/documents/security'
import type { DocumentName, DocumentOf } from '@ropewalk/core/contract/documents'
import { findArtifact, findDocument } from '../documents.ts'
import { countBySeverity, SEVERITIES, type Severity } from '../scan/finding.ts'
import type { Tool, ToolInput } from '../tool.ts'

const VERSION = '1.0.0'

type Section = SecurityPack['sections'][number]
type Judged = Pick<Section, 'status' | 'reason'> & { readonly severities: readonly Severity[] }

/** Which document each section is made of; waivers come from the engine. */
const SECTION_DOCUMENTS = {
  secrets: 'SecretsScanReport',
  sca: 'VulnerabilityScan',
  sast: 'SastReport',
  iac: 'IacReport',
  container: 'ContainerReport',
  privacy: 'PrivacyReview',
  'threat-model': 'ThreatModel',
  dast: 'DastReport',
  'supply-chain': 'SBOM',
} as const satisfies Readonly<Record<string, DocumentName>>
type DocumentSection = keyof typeof SECTION_DOCUMENTS

const Waivers = z.object({
  waivers: z.array(
    z.object({
      rubric: z.string(),
      owner: z.string(),
      justification: z.string(),
      compensating_control: z.string(),
      status: z.enum(['pending', 'active', 'expired', 'revoked']),
      expires_at: z.string().nullable(),
    }),
  ),
})

/** A report of another commit is no report of this one. */
const judgeScan = (report: ScanReport, commit: string | null): Judged => {
  const severities = report.findings.map(({ severity }) => severity)
  if (report.revision !== commit) {
    const reason = `The report is of revision ${report.revision ?? 'none'}, not of ${commit ?? 'none'}.`
    return { status: 'not-run', reason, severities }
  }
  if (report.outcome === 'not-run') return { status: 'not-run', reason: report.reason, severities }
  const isEmpty = report.scanned_files === 0 && report.findings.length === 0
  // A scan of a running service reads no files and is no empty one.
  if (!isEmpty || report.scanner === 'dast') return { status: 'done', reason: null, severities }
  return {
    status: 'none',
    reason: report.notes[0] ?? 'There was nothing of the kind to look at.',
    severities,
  }
}

const judgeBill = (bill: DocumentOf<'SBOM'>, commit: string | null): Judged => {
  const properties = z
    .array(z.object({ name: z.string(), value: z.string() }))
    .safeParse(bill.metadata['properties'])
  const get = (name: string) =>
    properties.data?.find((property) => property.name === `ropewalk:${name}`)?.value
  if (get('outcome') === 'not-run')
    return { status: 'not-run', reason: get('reason') ?? null, severities: [] }
  if (get('revision') !== commit) {
    const reason = `The bill is of revision ${get('revision') ?? 'unknown'}, not of ${commit ?? 'none'}.`
    return { status: 'not-run', reason, severities: [] }
  }
  return { status: 'done', reason: null, severities: [] }
}

const getResidual = (risk: DocumentOf<'ThreatModel'>['threats'][number]['residual_risk']): Severity[] =>
  risk === 'none' ? [] : [risk]

/** What the document of a section says; undefined where the run has none. */
const judgeSection = (input: ToolInput, section: DocumentSection): Judged | undefined => {
  const commit = input.worktree?.commit ?? null
  const source = { judged: input.inputs, others: [] }
  const done = (severities: readonly Severity[]): Judged => ({ status: 'done', reason: null, severities })
  switch (section) {
    case 'privacy': {
      const review = findDocument(source, 'PrivacyReview')
      return review === undefined ? undefined : done(review.findings.map(({ severity }) => severity))
    }
    case 'threat-model': {
      const model = findDocument(source, 'ThreatModel')
      return model === undefined
        ? undefined
        : done(model.threats.flatMap(({ residual_risk }) => getResidual(residual_risk)))
    }
    case 'supply-chain': {
      const bill = findDocument(source, 'SBOM')
      return bill === undefined ? undefined : judgeBill(bill, commit)
    }
    default: {
      const report = findDocument(source, SECTION_DOCUMENTS[section])
      return report === undefined ? undefined : judgeScan(report, commit)
    }
  }
}

const makeSection = (input: ToolInput, section: DocumentSection): Section => {
  const name = SECTION_DOCUMENTS[section]
  const judged = judgeSection(input, section) ?? {
    status: 'not-run' as const,
    reason: `The run has no ${name}.`,
    severities: [],
  }
  const found = findArtifact({ judged: input.inputs, others: [] }, name)
  return {
    section,
    status: judged.status,
    reason: judged.status === 'done' ? null : (judged.reason ?? 'No reason was given.').slice(0, 1000),
    artifact: found === undefined ? null : name,
    digest: found?.artifact.digest ?? null,
    counts: countBySeverity(judged.severities.map((severity) => ({ severity }))),
  }
}

const readWaivers = (input: ToolInput): SecurityPack['waivers'] | undefined => {
  const found = findArtifact({ judged: input.inputs, others: [] }, 'Waivers')
  if (found === undefined) return undefined
  return Waivers.parse(JSON.parse(found.bytes.toString('utf8'))).waivers
}

const makePack = (input: ToolInput): SecurityPack => {
  const waivers = readWaivers(input)
  const documents = SECURITY_SECTIONS.flatMap((section) =>
    section === 'waivers' ? [] : [makeSection(input, section)],
  )
  const found = findArtifact({ judged: input.inputs, others: [] }, 'Waivers')
  const isWaived = waivers !== undefined && waivers.length > 0
  const sections: Section[] = [
    ...documents,
    {
      section: 'waivers',
      status: isWaived ? 'done' : 'none',
      reason: isWaived ? null : 'No waiver had been asked for when this pack was made.',
      artifact: found === undefined ? null : 'Waivers',
      digest: found?.artifact.digest ?? null,
      counts: countBySeverity([]),
    },
  ]
  const counts = countBySeverity([])
  for (const section of sections)
    for (const severity of SEVERITIES) counts[severity] += section.counts[severity]
  const missing = sections.filter(({ status }) => status === 'not-run')
  return {
    tool: 'ropewalk-security-pack',
    toolVersion: VERSION,
    argv: null,
    revision: input.worktree?.commit ?? null,
    // The pack itself was made; what is missing in it stands in its sections.
    outcome: 'done',
    reason: missing.length === 0 ? null : `Not run: ${missing.map(({ section }) => section).join(', ')}.`,
    sections,
    counts,
    waivers: waivers ?? [],
  }
}

/** Joins the nine documents of the security phase, and the waivers where they are given, to one pack of ten. */
export const tool: Tool = {
  name: 'security-pack',
  version: VERSION,
  run: (input) => Promise.resolve({ document: makePack(input) }),
}
