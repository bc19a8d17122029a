import { z } from 'zod'
import type { Finding } from '../finding.ts'
import type { Adapter } from './run-program.ts'
import { getScoreSeverity, getSeverity } from './severity.ts'

const Vulnerability = z.object({
  id: z.string(),
  summary: z.string().default(''),
  database_specific: z.object({ severity: z.string().optional() }).optional(),
})
const Report = z.object({
  results: z
    .array(
      z.object({
        source: z.object({ path: z.string() }),
        packages: z.array(
          z.object({
            package: z.object({ name: z.string(), version: z.string().default('') }),
            vulnerabilities: z.array(Vulnerability).default([]),
            groups: z
              .array(z.object({ ids: z.array(z.string()), max_severity: z.string().default('') }))
              .default([]),
          }),
        ),
      }),
    )
    .nullable(),
})

/** osv-scanner 2 over lock files with a database that was fetched before. Code 128: there was no package. */
export const makeOsvScanner = (database: string): Adapter => ({
  part: 'advisories',
  program: 'osv-scanner',
  versionArgs: ['--version'],
  okCodes: [0, 1],
  reads: [database],
  env: { OSV_SCANNER_LOCAL_DB_CACHE_DIRECTORY: database },
  makeArgs: ({ code, report }) => [
    'scan',
    'source',
    '--offline',
    '--format=json',
    `--output=${report}`,
    '--recursive',
    code,
  ],
  parse: (report, toRelative) =>
    (Report.parse(report).results ?? []).flatMap(({ source, packages }) =>
      packages.flatMap(({ package: one, vulnerabilities, groups }) =>
        vulnerabilities.map(({ id, summary, database_specific: told }): Finding => {
          const score = groups.find(({ ids }) => ids.includes(id))?.max_severity ?? ''
          return {
            rule: id.slice(0, 200),
            severity:
              score === '' ? getSeverity(told?.severity ?? '') : getScoreSeverity(Number.parseFloat(score)),
            title: (summary === '' ? `${one.name} has a known fault.` : summary).slice(0, 400),
            file: toRelative(source.path),
            line: null,
            package: `${one.name}@${one.version}`.slice(0, 300),
          }
        }),
      ),
    ),
})
