import { describe, expect, test } from 'vitest'
import type { Caller } from '../../src/access/caller.ts'
import { checkAllowed, getOperation, isAllowed } from '../../src/access/is-allowed.ts'
import { OPERATIONS } from '../../src/access/operations.ts'
import { PERMISSIONS, type Permission } from '../../src/access/permissions.ts'
import { Role } from '../../src/access/roles.ts'

type Who = Pick<Caller, 'kind' | 'role' | 'scopes'>

const grant = (role: Role, scopes: readonly Permission[] | null = null): Who => ({
  kind: 'grant',
  role,
  scopes,
})
const task: Who = { kind: 'task', role: 'participant', scopes: null }

const listAllowed = (who: Who): string[] => Object.keys(OPERATIONS).filter((name) => isAllowed(who, name))

const getPermission = (name: string): Permission | null => {
  const operation = getOperation(name)
  return operation === 'public' ? null : operation.permission
}

describe('the table of operations', () => {
  test('asks only for permissions that somebody has', () => {
    for (const name of Object.keys(OPERATIONS)) {
      const permission = getPermission(name)
      if (permission !== null) expect(PERMISSIONS[permission].roles.length, name).toBeGreaterThan(0)
    }
  })

  test('uses each permission at least once', () => {
    const used = new Set(Object.keys(OPERATIONS).map(getPermission))
    const later = ['policy:write', 'policy:read', 'questions:ask', 'sessions:read', 'audit:read']
    const unused = Object.keys(PERMISSIONS).filter((name) => !used.has(name as Permission))
    expect(unused.filter((name) => !later.includes(name))).toEqual([])
  })

  test('knows no other name', () => {
    for (const name of ['', 'constructor', '__proto__', 'toString', 'startrun', 'startRun '])
      expect(() => getOperation(name), name).toThrow(expect.objectContaining({ code: 'INVARIANT_BROKEN' }))
  })
})

describe('by role', () => {
  test('a participant approves nothing, waives nothing, and gives no money', () => {
    for (const name of ['approveWaiver', 'rejectWaiver', 'revokeWaiver', 'submitApproval', 'topUpRun'])
      expect(isAllowed(grant('participant'), name), name).toBe(false)
    expect(isAllowed(grant('participant'), 'requestWaiver')).toBe(true)
  })

  test('a participant claims work and talks, and leads nothing', () => {
    for (const name of ['claimTasks', 'claimWork', 'post_message', 'read_messages', 'ack_read'])
      expect(isAllowed(grant('participant'), name), name).toBe(true)
    for (const name of [
      'startRun',
      'signalRun',
      'create_thread',
      'update_thread_status',
      'trigger_participant',
    ])
      expect(isAllowed(grant('participant'), name), name).toBe(false)
  })

  test('a coordinator leads, and neither edits the budget it spends nor decides gates nor makes tokens', () => {
    for (const name of ['startRun', 'signalRun', 'create_thread', 'trigger_participant', 'answerQuestion'])
      expect(isAllowed(grant('coordinator'), name), name).toBe(true)
    for (const name of ['topUpRun', 'approveWaiver', 'submitApproval', 'createToken', 'dropDeadLetter'])
      expect(isAllowed(grant('coordinator'), name), name).toBe(false)
  })

  test('an auditor writes nothing at all', () => {
    const written = listAllowed(grant('auditor')).filter((name) => {
      const permission = getPermission(name)
      return permission !== null && !permission.endsWith(':read')
    })
    expect(written).toEqual([])
  })

  test('an operator may do all but what belongs to a claimed task', () => {
    const refused = Object.keys(OPERATIONS).filter((name) => !isAllowed(grant('operator'), name))
    expect(refused.length).toBeGreaterThan(0)
    for (const name of refused) expect(getOperation(name)).toMatchObject({ byTask: 'only' })
  })

  test('each role has a place in some permission, and each public operation takes everybody', () => {
    for (const role of Role.options) expect(isAllowed(grant(role), 'readHealth')).toBe(true)
  })
})

describe('by scope', () => {
  test('a token narrowed to some permissions has these and no other', () => {
    const narrowed = grant('operator', ['runs:read'])
    expect(isAllowed(narrowed, 'readRun')).toBe(true)
    expect(isAllowed(narrowed, 'startRun')).toBe(false)
    expect(isAllowed(narrowed, 'createToken')).toBe(false)
    // What asks for no permission is open to every token.
    expect(isAllowed(narrowed, 'renewToken')).toBe(true)
  })

  test('a scope gives nothing that the role has not', () => {
    expect(isAllowed(grant('participant', ['tokens:manage']), 'createToken')).toBe(false)
  })

  test('no scope left is no permission', () => {
    const names = listAllowed(grant('operator', []))
    expect(names.every((name) => getPermission(name) === null)).toBe(true)
  })
})

describe('the token of a task', () => {
  test('does what belongs to its task', () => {
    for (const name of ['completeTask', 'failTask', 'beatTask', 'readArtifact', 'post_message'])
      expect(isAllowed(task, name), name).toBe(true)
  })

  test('does nothing else', () => {
    for (const name of ['claimTasks', 'listRuns', 'startRun', 'createToken', 'renewToken', 'listEvents'])
      expect(isAllowed(task, name), name).toBe(false)
  })
})

describe('a refusal says what is missing', () => {
  const refusalOf = (who: Who, name: string): unknown => {
    try {
      checkAllowed(who, name)
    } catch (error) {
      return error
    }
    return undefined
  }

  test.each([
    [
      grant('participant'),
      'startRun',
      'runs:write',
      /the role participant does not have; coordinator, operator have it/u,
    ],
    [grant('coordinator'), 'topUpRun', 'budgets:write', /only operator has it/u],
    [grant('operator', ['runs:read']), 'startRun', 'runs:write', /its scopes are runs:read/u],
    [grant('operator'), 'completeTask', 'work:do', /Only the token that came with a claimed task/u],
    [task, 'startRun', 'runs:write', /may only read its inputs/u],
  ] as const)('%# %s', (who, name, permission, message) => {
    expect(refusalOf(who, name)).toMatchObject({
      code: 'FORBIDDEN',
      message: expect.stringMatching(message) as string,
      details: { permission, role: who.role },
    })
  })
})
