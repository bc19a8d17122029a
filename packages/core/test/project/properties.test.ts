import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Decision, Principal } from '../../src/decision.ts'
import type { ItemDraft, ItemKind } from '../../src/contract/item.ts'
import { ProjectCommand } from '../../src/project/commands.ts'
import { decideProject } from '../../src/project/decide.ts'
import type { ProjectEvent } from '../../src/project/events.ts'
import { isTerminalProject, type ProjectState } from '../../src/project/state.ts'
import { ANNA, asked, BERT, check, draft, ENGINE, evidence, type Given, given, onProject } from './given.ts'
import { deliverable, worker } from './given.ts'
import { checkFold, checkHistory, checkState } from './invariants.ts'
import { loadFor } from './load.ts'

/** One random act: what to do, which of the things there are, and a number for what else is to choose. */
const act = fc.record({ what: fc.nat(119), which: fc.nat(999), amount: fc.nat(999_999) })
type Act = { readonly what: number; readonly which: number; readonly amount: number }

const at = <T>(values: Iterable<T>, which: number): T | undefined => {
  const all = [...values]
  return all[which % Math.max(1, all.length)]
}

const KINDS: readonly ItemKind[] = ['epic', 'feature', 'story', 'task']

const makeDrafts = (run: Given, { which, amount }: Act): readonly ItemDraft[] => {
  const items = [...run.state.items.values()]
  const parent = amount % 3 === 0 ? (at(items, which)?.id ?? null) : null
  const awaited = amount % 4 === 0 ? (at(items, amount)?.id ?? null) : null
  const kind = KINDS[(amount >> 3) % 4] ?? 'task'
  const capability = amount % 7 === 0 ? null : 'work'
  const base = { kind, capability, parent, approvals: amount % 11 === 0 ? 2 : 0 }
  const dependsOn = awaited === null ? [] : [awaited]
  return amount % 2 === 0
    ? [draft('n', { ...base, dependsOn })]
    : [
        draft('n', { ...base, dependsOn }),
        draft('m', {
          kind: 'task',
          parent: kind === 'task' ? null : 'n',
          dependsOn: amount % 5 === 0 ? ['n'] : [],
        }),
      ]
}

const toWorkCommand = (run: Given, { what, which, amount }: Act): Record<string, unknown> | undefined => {
  const running = [...run.state.tasks.values()].filter(({ status }) => status === 'running')
  const task = amount % 10 === 0 ? at(run.state.tasks.values(), which) : at(running, which)
  if (!task) return undefined
  const attempt = Math.max(1, task.attempt + (amount % 17 === 0 ? 1 : amount % 17 === 1 ? -1 : 0))
  const on = { taskId: task.id, attempt }
  if (what < 48) {
    const item = run.state.items.get(task.itemId)
    const isLast = item !== undefined && item.batchesDone + 1 >= item.batches && item.batches > 1
    return {
      type: 'CompleteWork',
      ...worker,
      ...on,
      deliverables: [deliverable()],
      merged: isLast ? [deliverable('all')] : [],
      evidence,
      checks: [check(amount % 4 === 0 ? 'fail' : 'pass')],
    }
  }
  if (what < 53) {
    const category = (['TOOL_FAILURE', 'DATA_INSUFFICIENCY', 'REASONING_CONTRADICTION'] as const)[amount % 3]
    return { type: 'FailWork', ...worker, ...on, category, message: 'm', retryable: amount % 3 !== 0 }
  }
  if (what < 57)
    return {
      type: 'LoseWork',
      ...on,
      worker: 'w',
      claimedAt: null,
      outcome: amount % 2 ? 'lost' : 'timed_out',
      message: 'm',
    }
  if (what < 60) return { type: 'StartWork', ...on, worker: 'w1', leaseMs: amount % 2 ? null : 5000 }
  const risk = (['low', 'medium', 'high'] as const)[amount % 3]
  const policy = (['wait', 'decide', 'escalate'] as const)[(amount >> 2) % 3]
  const questions = [
    asked(`field${amount % 3}`, { risk, policy }),
    asked(`field${amount % 2}`, { risk, policy }),
  ]
  return { type: 'NeedClarification', ...worker, ...on, reason: 'r', missingFields: ['f'], questions }
}

