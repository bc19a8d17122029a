import { z } from 'zod'
import type { Finding } from '../finding.ts'
import type { Adapter } from './run-program.ts'
import { getSeverity } from './severity.ts'

const Vulnerability = z.object({
  VulnerabilityID: z.string(),
  PkgName: z.string(),
  InstalledVersion: z.string().default(''),
  FixedVersion: z.string().default(''),
  Severity: z.string().default('UNKNOWN'),
  Title: z.string().default(''),
})
const Misconfiguration = z.object({
  ID: z.string(),
  Title: z.string().default(''),
  Resolution: z.string().default(''),
  Severity: z.string().default('UNKNOWN'),
  Status: z.string().default('FAIL'),
  CauseMetadata: z.object({ StartLine: z.int().optional() }).default({}),
})
const Report = z.object({
  SchemaVersion: z.literal(2),
  Results: z
    .array(
      z.object({
        Target: z.string(),
        Vulnerabilities: z.array(Vulnerability).nullable().default([]),
        Misconfigurations: z.array(Misconfiguration).nullable().default([]),
      }),
    )
    .nullable()
    .default([]),
})

const parse = (report: unknown, toRelative: (path: string) => string): Finding[] =>
  (Report.parse(report).Results ?? []).flatMap(({ Target, Vulnerabilities, Misconfigurations }) => [
    ...(Vulnerabilities ?? []).map((found) => ({
      rule: found.VulnerabilityID.slice(0, 200),
      severity: getSeverity(found.Severity),
      title: (found.Title === '' ? `${found.PkgName} has a known fault.` : found.Title).slice(0, 400),
      file: toRelative(Target),
      line: null,
      package: `${found.PkgName}@${found.InstalledVersion}`.slice(0, 300),
      fix: found.FixedVersion === '' ? null : `Use ${found.FixedVersion.slice(0, 200)}.`,
    })),
    ...(Misconfigurations ?? [])
      .filter(({ Status }) => Status === 'FAIL')
      .map((found) => ({
        rule: found.ID.slice(0, 200),
        severity: getSeverity(found.Severity),
        title: (found.Title === '' ? found.ID : found.Title).slice(0, 400),
        file: toRelative(Target),
        line: found.CauseMetadata.StartLine === undefined ? null : Math.max(1, found.CauseMetadata.StartLine),
        fix: found.Resolution === '' ? null : found.Resolution.slice(0, 2000),
      })),
  ])

const base = {
  program: 'trivy',
  versionArgs: ['--version'],
  okCodes: [0],
  files: { 'ignore.txt': '' },
  parse,
} as const

type At = { readonly out: string; readonly report: string }

const getArgs = ({ out, report }: At) => [
  '--quiet',
  '--format=json',
  `--output=${report}`,
  `--ignorefile=${out}/ignore.txt`,
]

/** trivy over lock files with a database that was fetched before. */
export const makeTrivyAdvisories = (database: string): Adapter => ({
  ...base,
  part: 'advisories',
  reads: [database],
  makeArgs: (at) => [
    'filesystem',
    '--scanners=vuln',
    '--offline-scan',
    '--skip-db-update',
    '--skip-java-db-update',
    `--cache-dir=${database}`,
    ...getArgs(at),
    at.code,
  ],
})

/** trivy over infrastructure files, with the checks it was built with. */
export const TRIVY_CONFIG: Adapter = {
  ...base,
  part: 'trivy',
  makeArgs: (at) => ['config', '--skip-check-update', `--cache-dir=${at.out}/cache`, ...getArgs(at), at.code],
}

/** trivy over an image archive, with a database that was fetched before. */
export const makeTrivyImage = (image: string, database: string): Adapter => ({
  ...base,
  part: 'image',
  reads: [database, image],
  makeArgs: (at) => [
    'image',
    `--input=${image}`,
    '--scanners=vuln',
    '--offline-scan',
    '--skip-db-update',
    '--skip-java-db-update',
    `--cache-dir=${database}`,
    ...getArgs(at),
  ],
})
