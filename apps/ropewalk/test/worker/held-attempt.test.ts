import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { RunId, TaskId, WorkspaceId } from '@ropewalk/core/ids'
import type { ClaimedTask } from '../../src/engine/contract.ts'
import { makeHeldAttempt } from '../../src/worker/held-attempt.ts'

const id = '01890000-0000-7000-8000-000000000001'
const task: ClaimedTask = {
  workspaceId: WorkspaceId.parse('default'),
  runId: RunId.parse(id),
  taskId: TaskId.parse(id),
  attempt: 2,
  claimedAt: '2026-01-31T12:00:00.000Z',
  leaseUntil: '2026-01-31T12:00:30.000Z',
  checkpoint: null,
  spec: {
    id: TaskId.parse(id),
    runId: RunId.parse(id),
    phase: 'prd',
    round: 1,
    type: 'agent',
    kind: 'model',
    target: 'prd-writer',
    capability: 'model',
    input: [],
    output: 'PRD',
    guard: null,
    fix: null,
    budget: { ms: 1000, tokens: 0 },
    retries: 0,
    retry_policy: { max_attempts: 1, base_delay_ms: 0, max_delay_ms: 0 },
    maxModelCalls: 1,
    egress_policy: 'none',
    checkpointable: false,
    idempotenceKey: 'a'.repeat(64),
  },
}

const hold = (leaseMs: number) => makeHeldAttempt(task, { askedAtMs: performance.now(), leaseMs })

/** As long as a process that was stopped would not run: no timer fires and nothing is renewed. */
const standStill = (ms: number) => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

it('an attempt that outlived its lease is aborted at its next write', () => {
  const attempt = hold(50)
  attempt.assertHeld()
  standStill(80)
  expect(() => {
    attempt.assertHeld()
  }).toThrow('superseded')
  expect(attempt.signal.aborted).toBe(true)
  expect(attempt.getEnd()).toBe('superseded')
})

it('a renewed lease counts from when the heartbeat was asked for', async () => {
  const attempt = hold(200)
  const askedAtMs = performance.now()
  await sleep(120)
  attempt.renew(askedAtMs)
  await sleep(120)
  expect(attempt.checkLease()).toBe(false)
})

it('an answer to a heartbeat that comes after the lease does not revive the attempt', () => {
  const attempt = hold(40)
  const askedAtMs = performance.now() + 30
  standStill(80)
  attempt.renew(askedAtMs)
  expect(attempt.getEnd()).toBe('superseded')
})

it('the first reason to end stays', () => {
  const attempt = hold(1000)
  attempt.end('cancelled')
  attempt.end('stopping')
  expect(attempt.getEnd()).toBe('cancelled')
  expect(attempt.signal.reason).toMatchObject({ code: 'STALE_ATTEMPT' })
})

it('time is that of the claim plus what has passed since', () => {
  const beforeMs = performance.now()
  const attempt = hold(60_000)
  standStill(20)
  const passedMs = Date.parse(attempt.now()) - Date.parse(task.claimedAt)
  expect(passedMs).toBeGreaterThanOrEqual(19)
  expect(passedMs).toBeLessThanOrEqual(performance.now() - beforeMs + 1)
})
