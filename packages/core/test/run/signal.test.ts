import { describe, expect, test } from 'vitest'
import type { RunCommandOf } from '../../src/run/commands.ts'
import { getNeeds } from '../../src/run/commands.ts'
import { ANNA, dataOf, given, onRun, twoPhases, types } from './given.ts'

const started = () => {
  const run = given()
  run.start()
  return run
}

const failed = () => {
  const run = started()
  run.complete('writer')
  run.fail('cutter', 'fatal')
  return run
}

const record = (digest = 'a'.repeat(64)): RunCommandOf<'RecordDossier'> => ({
  type: 'RecordDossier',
  ...onRun,
  digest,
  verdict: 'gaps',
  keyId: 'k',
  artifacts: 2,
})

const closing = () => {
  const run = started()
  run.complete('writer')
  run.complete('cutter')
  run.judge(1)
  run.complete('coder')
  return run
}

describe('pause', () => {
  test('stops handing out and the clock; a running attempt may still hand in', () => {
    const run = started()
    run.complete('writer')
    const cutter = run.claim(run.task('cutter'))
    run.wait(60_000)
    const paused = run.signal('pause')
    expect(paused.type === 'accepted' && types(paused)).toEqual([
      'signal.received',
      'run.paused',
      'phase.clock_stopped',
    ])
    run.wait(3_600_000)
    run.accepted(run.completion(cutter))
    expect(run.task('check').status).toBe('pending')
    const resumed = run.signal('resume')
    expect(resumed.type === 'accepted' && types(resumed)).toEqual([
      'signal.received',
      'run.resumed',
      'task.released',
      'phase.clock_set',
    ])
    expect(run.phase('prd').deadlineAt).toBe('2026-01-01T02:00:00.000Z')
    run.judge(1)
  })

  test('takes back what is ready', () => {
    const run = started()
    run.signal('pause')
    expect(run.task('writer').status).toBe('pending')
    run.signal('resume')
    expect(run.task('writer').status).toBe('ready')
  })

  test('of a phase begun meanwhile: its clock does not run before the resume', () => {
    const run = started()
    run.complete('writer')
    run.complete('cutter')
    const guard = run.claim(run.task('check'))
    run.signal('pause')
    run.accepted(run.completion(guard))
    expect(run.phase('build')).toMatchObject({ status: 'running', deadlineAt: null, timeLeftMs: 3_600_000 })
    expect(run.task('coder').spec.budget.ms).toBe(3_600_000)
  })
})

describe('a signal', () => {
  test.each([
    ['planned', ['resume', 'cancel']],
    ['running', ['pause', 'cancel']],
    ['paused', ['resume', 'cancel']],
    ['failed', ['retry', 'resume', 'cancel']],
    ['cancelled', []],
  ] as const)('to a run that is %s may be: %s', (status, allowed) => {
    for (const signal of ['pause', 'resume', 'retry', 'cancel'] as const) {
      const run = status === 'failed' ? failed() : given()
      if (status !== 'failed') run.start({ hold: status === 'planned' })
      if (status === 'paused') run.signal('pause')
      if (status === 'cancelled') run.signal('cancel')
      const decision = run.signal(signal)
      if ((allowed as readonly string[]).includes(signal)) {
        expect(decision.type === 'accepted' && types(decision)[0]).toBe('signal.received')
      } else
        expect(decision).toMatchObject({
          code: 'INVALID_TRANSITION',
          details: { status, allowed },
        })
    }
  })

  test('to resume a run that awaits a person is heard and changes nothing', () => {
    const run = started()
    run.complete('writer', {
      questions: [
        { text: 'Which?', category: 'risk', priority: 'low', decisionImpact: 'x', defaultAnswer: 'y' },
      ],
    })
    const decision = run.signal('resume')
    expect(decision.type === 'accepted' && dataOf(decision, 'signal.received').status).toBe('ignored')
    expect(run.run.status).toBe('awaiting_human')
  })

  test('to a part of a run must name it, and a part cannot be paused', () => {
    const run = started()
    expect(run.signal('pause', { target: 'task', targetId: 'x' })).toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(run.signal('cancel', { target: 'task' })).toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(run.signal('cancel', { target: 'task', targetId: 'x' })).toMatchObject({ code: 'NOT_FOUND' })
    expect(run.signal('cancel', { target: 'phase', targetId: 'x' })).toMatchObject({ code: 'NOT_FOUND' })
    expect(run.signal('cancel', { target: 'phase', targetId: 'build' })).toMatchObject({
      code: 'INVALID_TRANSITION',
    })
  })

  test('cancels everything of a run and lets it close', () => {
    const run = started()
    run.claim(run.task('writer'))
    const decision = run.signal('cancel')
    expect(decision.type === 'accepted' && types(decision)).toEqual([
      'signal.received',
      'task.attempt_ended',
      'task.cancelled',
      'phase.completed',
      'run.cancelled',
    ])
    expect(decision.type === 'accepted' && decision.effects.map(({ kind }) => kind)).toEqual(['close-run'])
    expect(run.task('writer')).toMatchObject({ status: 'cancelled', claimedBy: null })
    expect(run.run).toMatchObject({ status: 'cancelled', endedAt: run.at() })
  })

  test.each([
    ['task', 'TASK_CANCELLED'],
    ['phase', 'PHASE_CANCELLED'],
  ] as const)('to cancel a %s fails the run, which may be retried', (target, code) => {
    const run = started()
    const targetId = target === 'task' ? run.task('writer').id : 'prd'
    run.signal('cancel', { target, targetId })
    expect(run.run).toMatchObject({ status: 'failed', failureCode: code })
    expect(run.phase('prd').status).toBe('failed')
    run.signal('retry', { target, targetId })
    expect(run.run.status).toBe('running')
  })
})

