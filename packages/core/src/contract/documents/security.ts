import { z } from 'zod'
import { Count, Digest, Instant, Name, text } from '../../text.ts'
import {
  cites,
  claim,
  claims,
  ComponentId,
  ControlId,
  label,
  MEASURED,
  mustCite,
  repoPath,
  Severity,
  SeverityCounts,
  ThreatId,
} from './shared.ts'

/** One thing a scanner found; `id` stays the same while the finding does, so that a waiver can name it. */
export const Finding = z.strictObject({
  id: text(200, 1),
  rule: text(200, 1),
  severity: Severity,
  title: text(400, 1),
  file: repoPath.nullable(),
  line: z.int().min(1).nullable(),
  package: text(300, 1).nullable(),
  fix: text(2000, 1).nullable(),
  /** Which part of its report found it; null where the report has no parts. */
  part: Name.nullable().default(null),
  cites,
})
export type Finding = z.infer<typeof Finding>

/**
 * One scanner's share of a report. An `extra` part is welcome where its program is installed; any other part
 * that was not run makes the whole report not-run.
 */
export const ScanPart = z.strictObject({
  part: Name,
  tool: text(80, 1),
  toolVersion: text(80, 1),
  argv: z.array(text(2000)).max(100).nullable(),
  outcome: z.enum(['done', 'not-run']),
  reason: text(1000, 1).nullable(),
  extra: z.boolean(),
})
export type ScanPart = z.infer<typeof ScanPart>

const SCAN = {
  ...MEASURED,
  scanner: Name,
  scanned_files: Count.default(0),
  parts: z.array(ScanPart).max(20).default([]),
  findings: z.array(Finding).max(2000),
  /** What a reader should know beside the findings, such as that there was nothing of the kind to look at. */
  notes: claims(20).default([]),
} as const

/** What a scanner saw at one revision. An empty list of findings counts only where `outcome` is done. */
export const ScanReport = z.strictObject(SCAN)
export type ScanReport = z.infer<typeof ScanReport>

export const VulnerabilityScan = z.strictObject({
  ...SCAN,
  dependencies: z
    .array(
      z.strictObject({
        name: text(214, 1),
        version: text(120, 1).nullable(),
        scope: z.enum(['runtime', 'development', 'optional']),
        is_direct: z.boolean(),
        license: text(200, 1).nullable(),
      }),
    )
    .max(20_000),
})
export type VulnerabilityScan = z.infer<typeof VulnerabilityScan>

/** A CycloneDX bill of materials, of whatever maker; only what every version of it has is checked. */
export const SBOM = z.looseObject({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.string().regex(/^1\.[4-9]$/u, 'expected a CycloneDX version from 1.4'),
  metadata: z.looseObject({
    timestamp: text(40, 1).optional(),
    component: z.looseObject({ name: text(300, 1) }).optional(),
  }),
  components: z.array(z.looseObject({ name: text(300, 1), version: text(120).optional() })).max(20_000),
})
export type SBOM = z.infer<typeof SBOM>

/** What the software does with data about people; each statement of it rests on the data model or the PRD. */
export const PrivacyReview = z.strictObject({
  summary: claim,
  handles_personal_data: z.boolean(),
  data: z
    .array(
      z.strictObject({
        entity: label,
        field: label,
        category: z.enum([
          'contact',
          'identity',
          'location',
          'financial',
          'health',
          'behaviour',
          'content',
          'other',
        ]),
        purpose: claim,
        legal_basis: z.enum([
          'consent',
          'contract',
          'legal-obligation',
          'vital-interests',
          'public-task',
          'legitimate-interests',
          'undecided',
        ]),
        retention: claim,
        cites: mustCite,
      }),
    )
    .max(200),
  findings: z
    .array(
      z.strictObject({
        title: label,
        severity: Severity,
        text: claim,
        recommendation: claim,
        cites: mustCite,
      }),
    )
    .max(60),
  rights: z
    .array(
      z.strictObject({
        right: z.enum(['access', 'correction', 'erasure', 'export', 'objection']),
        how: claim,
        is_supported: z.boolean(),
        cites: mustCite,
      }),
    )
    .max(10),
  open_points: claims(30),
})
export type PrivacyReview = z.infer<typeof PrivacyReview>

export const ThreatModel = z.strictObject({
  summary: claim,
  assets: z
    .array(z.strictObject({ name: label, worth: claim, cites: mustCite }))
    .min(1)
    .max(40),
  threats: z
    .array(
      z.strictObject({
        id: ThreatId,
        title: label,
        stride: z.enum([
          'spoofing',
          'tampering',
          'repudiation',
          'information-disclosure',
          'denial-of-service',
          'elevation-of-privilege',
        ]),
        component: ComponentId,
        description: claim,
        likelihood: z.int().min(1).max(5),
        impact: z.int().min(1).max(5),
        controls: z.array(ControlId).max(20),
        residual_risk: z.enum(['none', 'low', 'medium', 'high', 'critical']),
        residual_reason: claim,
        cites: mustCite,
      }),
    )
    .min(1)
    .max(120),
})
export type ThreatModel = z.infer<typeof ThreatModel>

export const SECURITY_SECTIONS = [
  'secrets',
  'sca',
  'sast',
  'iac',
  'container',
  'privacy',
  'threat-model',
  'dast',
  'supply-chain',
  'waivers',
] as const

/**
 * The pack of ten sections (DX-28). `done` has an artifact and its digest, `none` says that there is nothing
 * of the kind to look at, `not-run` that nobody looked; the last two say why.
 */
export const SecurityPack = z.strictObject({
  ...MEASURED,
  sections: z
    .array(
      z.strictObject({
        section: z.enum(SECURITY_SECTIONS),
        status: z.enum(['done', 'not-run', 'none']),
        reason: text(1000, 1).nullable(),
        artifact: Name.nullable(),
        digest: Digest.nullable(),
        counts: SeverityCounts,
      }),
    )
    .length(SECURITY_SECTIONS.length)
    .refine((sections) => new Set(sections.map(({ section }) => section)).size === sections.length, {
      message: 'expected each of the ten sections once',
    }),
  counts: SeverityCounts,
  waivers: z
    .array(
      z.strictObject({
        rubric: Name,
        owner: label,
        justification: claim,
        compensating_control: claim,
        status: z.enum(['pending', 'active', 'expired', 'revoked']),
        expires_at: Instant.nullable(),
      }),
    )
    .max(200),
})
export type SecurityPack = z.infer<typeof SecurityPack>
