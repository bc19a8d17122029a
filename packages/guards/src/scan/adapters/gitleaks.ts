import { z } from 'zod'
import type { Adapter } from './run-program.ts'

const Report = z.array(
  z.object({
    RuleID: z.string(),
    Description: z.string().default(''),
    File: z.string(),
    StartLine: z.int().default(1),
  }),
)

/** gitleaks 8 over files, with its own rules: no configuration, ignore file or comment of the project counts. */
export const GITLEAKS: Adapter = {
  part: 'gitleaks',
  program: 'gitleaks',
  versionArgs: ['version'],
  okCodes: [0],
  files: { 'rules.toml': '[extend]\nuseDefault = true\n', 'ignore.txt': '' },
  makeArgs: ({ code, out, report }) => [
    'detect',
    '--no-git',
    '--no-banner',
    '--redact',
    '--ignore-gitleaks-allow',
    '--exit-code=0',
    `--config=${out}/rules.toml`,
    `--gitleaks-ignore-path=${out}/ignore.txt`,
    '--report-format=json',
    `--report-path=${report}`,
    `--source=${code}`,
  ],
  parse: (report, toRelative) =>
    Report.parse(report).map(({ RuleID, File, StartLine }) => ({
      rule: RuleID.slice(0, 200),
      severity: 'critical',
      title: `A secret of kind ${RuleID.slice(0, 200)}.`,
      file: toRelative(File),
      line: Math.max(1, StartLine),
    })),
}
