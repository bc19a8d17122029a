import { describe, expect, test } from 'vitest'
import type { Stamp } from '../../src/decision.ts'
import { WorkspaceId } from '../../src/ids.ts'
import { decidePolicy } from '../../src/policy/decide-policy.ts'
import { foldPolicy } from '../../src/policy/evolve-policy.ts'
import { makePolicyId, parseRetention, PolicyEvent } from '../../src/policy/policy.ts'
import type { DataPolicy, Policy, PolicyCommand, PolicyEventAt } from '../../src/policy/policy.ts'

const workspaceId = WorkspaceId.parse('default')
const policyId = makePolicyId(workspaceId)
const stamp: Stamp = { at: '2026-01-31T12:00:00.000Z', seed: 's', by: { kind: 'person', id: 'anna' } }

const KEEP: DataPolicy = { retention: { mode: 'permanent' }, redaction: false }
const DAYS: DataPolicy = { retention: { mode: 'days', days: 90 }, redaction: false }

const change = (policy: DataPolicy, id = policyId): PolicyCommand => ({
  type: 'ChangePolicy',
  workspaceId,
  policyId: id,
  policy,
  reason: 'The contract says so.',
})

const run = (...commands: readonly PolicyCommand[]) => {
  const history: PolicyEventAt[] = []
  let policy: Policy | null = null
  for (const command of commands) {
    const decision = decidePolicy(policy, command, stamp)
    if (decision.type === 'refused') return { policy, history, refused: decision }
    for (const event of decision.events) expect(PolicyEvent.parse(event)).toEqual(event)
    history.push(...decision.events.map((event) => ({ ...event, at: stamp.at })))
    policy = decision.state
  }
  expect(foldPolicy(policyId, history)).toEqual(policy)
  return { policy, history, refused: undefined }
}

test('the first policy is told, whatever it says', () => {
  const { policy, history } = run(change(KEEP))
  expect(history).toHaveLength(1)
  expect(policy).toEqual({ ...KEEP, id: policyId, changedAt: stamp.at, changedBy: 'anna' })
})

test.each([KEEP, DAYS, { ...DAYS, redaction: true }])('%j again is accepted and is no event', (policy) => {
  expect(run(change(policy), change({ ...policy })).history).toHaveLength(1)
})

test.each<[string, DataPolicy, DataPolicy]>([
  ['fewer days', DAYS, { ...DAYS, retention: { mode: 'days', days: 30 } }],
  ['days where it was for ever', KEEP, DAYS],
  ['for ever where it was days', DAYS, KEEP],
  ['redaction', DAYS, { ...DAYS, redaction: true }],
])('%s is a change', (_what, before, after) => {
  const { policy, history } = run(change(before), change(after))
  expect(history).toHaveLength(2)
  expect(policy).toMatchObject(after)
})

test('the policy of another workspace is out of reach', () => {
  const other = makePolicyId(WorkspaceId.parse('other'))
  expect(other).not.toBe(policyId)
  expect(run(change(DAYS, other)).refused).toMatchObject({ code: 'FORBIDDEN' })
})

describe('retention as settings write it', () => {
  test.each([
    ['permanent', { mode: 'permanent' }],
    ['90d', { mode: 'days', days: 90 }],
  ])('%s', (value, retention) => {
    expect(parseRetention(value)).toEqual(retention)
  })
})
