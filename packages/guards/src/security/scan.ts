import { z } from 'zod'
import { makeGuard } from '../make-guard.ts'
import { ScanSettings } from '../scan/scan-input.ts'
import { SCANNER_NAMES } from '../scan/scanners.ts'
import { judgeFindings, LIMITS } from './judge-findings.ts'
import { judgeScan } from './run-scan.ts'

const Settings = z.strictObject({
  ...LIMITS,
  scanner: z.enum(SCANNER_NAMES),
  waived: z.array(z.string().max(200)).max(500).default([]),
  /** Settings of the scanner itself. */
  scanner_settings: ScanSettings.prefault({}),
})

/** Runs a scanner on the very commit that is judged: no report can be of another one. */
export const guard = makeGuard({
  name: 'scan',
  version: '1.0.0',
  settings: Settings,
  judge: (input, settings) =>
    judgeScan(input, settings.scanner, settings.scanner_settings, (findings) =>
      judgeFindings(findings, settings, settings.waived),
    ),
})
