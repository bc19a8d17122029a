import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import { sha256 } from '../../src/canonical.ts'
import type { Accepted, Principal, Refused, Stamp } from '../../src/decision.ts'
import type { Output } from '../../src/contract/artifact.ts'
import { NO_USAGE } from '../../src/contract/budget.ts'
import type { GuardReport } from '../../src/contract/guard-report.ts'
import { AgentDefinition, PhaseDefinition } from '../../src/contract/playbook.ts'
import { NO_ESTIMATE, type RunPlan } from '../../src/contract/run-plan.ts'
import { ArtifactId, ReservationId, RunId, WorkspaceId } from '../../src/ids.ts'
import type { RunCommand, RunCommandOf } from '../../src/run/commands.ts'
import { decide } from '../../src/run/decide.ts'
import { RunEvent, type RunEventAt, type RunEventOf, type RunEventType } from '../../src/run/events.ts'
import { evolve } from '../../src/run/evolve.ts'
import { makeRunPlan } from '../../src/run/plan/make-run-plan.ts'
import { makeEmptyRunState, type Question, type RunState, type Task } from '../../src/run/state.ts'
import { evolveWorkspace } from '../../src/workspace/evolve.ts'
import type { Workspace } from '../../src/workspace/workspace.ts'

export const RUN = RunId.parse('00000000-0000-7000-8000-000000000001')
export const WORKSPACE = WorkspaceId.parse('default')
export const onRun = { workspaceId: WORKSPACE, runId: RUN }
export const ANNA: Principal = { kind: 'person', id: 'anna' }
export const ENGINE: Principal = { kind: 'engine', id: 'engine' }

let ids = 0
const nextUuid = (): string => {
  ids += 1
  return `00000000-0000-7000-9000-${ids.toString(16).padStart(12, '0')}`
}
export const nextReservationId = (): ReservationId => ReservationId.parse(nextUuid())

type PhaseInput = Partial<Parameters<typeof PhaseDefinition.parse>[0] & object> & {
  phase: string
  agents: string[]
}

/** A phase with a guard `check` for a rubric `quality` over its first agent's output, unless said otherwise. */
export const phase = (of: PhaseInput & Record<string, unknown>): PhaseDefinition =>
  PhaseDefinition.parse({
    title: of.phase,
    parallelism: 'sequential',
    budgets: { tokens: 100_000, tools_minutes: 10, gpu_hours: 0, wallclock_minutes: 30 },
    timebox: 'PT1H',
    gate: { pass: 0.8, max_rounds: 2 },
    ...of,
  })

export const agent = (
  of: string,
  name: string,
  output: string,
  rest: Record<string, unknown> = {},
): AgentDefinition =>
  AgentDefinition.parse({
    agent: name,
    phase: of,
    kind: 'model',
    capability: 'model',
    output,
    prompt: 'Write.',
    ...rest,
  })

export const guarded = (artifact: string) => ({
  guards: [{ guard: 'check', artifacts: [artifact], rubric: 'quality' }],
  rubrics: { quality: { min: 0.5, weight: 1 } },
})

export const makePlan = (
  phases: readonly PhaseDefinition[],
  agents: readonly AgentDefinition[],
  rest: Partial<Parameters<typeof makeRunPlan>[0]> = {},
): RunPlan =>
  makeRunPlan({
    playbook: { name: 'test', phases: [...phases], agents: [...agents], prices: [] },
    playbookHash: sha256('playbook'),
    idea: 'A link shortener',
    repo: null,
    models: ['offline'],
    capMicros: 1_000_000,
    clarification: 'hybrid',
    questionDeadlineMs: 60_000,
    unconfined: false,
    estimate: NO_ESTIMATE,
    ...rest,
  })

