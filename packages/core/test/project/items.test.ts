import { expect, test } from 'vitest'
import { ItemStatus } from '../../src/contract/item.ts'
import { deriveStatus } from '../../src/project/items/put-item.ts'
import { ITEM_TRANSITIONS, mayBecome } from '../../src/project/transitions.ts'
import { ANNA, BERT, check, draft, ENGINE, given, NOWHERE, worker } from './given.ts'

const backlog = () => {
  const run = given()
  run.start([
    draft('f', { kind: 'feature', capability: null }),
    draft('a', { parent: 'f' }),
    draft('b', { parent: 'f', dependsOn: ['a'] }),
    draft('c', { dependsOn: ['f'] }),
  ])
  return run
}

test('an item without dependencies is ready at once; who waits is ready when the other is done', () => {
  const run = backlog()
  expect(run.status('f', 'a', 'b', 'c')).toEqual(['ready', 'ready', 'created', 'created'])
  run.finish('a')
  expect(run.status('f', 'a', 'b', 'c')).toEqual(['in_progress', 'done', 'ready', 'created'])
  run.finish('b')
  expect(run.status('f', 'a', 'b', 'c')).toEqual(['done', 'done', 'done', 'ready'])
})

test('drafts may name each other before they are handed in, and keep their order', () => {
  const run = given()
  run.start([draft('b', { parent: 'f' }), draft('f', { kind: 'feature' }), draft('a', { dependsOn: ['b'] })])
  expect(run.item('b').parentId).toBe(run.id('f'))
  expect(run.status('f', 'b', 'a')).toEqual(['ready', 'ready', 'created'])
})

test.each([
  ['an unknown parent', [draft('a', { parent: 'x' })], 'INVALID_ARGUMENT', 'parent x'],
  ['an unknown dependency', [draft('a', { dependsOn: ['x'] })], 'INVALID_ARGUMENT', 'depends on x'],
  ['a key twice', [draft('a'), draft('a')], 'INVALID_ARGUMENT', 'an earlier one'],
  ['a task in a task', [draft('a'), draft('b', { parent: 'a' })], 'INVALID_ARGUMENT', 'cannot hold a task'],
  [
    'an epic in a story',
    [draft('a', { kind: 'story' }), draft('b', { kind: 'epic', parent: 'a' })],
    'INVALID_ARGUMENT',
    'cannot hold a epic',
  ],
  [
    'parents in a circle',
    [draft('a', { kind: 'epic', parent: 'b' }), draft('b', { kind: 'story', parent: 'a' })],
    'CONFLICT',
    'circle',
  ],
  [
    'a circle of dependencies',
    [draft('a', { dependsOn: ['b'] }), draft('b', { dependsOn: ['a'] })],
    'CONFLICT',
    'closes a cycle',
  ],
  [
    'a child that waits for its parent',
    [draft('f', { kind: 'feature' }), draft('a', { parent: 'f', dependsOn: ['f'] })],
    'CONFLICT',
    'closes a cycle',
  ],
])('%s is refused', (_, items, code, message) => {
  const refused = given().refuse({
    type: 'StartProject',
    name: 'n',
    request: 'r',
    mode: 'human',
    template: null,
    templateHash: null,
    parameters: {},
    uploads: [],
    items,
    hits: [],
    questions: [],
    questionDeadlineMs: 1000,
  })
  expect(refused.code).toBe(code)
  expect(refused.message).toContain(message)
})

test('a cycle is refused when it is made, naming it by titles and ids, also through parents', () => {
  const run = backlog()
  const refused = run.refuse({ type: 'AddDependency', itemId: run.id('a'), dependsOnId: run.id('c') })
  expect(refused.code).toBe('CONFLICT')
  for (const key of ['a', 'c', 'f'])
    expect(refused.message).toContain(`"${key.toUpperCase()}" (${run.id(key)})`)
  expect(
    run.refuse({ type: 'AddDependency', itemId: run.id('f'), dependsOnId: run.id('b') }).message,
  ).toContain('cycle')
  expect(run.refuse({ type: 'AddDependency', itemId: run.id('c'), dependsOnId: run.id('c') }).code).toBe(
    'CONFLICT',
  )
  expect(run.refuse({ type: 'MoveItem', itemId: run.id('c'), parentId: run.id('f') }).message).toContain(
    'cycle',
  )
})

