import { sha256 } from '../../src/canonical.ts'
import type { Effect, Principal } from '../../src/decision.ts'
import { NO_USAGE } from '../../src/contract/budget.ts'
import type { RunPlan } from '../../src/contract/run-plan.ts'
import { ErrorClass } from '../../src/contract/task-spec.ts'
import {
  ArtifactId,
  QuestionId,
  ReservationId,
  RunId,
  type TaskId,
  WaiverId,
  WorkspaceId,
} from '../../src/ids.ts'
import type { RunCommand, RunCommandOf } from '../../src/run/commands.ts'
import { decide } from '../../src/run/decide.ts'
import type { RunEventAt } from '../../src/run/events.ts'
import { evolve } from '../../src/run/evolve.ts'
import { makeEmptyRunState, type RunState, type Task, type Waiver } from '../../src/run/state.ts'
import { evolveWorkspace } from '../../src/workspace/evolve.ts'
import type { Workspace } from '../../src/workspace/workspace.ts'

const WORKSPACE = WorkspaceId.parse('default')
const PERSON: Principal = { kind: 'person', id: 'anna' }
const OTHER: Principal = { kind: 'person', id: 'bob' }
const ENGINE: Principal = { kind: 'engine', id: 'engine' }
const LEASE_MS = 30_000
const CLASSES = ErrorClass.options

