import { z } from 'zod'
import { findDocument } from '../documents.ts'
import { makeGuard } from '../make-guard.ts'
import { judgeMeasured, judgeParts, unless } from './measured.ts'

const Settings = z.strictObject({
  /** Whose requests may be counted. People's are only for a service that people have used. */
  sources: z
    .array(z.enum(['synthetic', 'people']))
    .min(1)
    .default(['synthetic']),
  /** Of metrics that have a value. */
  min_metrics: z.int().min(0).default(4),
  max_error_rate: z.number().min(0).max(1).default(0.01),
  min_channels: z.int().min(0).default(2),
  min_testers: z.int().min(0).default(20),
  min_events: z.int().min(0).default(20),
  min_dashboards: z.int().min(0).default(3),
})

/** What was counted has a sample, what was not has a reason, and what is planned is what the plans say. */
export const guard = makeGuard({
  name: 'beta-metrics',
  version: '1.0.0',
  settings: Settings,
  judge: (input, settings) => {
    const feedback = findDocument(input, 'FeedbackPlan')
    const monitoring = findDocument(input, 'MonitoringDashboard')
    const part = judgeMeasured(input, 'BetaMetrics', ({ source, metrics, planned }) => {
      const counted = metrics.filter(({ value }) => value !== null)
      const errors = metrics.find(({ name }) => name === 'share of errors')
      const limits = [
        ['channels', settings.min_channels, feedback?.channels.length],
        ['testers', settings.min_testers, feedback?.planned_testers],
        ['events', settings.min_events, feedback?.planned_events.length],
        ['dashboards', settings.min_dashboards, monitoring?.dashboards.length],
      ] as const
      const problems = [
        ...unless(
          settings.sources.some((one) => one === source),
          `The figures are said to come from ${source}; allowed is ${settings.sources.join(' or ')}.`,
        ),
        ...unless(
          counted.length >= settings.min_metrics,
          `${counted.length} metrics have a value, fewer than ${settings.min_metrics}.`,
        ),
        ...counted.flatMap(({ name, sample }) => unless(sample > 0, `"${name}" has a value and no sample.`)),
        ...metrics.flatMap(({ name, value, reason }) =>
          unless(value !== null || reason !== null, `"${name}" has neither value nor reason.`),
        ),
        ...unless(
          (errors?.value ?? 1) <= settings.max_error_rate,
          `The share of errors is ${String(errors?.value ?? 'not counted')}, above ${settings.max_error_rate}.`,
        ),
        ...limits.flatMap(([name, min, real]) => [
          ...unless(planned[name] >= min, `${planned[name]} ${name} are planned, fewer than ${min}.`),
          ...unless(
            real === undefined || real === planned[name],
            `BetaMetrics counts ${planned[name]} planned ${name}, and the plans name ${String(real)}.`,
          ),
        ]),
      ]
      return {
        score: Math.max(0, 1 - problems.length / 8),
        problems,
        metrics: { counted: counted.length, uncounted: metrics.length - counted.length },
      }
    })
    return judgeParts(input, [part], 'BetaMetrics')
  },
})
