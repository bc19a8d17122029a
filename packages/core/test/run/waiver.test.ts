import { describe, expect, test } from 'vitest'
import type { Principal } from '../../src/decision.ts'
import type { RunCommandOf } from '../../src/run/commands.ts'
import type { Waiver } from '../../src/run/state.ts'
import { ANNA, dataOf, ENGINE, type Given, given, onRun, twoPhases, types } from './given.ts'

const BOB: Principal = { kind: 'person', id: 'bob' }
const CY: Principal = { kind: 'person', id: 'cy' }
const DAY_MS = 86_400_000

/** Two rubrics over the PRD, `quality` and `style`; the second counts half. */
const rubrics = {
  guards: [
    { guard: 'check', artifacts: ['PRD'], rubric: 'quality' },
    { guard: 'taste', artifacts: ['PRD'], rubric: 'style' },
  ],
  rubrics: { quality: { min: 0.5, weight: 2 }, style: { min: 0.5, weight: 1 } },
}

const atGate = (prd: Record<string, unknown> = {}): Given => {
  const run = given(twoPhases({}, { ...rubrics, ...prd }))
  run.start()
  run.complete('writer')
  run.complete('cutter')
  return run
}

/** Ends both guards: quality passes, style has this score. */
const judge = (run: Given, style: number, rest: Record<string, unknown> = {}) => {
  run.judge(1)
  return run.judge(style, rest, 'taste')
}

const request = (rest: Partial<RunCommandOf<'RequestWaiver'>> = {}): RunCommandOf<'RequestWaiver'> => ({
  type: 'RequestWaiver',
  ...onRun,
  phase: 'prd',
  rubric: 'style',
  details: 'The headings are not in our style.',
  owner: 'anna',
  justification: 'Nobody outside reads it.',
  compensatingControl: 'An editor looks before release.',
  days: 7,
  ...rest,
})

const newest = (run: Given): Waiver => {
  const found = [...run.state.waivers.values()].at(-1)
  if (!found) throw new Error('no waiver')
  return found
}

const ask = (run: Given, by = ANNA, rest: Partial<RunCommandOf<'RequestWaiver'>> = {}): Waiver => {
  run.accepted(request(rest), by)
  return newest(run)
}

const decide = (run: Given, decision: 'approve' | 'reject' = 'approve'): RunCommandOf<'DecideWaiver'> => ({
  type: 'DecideWaiver',
  ...onRun,
  waiverId: newest(run).id,
  decision,
  reason: decision === 'reject' ? 'not in this release' : '',
})

const revoke = (run: Given): RunCommandOf<'RevokeWaiver'> => ({
  type: 'RevokeWaiver',
  ...onRun,
  waiverId: newest(run).id,
  reason: 'It was needed after all.',
})

const expire = (run: Given): RunCommandOf<'ExpireWaiver'> => ({
  type: 'ExpireWaiver',
  ...onRun,
  waiverId: newest(run).id,
  version: newest(run).version,
})