/** Two phases: `prd` (writer, then stories that read it; one guard) and `build` (coder, no guard). */
export const twoPhases = (
  rest: Partial<Parameters<typeof makeRunPlan>[0]> = {},
  prd: Record<string, unknown> = {},
) =>
  makePlan(
    [
      phase({ phase: 'prd', agents: ['writer', 'cutter'], ...guarded('PRD'), ...prd }),
      phase({ phase: 'build', needs: ['prd'], agents: ['coder'] }),
    ],
    [
      agent('prd', 'writer', 'PRD', { inputs: ['Idea'] }),
      agent('prd', 'cutter', 'UserStories', { inputs: ['PRD'] }),
      agent('build', 'coder', 'RepoManifest', { inputs: ['PRD'], kind: 'coder', capability: 'coder' }),
      agent('prd', 'fixer', 'Fixed', { inputs: ['Idea'] }),
    ],
    rest,
  )

export const output = (name: string, body = nextUuid(), rest: Partial<Output> = {}): Output => ({
  id: ArtifactId.parse(nextUuid()),
  name,
  digest: sha256(body),
  mediaType: 'application/json',
  bytes: body.length,
  commit: null,
  simulated: false,
  ...rest,
})

const doer = { worker: 'w1', claimedAt: null, tool: 'offline', toolVersion: '1' }

/**
 * One run under test: commands in, events kept, state folded. Claims are written as the store writes them.
 * One long function: all its parts share one state and one clock.
 */
export type Given = ReturnType<typeof given>

