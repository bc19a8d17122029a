import { z } from 'zod'
import { Count, Share, text } from '../../text.ts'
import { cites, claim, Latency, MEASURED, Outcome, RequirementId } from './shared.ts'

export const E2EReport = z.strictObject({
  ...MEASURED,
  scenarios: z
    .array(
      z.strictObject({
        name: text(300, 1),
        requirements: z.array(RequirementId).max(20),
        outcome: Outcome,
        steps: z.array(z.strictObject({ text: text(1000, 1), outcome: Outcome })).max(60),
        duration_ms: z.number().min(0),
        message: text(2000).nullable(),
      }),
    )
    .max(500),
  passed: Count,
  failed: Count,
  skipped: Count,
  pass_rate: Share,
})
export type E2EReport = z.infer<typeof E2EReport>

/** How fast single routes answer without pressure. */
export const PerfReport = z.strictObject({
  ...MEASURED,
  routes: z
    .array(
      z.strictObject({
        method: text(10, 1),
        path: text(300, 1),
        requests: Count,
        errors: Count,
        latency_ms: Latency,
        bytes: Count,
      }),
    )
    .max(200),
  start_ms: z.number().min(0).nullable(),
  memory_mb: z.number().min(0).nullable(),
})
export type PerfReport = z.infer<typeof PerfReport>

/** What the service bears under many connections at once. */
export const LoadReport = z.strictObject({
  ...MEASURED,
  stages: z
    .array(
      z.strictObject({
        method: text(10, 1),
        path: text(300, 1),
        connections: z.int().min(1),
        duration_s: z.number().min(0),
        requests: Count,
        errors: Count,
        timeouts: Count,
        non_2xx: Count,
        throughput_rps: z.number().min(0),
        latency_ms: Latency,
      }),
    )
    .max(60),
  cpu_cores: z.int().min(1).nullable(),
})
export type LoadReport = z.infer<typeof LoadReport>

/** `impact` is axe's own word. `incomplete` is what a person still has to look at. */
export const A11yAudit = z.strictObject({
  ...MEASURED,
  standard: text(40, 1),
  browser: text(80, 1).nullable(),
  pages: z
    .array(
      z.strictObject({
        path: text(300, 1),
        passes: Count,
        violations: z
          .array(
            z.strictObject({
              rule: text(120, 1),
              impact: z.enum(['minor', 'moderate', 'serious', 'critical']),
              help: text(1000, 1),
              wcag: z.array(text(40, 1)).max(20),
              nodes: z.array(text(1000, 1)).max(50),
            }),
          )
          .max(200),
        incomplete: z.array(z.strictObject({ rule: text(120, 1), help: text(1000, 1) })).max(200),
      }),
    )
    .max(50),
  violations: Count,
})
export type A11yAudit = z.infer<typeof A11yAudit>

/** A cell nobody could try is `not-run` with a reason, never a pass. */
export const CompatibilityMatrix = z.strictObject({
  ...MEASURED,
  cells: z
    .array(
      z.strictObject({
        kind: z.enum(['runtime', 'browser', 'viewport', 'client', 'platform']),
        name: text(120, 1),
        version: text(80).nullable(),
        check: text(300, 1),
        outcome: z.enum(['pass', 'fail', 'not-run']),
        reason: text(1000, 1).nullable(),
      }),
    )
    .max(200),
})
export type CompatibilityMatrix = z.infer<typeof CompatibilityMatrix>

export const TestReport = z.strictObject({
  summary: claim,
  passed: z.int().min(0),
  failed: z.int().min(0),
  observations: z.array(z.strictObject({ text: claim, cites })).max(40),
})
export type TestReport = z.infer<typeof TestReport>