describe('a waiver', () => {
  test('lets its rubric pass with a gap, leaves it out of the mean, and is named in the evidence', () => {
    const run = atGate()
    ask(run)
    const active = run.accepted(decide(run), BOB)
    expect(types(active)).toEqual(['waiver.approved', 'waiver.activated'])
    expect(newest(run)).toMatchObject({ status: 'active', decidedBy: 'bob', selfApproved: false, version: 2 })
    expect(active.effects).toEqual([
      {
        kind: 'expire-waiver',
        fireAt: '2026-01-08T00:00:00.000Z',
        ref: { waiverId: newest(run).id, version: 2 },
      },
    ])
    const passed = dataOf(judge(run, 0.1), 'phase.gate.passed')
    expect(passed).toMatchObject({
      score: 1,
      reasons: ['gap: style is waived by anna until 2026-01-08T00:00:00.000Z: Nobody outside reads it.'],
    })
    const [pack] = [...run.state.packs.values()]
    expect(pack?.waivers).toMatchObject([{ waiverId: newest(run).id, rubric: 'style', owner: 'anna' }])
    expect(run.phase('prd').status).toBe('passed')
  })

  test('is not leant on where its rubric passes by itself', () => {
    const run = atGate()
    ask(run)
    run.accepted(decide(run), BOB)
    expect(dataOf(judge(run, 1), 'phase.gate.passed')).toMatchObject({ score: 1, reasons: [] })
    expect([...run.state.packs.values()][0]?.waivers).toEqual([])
  })

  test('is leant on where only the mean of all would fail', () => {
    const run = atGate({ gate: { pass: 0.95, max_rounds: 2 } })
    ask(run)
    run.accepted(decide(run), BOB)
    expect(dataOf(judge(run, 0.6), 'phase.gate.passed').score).toBe(1)
  })

  test('is asked for by anybody, and approved by another person or, where one suffices, by whoever asked', () => {
    const run = atGate()
    ask(run, { kind: 'agent', id: 'writer' })
    expect(run.refused(decide(run), { kind: 'agent', id: 'other' }).code).toBe('FORBIDDEN')
    expect(run.refused(decide(run), ENGINE).code).toBe('FORBIDDEN')
    run.accepted(decide(run, 'reject'), ANNA)
    expect(newest(run)).toMatchObject({ status: 'rejected', reason: 'not in this release' })
    expect(run.refused(decide(run), BOB).code).toBe('ALREADY_DECIDED')
    ask(run)
    run.accepted(decide(run), ANNA)
    expect(newest(run)).toMatchObject({ status: 'active', selfApproved: true })
    expect(dataOf(judge(run, 0.1), 'phase.gate.passed').reasons[0]).toContain('approved by whoever asked')
  })

  test('needs another person where the playbook says so', () => {
    const run = atGate({ waivers: { self_approval: false } })
    ask(run)
    expect(run.refused(decide(run), ANNA).code).toBe('FORBIDDEN')
    run.accepted(decide(run), BOB)
    expect(newest(run).status).toBe('active')
  })

  test('needs its quorum of distinct persons, none of whom asked for it', () => {
    const run = atGate({ waivers: { quorum: 2 } })
    ask(run)
    expect(run.refused(decide(run), ANNA).code).toBe('FORBIDDEN')
    expect(run.accepted(decide(run), BOB).answer).toMatchObject({ status: 'requested', votes: 1, quorum: 2 })
    expect(run.refused(decide(run), BOB).code).toBe('ALREADY_DECIDED')
    expect(run.accepted(decide(run), CY).answer).toMatchObject({ status: 'active', votes: 2 })
  })

  test.each([
    ['a rubric the phase does not have', { rubric: 'other' }, 'NOT_FOUND'],
    ['a phase the run does not have', { phase: 'nowhere' }, 'NOT_FOUND'],
    ['longer than the playbook allows', { days: 8 }, 'INVALID_ARGUMENT'],
    ['a rubric that is not waivable', { rubric: 'quality' }, 'NOT_WAIVABLE'],
  ])('is refused for %s', (_, rest, code) => {
    const firm = { quality: { ...rubrics.rubrics.quality, waivable: false }, style: rubrics.rubrics.style }
    const run = atGate({ rubrics: firm, waivers: { max_days: 7 } })
    expect(run.refused(request(rest), ANNA).code).toBe(code)
  })

  test('is refused for a critical finding, and does not help against one that comes later', () => {
    const run = atGate()
    ask(run)
    run.accepted(decide(run), BOB)
    judge(run, 0.1, { severity: 'critical' })
    expect(run.phase('prd')).toMatchObject({ status: 'running', round: 2 })
    expect(run.refused(request({ rubric: 'style' }), ANNA).code).toBe('CONFLICT')
    run.accepted(revoke(run), ANNA)
    expect(run.refused(request(), ANNA).code).toBe('NOT_WAIVABLE')
  })

  test('is asked for once at a time', () => {
    const run = atGate()
    ask(run)
    expect(run.refused(request(), BOB)).toMatchObject({
      code: 'CONFLICT',
      details: { status: 'requested' },
    })
    run.accepted(revoke(run), BOB)
    expect(newest(run).status).toBe('revoked')
    expect(ask(run).status).toBe('requested')
  })

  test('that stands in the playbook is in force from the start of its phase, by policy', () => {
    const declared = [
      { rubric: 'style', owner: 'ed', justification: 'known', compensating_control: 'a look', days: 3 },
    ]
    const run = given(twoPhases({}, { ...rubrics, waivers: { declared } }))
    const start = run.start()
    expect(types(start).slice(-5)).toEqual([
      'waiver.requested',
      'waiver.activated',
      'phase.started',
      'phase.clock_set',
      'task.created',
    ])
    expect(newest(run)).toMatchObject({ declared: true, decidedBy: 'policy', requestedKind: 'policy' })
    run.complete('writer')
    run.complete('cutter')
    judge(run, 0)
    expect(run.phase('prd').status).toBe('passed')
    // Once taken back it stays so, however often its phase begins anew.
    run.accepted(revoke(run), ANNA)
    expect(run.phase('prd').status).toBe('gating')
    expect([...run.state.waivers.values()].map(({ status }) => status)).toEqual(['revoked'])
    judge(run, 0)
    expect(run.phase('prd')).toMatchObject({ status: 'running', round: 2 })
  })
})

