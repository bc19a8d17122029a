import { sha256 } from '@ropewalk/core/canonical'
import { AgentDefinition, PhaseDefinition } from '@ropewalk/core/contract/playbook'
import { getPhasePlanHash } from '@ropewalk/core/contract/phase-plan'
import { NO_ESTIMATE, type RunPlan } from '@ropewalk/core/contract/run-plan'
import type { TaskSpec } from '@ropewalk/core/contract/task-spec'
import { RopewalkError } from '@ropewalk/core/errors'
import { ArtifactId, RunId, TaskId, WorkspaceId } from '@ropewalk/core/ids'
import type { RunConfined } from '@ropewalk/guards/guard'
import { randomUUID } from 'node:crypto'
import type { AgentJob, JobInput, Settlement } from '../../../src/worker/agent-runtime.ts'

export type Reservation = {
  readonly id: string
  readonly micros: number
  readonly tokens: number
  readonly deadlineMs: number
}

/** A job over a ledger in memory: what the agent asked of it is there to look at. */
export type RecordedJob = {
  readonly job: AgentJob
  readonly reservations: Reservation[]
  readonly settlements: Map<string, Settlement>
  readonly refusedTools: { tool: string; reason: string }[]
  readonly checkpoints: { token: string; data: unknown }[]
  readonly logs: string[]
  readonly abort: (reason: unknown) => void
}

export type JobOptions = {
  readonly output?: string
  readonly kind?: 'model' | 'coder'
  readonly tools?: readonly string[]
  readonly allowlist?: readonly string[]
  readonly inputs?: Readonly<Record<string, unknown>>
  readonly capMicros?: number
  readonly maxModelCalls?: number
  readonly attempt?: number
  readonly prices?: RunPlan['prices']
  readonly fix?: TaskSpec['fix']
  readonly clarification?: 'human' | 'autonomous' | 'hybrid'
  readonly agents?: readonly AgentDefinition[]
  readonly checkpoint?: unknown
  readonly worktree?: AgentJob['worktree']
  readonly commit?: AgentJob['commit']
  readonly runConfined?: RunConfined
  readonly scratch?: string
}

const NOW = '2026-11-20T09:00:00.000Z'
export const PRICES: RunPlan['prices'] = [
  { model: 'test-model', from: '2026-01-01', input_usd_per_million: 1, output_usd_per_million: 10 },
]

const unconfinable: RunConfined = () =>
  Promise.reject(new RopewalkError('SANDBOX_UNAVAILABLE', 'No sandbox in this test.'))

export const makeJob = (options: JobOptions = {}): RecordedJob => {
  const reservations: Reservation[] = []
  const settlements = new Map<string, Settlement>()
  const refusedTools: { tool: string; reason: string }[] = []
  const checkpoints: { token: string; data: unknown }[] = []
  const logs: string[] = []
  const controller = new AbortController()
  const facts = makeFacts(options)
  const cap = options.capMicros ?? 100_000_000
  const maxCalls = options.maxModelCalls ?? 12
  const getCommitted = () =>
    reservations.reduce((sum, { id, micros }) => sum + (settlements.get(id)?.micros ?? micros), 0)
  const job: AgentJob = {
    ...facts,
    worktree: options.worktree ?? null,
    before: null,
    scratch: options.scratch ?? '/nonexistent',
    signal: controller.signal,
    runConfined: options.runConfined ?? unconfinable,
    now: () => '2026-01-31T12:00:00.000Z',
    log: (stream, text) => {
      logs.push(`${stream} ${text}`)
    },
    saveCheckpoint: (token, data) => {
      checkpoints.push({ token, data: structuredClone(data) })
      return Promise.resolve()
    },
    progress: () => undefined,
    reserve: (micros, tokens, deadlineMs) => {
      if (getCommitted() + micros > cap)
        return Promise.reject(new RopewalkError('BUDGET_EXCEEDED', 'The budget does not cover this.'))
      if (reservations.length >= maxCalls)
        return Promise.reject(new RopewalkError('TASK_CEILING', 'The task has used all its model calls.'))
      const id = randomUUID()
      reservations.push({ id, micros, tokens, deadlineMs })
      return Promise.resolve({ reservationId: id, throttleMs: 0 })
    },
    settle: (id, settlement) => {
      settlements.set(id, settlement)
      return Promise.resolve()
    },
    refuseTool: (tool, reason) => {
      refusedTools.push({ tool, reason })
      return Promise.resolve()
    },
    commit: options.commit ?? (() => Promise.reject(new RopewalkError('INVALID_ARGUMENT', 'no worktree'))),
  }
  return {
    job,
    reservations,
    settlements,
    refusedTools,
    checkpoints,
    logs,
    abort: (reason) => {
      controller.abort(reason)
    },
  }
}

