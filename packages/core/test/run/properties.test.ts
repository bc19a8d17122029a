import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Decision, makeStampedId } from '../../src/decision.ts'
import { NO_USAGE } from '../../src/contract/budget.ts'
import type { RunPlan } from '../../src/contract/run-plan.ts'
import { ErrorClass } from '../../src/contract/task-spec.ts'
import { getNeeds, type RunCommand } from '../../src/run/commands.ts'
import { decide } from '../../src/run/decide.ts'
import type { RunEvent } from '../../src/run/events.ts'
import { foldRun } from '../../src/run/evolve.ts'
import { isTerminalRun, isTerminalTask, type RunState } from '../../src/run/state.ts'
import {
  agent,
  ANNA,
  ENGINE,
  type Given,
  given,
  guarded,
  makePlan,
  nextReservationId,
  onRun,
  output,
  phase,
  twoPhases,
} from './given.ts'
import { checkFold, checkHistory, checkState } from './invariants.ts'

/** One random act: what to do, which of the things there are, and a number for what else is to choose. */
const act = fc.record({ what: fc.nat(111), which: fc.nat(999), amount: fc.nat(999_999) })
type Act = { readonly what: number; readonly which: number; readonly amount: number }

const at = <T>(values: Iterable<T>, which: number): T | undefined => {
  const all = [...values]
  return all[which % Math.max(1, all.length)]
}

const toTaskCommand = (run: Given, { what, which, amount }: Act): RunCommand | undefined => {
  const task = at(run.tasks(), which)
  if (!task) return undefined
  // Every third command speaks for an attempt that is not the one that runs.
  const attempt = Math.max(1, task.attempt + (amount % 9 === 0 ? 1 : amount % 9 === 1 ? -1 : 0))
  const of = { ...run.attemptOf(task), attempt }
  const pass = amount % 4 !== 0
  if (what < 36) {
    const reports = task.spec.guard
      ? [run.report(task, { score: pass ? 1 : 0.1, outcome: pass ? 'pass' : 'fail' })]
      : []
    const asked = {
      text: 'Which?',
      category: 'risk',
      priority: 'low',
      decisionImpact: 'x',
      defaultAnswer: 'y',
    } as const
    const questions = amount % 5 === 0 && !task.spec.guard ? [asked] : []
    return { ...run.completion(task), attempt, reports, questions }
  }
  if (what < 44) {
    const errorClass = ErrorClass.options[amount % ErrorClass.options.length] ?? 'fatal'
    return {
      type: 'FailTask',
      ...of,
      errorClass,
      message: 'm',
      usage: NO_USAGE,
      retryAfterMs: null,
      jitter: 0.5,
    }
  }
  const { tool: _t, toolVersion: _v, ...lost } = of
  if (what < 50)
    return { type: 'LoseAttempt', ...lost, outcome: amount % 2 ? 'lost' : 'timed_out', message: 'm' }
  const [micros, tokens] = [amount % 400_000, amount % 40_000]
  const deadlineAt = run.at()
  return {
    type: 'ReserveBudget',
    ...onRun,
    taskId: task.id,
    attempt,
    reservationId: nextReservationId(),
    micros,
    tokens,
    deadlineAt,
  }
}

const toBudgetCommand = (run: Given, { what, which, amount }: Act): RunCommand | undefined => {
  const reservation = at(run.state.reservations.values(), which)
  if (!reservation) return undefined
  const { id: reservationId, micros, tokens } = reservation
  if (what < 66) return { type: 'AssumeReservation', ...onRun, reservationId }
  const inputTokens = Math.min(tokens, amount)
  return {
    type: 'SettleBudget',
    ...onRun,
    reservationId,
    micros: Math.min(micros, amount),
    inputTokens,
    outputTokens: tokens - inputTokens,
    model: 'm',
  }
}

