import { expect, test } from 'vitest'
import { MAX_ENTRY_BYTES } from '../../src/ledger/entry.ts'
import { sealEntry } from '../ledger/seal-entry.ts'
import { asked, check, draft, ENGINE, type Given, given, PROJECT, worker, WORKSPACE } from './given.ts'

const fail = (run: Given, key: string) =>
  run.accept(
    {
      type: 'FailWork',
      ...worker,
      ...run.begin(key),
      category: 'TOOL_FAILURE',
      message: 'no',
      retryable: false,
    },
    ENGINE,
  )
const kinds = (decision: { readonly effects: readonly { readonly kind: string }[] }) =>
  decision.effects.map(({ kind }) => kind)

test('the report is asked for when every leaf has ended, and completes the project', () => {
  const run = given()
  run.start([draft('a'), draft('b')])
  expect(kinds(run.finish('a'))).toEqual([])
  expect(run.refuse(run.report(), ENGINE).code).toBe('CONFLICT')
  expect(kinds(run.finish('b'))).toEqual(['publish-report'])
  run.accept(run.report(), ENGINE)
  expect(run.project).toMatchObject({ status: 'completed', leaves: { done: 2 } })
  expect(run.project.reportDigest).not.toBeNull()
  expect(run.of('REPORT.PROJECT_SNAPSHOT_PUBLISHED').map(({ completion }) => completion)).toEqual([0.5, 1])
  expect(run.refuse(run.report(), ENGINE).code).toBe('CONFLICT')
  expect(run.refuse({ type: 'AddItems', items: [draft('c')], source: 'person', of: null }).code).toBe(
    'CONFLICT',
  )
})

test('a project in which a leaf has failed fails; a retry takes it up again', () => {
  const run = given()
  run.start([draft('a')])
  expect(kinds(fail(run, 'a'))).toEqual(['publish-report'])
  run.accept(run.report(), ENGINE)
  expect(run.project.status).toBe('failed')
  run.accept({ type: 'RetryItem', itemId: run.id('a') })
  expect(run.project).toMatchObject({ status: 'in_progress', endedAt: null, failureMessage: null })
  expect(kinds(run.finish('a'))).toEqual(['publish-report'])
  run.accept(run.report(), ENGINE)
  expect(run.project.status).toBe('completed')
})

test('what failed in the wrong hands is given to others: it is changed, then retried, also after the end', () => {
  const run = given()
  run.start([draft('a', { capability: 'wrong' }), draft('b')])
  run.finish('b')
  fail(run, 'a')
  const change = { type: 'UpdateItem', version: null, changes: { capability: null, title: 'By hand' } }
  run.accept(run.report(), ENGINE)
  expect(run.project.status).toBe('failed')
  expect(run.refuse({ ...change, itemId: run.id('b') }).code).toBe('CONFLICT')
  run.accept({ ...change, itemId: run.id('a') })
  run.accept({ type: 'RetryItem', itemId: run.id('a') })
  expect(run.item('a')).toMatchObject({ status: 'ready', capability: null, title: 'By hand' })
})

test('an autonomous project does not wait for ever for what has failed', () => {
  const run = given()
  run.start([draft('a'), draft('b', { dependsOn: ['a'] }), draft('c', { dependsOn: ['b'] })], {
    mode: 'autonomous',
  })
  expect(kinds(fail(run, 'a'))).toEqual(['publish-report'])
  run.accept(run.report(), ENGINE)
  expect(run.project.failureMessage).toBe('Items that are not done; failed: 1, never begun: 2.')
  run.accept({ type: 'RetryItem', itemId: run.id('a') })
  for (const key of ['a', 'b', 'c']) run.finish(key)
  expect(run.status('a', 'b', 'c')).toEqual(['done', 'done', 'done'])
})

test('cancelling ends all that is open, questions and leases too', () => {
  const run = given()
  run.start([draft('a'), draft('b'), draft('c', { approvals: 1 })])
  run.begin('a')
  run.finish('c')
  run.accept(
    {
      type: 'NeedClarification',
      ...worker,
      ...run.begin('b'),
      reason: 'r',
      missingFields: [],
      questions: [asked('x')],
    },
    ENGINE,
  )
  run.accept({ type: 'SignalProject', signal: 'cancel' })
  expect(run.status('a', 'b', 'c')).toEqual(['cancelled', 'cancelled', 'cancelled'])
  expect(run.openQuestions()).toEqual([])
  expect(run.project.status).toBe('cancelled')
  expect(run.refuse({ type: 'RetryItem', itemId: run.id('a') }).code).toBe('CONFLICT')
})

