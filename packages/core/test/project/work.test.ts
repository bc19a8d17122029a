import { expect, test } from 'vitest'
import { sha256 } from '../../src/canonical.ts'
import { getBackoffMs, RETRY_RULES } from '../../src/retry-policy.ts'
import { check, deliverable, draft, ENGINE, given, worker } from './given.ts'

const upload = { name: 'rows.csv', digest: sha256('csv'), recordsDigest: sha256('records'), rows: 60 }
const BATCHES = [
  { from: 0, to: 30 },
  { from: 30, to: 60 },
]

test('an item is given out once a round; it stays ready until somebody begins', () => {
  const run = given()
  run.start([draft('a')], { parameters: { hourlyRate: 40 } })
  expect(run.dispatch('a').answer['dispatched']).toMatchObject([{ itemId: run.id('a'), round: 1 }])
  expect(run.item('a')).toMatchObject({ status: 'ready', round: 1, batches: 1 })
  expect(run.task('a')).toMatchObject({
    status: 'ready',
    attempt: 0,
    spec: { parameters: { hourlyRate: 40 }, round: 1 },
  })
  expect(run.dispatch('a').answer).toEqual({ dispatched: [], skipped: [run.id('a')] })
  run.accept({ type: 'StartWork', ...run.claim(run.task('a')), worker: 'w1', leaseMs: null }, ENGINE)
  expect(run.item('a').status).toBe('in_progress')
})

test('an order carries what the items it waits for have handed in, also from below them', () => {
  const run = given()
  run.start([
    draft('f', { kind: 'feature' }),
    draft('a', { parent: 'f' }),
    draft('g', { kind: 'feature', dependsOn: ['f'] }),
    draft('b', { parent: 'g' }),
  ])
  run.finish('a', { deliverables: [deliverable('waste')] })
  run.dispatch('b')
  expect(run.task('b').spec.inputs).toMatchObject([
    { itemId: run.id('a'), name: 'waste', capability: 'work' },
  ])
  expect(run.of('WORK.ITEM_DISPATCHED').at(-1)?.workContext.inputs).toHaveLength(1)
})

test('a claim over the bus holds for its lease; a second claimer is told so, the same one twice is one', () => {
  const run = given()
  run.start([draft('a')])
  run.dispatch('a')
  const claim = { type: 'StartWork', taskId: run.task('a').id, attempt: 1, worker: 'py', leaseMs: 30_000 }
  run.accept(claim, ENGINE)
  expect(run.task('a')).toMatchObject({ status: 'running', claimedBy: 'py', attempt: 1 })
  expect(run.task('a').leaseUntil).not.toBeNull()
  expect(run.accept(claim, ENGINE).events).toEqual([])
  expect(run.refuse({ ...claim, worker: 'other' }, ENGINE).code).toBe('STALE_ATTEMPT')
})

test('a result without evidence is refused; a stale attempt is dropped', () => {
  const run = given()
  run.start([draft('a', { definitionOfDone: ['sums'] })])
  const attempt = run.begin('a')
  expect(run.refuse(run.complete(attempt, { evidence: [] }), ENGINE).code).toBe('INVALID_ARGUMENT')
  expect(run.refuse(run.complete({ ...attempt, attempt: 2 }), ENGINE).code).toBe('STALE_ATTEMPT')
  expect(run.refuse(run.complete(attempt), ENGINE).message).toContain('sums')
  run.accept(run.complete(attempt, { checks: [check('pass')] }), ENGINE)
  expect(run.item('a')).toMatchObject({ status: 'done', batches: 0 })
  expect(run.refuse(run.complete(attempt, { checks: [check('pass')] }), ENGINE).code).toBe('STALE_ATTEMPT')
})