const toPersonCommand = (run: Given, { what, which, amount }: Act): RunCommand | undefined => {
  const question = at(run.state.questions.values(), which)
  const artifact = at(run.state.artifacts.values(), which)
  const phase = at(run.state.phases.values(), which)
  const signal = (['pause', 'resume', 'retry', 'resume', 'cancel'] as const)[amount % 5] ?? 'pause'
  if (what < 80) return { type: 'SignalRun', ...onRun, signal, target: 'run', targetId: null }
  if (what < 83 && phase)
    return { type: 'SignalRun', ...onRun, signal, target: 'phase', targetId: phase.phase }
  if (what < 88 && question)
    return {
      type: 'AnswerQuestion',
      ...onRun,
      questionId: question.id,
      answer: question.kind === 'approval' ? (amount % 4 === 0 ? 'reject: no' : 'approve') : 'a',
      change: amount % 3 === 0,
    }
  if (what < 91 && question)
    return { type: 'DecideQuestionByPolicy', ...onRun, questionId: question.id, version: question.version }
  if (what < 94 && artifact)
    return { type: 'EditArtifact', ...onRun, output: output(artifact.name), phase: artifact.phase }
  if (what < 96 && phase)
    return { type: 'FirePhaseClock', ...onRun, phase: phase.phase, version: phase.clockVersion }
  if (what < 97) return { type: 'TopUpRun', ...onRun, micros: amount }
  if (what < 99)
    return {
      type: 'RecordDossier',
      ...onRun,
      digest: 'a'.repeat(64),
      verdict: 'gaps',
      keyId: 'k',
      artifacts: 1,
    }
  return { type: 'CloseRun', ...onRun }
}

const toWaiverCommand = (run: Given, { what, which, amount }: Act): RunCommand | undefined => {
  const phase = at(run.state.phases.values(), which)
  const waiver = at(run.state.waivers.values(), which)
  if (what < 104 && phase) {
    const words = { details: 'd', owner: 'anna', justification: 'j', compensatingControl: 'c' }
    const rubric = amount % 9 === 0 ? 'none' : 'quality'
    return { type: 'RequestWaiver', ...onRun, phase: phase.phase, rubric, ...words, days: 1 }
  }
  if (!waiver) return undefined
  const on = { ...onRun, waiverId: waiver.id, reason: 'r' }
  if (what < 109) return { type: 'DecideWaiver', ...on, decision: amount % 5 === 0 ? 'reject' : 'approve' }
  if (what < 110) return { type: 'RevokeWaiver', ...on }
  const { reason: _, ...expiring } = on
  return { type: 'ExpireWaiver', ...expiring, version: waiver.version }
}

const toCommand = (run: Given, of: Act): RunCommand | undefined => {
  if (of.what >= 100) return toWaiverCommand(run, of)
  if (of.what < 55) return toTaskCommand(run, of)
  return of.what < 72 ? toBudgetCommand(run, of) : toPersonCommand(run, of)
}

/** The state as the engine loads it for a command: run, plan, phases, and the children it asks for. */
const loadFor = (state: RunState, command: RunCommand): RunState => {
  const needs = getNeeds(command)
  // Whom a command names is loaded whether it is open or not.
  const named = 'questionId' in command ? command.questionId : undefined
  const pick = <V extends { readonly id: string }>(
    all: ReadonlyMap<string, V>,
    wanted: readonly string[] | 'open',
    isOpen: (of: V) => boolean,
  ) => new Map([...all].filter(([id, of]) => (wanted === 'open' ? isOpen(of) : wanted.includes(id))))
  return {
    ...state,
    tasks: pick(state.tasks, needs.tasks, ({ status }) => !isTerminalTask(status)),
    questions: pick(state.questions, needs.questions, (of) => of.status === 'open' || of.id === named),
    reservations: pick(state.reservations, needs.reservations, ({ status }) => status === 'open'),
    waivers: pick(
      state.waivers,
      needs.waivers,
      ({ status }) => status === 'requested' || status === 'active',
    ),
    attempts: new Map(),
    artifacts: new Map(),
    packs: new Map(),
  }
}

/** What a decision comes to; codes of refusal may differ where a child was not loaded. */
const outcomeOf = (decision: Decision<RunEvent, RunState>): unknown =>
  decision.type === 'accepted' ? { ...decision, state: null } : 'refused'

const linear = twoPhases({}, { fix_agent: 'fixer' })

/** A phase that waits for a person, and leans on a waiver of its playbook. */
const held = twoPhases(
  { clarification: 'human' },
  {
    approval: true,
    waivers: {
      declared: [{ rubric: 'quality', owner: 'ed', justification: 'j', compensating_control: 'c', days: 1 }],
    },
  },
)