const toItemCommand = (run: Given, of: Act): Record<string, unknown> | undefined => {
  const { what, which, amount } = of
  if (what < 69) return { type: 'AddItems', items: makeDrafts(run, of), source: 'person', of: null }
  const item = at(run.state.items.values(), which)
  const other = at(run.state.items.values(), amount)
  if (!item || !other) return undefined
  const on = { itemId: item.id }
  if (what < 72) return { type: 'AddDependency', ...on, dependsOnId: other.id }
  if (what < 74) {
    const edge = at(run.state.dependencies.values(), which)
    return edge && { type: 'RemoveDependency', ...edge }
  }
  if (what < 77) return { type: 'MoveItem', ...on, parentId: amount % 3 === 0 ? null : other.id }
  if (what < 79)
    return {
      type: 'SplitItem',
      ...on,
      into: [draft('x'), draft('y', { dependsOn: amount % 2 ? ['x'] : [] })],
    }
  if (what < 81) return { type: 'CancelItem', ...on, reason: 'r' }
  if (what < 82) return { type: 'DeleteItem', ...on, reason: 'r' }
  if (what < 86) {
    const failed = [...run.state.items.values()].filter(({ status }) => status === 'failed')
    return { type: 'RetryItem', itemId: at(failed, which)?.id ?? item.id }
  }
  if (what < 89) return { type: 'BlockItem', ...on, reason: 'r' }
  if (what < 93) {
    const held = [...run.state.items.values()].filter(({ isHeld }) => isHeld)
    return { type: 'UnblockItem', itemId: at(held, which)?.id ?? item.id }
  }
  if (what < 95) return { type: 'RequestApproval', ...on, reason: 'r', quorum: 1 + (amount % 2) }
  if (what < 98)
    return { type: 'ReviewItem', ...on, result: amount % 3 === 0 ? 'rejected' : 'approved', notes: 'n' }
  const changes = amount % 2 ? { kind: KINDS[amount % 4] } : { title: 't', capability: 'work' }
  return { type: 'UpdateItem', ...on, version: amount % 3 === 0 ? item.version : null, changes }
}

const toQuestionCommand = (run: Given, { what, which, amount }: Act): Record<string, unknown> | undefined => {
  const open = run.openQuestions()
  const question = amount % 5 === 0 ? at(run.questions(), which) : at(open, which)
  if (what < 112 && question) {
    const on = { questionId: question.id }
    if (question.kind === 'approval')
      return { type: 'SubmitApproval', ...on, approved: amount % 3 !== 0, notes: 'n' }
    if (what < 105) return { type: 'DecideProjectQuestionByPolicy', ...on, version: question.version }
    const [field = 'f'] = question.fields
    return {
      type: 'AnswerProjectQuestion',
      ...on,
      answer: 'a',
      values: { [field]: amount % 200 },
      change: amount % 2 === 0,
    }
  }
  if (what < 114) return { type: 'SetParameters', parameters: { [`field${amount % 3}`]: amount % 100 } }
  if (what < 117) {
    const signal = run.project.status === 'paused' ? 'resume' : amount % 9 === 0 ? 'cancel' : 'pause'
    return { type: 'SignalProject', signal }
  }
  return run.report()
}

const toDispatch = (run: Given, { which, amount }: Act): Record<string, unknown> | undefined => {
  const ready = [...run.state.items.values()].filter(({ status }) => status === 'ready')
  const item = amount % 8 === 0 ? at(run.state.items.values(), which) : at(ready, which)
  const batches =
    amount % 4 === 0
      ? [
          { from: 0, to: 5 },
          { from: 5, to: 9 },
        ]
      : null
  return item && { type: 'DispatchItems', items: [{ itemId: item.id, capability: 'work', batches }] }
}

const toCommand = (run: Given, of: Act): Record<string, unknown> | undefined => {
  if (of.what < 24) return toDispatch(run, of)
  if (of.what < 64) return toWorkCommand(run, of)
  return of.what < 100 ? toItemCommand(run, of) : toQuestionCommand(run, of)
}

const BACKLOG = [
  draft('f', { kind: 'feature', capability: null }),
  draft('a', { parent: 'f' }),
  draft('b', { parent: 'f', dependsOn: ['a'], approvals: 2 }),
  draft('c', { dependsOn: ['f'] }),
  draft('p', { capability: null }),
]

type Mode = 'autonomous' | 'hybrid' | 'human'

