import { z } from 'zod'
import { Count, Instant, Share, text } from '../../text.ts'
import { argv, claim, claims, label, Latency, MEASURED, mustCite } from './shared.ts'

/** What happened when the accepted commit was started where it runs; for the sample that is this machine. */
export const DeploymentReport = z.strictObject({
  ...MEASURED,
  target: label,
  started_at: Instant.nullable(),
  start_ms: z.number().min(0).nullable(),
  command: argv.nullable(),
  checks: z
    .array(
      z.strictObject({
        name: label,
        path: text(300, 1).nullable(),
        expected: text(300, 1),
        seen: text(1000),
        outcome: z.enum(['pass', 'fail', 'not-run']),
        duration_ms: z.number().min(0).nullable(),
      }),
    )
    .max(100),
  health_score: Share,
})
export type DeploymentReport = z.infer<typeof DeploymentReport>

const Side = z.strictObject({
  revision: z
    .string()
    .regex(/^[0-9a-f]{40}$/u)
    .nullable(),
  requests: Count,
  errors: Count,
  latency_ms: Latency.nullable(),
})

/** Counted in requests, not minutes. `baseline` is the version before, null where there is none. */
export const CanaryResults = z.strictObject({
  ...MEASURED,
  steps: z
    .array(
      z.strictObject({
        share: z.number().gt(0).max(1),
        canary: Side,
        baseline: Side.nullable(),
        verdict: z.enum(['continue', 'abort']),
        reasons: z.array(text(1000, 1)).max(20),
      }),
    )
    .max(20),
  requests: Count,
  errors: Count,
  error_rate: Share,
  verdict: z.enum(['promote', 'roll-back', 'none']),
})
export type CanaryResults = z.infer<typeof CanaryResults>

/** Planned dashboards: an expression is what a monitoring system would evaluate; `emitted_by` says where its data is from. */
export const MonitoringDashboard = z.strictObject({
  summary: claim,
  dashboards: z
    .array(
      z.strictObject({
        name: label,
        purpose: claim,
        panels: z
          .array(
            z.strictObject({
              title: label,
              metric: text(120, 1),
              expression: text(1000, 1),
              unit: text(40, 1),
              emitted_by: claim,
              is_available_now: z.boolean(),
            }),
          )
          .min(1)
          .max(30),
        cites: mustCite,
      }),
    )
    .min(1)
    .max(20),
  alerts: z
    .array(
      z.strictObject({
        name: label,
        expression: text(1000, 1),
        for_minutes: z.number().min(0),
        severity: z.enum(['page', 'ticket', 'note']),
        action: claim,
        cites: mustCite,
      }),
    )
    .min(1)
    .max(40),
})
export type MonitoringDashboard = z.infer<typeof MonitoringDashboard>

/** A plan, not a result: numbers are what is intended. */
export const FeedbackPlan = z.strictObject({
  summary: claim,
  channels: z
    .array(
      z.strictObject({
        name: label,
        kind: z.enum(['form', 'email', 'interview', 'survey', 'issue-tracker', 'chat', 'telemetry', 'other']),
        purpose: claim,
        owner: label,
        answer_within_hours: z.number().gt(0),
        cites: mustCite,
      }),
    )
    .min(1)
    .max(15),
  planned_testers: z.int().min(1).max(1_000_000),
  recruiting: claim,
  planned_events: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-z][a-z0-9_.]{0,79}$/u, 'expected an event name like recipe.added'),
        when: claim,
        answers: claim,
        has_personal_data: z.boolean(),
        cites: mustCite,
      }),
    )
    .min(1)
    .max(100),
  questions: claims(40, 1),
  stop_when: claims(15, 1),
})
export type FeedbackPlan = z.infer<typeof FeedbackPlan>

/**
 * What was really counted: by requests of our own in the sample. `source` says whose requests they were, and
 * a metric that needs people who are not there yet has a null value and a reason.
 */
export const BetaMetrics = z.strictObject({
  ...MEASURED,
  source: z.enum(['synthetic', 'people', 'none']),
  metrics: z
    .array(
      z.strictObject({
        name: label,
        unit: text(40, 1),
        value: z.number().nullable(),
        sample: Count,
        reason: text(1000, 1).nullable(),
      }),
    )
    .max(100),
  planned: z.strictObject({ channels: Count, testers: Count, events: Count, dashboards: Count }),
})
export type BetaMetrics = z.infer<typeof BetaMetrics>