test('a result that comes before its start starts first', () => {
  const run = given()
  run.start([draft('a')])
  run.dispatch('a')
  const decision = run.accept(run.complete(run.claim(run.task('a'))), ENGINE)
  expect(decision.events.map(({ type }) => type)).toEqual([
    'WORK.ITEM_STARTED',
    'DELIVERABLE.PUBLISHED',
    'WORK.ITEM_COMPLETED',
    'WORK.ITEM_REVIEWED',
    'REPORT.PROJECT_SNAPSHOT_PUBLISHED',
  ])
})

test('what does not meet its definition of done goes another round with the reasons, three times in all', () => {
  const run = given()
  run.start([draft('a', { definitionOfDone: ['sums'] })])
  for (const round of [1, 2]) {
    run.finish('a', { checks: [check('fail')] })
    expect(run.item('a')).toMatchObject({
      status: 'ready',
      failures: round,
      reasons: ['the sums differ'],
      batches: 0,
    })
    expect([...run.state.deliverables.values()].every(({ status }) => status === 'superseded')).toBe(true)
  }
  run.dispatch('a')
  expect(run.task('a').spec).toMatchObject({ round: 3, reasons: ['the sums differ'] })
  run.accept(run.complete(run.claim(run.task('a')), { checks: [check('fail')] }), ENGINE)
  expect(run.item('a')).toMatchObject({
    status: 'failed',
    failures: 3,
    failureCategory: 'REASONING_CONTRADICTION',
  })
})

test('batches are worked on side by side; the last brings what they come to', () => {
  const run = given()
  run.start([draft('a', { batchRows: 30 })], { uploads: [upload] })
  run.dispatch('a', BATCHES)
  const [first, second] = run.openTasks('a')
  if (!first || !second) throw new Error('There are not two batches.')
  expect(second.spec).toMatchObject({
    batch: 2,
    batches: 2,
    records: { digest: upload.recordsDigest, rows: { from: 30, to: 60 } },
  })
  const [one, two] = [run.claim(first), run.claim(second)]
  run.accept({ type: 'StartWork', ...one, worker: 'w1', leaseMs: null }, ENGINE)
  run.accept(run.complete(one), ENGINE)
  expect(run.item('a')).toMatchObject({ status: 'in_progress', batchesDone: 1 })
  expect(run.refuse(run.complete(two), ENGINE).code).toBe('VERSION_CONFLICT')
  run.accept(run.complete(two, { merged: [deliverable('all')] }), ENGINE)
  expect(run.item('a').status).toBe('done')
  expect([...run.state.deliverables.values()].map(({ name, status }) => [name, status])).toEqual([
    ['result', 'partial'],
    ['result', 'partial'],
    ['all', 'current'],
  ])
})

test('a lost batch is given out again while the other goes on', () => {
  const run = given()
  run.start([draft('a')], { uploads: [upload] })
  run.dispatch('a', BATCHES)
  const [one, two] = run.openTasks('a').map((task) => run.claim(task))
  run.accept({ type: 'StartWork', ...one, worker: 'w1', leaseMs: null }, ENGINE)
  run.accept(
    { type: 'LoseWork', ...two, worker: 'w2', claimedAt: null, outcome: 'lost', message: 'gone' },
    ENGINE,
  )
  expect(run.item('a').status).toBe('in_progress')
  expect(run.openTasks('a').map(({ status, attempt }) => [status, attempt])).toEqual([
    ['running', 1],
    ['ready', 1],
  ])
})

test('a lost lease gives the item back and out again with the next attempt, until that has gone too far', () => {
  const run = given()
  run.start([draft('a')])
  run.begin('a')
  const lose = () => {
    const { id: taskId, attempt } = run.task('a')
    return run.accept(
      {
        type: 'LoseWork',
        taskId,
        attempt,
        worker: 'w',
        claimedAt: null,
        outcome: 'lost',
        message: 'The lease ran out.',
      },
      ENGINE,
    )
  }
  expect(lose().events.map(({ type }) => type)).toEqual([
    'WORK.ATTEMPT_ENDED',
    'WORK.ITEM_RELEASED',
    'WORK.ITEM_DISPATCHED',
  ])
  expect(run.item('a')).toMatchObject({ status: 'ready', round: 1 })
  expect(run.task('a')).toMatchObject({ status: 'ready', failures: { lost: 1 }, claimedBy: null })
  expect(run.of('WORK.ITEM_DISPATCHED').at(-1)?.attempt).toBe(2)
  for (let lost = 2; lost <= 20; lost += 1) {
    run.claim(run.task('a'))
    lose()
  }
  expect(run.item('a')).toMatchObject({ status: 'failed', failureCategory: 'TOOL_FAILURE' })
})