/** What of a job is data: the task, its context and its inputs, by their contracts. */
const makeFacts = (options: JobOptions): Pick<AgentJob, 'task' | 'context' | 'inputs'> => {
  const kind = options.kind ?? 'model'
  const runId = RunId.parse(randomUUID())
  const taskId = TaskId.parse(randomUUID())
  const output = options.output ?? 'IdeaSpec'
  const agent = AgentDefinition.parse({
    agent: 'idea-writer',
    phase: 'intake',
    kind,
    capability: kind,
    output,
    tools: options.tools ?? [],
    prompt: 'You write what you are asked for.',
  })
  const definition = PhaseDefinition.parse({
    phase: 'intake',
    title: 'Intake',
    parallelism: 'sequential',
    agents: ['idea-writer'],
    budgets: { tokens: 500_000, tools_minutes: 5, gpu_hours: 0, wallclock_minutes: 15 },
    timebox: 'PT15M',
    allowlisted_tools: options.allowlist ?? options.tools ?? [],
    gate: { pass: 0.7, max_rounds: 2 },
  })
  const plan: RunPlan = {
    version: 1,
    playbook: { name: 'test', hash: sha256('playbook') },
    idea: 'a link shortener with click counts',
    repo: null,
    phases: [
      {
        phase: 'intake',
        definition,
        stages: [['idea-writer']],
        version: 1,
        hash: getPhasePlanHash(definition),
      },
    ],
    dependencies: { intake: [] },
    agents: [agent, ...(options.agents ?? [])],
    prices: options.prices ?? PRICES,
    models: ['openai/test-model'],
    budgets: { capMicros: 1, total_tokens: 1, total_tools_minutes: 1, total_gpu_hours: 0 },
    policies: {
      clarification: options.clarification ?? 'hybrid',
      question_deadline_ms: 1000,
      no_user_interactions: false,
      hallucination_guards_required: true,
      security_gates_required: [],
      unconfined: false,
    },
    timeouts: { total: 'PT1H', phases: {} },
    required_evidence: [],
    estimate: NO_ESTIMATE,
  }
  const spec: TaskSpec = {
    id: taskId,
    runId,
    phase: 'intake',
    round: 1,
    type: 'agent',
    kind,
    target: 'idea-writer',
    capability: kind,
    input: [],
    output,
    guard: null,
    fix: options.fix ?? null,
    budget: { ms: 900_000, tokens: 500_000 },
    retries: 0,
    retry_policy: { max_attempts: 5, base_delay_ms: 1000, max_delay_ms: 60_000 },
    maxModelCalls: options.maxModelCalls ?? 12,
    egress_policy: 'model-only',
    checkpointable: true,
    idempotenceKey: sha256('key'),
  }
  const inputs = Object.entries(
    options.inputs ?? { Idea: { text: 'a link shortener with click counts' } },
  ).map(([name, value]) => makeInput(runId, name, value))
  return {
    task: {
      workspaceId: WorkspaceId.parse('default'),
      runId,
      taskId,
      attempt: options.attempt ?? 1,
      spec,
      claimedAt: NOW,
      leaseUntil: NOW,
      checkpoint:
        options.checkpoint === undefined ? null : { token: 'one', data: options.checkpoint, createdAt: NOW },
    },
    context: {
      context: {
        runId,
        phase: 'intake',
        idea: plan.idea,
        inputs: inputs.map(({ ref: { artifactId, name, digest } }) => ({ artifactId, name, digest })),
        budgets: definition.budgets,
        rubrics: {},
        timebox: 'PT15M',
        dependencies: [],
        answers: [],
        kmap: [],
        metadata: { attemptNumber: options.attempt ?? 1, round: 1, previousAttemptFailures: [] },
      },
      agent,
      plan,
      inputs: inputs.map((input) => input.ref),
      acceptedCommit: null,
    },
    inputs,
  }
}

const makeInput = (runId: RunId, name: string, value: unknown): JobInput => {
  const bytes = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
  const artifactId = ArtifactId.parse(randomUUID())
  const digest = sha256(bytes)
  return {
    ref: {
      artifactId,
      name,
      digest,
      artifact: {
        id: artifactId,
        runId,
        phase: 'intake',
        name,
        version: 1,
        digest,
        mediaType: 'application/json',
        bytes: bytes.length,
        commit: null,
        simulated: false,
        lineage: {
          maker: { kind: 'person', name: 'user', version: '1' },
          taskId: null,
          attempt: 0,
          inputArtifactIds: [],
          createdAt: NOW,
          tokens: 0,
          minutes: 0,
        },
      },
    },
    bytes,
    json: value,
  }
}