test('an item cannot hang under itself', () => {
  const run = given()
  run.start([draft('e', { kind: 'epic' }), draft('f', { kind: 'feature', parent: 'e' })])
  expect(run.refuse({ type: 'MoveItem', itemId: run.id('e'), parentId: run.id('f') }).message).toContain(
    'under itself',
  )
})

test('children wait for what their parent waits for', () => {
  const run = given()
  run.start([draft('x'), draft('f', { kind: 'feature', dependsOn: ['x'] }), draft('a', { parent: 'f' })])
  expect(run.status('x', 'f', 'a')).toEqual(['ready', 'created', 'created'])
  run.finish('x')
  expect(run.status('x', 'f', 'a')).toEqual(['done', 'ready', 'ready'])
})

test('a ready item that gets something to wait for is blocked until that is done; what was given out is let go', () => {
  const run = given()
  run.start([draft('a'), draft('b')])
  run.dispatch('b')
  run.accept({ type: 'AddDependency', itemId: run.id('b'), dependsOnId: run.id('a') })
  expect(run.item('b')).toMatchObject({ status: 'blocked', batches: 0 })
  expect(run.openTasks('b')).toEqual([])
  run.accept({ type: 'RemoveDependency', itemId: run.id('b'), dependsOnId: run.id('a') })
  expect(run.item('b').status).toBe('ready')
  run.begin('a')
  expect(run.refuse({ type: 'AddDependency', itemId: run.id('a'), dependsOnId: run.id('b') }).code).toBe(
    'CONFLICT',
  )
})

test('what waits for a failed item is blocked, naming it, and released when it was retried and is done', () => {
  const run = backlog()
  const failure = { category: 'TOOL_FAILURE', message: 'no disk', retryable: false }
  run.accept({ type: 'FailWork', ...worker, ...run.begin('a'), ...failure }, ENGINE)
  expect(run.item('a')).toMatchObject({
    status: 'failed',
    failureCategory: 'TOOL_FAILURE',
    failureMessage: 'no disk',
  })
  expect(run.item('b').status).toBe('blocked')
  expect(run.item('b').blockedReason).toContain(`"A" (${run.id('a')}), which is failed`)
  expect(run.project.status).toBe('awaiting_input')
  run.accept({ type: 'RetryItem', itemId: run.id('a') })
  expect(run.status('a', 'b')).toEqual(['ready', 'blocked'])
  run.finish('a')
  expect(run.status('a', 'b')).toEqual(['done', 'ready'])
})

test('a leaf whose work is under way cannot become a parent; one that is ready can, and is a leaf no more', () => {
  const run = given()
  run.start([draft('s', { kind: 'story' })])
  const child = { type: 'AddItems', items: [draft('t', { parent: run.id('s') })], source: 'person', of: null }
  run.dispatch('s')
  expect(run.refuse(child).message).toContain('under way')
  run.accept({ type: 'CancelItem', itemId: run.id('s'), reason: 'no' })
  expect(run.refuse(child).message).toContain('cancelled')
  run.accept({ type: 'AddItems', items: [draft('u', { kind: 'story' })], source: 'person', of: null })
  run.accept({ ...child, items: [draft('v', { parent: run.id('u') })] })
  expect(run.project.leaves).toEqual({ cancelled: 1, ready: 1 })
  expect(run.item('u').children).toEqual({ ready: 1 })
})