test('a project without items is only created', () => {
  const run = given()
  expect(kinds(run.start([]))).toEqual([])
  expect(run.project.status).toBe('created')
  run.accept({ type: 'AddItems', items: [draft('a')], source: 'person', of: null })
  expect(run.project.status).toBe('in_progress')
})

test('a report that was due while the project stood still is asked for when it goes on', () => {
  const run = given()
  run.start([draft('a')])
  const attempt = run.begin('a')
  run.accept({ type: 'SignalProject', signal: 'pause' })
  run.accept(run.complete(attempt), ENGINE)
  expect(run.refuse(run.report(), ENGINE).code).toBe('CONFLICT')
  expect(kinds(run.accept({ type: 'SignalProject', signal: 'resume' }))).toContain('publish-report')
})

test.each([
  ['wide', '漢'],
  ['escaped', '\u0001'],
])('every event fits one ledger entry, were all its texts as long as they may be and %s', (_, unit) => {
  const long = (length: number) => unit.repeat(length)
  const name = (prefix: string, index: number) => `${prefix}${'N'.repeat(60)}${index}`
  const names = (prefix: string) => Array.from({ length: 10 }, (__, index) => name(prefix, index))
  const run = given()
  const big = asked('percent', {
    text: long(2000),
    defaultAnswer: long(2000),
    impact: long(1000),
    fields: Array.from({ length: 20 }, () => long(200)),
    policy: 'escalate',
  })
  const hit = { rule: 'vague-term', weight: 0.1, field: 'request', excerpt: long(400), message: long(400) }
  run.start(
    Array.from({ length: 25 }, (__, index) =>
      draft(`k${index}`, {
        title: long(50),
        description: long(4000),
        definitionOfDone: names('v'),
        approvals: index === 0 ? 1 : 0,
      }),
    ),
    {
      parameters: { p: 'x'.repeat(1950), q: 'y'.repeat(900) },
      hits: Array.from({ length: 30 }, () => hit),
      questions: [{ ...big, items: Array.from({ length: 25 }, (__, index) => `k${index}`) }],
    },
  )
  run.accept({
    type: 'AnswerProjectQuestion',
    questionId: run.questions()[0]?.id,
    answer: 'x'.repeat(1900),
    values: { percent: 1 },
  })
  const checks = [
    ...names('v').map((validator) => ({
      validator,
      outcome: 'fail',
      reasons: Array.from({ length: 10 }, () => long(1000)),
    })),
  ]
  const evidence = Array.from({ length: 20 }, () => ({
    kind: 'source',
    statement: long(1000),
    exitCode: null,
    digest: null,
  }))
  run.finish('k0', { checks, evidence })
  run.dispatch('k0')
  const attempt = run.claim(run.task('k0'))
  run.accept(
    { type: 'FailWork', ...worker, ...attempt, category: 'TOOL_FAILURE', message: long(1000) },
    ENGINE,
  )
  const again = run.claim(run.task('k0'))
  run.accept(
    {
      type: 'NeedClarification',
      ...worker,
      ...again,
      reason: long(1000),
      missingFields: Array.from({ length: 20 }, () => long(200)),
      questions: [{ ...big, fields: ['other'] }],
    },
    ENGINE,
  )
  run.accept({ type: 'CancelItem', itemId: run.id('k0'), reason: long(400) })
  const passed = names('v').map((validator) => check('pass', validator))
  run.finish('k1', { checks: passed })
  run.accept({ type: 'RequestApproval', itemId: run.id('k2'), reason: long(2000) })
  run.accept({
    type: 'SubmitApproval',
    questionId: run.openQuestions()[0]?.id,
    approved: false,
    notes: long(2000),
  })
  for (const event of run.history) {
    const { body } = sealEntry({
      stream: `project/${PROJECT}`,
      seq: 1_000_000,
      prev: 'a'.repeat(64),
      at: event.at,
      workspaceId: WORKSPACE,
      by: { kind: 'person', id: 'p'.repeat(120) },
      correlationId: 'c'.repeat(120),
      causationId: 'c'.repeat(120),
      events: [
        {
          type: event.type,
          v: event.v,
          data: JSON.parse(JSON.stringify(event.data)) as Record<string, never>,
        },
      ],
    })
    expect(Buffer.byteLength(body), event.type).toBeLessThanOrEqual(MAX_ENTRY_BYTES)
  }
})