describe('a waiver that comes in force', () => {
  test('passes a gate that had just failed, from the evidence at hand', () => {
    const run = atGate()
    judge(run, 0.1)
    expect(run.open().map(({ agent }) => agent)).toEqual(['writer'])
    ask(run)
    const decision = run.accepted(decide(run), BOB)
    expect(types(decision)).toEqual([
      'waiver.approved',
      'waiver.activated',
      'task.cancelled',
      'evidence.packed',
      'phase.gate.passed',
      'phase.completed',
      'phase.started',
      'phase.clock_set',
      'task.created',
    ])
    expect(run.open().map(({ agent }) => agent)).toEqual(['coder'])
  })

  test('once something was mended has its say when the gate speaks again', () => {
    const run = atGate()
    judge(run, 0.1)
    run.complete('writer')
    ask(run)
    expect(types(run.accepted(decide(run), BOB))).toEqual(['waiver.approved', 'waiver.activated'])
    run.complete('cutter')
    judge(run, 0.1)
    expect(run.phase('prd')).toMatchObject({ status: 'passed', round: 2 })
  })

  test('takes up a run that its gate had ended', () => {
    const run = atGate({ gate: { pass: 0.8, max_rounds: 1 } })
    judge(run, 0.1)
    expect(run.run).toMatchObject({ status: 'failed', failureCode: 'GATE_FAILED' })
    ask(run)
    const decision = run.accepted(decide(run), BOB)
    expect(types(decision)).toContain('run.resumed')
    expect([run.run.status, run.phase('prd').status]).toEqual(['running', 'passed'])
    expect(run.open().map(({ agent }) => agent)).toEqual(['coder'])
  })

  test('leaves a run that failed for more than it lets off as it is', () => {
    const run = atGate({ gate: { pass: 0.8, max_rounds: 1 } })
    run.judge(0.1)
    run.judge(0.1, {}, 'taste')
    ask(run)
    run.accepted(decide(run), BOB)
    expect(run.run.status).toBe('failed')
    expect(newest(run).status).toBe('active')
  })
})

describe('a waiver that ends', () => {
  const passed = (): Given => {
    const run = atGate()
    ask(run)
    run.accepted(decide(run), BOB)
    judge(run, 0.1)
    return run
  }

  test('has the gate that leant on it judge again, and takes back what was built upon it', () => {
    const run = passed()
    expect(run.accepted(expire(run)).answer).toEqual({ expired: false })
    run.wait(7 * DAY_MS)
    const decision = run.accepted(expire(run))
    expect(types(decision)).toEqual([
      'waiver.expired',
      'phase.reopened',
      'task.cancelled',
      'phase.reopened',
      'phase.ready',
      'phase.clock_set',
      'task.created',
      'task.created',
    ])
    judge(run, 0.1)
    expect(run.phase('prd')).toMatchObject({ status: 'running', round: 2 })
    expect(run.accepted(expire(run)).answer).toEqual({ expired: false })
  })

  test('leaves a gate alone that passed without it', () => {
    const run = atGate()
    ask(run)
    run.accepted(decide(run), BOB)
    judge(run, 1)
    expect(types(run.accepted(revoke(run), ANNA))).toEqual(['waiver.revoked'])
    expect(run.phase('prd').status).toBe('passed')
  })

  test('by the hand of a person, and once', () => {
    const run = passed()
    expect(run.refused(revoke(run), ENGINE).code).toBe('FORBIDDEN')
    expect(run.accepted(revoke(run), ANNA).answer).toMatchObject({ status: 'revoked', reopened: true })
    expect(run.refused(revoke(run), ANNA).code).toBe('INVALID_TRANSITION')
  })

  test('after the run has ended is only recorded; a retry has the gate judge again', () => {
    const run = passed()
    run.fail('coder', 'fatal')
    run.wait(7 * DAY_MS)
    expect(types(run.accepted(expire(run)))).toEqual(['waiver.expired'])
    expect(run.phase('prd').status).toBe('passed')
    run.signal('retry')
    expect(run.phase('prd').status).toBe('gating')
    expect(run.open().map(({ agent }) => agent)).toEqual(['check', 'taste'])
  })

  test('can be asked for no more once the run is over', () => {
    const run = passed()
    run.signal('cancel')
    expect(run.refused(request({ rubric: 'quality' }), ANNA).code).toBe('RUN_ALREADY_FINISHED')
  })
})
