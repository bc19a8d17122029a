import { z } from 'zod'
import { makeGuard } from '../make-guard.ts'
import { judgeScan } from './run-scan.ts'

const Settings = z.strictObject({
  max_errors: z.int().min(0).default(0),
  max_warnings: z.int().min(0).default(10),
})

/** Errors and warnings of ESLint over the judged commit, under fixed rules of ours, are within their limits. */
export const guard = makeGuard({
  name: 'lint',
  version: '1.0.0',
  settings: Settings,
  judge: (input, { max_errors, max_warnings }) =>
    judgeScan(input, 'lint', {}, (findings) => {
      const warnings = findings.filter(({ severity }) => severity === 'low' || severity === 'info')
      const errors = findings.filter((finding) => !warnings.includes(finding))
      const isClean = errors.length <= max_errors && warnings.length <= max_warnings
      const told = errors.length > max_errors ? [...errors, ...warnings] : warnings
      return {
        outcome: isClean ? 'pass' : 'fail',
        score: isClean
          ? 1
          : Math.max(
              0,
              1 -
                0.1 * Math.max(0, errors.length - max_errors) -
                0.02 * Math.max(0, warnings.length - max_warnings),
            ),
        severity: isClean ? 'info' : 'major',
        reasons: isClean
          ? []
          : [
              `${errors.length} errors, expected at most ${max_errors}; ${warnings.length} warnings, expected at most ${max_warnings}.`,
              ...told.map(({ text }) => text),
            ],
        metrics: { errors: errors.length, warnings: warnings.length },
      }
    }),
})