test('a split task becomes a story that holds its pieces, which ask for what it asked for', () => {
  const run = given()
  run.start([draft('a', { needs: ['rate'], definitionOfDone: ['sums'] }), draft('b', { dependsOn: ['a'] })])
  run.dispatch('a')
  run.accept({
    type: 'SplitItem',
    itemId: run.id('a'),
    into: [draft('x', { capability: null }), draft('y', { dependsOn: ['x'] })],
  })
  expect(run.item('a')).toMatchObject({ kind: 'story', children: { ready: 1, created: 1 }, status: 'ready' })
  expect(run.item('x')).toMatchObject({
    capability: 'work',
    needs: ['rate'],
    definitionOfDone: ['sums'],
    provenance: { source: 'split', of: run.id('a') },
  })
  run.finish('x', { checks: [check('pass')] })
  run.finish('y', { checks: [check('pass')] })
  expect(run.status('a', 'b')).toEqual(['done', 'ready'])
})

test('cancelling takes all that is open below along, deleting takes it out of the counts and of what waits', () => {
  const run = backlog()
  run.begin('a')
  run.accept({ type: 'CancelItem', itemId: run.id('f'), reason: 'not wanted' })
  expect(run.status('f', 'a', 'b', 'c')).toEqual(['cancelled', 'cancelled', 'cancelled', 'blocked'])
  expect(run.state.tasks.size).toBe(1)
  expect(run.openTasks('a')).toEqual([])
  run.accept({ type: 'DeleteItem', itemId: run.id('f'), reason: 'gone' })
  expect(run.item('a').isDeleted).toBe(true)
  expect(run.item('c')).toMatchObject({ status: 'ready', waitingOn: 0 })
  expect(run.project.leaves).toEqual({ ready: 1 })
  expect(run.refuse({ type: 'CancelItem', itemId: run.id('a'), reason: 'r' }).code).toBe('NOT_FOUND')
})

test('who changes what has changed since it was read is told so; what a worker was told stays', () => {
  const run = backlog()
  const change = { type: 'UpdateItem', itemId: run.id('a') }
  expect(run.refuse({ ...change, version: 99, changes: { title: 't' } }).code).toBe('VERSION_CONFLICT')
  run.accept({ ...change, version: run.item('a').version, changes: { title: 'Better', priority: 1 } })
  expect(run.item('a')).toMatchObject({ title: 'Better', priority: 1, definitionOfDone: [] })
  run.dispatch('a')
  expect(run.refuse({ ...change, version: null, changes: { capability: 'other' } }).code).toBe('CONFLICT')
  expect(run.refuse({ ...change, version: null, changes: { kind: 'feature' } }).message).toContain(
    'cannot be a feature',
  )
  expect(run.refuse({ ...change, itemId: NOWHERE, version: null, changes: { title: 't' } }).code).toBe(
    'NOT_FOUND',
  )
})

test('a person parks an item and takes it up again; its lease is let go', () => {
  const run = backlog()
  const attempt = run.begin('a')
  run.accept({ type: 'BlockItem', itemId: run.id('a'), reason: 'wait for the audit' })
  expect(run.item('a')).toMatchObject({
    status: 'blocked',
    isHeld: true,
    blockedReason: 'wait for the audit',
  })
  expect(run.refuse(run.complete(attempt), ENGINE).code).toBe('STALE_ATTEMPT')
  expect(run.project.status).toBe('awaiting_input')
  run.accept({ type: 'UnblockItem', itemId: run.id('a') })
  expect(run.item('a')).toMatchObject({ status: 'ready', isHeld: false })
  expect(run.refuse({ type: 'UnblockItem', itemId: run.id('a') }).message).toContain('not parked')
})

test('a parked parent parks all below it', () => {
  const run = backlog()
  run.begin('a')
  run.accept({ type: 'BlockItem', itemId: run.id('f'), reason: 'wait' })
  expect(run.status('f', 'a', 'b')).toEqual(['blocked', 'blocked', 'blocked'])
  run.accept({ type: 'UnblockItem', itemId: run.id('f') })
  expect(run.status('f', 'a')).toEqual(['ready', 'ready'])
})