test('a failure is tried again later and later; one that cannot go well ends the item', () => {
  const run = given()
  run.start([draft('a')])
  const fail = (retryable: boolean) => {
    const { id: taskId, attempt } = run.claim(run.task('a')) && run.task('a')
    return run.accept(
      {
        type: 'FailWork',
        ...worker,
        taskId,
        attempt,
        category: 'TOOL_FAILURE',
        message: 'no disk',
        retryable,
      },
      ENGINE,
    )
  }
  run.dispatch('a')
  const first = Date.parse(String(fail(true).answer['dueAt'])) - Date.parse(run.at())
  const second = Date.parse(String(fail(true).answer['dueAt'])) - Date.parse(run.at())
  expect([first, second]).toEqual([1000, 2000])
  expect(run.task('a').failures).toEqual({ failed: 2 })
  fail(false)
  expect(run.item('a')).toMatchObject({ status: 'failed', failureMessage: 'no disk' })
})

test('a new round does not begin where tries end: the item fails when its class allows no more', () => {
  const run = given()
  run.start([draft('a')])
  run.dispatch('a')
  for (const _ of [1, 2]) {
    const attempt = run.claim(run.task('a'))
    run.accept(
      { type: 'FailWork', ...worker, ...attempt, category: 'DATA_INSUFFICIENCY', message: 'no rows' },
      ENGINE,
    )
  }
  expect(run.item('a').failureMessage).toBe('no rows (after 2 of 2 tries)')
})

test('the one table says how often each lane tries', () => {
  expect([
    RETRY_RULES.bus.handler.tries,
    RETRY_RULES.wake.undelivered.tries,
    RETRY_RULES.work.lost.tries,
  ]).toEqual([5, 2, 20])
  expect([1, 2, 3, 40].map((failures) => getBackoffMs({ baseMs: 100, maxMs: 350 }, failures))).toEqual([
    100, 200, 350, 350,
  ])
})

test('a paused project gives nothing out; what runs may hand in, and what waits is parked', () => {
  const run = given()
  run.start([draft('a'), draft('b'), draft('c')])
  const attempt = run.begin('a')
  run.dispatch('b')
  run.accept({ type: 'SignalProject', signal: 'pause' })
  expect(run.task('b').status).toBe('parked')
  expect(run.dispatch('c').answer['skipped']).toEqual([run.id('c')])
  run.accept(run.complete(attempt), ENGINE)
  expect(run.item('a').status).toBe('done')
  expect(run.refuse({ type: 'SignalProject', signal: 'pause' }).code).toBe('INVALID_TRANSITION')
  run.accept({ type: 'SignalProject', signal: 'resume' })
  expect(run.task('b').status).toBe('ready')
})

test('what was given out to nobody is taken back for others; what somebody has begun is not', () => {
  const run = given()
  run.start([draft('a'), draft('b')])
  run.dispatch('a')
  const running = run.begin('b')
  const items = [run.id('a'), run.id('b')]
  const recall = { type: 'RecallItems', items, reason: 'Nobody is there.' }
  expect(run.accept(recall, ENGINE).answer).toEqual({ recalled: [run.id('a')] })
  expect(run.item('a')).toMatchObject({ status: 'ready', batches: 0, round: 1, failures: 0 })
  expect(run.accept(recall, ENGINE).answer).toEqual({ recalled: [] })
  run.accept(run.complete(running), ENGINE)
  run.dispatch('a')
  expect(run.item('a')).toMatchObject({ round: 2, batches: 1 })
})
