import { z } from 'zod'
import { makeGuard } from '../make-guard.ts'
import { judgeMeasured, judgeParts, unless } from './measured.ts'

const Settings = z.strictObject({
  /** Share of the checks that were made and passed. */
  min_health_score: z.number().min(0).max(1).default(0.95),
  max_start_ms: z.number().positive().default(30_000),
})

/** The accepted commit starts and is healthy where it was deployed; the score is counted anew. */
export const guard = makeGuard({
  name: 'deployment-health',
  version: '1.0.0',
  settings: Settings,
  judge: (input, settings) => {
    const part = judgeMeasured(input, 'DeploymentReport', (report) => {
      const made = report.checks.filter(({ outcome }) => outcome !== 'not-run')
      const failed = made.filter(({ outcome }) => outcome === 'fail')
      const score = made.length === 0 ? 0 : 1 - failed.length / made.length
      const start = report.start_ms
      return {
        score,
        isCritical: start === null,
        problems: [
          ...unless(start !== null, 'The service did not start.'),
          ...unless(
            start === null || start <= settings.max_start_ms,
            `It took ${String(start)} ms to start, more than ${settings.max_start_ms} ms.`,
          ),
          ...unless(made.length > 0, 'DeploymentReport made no check.'),
          ...unless(
            Math.abs(score - report.health_score) < 0.001,
            `DeploymentReport says ${report.health_score}; its checks give ${score.toFixed(3)}.`,
          ),
          ...unless(
            score + 1e-9 >= settings.min_health_score,
            `The health is ${score.toFixed(3)}, below ${settings.min_health_score}.`,
          ),
          ...(score + 1e-9 >= settings.min_health_score
            ? []
            : failed.map(({ name, expected, seen }) => `${name}: expected ${expected}, seen ${seen}`)),
        ],
        metrics: { checks: made.length, failed: failed.length, health_score: score },
      }
    })
    return judgeParts(input, [part], 'DeploymentReport')
  },
})
