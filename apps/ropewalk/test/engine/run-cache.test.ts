import type { RunCommandOf } from '@ropewalk/core/run/commands'
import { makeEmptyRunState, type RunState, type Task } from '@ropewalk/core/run/state'
import { expect, test } from 'vitest'
import { makeRunCache } from '../../src/engine/run-cache.ts'
import type { ClaimedTask } from '../../src/store/claim-tasks.ts'

const AT = '2026-01-01T00:00:00.000Z'
const UNTIL = '2026-01-01T00:00:30.000Z'

const makeTask = (id: string, more: Partial<Task> = {}) =>
  ({ id, status: 'ready', attempt: 0, ...more }) as Task

const makeState = (...tasks: readonly Task[]): RunState => ({
  ...makeEmptyRunState(undefined),
  tasks: new Map(tasks.map((task) => [task.id, task])),
})

const claim = (taskId: string, attempt = 1) =>
  [{ taskId, attempt, claimedAt: AT, leaseUntil: UNTIL }] as unknown as readonly ClaimedTask[]

const complete = (taskId: string, attempt = 1, reports: readonly unknown[] = []) =>
  ({ type: 'CompleteTask', taskId, attempt, reports }) as unknown as RunCommandOf<'CompleteTask'>

const make = () => {
  const cache = makeRunCache()
  cache.replace('none', 'h1', makeState(makeTask('a'), makeTask('b')))
  return cache
}

test('a task is known once its attempt was claimed here, as the claim left it', () => {
  const cache = make()
  expect(cache.findTask('h1', complete('a'))).toBeUndefined()
  cache.noteClaims(claim('a'), 'anna')
  expect(cache.findTask('h1', complete('a'))).toEqual(
    makeTask('a', {
      status: 'running',
      attempt: 1,
      claimedBy: 'anna',
      claimedAt: AT,
      leaseUntil: UNTIL,
      heartbeatAt: AT,
    }),
  )
  expect(cache.findTask('h1', complete('b'))).toBeUndefined()
})

test('nothing is known of a head that somebody else moved on, of another attempt, or for another command', () => {
  const cache = make()
  cache.noteClaims(claim('a'), 'anna')
  expect(cache.findTask('h2', complete('a'))).toBeUndefined()
  expect(cache.findTask('h1', complete('a', 2))).toBeUndefined()
  expect(cache.findTask('h1', complete('a', 1, ['a report']))).toBeUndefined()
  expect(cache.findTask('h1', { ...complete('a'), type: 'FailTask' } as never)).toBeUndefined()
  cache.noteClaims(claim('a', 2), 'berta')
  expect(cache.findTask('h1', complete('a', 2))).toBeUndefined()
})

test('what a command leaves of the other open tasks stays known under the new head; ended ones do not', () => {
  const cache = make()
  cache.noteClaims(claim('a'), 'anna')
  cache.noteClaims(claim('b'), 'anna')
  cache.replace('h1', 'h2', makeState(makeTask('a', { status: 'completed', attempt: 1 })))
  expect(cache.findTask('h2', complete('b'))).toMatchObject({ id: 'b', attempt: 1 })
  expect(cache.findTask('h2', complete('a'))).toBeUndefined()
  expect(cache.findTask('h1', complete('b'))).toBeUndefined()
})

test('a task that was claimed as it was made, or read while it ran, is known by its attempt', () => {
  const cache = make()
  const running = makeTask('a', { status: 'running', attempt: 1 })
  cache.replace('h1', 'h2', makeState(running))
  expect(cache.findTask('h2', complete('a'))).toBe(running)
  expect(cache.findTask('h2', complete('a', 2))).toBeUndefined()
})