test('items of runs are given to nobody, are not counted, and nothing else can wait for them', () => {
  const run = given()
  const runRef = { runId: '00000000-0000-7000-8000-000000000001', taskId: null }
  run.start([draft('r', { runRef }), draft('a')])
  expect(run.status('r')).toEqual(['created'])
  expect(run.project.leaves).toEqual({ ready: 1 })
  expect(run.dispatch('r').answer['skipped']).toEqual([run.id('r')])
  expect(run.refuse({ type: 'AddDependency', itemId: run.id('a'), dependsOnId: run.id('r') }).code).toBe(
    'INVALID_ARGUMENT',
  )
})

test('what people do is done when a person says so, and what was done', () => {
  const run = given()
  run.start([draft('p', { capability: null }), draft('q', { dependsOn: ['p'] })])
  const review = {
    type: 'ReviewItem',
    itemId: run.id('p'),
    result: 'approved',
    notes: 'Signed in the archive.',
  }
  expect(run.refuse({ ...review, notes: '' }).code).toBe('INVALID_ARGUMENT')
  expect(run.refuse(review, ENGINE).code).toBe('FORBIDDEN')
  expect(run.refuse({ ...review, result: 'rejected' }).code).toBe('CONFLICT')
  run.accept(review, ANNA)
  expect(run.status('p', 'q')).toEqual(['done', 'ready'])
})

test('what people have done waits for as many persons as have to approve it', () => {
  const run = given()
  run.start([draft('p', { capability: null, approvals: 2 }), draft('q', { dependsOn: ['p'] })])
  const review = { type: 'ReviewItem', itemId: run.id('p'), result: 'approved', notes: 'Signed.' }
  run.accept(review, ANNA)
  expect(run.status('p', 'q')).toEqual(['in_review', 'created'])
  expect(run.refuse(review, ANNA).code).toBe('CONFLICT')
  const [approval] = run.openQuestions()
  expect(approval).toMatchObject({ kind: 'approval', quorum: 2 })
  const vote = { type: 'SubmitApproval', questionId: approval?.id, notes: '' }
  run.accept({ ...vote, approved: true }, ANNA)
  run.accept({ ...vote, approved: true }, BERT)
  expect(run.status('p', 'q')).toEqual(['done', 'ready'])
})

test('what people have done is theirs to mend when it is rejected, and policy approves it where nobody is asked', () => {
  const rejected = given()
  rejected.start([draft('p', { capability: null, approvals: 1 })])
  const review = { type: 'ReviewItem', result: 'approved', notes: 'Signed.' }
  rejected.accept({ ...review, itemId: rejected.id('p') }, ANNA)
  const questionId = rejected.openQuestions()[0]?.id
  rejected.accept({ type: 'SubmitApproval', questionId, approved: false, notes: 'Not there.' }, BERT)
  expect(rejected.item('p')).toMatchObject({ status: 'ready', failures: 1 })
  const alone = given()
  alone.start([draft('p', { capability: null, approvals: 1 })], { mode: 'autonomous' })
  alone.accept({ ...review, itemId: alone.id('p') }, ANNA)
  expect(alone.item('p').status).toBe('done')
})

test.each([
  [{ done: 2 }, 'done'],
  [{ done: 1, cancelled: 1 }, 'done'],
  [{ failed: 1, done: 1 }, 'failed'],
  [{ failed: 1, ready: 1 }, 'in_progress'],
  [{ done: 1, created: 1 }, 'in_progress'],
  [{ in_review: 1, blocked: 1 }, 'in_progress'],
  [{ blocked: 1, created: 2 }, 'blocked'],
  [{ blocked: 1, ready: 1 }, 'ready'],
  [{ cancelled: 2 }, 'cancelled'],
  [{ created: 1 }, 'created'],
] as const)('children %o make their parent %s', (children, status) => {
  expect(deriveStatus('created', children)).toBe(status)
})

test('the map is that of the requirements, and names every status', () => {
  expect(Object.keys(ITEM_TRANSITIONS).sort()).toEqual([...ItemStatus.options].sort())
  expect(mayBecome('failed', 'ready')).toBe(true)
  expect(ItemStatus.options.filter((to) => mayBecome('done', to) || mayBecome('cancelled', to))).toEqual([])
})