export const given = (plan: RunPlan = twoPhases(), capMicros = 5_000_000) => {
  let state: RunState = makeEmptyRunState(plan)
  let workspace: Workspace = { id: WORKSPACE, capMicros, grantedMicros: 0, spentMicros: 0 }
  let now = Date.parse('2026-01-01T00:00:00.000Z')
  let commands = 0
  const history: RunEventAt[] = []
  const at = () => new Date(now).toISOString()

  const when = (command: RunCommand, by: Principal = ENGINE) => {
    commands += 1
    const stamp: Stamp = { at: at(), seed: `seed-${commands}`, by }
    const decision = decide(state, workspace, command, stamp)
    if (decision.type === 'refused') return decision
    for (const event of decision.events) {
      RunEvent.parse(event)
      const stamped = { ...event, at: stamp.at }
      history.push(stamped)
      state = evolve(state, stamped)
      workspace = evolveWorkspace(workspace, event)
    }
    // The store keeps the state of the decision; readers fold its events. They must be one.
    expect(isDeepStrictEqual(decision.state, state)).toBe(true)
    return decision
  }

  const accepted = (command: RunCommand, by?: Principal): Accepted<RunEvent, RunState> => {
    const decision = when(command, by)
    if (decision.type === 'refused') throw new Error(`${decision.code}: ${decision.message}`)
    return decision
  }

  const refused = (command: RunCommand, by?: Principal): Refused => {
    const decision = when(command, by)
    if (decision.type === 'accepted')
      throw new Error(`accepted: ${decision.events.map(({ type }) => type).join(', ')}`)
    return decision
  }

  const tasks = () => [...state.tasks.values()]
  const open = (status: Task['status'] = 'ready') => tasks().filter((task) => task.status === status)
  const task = (name: string): Task => {
    const found = tasks().findLast((of) => of.agent === name)
    if (!found) throw new Error(`no task of ${name}`)
    return found
  }

  const claim = (of: Task): Task => {
    const claimed: Task = {
      ...of,
      status: 'running',
      attempt: of.attempt + 1,
      claimedBy: 'w1',
      claimedAt: at(),
      leaseUntil: new Date(now + 30_000).toISOString(),
      heartbeatAt: at(),
    }
    state = { ...state, tasks: new Map(state.tasks).set(of.id, claimed) }
    return claimed
  }

  const attemptOf = (of: Task) => ({ ...onRun, taskId: of.id, attempt: of.attempt, ...doer })

  const completion = (
    of: Task,
    rest: Partial<RunCommandOf<'CompleteTask'>> = {},
  ): RunCommandOf<'CompleteTask'> => ({
    type: 'CompleteTask',
    ...attemptOf(of),
    outputs: of.spec.output === null ? [] : [output(of.spec.output)],
    commit: null,
    usage: NO_USAGE,
    reports: of.spec.guard === null ? [] : [report(of)],
    questions: [],
    ...rest,
  })

  const report = (of: Task, rest: Partial<GuardReport> = {}): GuardReport & { digest: string } => ({
    guard: of.spec.guard?.guard ?? '',
    rubric: of.spec.guard?.rubric ?? '',
    artifacts: of.spec.guard?.artifacts ?? [],
    outcome: 'pass',
    score: 1,
    severity: 'info',
    reasons: [],
    tool: 'check',
    toolVersion: '1',
    argv: null,
    exitCode: null,
    startedAt: at(),
    endedAt: at(),
    inputDigests: [],
    outputDigests: [],
    revision: null,
    confined: 'not-needed',
    metrics: {},
    requirements: [],
    ...rest,
    digest: sha256(nextUuid()),
  })

  return {
    get state() {
      return state
    },
    get run() {
      if (!state.run) throw new Error('no run')
      return state.run
    },
    get workspace() {
      return workspace
    },
    history,
    at,
    wait: (ms: number) => {
      now += ms
    },
    when,
    accepted,
    refused,
    tasks,
    open,
    task,
    claim,
    attemptOf,
    completion,
    report,
    phase: (name: string) => {
      const found = state.phases.get(name)
      if (!found) throw new Error(`no phase ${name}`)
      return found
    },
    question: (): Question => {
      const found = [...state.questions.values()].at(-1)
      if (!found) throw new Error('no question')
      return found
    },
    start: (rest: Partial<RunCommandOf<'StartRun'>> = {}) =>
      accepted({
        type: 'StartRun',
        ...onRun,
        title: 'Links',
        plan,
        planHash: sha256('plan'),
        idea: output('Idea', 'A link shortener'),
        given: [],
        forkOf: null,
        hold: false,
        ...rest,
      }),
    /** Claims the newest task of an agent and hands in its result. */
    complete: (name: string, rest: Partial<RunCommandOf<'CompleteTask'>> = {}) =>
      accepted(completion(claim(task(name)), rest)),
    fail: (
      name: string,
      errorClass: RunCommandOf<'FailTask'>['errorClass'],
      rest: Partial<RunCommandOf<'FailTask'>> = {},
    ) =>
      accepted({
        type: 'FailTask',
        ...attemptOf(claim(task(name))),
        errorClass,
        message: 'it broke',
        usage: NO_USAGE,
        retryAfterMs: null,
        jitter: 1,
        ...rest,
      }),
    lose: (name: string, outcome: 'lost' | 'timed_out' = 'lost') => {
      const { taskId, attempt } = attemptOf(claim(task(name)))
      return accepted({
        type: 'LoseAttempt',
        ...onRun,
        taskId,
        attempt,
        outcome,
        worker: 'w1',
        claimedAt: null,
        message: 'silent',
      })
    },
    /** Ends the newest guard with this outcome and score. */
    judge: (score: number, rest: Partial<GuardReport> = {}, guard = 'check') => {
      const claimed = claim(task(guard))
      const outcome = score < 0.5 ? 'fail' : 'pass'
      return accepted(completion(claimed, { reports: [report(claimed, { score, outcome, ...rest })] }))
    },
    signal: (signal: RunCommandOf<'SignalRun'>['signal'], rest: Partial<RunCommandOf<'SignalRun'>> = {}) =>
      when({ type: 'SignalRun', ...onRun, signal, target: 'run', targetId: null, ...rest }, ANNA),
    reserve: (of: Task, micros: number, tokens = 10) =>
      when({
        type: 'ReserveBudget',
        ...onRun,
        taskId: of.id,
        attempt: of.attempt,
        reservationId: nextReservationId(),
        micros,
        tokens,
        deadlineAt: new Date(now + 60_000).toISOString(),
      }),
  }
}

export const types = (decision: { readonly events: readonly RunEvent[] }): RunEventType[] =>
  decision.events.map(({ type }) => type)

export const dataOf = <T extends RunEventType>(
  decision: { readonly events: readonly RunEvent[] },
  type: T,
): RunEventOf<T>['data'] => {
  const found = decision.events.find((event) => event.type === type)
  if (!found) throw new Error(`no ${type} among ${types(decision).join(', ')}`)
  return found.data as RunEventOf<T>['data']
}