describe('retry', () => {
  test('begins the failed phase anew with all its rounds; what had passed stays', () => {
    const run = started()
    run.complete('writer')
    run.complete('cutter')
    run.judge(1)
    run.fail('coder', 'fatal')
    const decision = run.signal('retry')
    expect(decision.type === 'accepted' && types(decision)).toEqual([
      'signal.received',
      'run.resumed',
      'phase.reopened',
      'phase.started',
      'phase.clock_set',
      'task.created',
    ])
    expect(run.phase('prd').status).toBe('passed')
    expect(run.run).toMatchObject({ status: 'running', failureCode: null, endedAt: null })
    const keys = run.tasks().map(({ taskKey }) => taskKey)
    expect(new Set(keys).size).toBe(keys.length)
  })

  test('is refused once a failed run was closed', () => {
    const run = failed()
    run.accepted({ type: 'CloseRun', ...onRun })
    expect(run.signal('retry')).toMatchObject({
      code: 'INVALID_TRANSITION',
      details: { closed: true, allowed: [] },
    })
  })
})

describe("a phase's clock", () => {
  const fire = (version: number): RunCommandOf<'FirePhaseClock'> => ({
    type: 'FirePhaseClock',
    ...onRun,
    phase: 'prd',
    version,
  })

  test('ends phase and run when it runs out', () => {
    const run = started()
    run.wait(3_600_000)
    const decision = run.accepted(fire(1))
    expect(dataOf(decision, 'phase.error')).toMatchObject({ code: 'TIMEBOX' })
    expect(run.run).toMatchObject({ status: 'failed', failureCode: 'TIMEBOX' })
    expect(run.task('writer').status).toBe('cancelled')
  })

  test('that is early, old, or of a phase that has ended does nothing', () => {
    const run = started()
    run.wait(3_599_999)
    expect(run.accepted(fire(1)).events).toEqual([])
    run.signal('pause')
    run.signal('resume')
    run.wait(3_600_000)
    expect(run.accepted(fire(1)).events).toEqual([])
    expect(run.accepted({ ...fire(1), phase: 'nowhere' }).events).toEqual([])
    run.signal('cancel')
    expect(run.accepted(fire(3)).events).toEqual([])
  })

  test('gives later tasks only the time that is left', () => {
    const run = started()
    run.wait(600_000)
    run.complete('writer')
    expect(run.task('cutter').spec.budget.ms).toBe(3_000_000)
  })
})

describe('the dossier', () => {
  test('ends a closing run well, once', () => {
    const run = closing()
    expect(run.run).toMatchObject({ status: 'running', closing: true })
    expect(run.signal('pause')).toMatchObject({ code: 'INVALID_TRANSITION' })
    const decision = run.accepted(record())
    expect(types(decision)).toEqual(['dossier.published', 'run.succeeded', 'run.closed'])
    expect(decision.effects).toEqual([])
    expect(run.run).toMatchObject({ status: 'succeeded', verdict: 'gaps', dossierDigest: 'a'.repeat(64) })
    expect(run.refused(record()).code).toBe('CONFLICT')
    expect(run.signal('cancel')).toMatchObject({ code: 'INVALID_TRANSITION' })
  })

  test('of a failed run is kept without making it succeed, and again only if it is another', () => {
    const run = failed()
    expect(types(run.accepted(record()))).toEqual(['dossier.published'])
    expect(run.accepted(record()).events).toEqual([])
    expect(types(run.accepted(record('b'.repeat(64))))).toEqual(['dossier.published'])
    expect(run.run.status).toBe('failed')
  })

  test('of a run still at work is refused', () => {
    expect(started().refused(record()).code).toBe('CONFLICT')
  })
})

test('a run that is paused while its last gate passes still closes', () => {
  const run = started()
  run.complete('writer')
  run.complete('cutter')
  run.judge(1)
  const coder = run.claim(run.task('coder'))
  run.signal('pause')
  run.accepted(run.completion(coder))
  expect(run.run).toMatchObject({ status: 'paused', closing: true })
  run.accepted(record())
  expect(run.run.status).toBe('succeeded')
})

test('what a command needs is named before it is decided', () => {
  const run = given(twoPhases())
  run.start()
  const task = run.claim(run.task('writer'))
  const completion = run.completion(task)
  expect(getNeeds(completion)).toMatchObject({ tasks: [task.id] })
  expect(getNeeds({ ...completion, reports: [run.report(task)] })).toMatchObject({ tasks: 'open' })
  expect(getNeeds({ type: 'CloseRun', ...onRun })).toMatchObject({ reservations: 'open' })
  run.signal('pause', {})
  expect(
    run.when({ type: 'SignalRun', ...onRun, signal: 'resume', target: 'run', targetId: null }, ANNA).type,
  ).toBe('accepted')
})
