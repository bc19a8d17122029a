import { z } from 'zod'

const Failed = z.strictObject({ id: z.string(), outcome: z.literal('failed'), reason: z.string() })

const Answered = z.strictObject({
  id: z.string(),
  type: z.enum(['request', 'raw']),
  outcome: z.literal('done'),
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
  truncated: z.boolean(),
  ms: z.number(),
})

const SeriesPart = z.strictObject({
  service: z.string(),
  method: z.string(),
  path: z.string(),
  /** Of every request in the order sent: time to the last byte, and its status; 0 where no answer came. */
  ms: z.array(z.number()),
  statuses: z.array(z.int()),
  /** Of the body of the last answer. */
  bytes: z.int(),
})

const Series = z.strictObject({
  id: z.string(),
  type: z.literal('series'),
  outcome: z.literal('done'),
  parts: z.array(SeriesPart),
})

const Load = z.strictObject({
  id: z.string(),
  type: z.literal('load'),
  outcome: z.literal('done'),
  /** Answers of every status; `errors` are those from 400 up, and connections that broke or timed out. */
  answered: z.int(),
  errors: z.int(),
  /** Answers outside 200 to 299. */
  bad: z.int(),
  timeouts: z.int(),
  durationMs: z.number(),
  /** Of each answer, in the order they came, in milliseconds. */
  ms: z.array(z.number()),
})

const Violation = z.strictObject({
  rule: z.string(),
  impact: z.string(),
  help: z.string(),
  tags: z.array(z.string()),
  nodes: z.array(z.string()),
})

const Browse = z.strictObject({
  id: z.string(),
  type: z.literal('browse'),
  outcome: z.literal('done'),
  browser: z.string(),
  status: z.int(),
  contentType: z.string(),
  title: z.string(),
  text: z.string(),
  /** How far the page is wider than its window. */
  overflowPx: z.int(),
  consoleErrors: z.array(z.string()),
  missing: z.array(z.string()),
  stylesheets: z.array(z.string()),
  axe: z
    .strictObject({
      version: z.string(),
      passes: z.int(),
      violations: z.array(Violation),
      incomplete: z.array(z.strictObject({ rule: z.string(), help: z.string() })),
    })
    .nullable(),
  png: z.string().nullable(),
})

const Restart = z.strictObject({
  id: z.string(),
  type: z.literal('restart'),
  outcome: z.literal('done'),
  stopMs: z.number(),
  /** Whether SIGTERM was enough. */
  heeded: z.boolean(),
  readyMs: z.number(),
})

export const StepResult = z.union([Failed, Answered, Series, Load, Browse, Restart])
export type StepResult = z.infer<typeof StepResult>
export type Failed = z.infer<typeof Failed>
export type Answered = z.infer<typeof Answered>
export type Series = z.infer<typeof Series>
export type Load = z.infer<typeof Load>
export type Browse = z.infer<typeof Browse>
export type Restart = z.infer<typeof Restart>
export type Violation = z.infer<typeof Violation>

const ServiceFacts = z.strictObject({
  name: z.string(),
  /** Milliseconds from its start to the first answer; null where it never answered. */
  readyMs: z.number().nullable(),
  /** Why it did not become ready; null where it did. */
  problem: z.string().nullable(),
  /** Resident memory of its processes after the last step. */
  memoryMb: z.number().nullable(),
  /** Each time it ended by itself: after which step, and how. */
  deaths: z.array(z.strictObject({ step: z.string(), how: z.string() })),
  /** The end of what it printed. */
  output: z.string(),
})
export type ServiceFacts = z.infer<typeof ServiceFacts>

/** What the driver found, in the order of the steps. */
export const DriverReport = z.strictObject({
  services: z.array(ServiceFacts),
  steps: z.array(StepResult),
  node: z.string(),
  machine: z.strictObject({ cpus: z.int(), memoryMb: z.int(), platform: z.string() }),
  /** Whether every process but the driver was gone when the report was sealed. */
  alone: z.boolean(),
  /** Why Chromium did not start, before any service did; null where it did or was not asked for. */
  browserTrouble: z.string().nullable(),
  /** What broke in the driver itself; null where nothing did. */
  trouble: z.string().nullable(),
})
export type DriverReport = z.infer<typeof DriverReport>