const play = (
  acts: readonly Act[],
  mode: Mode,
  look: (run: Given, command: ProjectCommand, by: Principal) => void = () => undefined,
): Given => {
  const run = given()
  run.start(BACKLOG, { mode, questions: mode === 'hybrid' ? [{ ...asked('start'), items: [] }] : [] })
  for (const of of acts) {
    run.wait(of.amount % 7 === 0 ? 90_000 : 0)
    const waiting = [...run.state.tasks.values()].filter(
      ({ status, dueAt }) => status === 'ready' && dueAt <= run.at(),
    )
    const task = at(waiting, of.which)
    if (task && of.amount % 3 !== 0) run.claim(task)
    const input = toCommand(run, of)
    if (!input) continue
    const by = of.what >= 64 ? (of.amount % 2 ? ANNA : BERT) : ENGINE
    look(run, ProjectCommand.parse({ ...onProject, ...input }), by)
    run.when(input, by)
    checkState(run.state)
  }
  return run
}

const sequences = fc.array(act, { minLength: 30, maxLength: 90 })
const modes = fc.constantFrom<Mode>('autonomous', 'hybrid', 'human')

test('any sequence of commands keeps every invariant, and its history folds to its state', () => {
  fc.assert(
    fc.property(sequences, modes, (acts, mode) => {
      const run = play(acts, mode)
      checkHistory(run.history)
      checkFold(run.history, run.state)
    }),
    { numRuns: 100 },
  )
}, 120_000)

test('deciding twice gives the same decision, and leaves the state as it was', () => {
  fc.assert(
    fc.property(sequences, modes, (acts, mode) => {
      play(acts, mode, (run, command, by) => {
        const stamp = { at: run.at(), seed: 'seed', by }
        const before = structuredClone(run.state)
        const first = decideProject(run.state, command, stamp)
        expect(decideProject(run.state, command, stamp)).toEqual(first)
        expect(run.state).toEqual(before)
      })
    }),
    { numRuns: 25 },
  )
}, 120_000)

/** What a decision comes to; codes of refusal may differ where something was not loaded. */
const outcomeOf = (decision: Decision<ProjectEvent, ProjectState>): unknown =>
  decision.type === 'accepted' ? { ...decision, state: null } : 'refused'

test('what a command names as its needs is enough to decide it', () => {
  fc.assert(
    fc.property(sequences, modes, (acts, mode) => {
      play(acts, mode, (run, command, by) => {
        const stamp = { at: run.at(), seed: 'seed', by }
        const whole = decideProject(run.state, command, stamp)
        const part = decideProject(loadFor(run.state, command), command, stamp)
        expect(outcomeOf(part), command.type).toEqual(outcomeOf(whole))
        if (part.type !== 'accepted' || whole.type !== 'accepted') return
        for (const [id, item] of part.state.items) expect(item).toEqual(whole.state.items.get(id))
        for (const [id, item] of whole.state.items)
          if (!part.state.items.has(id)) expect(item).toEqual(run.state.items.get(id))
      })
    }),
    { numRuns: 100 },
  )
}, 120_000)

test('a project whose work is done whenever it is given out comes to its report', () => {
  fc.assert(
    fc.property(sequences, (acts) => {
      const run = play(
        acts.filter(({ what }) => what < 40 || (what >= 64 && what < 79)),
        'autonomous',
      )
      if (run.project.status === 'paused') run.when({ type: 'SignalProject', signal: 'resume' })
      for (let round = 0; round < 400 && !isTerminalProject(run.project.status); round += 1) {
        const item = [...run.state.items.values()].find(
          ({ status, children, isDeleted }) =>
            status === 'ready' && !isDeleted && Object.keys(children).length === 0,
        )
        const running = [...run.state.tasks.values()].find(({ status }) => status === 'running')
        const queued = [...run.state.tasks.values()].find(({ status }) => status === 'ready')
        if (running) {
          const of = run.state.items.get(running.itemId)
          const merged = (of?.batches ?? 1) > 1 ? [deliverable('all')] : []
          run.accept(run.complete({ taskId: running.id, attempt: running.attempt }, { merged }), ENGINE)
        } else if (queued) run.claim(queued)
        else if (item?.capability === null)
          run.accept({ type: 'ReviewItem', itemId: item.id, result: 'approved', notes: 'done' })
        else if (item) run.dispatch(item.id)
        else run.accept(run.report(), ENGINE)
        checkState(run.state)
      }
      expect(isTerminalProject(run.project.status)).toBe(true)
    }),
    { numRuns: 40 },
  )
}, 120_000)
