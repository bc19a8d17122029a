import type { GuardInput } from '../guard.ts'
import { notRun, type Judgement } from '../make-guard.ts'
import type { Scan } from '../scan/finding.ts'
import { makeReport } from '../scan/make-report.ts'
import { ScanSettings, type ScanInput } from '../scan/scan-input.ts'
import { SCANNERS, type ScannerName } from '../scan/scanners.ts'
import type { JudgedFinding } from './judge-findings.ts'

type Settings = Partial<Omit<ScanInput['settings'], 'licences'>> & {
  readonly licences?: Partial<ScanInput['settings']['licences']>
}

/** Runs one scanner on the judged commit; null where no code is judged. */
const runScanner = async (
  input: GuardInput,
  scanner: ScannerName,
  settings: Settings,
): Promise<Scan | null> =>
  input.worktree === null
    ? null
    : SCANNERS[scanner]({
        scratch: input.scratch,
        runConfined: input.runConfined,
        now: input.now,
        dir: input.worktree.dir,
        texts: [...input.judged, ...input.others]
          .filter(({ artifact }) => artifact.commit === null)
          .map(({ artifact, bytes }) => ({ name: artifact.name, bytes })),
        settings: ScanSettings.parse(settings),
      })

/**
 * The judgement of a live scan of the judged commit. The whole report is kept as a file of the guard's report.
 * A part that was not run gives not-run, unless what the others found fails.
 */
export const judgeScan = async (
  input: GuardInput,
  scanner: ScannerName,
  settings: Settings,
  judge: (findings: readonly JudgedFinding[]) => Judgement,
): Promise<Judgement> => {
  const scan = await runScanner(input, scanner, settings)
  if (scan === null) return notRun('No code is judged.')
  const report = makeReport(scanner, scan, input.worktree?.commit ?? null)
  const judgement = judge(
    report.findings.map(({ id, severity, rule, title, file, line, package: of }) => {
      const place = file === null ? (of ?? 'the repository') : `${file}${line === null ? '' : `:${line}`}`
      return { id, severity, text: `${place}: ${title} (${rule}, ${severity})` }
    }),
  )
  const isIncomplete = report.outcome === 'not-run' && judgement.outcome !== 'fail'
  return {
    ...judgement,
    ...(isIncomplete ? { outcome: 'not-run', score: 0, severity: 'info' } : {}),
    reasons: [...judgement.reasons, ...(report.reason === null ? [] : [report.reason])],
    tool: report.tool,
    toolVersion: report.toolVersion,
    ...(report.argv === null ? {} : { argv: report.argv }),
    metrics: { ...judgement.metrics, files: report.scanned_files },
    outputs: [
      {
        name: `${scanner}-report.json`,
        mediaType: 'application/json',
        bytes: Buffer.from(`${JSON.stringify(report, null, 2)}\n`, 'utf8'),
      },
    ],
  }
}
