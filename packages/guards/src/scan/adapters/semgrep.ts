import { z } from 'zod'
import type { Adapter } from './run-program.ts'
import { getSeverity } from './severity.ts'

const Report = z.object({
  results: z.array(
    z.object({
      check_id: z.string(),
      path: z.string(),
      start: z.object({ line: z.int() }),
      extra: z.object({ message: z.string().default(''), severity: z.string().default('WARNING') }),
    }),
  ),
})

/** semgrep with rules from a folder: its registry needs a network, which nothing here has. */
export const makeSemgrep = (rules: string): Adapter => ({
  part: 'semgrep',
  program: 'semgrep',
  versionArgs: ['--version'],
  okCodes: [0, 1],
  reads: [rules],
  env: { SEMGREP_SEND_METRICS: 'off', SEMGREP_ENABLE_VERSION_CHECK: '0' },
  makeArgs: ({ code, report }) => [
    'scan',
    '--metrics=off',
    '--disable-version-check',
    '--disable-nosem',
    '--no-git-ignore',
    '--json',
    `--output=${report}`,
    `--config=${rules}`,
    code,
  ],
  parse: (report, toRelative) =>
    Report.parse(report).results.map(({ check_id, path, start, extra }) => ({
      rule: check_id.slice(-200),
      severity: getSeverity(extra.severity),
      title: (extra.message.split('\n')[0] ?? '').slice(0, 400) || check_id.slice(-200),
      file: toRelative(path),
      line: Math.max(1, start.line),
    })),
})
