import { z } from 'zod'
import { makeGuard } from '../make-guard.ts'
import { ScanSettings } from '../scan/scan-input.ts'
import { judgeFindings } from './judge-findings.ts'
import { judgeScan } from './run-scan.ts'

const Settings = z.strictObject({
  ...ScanSettings.shape.licences.unwrap().shape,
  /** How many dependencies may have a licence that nobody knows. */
  max_unknown: z.int().min(0).default(0),
})

/** Every dependency of the judged commit has a licence that is known, not denied, and allowed where a list says so. */
export const guard = makeGuard({
  name: 'licences',
  version: '1.0.0',
  settings: Settings,
  judge: (input, { max_unknown, ...licences }) =>
    judgeScan(input, 'licences', { licences }, (findings) =>
      judgeFindings(findings, { max_critical: 0, max_high: 0, max_medium: max_unknown, max_low: null }),
    ),
})
