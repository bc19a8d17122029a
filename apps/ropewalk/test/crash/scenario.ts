import { digestOf } from '@ropewalk/core/canonical'
import { AgentDefinition, PhaseDefinition, Playbook } from '@ropewalk/core/contract/playbook'
import { NO_ESTIMATE, type RunPlan } from '@ropewalk/core/contract/run-plan'
import { makeRunPlan } from '@ropewalk/core/run/plan/make-run-plan'
import { z } from 'zod'

/**
 * `plain`: a run of five tasks and nothing else. `paying`: two of them reserve money, save a checkpoint and
 * ask. `backlog`: a project of three items. `thread`: messages, one of which runs out, status and a wake.
 */
export const Variant = z.enum(['plain', 'paying', 'backlog', 'thread'])
export type Variant = z.infer<typeof Variant>

/** What carries out each variant, beside this file. */
export const PROGRAMS = {
  plain: 'engine-process.ts',
  paying: 'engine-process.ts',
  backlog: 'backlog-process.ts',
  thread: 'thread-process.ts',
} as const satisfies Record<Variant, string>

/** What a process under test is told, as JSON. */
export const Orders = z.strictObject({
  variant: Variant,
  urls: z.strictObject({ writer: z.string(), reader: z.string() }),
  /** Where it writes, line by line, what its caller was told and which effects it was handed. */
  diary: z.string(),
})
export type Orders = z.infer<typeof Orders>

/** One line of a diary. */
export const DiaryLine = z.discriminatedUnion('what', [
  z.strictObject({ what: z.literal('answered'), command: z.string(), version: z.number(), key: z.string() }),
  z.strictObject({ what: z.literal('kept'), digest: z.string() }),
  z.strictObject({ what: z.literal('saved'), taskId: z.string(), attempt: z.number() }),
  z.strictObject({ what: z.literal('effect'), id: z.string(), queue: z.string(), data: z.string() }),
  z.strictObject({ what: z.literal('over'), id: z.string() }),
])
export type DiaryLine = z.infer<typeof DiaryLine>

export const STEPS = 5
export const CAPABILITY = 'crash'
/** The step that pays for a model call, and the one that asks a question. */
export const PAYING_STEP = 2
export const ASKING_STEP = 4
export const QUESTION_DEADLINE_MS = 300
/** A reservation of an attempt that was killed is charged after this, and the run closes. */
export const RESERVATION_MS = 700
/** Short, so that tasks of a killed process are soon taken over; a step on a busy machine takes a good part of it. */
export const LEASE_MS = 500

/** Items of the project, each of which waits for the one before. */
export const ITEMS = ['one', 'two', 'three'] as const
/** The item about which the worker asks first. */
export const ASKING_ITEM = 'two'
/** Longer than that of a run's task: what is started and told has two more writes to go. */
export const WORK_LEASE_MS = 1000

/** The steps of each phase; the head of the ledger is signed at the gate between them. */
const PHASES = { first: [1, 2, 3], second: [4, 5] } as const

/** What is posted into the thread, in this order; the first runs out after a second. */
export const MESSAGES = ['first', 'second', 'third'] as const

/** A run of two phases: five agents in a row, no guards. Nothing in it is drawn, so that two runs compare. */
export const makeCrashPlan = (): RunPlan => {
  const agents = Object.entries(PHASES).flatMap(([phase, steps]) =>
    steps.map((step) =>
      AgentDefinition.parse({
        agent: `step-${step}`,
        phase,
        kind: 'external',
        capability: CAPABILITY,
        output: `Result${step}`,
        prompt: 'Hand in the result.',
      }),
    ),
  )
  const phases = Object.entries(PHASES).map(([phase, steps], index, all) =>
    PhaseDefinition.parse({
      phase,
      title: 'Steps in a row',
      needs: all.slice(0, index).map(([name]) => name),
      parallelism: 'sequential',
      agents: steps.map((step) => `step-${step}`),
      budgets: { tokens: 100_000, tools_minutes: 10, gpu_hours: 0, wallclock_minutes: 60 },
      timebox: 'PT1H',
      gate: { pass: 0, max_rounds: 1 },
      retry: { max_attempts: 5, base_ms: 10, max_ms: 50 },
    }),
  )
  const playbook = Playbook.parse({ name: 'crash', phases, agents, prices: [] })
  return makeRunPlan({
    playbook,
    playbookHash: digestOf(playbook),
    idea: 'five steps',
    repo: null,
    models: ['offline'],
    capMicros: 1_000_000,
    clarification: 'hybrid',
    questionDeadlineMs: QUESTION_DEADLINE_MS,
    unconfined: false,
    estimate: NO_ESTIMATE,
  })
}
