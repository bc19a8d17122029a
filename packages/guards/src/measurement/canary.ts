import { z } from 'zod'
import { makeGuard } from '../make-guard.ts'
import { judgeMeasured, judgeParts, unless } from './measured.ts'

const Settings = z.strictObject({
  /** Share of failed requests to the new version, over all steps and in each. */
  max_error_rate: z.number().min(0).max(1).default(0.01),
  /** To the new version, over all steps: fewer say nothing about so small a share. */
  min_requests: z.int().min(1).default(100),
  /** Whether there must have been a version before to compare with. */
  needs_baseline: z.boolean().default(false),
})

/** The new version held out against the old one. Totals and rates are counted anew from the steps. */
export const guard = makeGuard({
  name: 'canary',
  version: '1.0.0',
  settings: Settings,
  judge: (input, settings) => {
    const part = judgeMeasured(input, 'CanaryResults', (results) => {
      const { steps } = results
      const requests = steps.reduce((sum, { canary }) => sum + canary.requests, 0)
      const errors = steps.reduce((sum, { canary }) => sum + canary.errors, 0)
      const rate = requests === 0 ? 1 : errors / requests
      const worst = Math.max(0, ...steps.map(({ canary }) => canary.errors / Math.max(1, canary.requests)))
      const told = steps.flatMap(({ verdict, reasons }) => (verdict === 'abort' ? reasons : []))
      return {
        score: results.verdict === 'promote' ? Math.max(0, 1 - worst) : 0,
        problems: [
          ...unless(
            requests === results.requests && errors === results.errors,
            'The totals of CanaryResults are not those of its steps.',
          ),
          ...unless(
            Math.abs(rate - results.error_rate) < 0.001,
            'The error rate of CanaryResults is not what its totals give.',
          ),
          ...unless(
            steps.every(({ canary }) => canary.revision === results.revision),
            'A step of CanaryResults is about another commit.',
          ),
          ...unless(
            requests >= settings.min_requests,
            `The new version got ${requests} requests, fewer than ${settings.min_requests}.`,
          ),
          ...unless(
            worst <= settings.max_error_rate,
            `Up to ${(worst * 100).toFixed(2)} % of the requests of a step failed.`,
          ),
          ...unless(
            !settings.needs_baseline || steps.every(({ baseline }) => baseline !== null),
            'There is no version before to compare with.',
          ),
          ...unless(steps.at(-1)?.share === 1, 'The new version never got all requests.'),
          ...unless(
            results.verdict === 'promote' && steps.every(({ verdict }) => verdict === 'continue'),
            `The verdict is ${results.verdict}. ${told.join(' ')}`.trim(),
          ),
        ],
        metrics: { requests, errors, error_rate: rate },
      }
    })
    return judgeParts(input, [part], 'CanaryResults')
  },
})