/** Two phases side by side, each with a gate that fails for good: the end of one cancels the other's work. */
const sideBySide = makePlan(
  ['one', 'two'].map((name) =>
    phase({
      phase: name,
      agents: ['a', 'b'],
      parallelism: 'parallel',
      ...guarded('A'),
      gate: { pass: 0.8, max_rounds: 1 },
    }),
  ),
  ['one', 'two'].flatMap((name) => [agent(name, 'a', 'A'), agent(name, 'b', `B-${name}`)]),
)

const play = (
  acts: readonly Act[],
  look: (run: Given, command: RunCommand) => void,
  plan = linear,
): Given => {
  const run = given(plan)
  run.start()
  for (const of of acts) {
    // Now and then a day, in which waivers end.
    run.wait(of.amount % 41 === 0 ? 86_400_000 : of.amount % 90_000)
    const ready = at(run.open(), of.which)
    if (ready && of.what % 3 !== 0 && ready.dueAt <= run.at()) run.claim(ready)
    const command = toCommand(run, of)
    if (!command) continue
    look(run, command)
    run.when(command, of.what >= 72 ? ANNA : ENGINE)
    checkState(run.state, run.workspace)
  }
  return run
}

const sequences = fc.array(act, { minLength: 1, maxLength: 80 })
const RUNS = { numRuns: 400 }

test('any sequence of commands keeps every invariant, and its history folds to its state', () => {
  const check = (acts: readonly Act[], plan: RunPlan) => {
    const run = play(acts, () => undefined, plan)
    checkHistory(run.history, plan)
    checkFold(run.history, run.state, (a, b) => {
      expect(a).toEqual(b)
      return true
    })
    expect(foldRun(run.history)).toEqual(foldRun(run.history))
  }
  fc.assert(fc.property(sequences, fc.constantFrom(linear, held), check), RUNS)
})

test('deciding twice gives the same decision, and leaves the state as it was', () => {
  const stamp = { at: '2026-06-01T00:00:00.000Z', seed: 'seed', by: ANNA }
  const check = (acts: readonly Act[]) => {
    play(acts, (run, command) => {
      const before = structuredClone(run.state)
      const first = decide(run.state, run.workspace, command, stamp)
      expect(decide(run.state, run.workspace, command, stamp)).toEqual(first)
      expect(run.state).toEqual(before)
    })
  }
  fc.assert(fc.property(sequences, check), { numRuns: 100 })
})

test('what a command names as its needs is enough to decide it', () => {
  const check = (acts: readonly Act[], plan: RunPlan) => {
    const compare = (run: Given, command: RunCommand) => {
      const stamp = { at: run.at(), seed: 'seed', by: ANNA }
      const whole = decide(run.state, run.workspace, command, stamp)
      const part = decide(loadFor(run.state, command), run.workspace, command, stamp)
      expect(outcomeOf(part)).toEqual(outcomeOf(whole))
    }
    play(acts, compare, plan)
  }
  fc.assert(fc.property(sequences, fc.constantFrom(linear, sideBySide, held), check), { numRuns: 300 })
})

test('a run that has ended takes nothing that touches a task, but a retry or an edit', () => {
  const check = (acts: readonly Act[]) => {
    play(acts, (run, command) => {
      if (!run.state.run || !isTerminalRun(run.run.status) || command.type === 'SignalRun') return
      const stamp = { at: run.at(), seed: 'seed', by: ENGINE }
      const decision = decide(run.state, run.workspace, command, stamp)
      const touched = decision.type === 'accepted' ? decision.events.map(({ type }) => type) : []
      expect(touched.filter((type) => type.startsWith('task.'))).toEqual([])
    })
  }
  fc.assert(fc.property(sequences, check), { numRuns: 150 })
})

test('ids of one command differ, and are the same when it is decided again', () => {
  const stamp = { at: '2026-01-01T00:00:00.000Z', seed: 'seed', by: ENGINE }
  const ids = Array.from({ length: 1000 }, (_, index) => makeStampedId(stamp, index))
  expect(new Set(ids).size).toBe(1000)
  expect(ids[0]).toMatch(/^019b76da-a800-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u)
  expect(makeStampedId(stamp, 7)).toBe(ids[7])
  expect(makeStampedId({ ...stamp, seed: 'other' }, 7)).not.toBe(ids[7])
})