/** A repeatable source of numbers in [0, 1) (mulberry32). */
const makeRandom = (seed: number): (() => number) => {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

export type World = {
  readonly state: RunState
  readonly workspace: Workspace
  readonly history: readonly RunEventAt[]
  readonly steps: number
}

type Step = (world: World) => void

/** What runs of one simulation share: the clock, the source of chance, and the workspace's money. */
type House = ReturnType<typeof makeHouse>

const makeHouse = (seed: number) => {
  const random = makeRandom(seed)
  let uuids = 0
  let order = 0
  const agenda: { at: number; order: number; act: () => void }[] = []
  const workspace: Workspace = { id: WORKSPACE, capMicros: 3_000_000, grantedMicros: 0, spentMicros: 0 }
  const house = {
    seed,
    random,
    workspace,
    now: Date.parse('2026-01-01T00:00:00.000Z'),
    uuid: () => {
      uuids += 1
      return `00000000-0000-7000-9000-${uuids.toString(16).padStart(12, '0')}`
    },
    later: (ms: number, act: () => void) => {
      order += 1
      agenda.push({ at: house.now + Math.max(0, ms), order, act })
    },
    /** Does what is due next; false when nothing is left to do. */
    doNext: (): boolean => {
      let next = 0
      for (let index = 1; index < agenda.length; index += 1) {
        const [a, b] = [agenda[index], agenda[next]]
        if (a && b && (a.at < b.at || (a.at === b.at && a.order < b.order))) next = index
      }
      const [entry] = agenda.splice(next, 1)
      if (!entry) return false
      house.now = Math.max(house.now, entry.at)
      entry.act()
      return true
    },
  }
  return house
}

/**
 * Plays one run in virtual time: workers that hand in twice, late or never, leases that run out, timers
 * that fire twice, people who answer, edit, waive and send signals at random. `onStep` sees every accepted
 * command. One long function: all its parts share one state.
 */
const playRun = (house: House, runId: RunId, plan: RunPlan, onStep: Step): (() => World) => {
  const { random, uuid, later, seed } = house
  const onRun = { workspaceId: WORKSPACE, runId }
  const chance = (share: number) => random() < share
  const below = (limit: number) => Math.floor(random() * limit)
  const choose = <T>(values: readonly T[]): T | undefined => values[below(values.length)]

  let state = makeEmptyRunState(plan)
  let steps = 0
  const history: RunEventAt[] = []
  const iso = (ms = house.now) => new Date(ms).toISOString()
  const getWorld = (): World => ({ state, workspace: house.workspace, history, steps })

  const submit = (command: RunCommand, by = ENGINE): boolean => {
    steps += 1
    const at = iso()
    const decision = decide(state, house.workspace, command, { at, seed: `${seed}/${runId}/${steps}`, by })
    if (decision.type === 'refused') return false
    for (const event of decision.events) {
      const stamped = { ...event, at }
      history.push(stamped)
      state = evolve(state, stamped)
      house.workspace = evolveWorkspace(house.workspace, event)
    }
    for (const effect of decision.effects) perform(effect)
    onStep(getWorld())
    for (const { type, data } of decision.events)
      if (type === 'CLARIFICATION.QUESTION_ASKED' && data.kind === 'approval')
        later(below(60_000), () => decideApproval(data.questionId))
      else if (
        (type === 'CLARIFICATION.QUESTION_ASKED' && data.deadlineAt === null) ||
        type === 'CLARIFICATION.QUESTION_ESCALATED'
      )
        later(below(60_000), () => answer(data.questionId))
    dispatchTasks()
    return true
  }

  /** A person who is asked for approval gives it or not, sooner or later, if at all. */
  const decideApproval = (questionId: QuestionId): void => {
    if (chance(0.9)) submit({ type: 'AnswerQuestion', ...onRun, questionId, answer: sayOfApproval() }, PERSON)
  }

  /** A person answers, in the end, what no deadline decides; what was assumed meanwhile is refused. */
  const answer = (questionId: QuestionId): void => {
    submit({ type: 'AnswerQuestion', ...onRun, questionId, answer: 'that' }, PERSON)
  }

  /** A caller whose answer was lost asks again. */
  const submitMaybeTwice = (command: RunCommand, by = ENGINE): void => {
    submit(command, by)
    if (chance(0.15)) later(below(5000), () => submit(command, by))
  }

  const perform = ({ kind, fireAt, ref }: Effect): void => {
    const wait = fireAt === undefined ? below(500) : Date.parse(fireAt) - house.now + below(500)
    const act = () => {
      if (kind === 'phase-clock')
        submit({
          type: 'FirePhaseClock',
          ...onRun,
          phase: String(ref['phase']),
          version: Number(ref['version']),
        })
      if (kind === 'question-deadline')
        submit({
          type: 'DecideQuestionByPolicy',
          ...onRun,
          questionId: QuestionId.parse(ref['questionId']),
          version: Number(ref['version']),
        })
      if (kind === 'reservation-deadline')
        submit({
          type: 'AssumeReservation',
          ...onRun,
          reservationId: ReservationId.parse(ref['reservationId']),
        })
      if (kind === 'expire-waiver')
        submit({
          type: 'ExpireWaiver',
          ...onRun,
          waiverId: WaiverId.parse(ref['waiverId']),
          version: Number(ref['version']),
        })
      if (kind === 'build-dossier')
        submit({
          type: 'RecordDossier',
          ...onRun,
          digest: sha256(`dossier ${steps}`),
          verdict: 'verified',
          keyId: 'k',
          artifacts: state.artifacts.size,
        })
      if (
        kind === 'close-run' &&
        !submit({ type: 'CloseRun', ...onRun }) &&
        !state.run?.closed &&
        chance(0.5)
      )
        later(60_000, act)
    }
    later(wait, act)
    if (chance(0.1)) later(wait + below(2000), act)
  }

  const output = (name: string) => {
    const id = ArtifactId.parse(uuid())
    const isCode = name === 'RepoManifest' || name === 'SourceCode'
    const commit = isCode ? sha256(id).slice(0, 40) : null
    return { id, name, digest: sha256(id), mediaType: 'application/json', bytes: 2, commit, simulated: true }
  }

  /** A review must be met in full, anything else well enough. */
  const getPassingScore = (rubric: string) => (rubric === 'review' ? 1 : 0.6 + random() * 0.4)

  const getReport = (task: Task): RunCommandOf<'CompleteTask'>['reports'] => {
    const { guard } = task.spec
    if (!guard) return []
    const outcome = chance(0.75)
      ? ('pass' as const)
      : (choose(['fail', 'error', 'not-run'] as const) ?? 'fail')
    return [
      {
        guard: guard.guard,
        rubric: guard.rubric,
        artifacts: guard.artifacts,
        outcome,
        score: outcome === 'pass' ? getPassingScore(guard.rubric) : random() * 0.6,
        severity: outcome === 'fail' && chance(0.3) ? 'critical' : 'minor',
        reasons: outcome === 'pass' ? [] : ['not good enough'],
        tool: 'check',
        toolVersion: '1',
        argv: null,
        exitCode: null,
        startedAt: iso(),
        endedAt: iso(),
        inputDigests: [],
        outputDigests: [],
        revision: null,
        confined: 'yes',
        metrics: {},
        requirements: [],
        digest: sha256(uuid()),
      },
    ]
  }

  const asked = {
    text: 'Which?',
    category: 'clarification',
    priority: 'high',
    decisionImpact: 'all',
    defaultAnswer: 'this',
  } as const

  /** A question whose asker says what it costs to be wrong, and what its deadline does. */
  const makeQuestion = () => ({
    ...asked,
    risk: choose(['low', 'medium', 'high'] as const),
    policy: choose(['wait', 'decide', 'escalate'] as const),
  })

  /** The last stage of an iterative phase has more to do, now and then. */
  const asksAgain = ({ phase, stage, kind }: Task): boolean => {
    const { parallelism } = plan.phases.find((of) => of.phase === phase)?.definition ?? {}
    const last = (state.phases.get(phase)?.stages.length ?? 0) - 1
    return parallelism === 'iterative' && kind !== 'guard' && stage === last && chance(0.6)
  }

  const getCompletion = (task: Task): RunCommandOf<'CompleteTask'> => ({
    type: 'CompleteTask',
    ...onRun,
    taskId: task.id,
    attempt: task.attempt,
    worker: 'w',
    claimedAt: task.claimedAt,
    tool: 'offline',
    toolVersion: '1',
    outputs: task.spec.output === null ? [] : [output(task.spec.output)],
    commit: null,
    usage: { ...NO_USAGE, toolMs: below(1000) },
    reports: getReport(task),
    questions: task.kind !== 'guard' && chance(0.1) ? [asked, makeQuestion()] : [],
    again: asksAgain(task),
  })

  /** One model call: settled, settled late, or left to its deadline. */
  const spend = (task: Task): void => {
    const reservationId = ReservationId.parse(uuid())
    const micros = below(300_000)
    const { id: taskId, attempt } = task
    const deadlineAt = iso(house.now + 20_000)
    if (
      !submit({
        type: 'ReserveBudget',
        ...onRun,
        taskId,
        attempt,
        reservationId,
        micros,
        tokens: 50,
        deadlineAt,
      })
    )
      return
    const settle = () =>
      submitMaybeTwice({
        type: 'SettleBudget',
        ...onRun,
        reservationId,
        micros: below(micros + 1),
        inputTokens: below(25),
        outputTokens: below(25),
        model: 'm',
      })
    if (chance(0.9)) later(chance(0.9) ? below(5000) : 40_000, settle)
  }

  /** The worker holding an attempt: it may work, fail, stall past its lease, or die. */
  const work = (task: Task): void => {
    const attempt = {
      ...onRun,
      taskId: task.id,
      attempt: task.attempt,
      worker: 'w',
      claimedAt: task.claimedAt,
    }
    const lose = (outcome: 'lost' | 'timed_out') =>
      submit({ type: 'LoseAttempt', ...attempt, outcome, message: 'silent' })
    const isCurrent = () => {
      const { status, attempt: current } = state.tasks.get(task.id) ?? task
      return status === 'running' && current === task.attempt
    }
    later(LEASE_MS + below(1000), () => {
      if (isCurrent()) lose(chance(0.7) ? 'lost' : 'timed_out')
    })
    if (task.kind !== 'guard' && chance(0.5)) later(below(1000), () => spend(task))
    if (chance(0.78)) later(1000 + below(20_000), () => submitMaybeTwice(getCompletion(task)))
    else if (chance(0.3)) later(LEASE_MS + below(40_000), () => submitMaybeTwice(getCompletion(task)))
    else if (chance(0.7)) {
      const errorClass = choose(chance(0.1) ? CLASSES : CLASSES.slice(0, 8)) ?? 'fatal'
      const doer = { tool: 'offline', toolVersion: '1', usage: NO_USAGE, message: 'it broke' }
      const retryAfterMs = chance(0.1) ? 5000 : null
      later(below(20_000), () =>
        submitMaybeTwice({
          type: 'FailTask',
          ...attempt,
          ...doer,
          errorClass,
          retryAfterMs,
          jitter: random(),
        }),
      )
    }
  }

  const claim = (id: TaskId): void => {
    const task = state.tasks.get(id)
    if (task?.status !== 'ready' || task.dueAt > iso()) return
    const claimed: Task = {
      ...task,
      status: 'running',
      attempt: task.attempt + 1,
      claimedBy: 'w',
      claimedAt: iso(),
      leaseUntil: iso(house.now + LEASE_MS),
      heartbeatAt: iso(),
    }
    state = { ...state, tasks: new Map(state.tasks).set(id, claimed) }
    work(claimed)
  }

  const dispatchTasks = (): void => {
    for (const task of state.tasks.values())
      if (task.status === 'ready') later(Date.parse(task.dueAt) - house.now + below(50), () => claim(task.id))
  }

  const signal = (kind: RunCommandOf<'SignalRun'>['signal']) =>
    submit({ type: 'SignalRun', ...onRun, signal: kind, target: 'run', targetId: null }, PERSON)

  /** Asks for a waiver of some rubric, or decides on one that was asked for, or takes one back. */
  const waive = (): void => {
    const phase = choose(plan.phases)
    const open = ({ status }: Waiver) => status === 'requested' || (status === 'active' && chance(0.3))
    const waiver = choose([...state.waivers.values()].filter(open))
    const by = chance(0.5) ? PERSON : OTHER
    if (waiver && chance(0.75)) {
      const on = { ...onRun, waiverId: waiver.id, reason: 'because' }
      if (waiver.status === 'active') submit({ type: 'RevokeWaiver', ...on }, by)
      else submit({ type: 'DecideWaiver', ...on, decision: chance(0.9) ? 'approve' : 'reject' }, by)
      return
    }
    const rubric = choose(Object.keys(phase?.definition.rubrics ?? {}))
    if (!phase || rubric === undefined) return
    const words = { details: 'd', owner: 'anna', justification: 'j', compensatingControl: 'c' }
    submit({ type: 'RequestWaiver', ...onRun, phase: phase.phase, rubric, ...words, days: 1 }, by)
  }

  const sayOfApproval = (): string => (chance(0.8) ? 'approve' : 'reject: not like this')

  /** Something a person does. */
  const meddle = (): void => {
    const question = choose([...state.questions.values()])
    const edited = choose([...state.artifacts.values()])
    const draw = random()
    if (draw < 0.15) signal('pause')
    else if (draw < 0.45) signal('resume')
    else if (draw < 0.6) signal('retry')
    else if (draw < 0.63) signal('cancel')
    else if (draw < 0.7) submit({ type: 'TopUpRun', ...onRun, micros: 1 + below(500_000) }, PERSON)
    else if (draw < 0.82) waive()
    else if (draw < 0.92 && question) {
      const said = question.kind === 'approval' ? sayOfApproval() : 'that'
      const given = { questionId: question.id, answer: said, change: chance(0.2) }
      submit({ type: 'AnswerQuestion', ...onRun, ...given }, PERSON)
    } else if (edited && chance(0.3))
      submit({ type: 'EditArtifact', ...onRun, output: output(edited.name), phase: edited.phase }, PERSON)
  }

  const start: RunCommand = {
    type: 'StartRun',
    ...onRun,
    title: 'Links',
    plan,
    planHash: sha256('plan'),
    idea: output('Idea'),
    given: [],
    forkOf: null,
    hold: chance(0.1),
  }
  submitMaybeTwice(start)
  const hands = below(14)
  for (let hand = 0; hand < hands; hand += 1) later(below(250_000), meddle)
  if (state.run?.status === 'planned') later(1000, () => signal('resume'))
  return getWorld
}

const makeRunId = (index: number): RunId =>
  RunId.parse(`00000000-0000-7000-8000-${(index + 1).toString(16).padStart(12, '0')}`)

/** More than a run of these plans needs to come to rest. */
const MAX_STEPS = 4000

/** Plays runs side by side until nothing is left to do: one clock, one workspace, and nothing else shared. */
export const simulateTogether = (seed: number, plans: readonly RunPlan[], onStep: Step): World[] => {
  const house = makeHouse(seed)
  const worlds = plans.map((plan, index) => playRun(house, makeRunId(index), plan, onStep))
  const countSteps = () => worlds.reduce((sum, getWorld) => sum + getWorld().steps, 0)
  while (countSteps() < MAX_STEPS && house.doNext());
  return worlds.map((getWorld) => getWorld())
}

/** Plays one run until it rests. */
export const simulate = (seed: number, plan: RunPlan, onStep: Step): World => {
  const [world] = simulateTogether(seed, [plan], onStep)
  if (!world) throw new Error('no run')
  return world
}
