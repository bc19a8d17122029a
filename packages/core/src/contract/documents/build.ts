import { z } from 'zod'
import { Count, Name, text } from '../../text.ts'
import { argv, MEASURED, Outcome, repoPath, RequirementId } from './shared.ts'

/**
 * `SourceCode`: what the build hands in beside the git bundle. Commands are argv arrays relative to the
 * root of the repository; `test` names the files a test run loads, never a script of the project. Only a
 * service has `start` and `port_env`. `commands` are a project's own, null where it has none.
 */
export const RepoManifest = z
  .strictObject({
    kind: z.enum(['service', 'tool', 'library']).default('service'),
    language: z.enum(['node', 'other']),
    entry: repoPath,
    start: argv.max(20).nullable(),
    tests: z.array(repoPath).min(1).max(500),
    sources: z.array(repoPath).min(1).max(2000),
    port_env: Name.nullable(),
    commands: z
      .strictObject({
        build: argv.nullable().default(null),
        test: argv.nullable().default(null),
        lint: argv.nullable().default(null),
      })
      .nullable()
      .default(null),
  })
  .refine(
    (manifest) => manifest.kind !== 'service' || (manifest.start !== null && manifest.port_env !== null),
    {
      message: 'a service needs start and port_env',
      path: ['start'],
    },
  )
export type RepoManifest = z.infer<typeof RepoManifest>

export const TestCase = z.strictObject({
  name: text(300, 1),
  file: repoPath,
  outcome: Outcome,
  duration_ms: z.number().min(0),
  requirements: z.array(RequirementId).max(20),
})

/** Every test that ran over a revision, with the requirements its name carries. */
export const TestSuite = z.strictObject({
  ...MEASURED,
  tests: z.array(TestCase).max(5000),
  passed: Count,
  failed: Count,
  skipped: Count,
  duration_ms: z.number().min(0),
})
export type TestSuite = z.infer<typeof TestSuite>

const percent = z.number().min(0).max(100)
const covered = z.strictObject({ covered: Count, total: Count, percent })

export const CoverageReport = z.strictObject({
  ...MEASURED,
  lines: covered,
  branches: covered.nullable(),
  functions: covered.nullable(),
  files: z
    .array(
      z.strictObject({
        path: repoPath,
        lines: covered,
        uncovered_lines: z.array(z.int().min(1)).max(20_000),
      }),
    )
    .max(2000),
})
export type CoverageReport = z.infer<typeof CoverageReport>
