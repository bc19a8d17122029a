import { PERMISSIONS } from '@ropewalk/core/access/permissions'
import { Role } from '@ropewalk/core/access/roles'
import { OPERATIONS } from '@ropewalk/core/access/operations'
import { METHOD_CONTRACTS } from '@ropewalk/core/contract/methods/list'
import { RopewalkError } from '@ropewalk/core/errors'
import { WorkspaceId } from '@ropewalk/core/ids'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { METHODS } from '../../../src/engine/methods/methods.ts'
import { createWorkspace } from '../../../src/store/create-workspace.ts'
import { makeUuid, startStage, waitUntil, WORKSPACE, type Stage } from '../support/stage.ts'
import {
  ANNA,
  expectRefusal,
  LEAD,
  makeCall,
  makeCaller,
  makeSources,
  startThread,
  type CallAs,
} from './support/methods.ts'

const BEN = makeCaller('ben')

let stage: Stage
let call: CallAs
beforeAll(async () => {
  stage = await startStage()
  await createWorkspace(stage.engine.store, { id: WorkspaceId.parse('other'), capMicros: 0 })
  call = makeCall(makeSources(stage.engine))
})
afterAll(async () => {
  await stage.stop()
})

test('every method has a contract in the list, and the row of its permission', () => {
  expect(METHODS.map(({ contract }) => contract)).toEqual(METHOD_CONTRACTS)
  for (const { name, permission, isForTasks } of METHOD_CONTRACTS)
    expect(OPERATIONS[name], name).toEqual({ permission, byTask: isForTasks ? 'also' : 'no' })
})

describe('a call', () => {
  test.each(Role.options)('by a %s is refused by its permission, or goes on to its input', async (role) => {
    for (const { name, permission } of METHOD_CONTRACTS) {
      const { roles }: { readonly roles: readonly Role[] } = PERMISSIONS[permission]
      const scoped = makeCaller('one', role, { scopes: [permission] })
      const narrow = makeCaller('other', role, { scopes: ['dead-letters:read'] })
      const broken = { surplus: 1 }
      const expected = roles.includes(role) ? 'INVALID_ARGUMENT' : 'FORBIDDEN'
      for (const caller of [makeCaller('all', role), scoped])
        await expectRefusal(call(caller, name, broken), expected)
      await expectRefusal(call(narrow, name, broken), 'FORBIDDEN')
    }
  })

  test('names a method that there is, and what it needs', async () => {
    await expectRefusal(call(ANNA, 'no_such_method', {}), 'NOT_FOUND')
    await expectRefusal(call(ANNA, '__proto__', {}), 'NOT_FOUND')
    const { details } = await expectRefusal(
      call(ANNA, 'create_thread', { title: '', participants: [], surplus: 1 }),
      'INVALID_ARGUMENT',
    )
    const pointers = (details['issues'] as { pointer: string }[]).map(({ pointer }) => pointer)
    expect(pointers.toSorted()).toEqual(['/participants', '/surplus', '/title'])
  })

  test('is made only by who may make it', async () => {
    const { details } = await expectRefusal(
      call(BEN, 'create_thread', { title: 'x', participants: ['ben'] }),
      'FORBIDDEN',
    )
    expect(details).toMatchObject({ permission: 'threads:manage', role: 'participant' })
    const narrow = makeCaller('robot', 'coordinator', { scopes: ['threads:read'] })
    await expectRefusal(call(narrow, 'create_thread', { title: 'x', participants: ['ben'] }), 'FORBIDDEN')
    expect((await call(narrow, 'list_threads', {}))['next_cursor']).toBeNull()
  })

  test('says of the caller what the token says, or nothing', async () => {
    for (const [hint, code] of [
      [{ workspace_id: 'other' }, 'WORKSPACE_MISMATCH'],
      [{ agent_id: 'cara' }, 'CLAIM_MISMATCH'],
    ] as const)
      await expectRefusal(call(BEN, 'list_threads', hint), code)
    const thread_id = await startThread(call, ['ben'])
    const post = { thread_id, body: 'x' }
    await expectRefusal(call(BEN, 'post_message', { ...post, sender_agent_id: 'lead' }), 'CLAIM_MISMATCH')
    await expectRefusal(call(BEN, 'post_message', { ...post, sender_session_id: 'x' }), 'CLAIM_MISMATCH')
    await expectRefusal(
      call(LEAD, 'create_thread', { title: 'x', participants: ['ben'], created_by: 'ben' }),
      'CLAIM_MISMATCH',
    )
    const said = {
      sender_agent_id: 'ben',
      sender_session_id: 'session-ben',
      agent_id: 'ben',
      workspace_id: 'default',
    }
    expect(await call(BEN, 'post_message', { ...post, ...said })).toMatchObject({ seq: 1 })
  })

  test('that was refused because of who made it stands in the audit, unless its door notes that', async () => {
    const requestId = makeUuid()
    await expectRefusal(call(BEN, 'list_threads', { agent_id: 'cara' }, { requestId }), 'CLAIM_MISMATCH')
    const silent = makeUuid()
    await expectRefusal(
      call(BEN, 'list_threads', { agent_id: 'cara' }, { requestId: silent, notesRefusals: false }),
      'CLAIM_MISMATCH',
    )
    const find = async (of: string) =>
      (await stage.engine.listAudit(WORKSPACE, { limit: 200 })).items.filter((line) => line.requestId === of)
    await waitUntil('a line of the audit', async () => (await find(requestId)).length === 1)
    expect(await find(requestId)).toMatchObject([
      { actor: 'ben', operation: 'list_threads', result: 'CLAIM_MISMATCH' },
    ])
    expect(await find(silent)).toEqual([])
  })

  test('of who leads stands in the audit where they say why, and where its permission asks for it', async () => {
    const thread_id = await startThread(call, ['ben'])
    const post = { thread_id, body: 'x' }
    for (const [caller, reason] of [
      [ANNA, 'to help'],
      [ANNA, undefined],
      [BEN, 'to help'],
    ] as const)
      await call(caller, 'post_message', { ...post, reason })
    const find = async (operation: string) =>
      (await stage.engine.listAudit(WORKSPACE, { limit: 200, operation, threadId: thread_id })).items
    expect(await find('post_message')).toMatchObject([
      { actor: 'anna', actorRole: 'operator', result: 'ok', reason: 'to help', resourceType: 'thread' },
    ])
    await call(LEAD, 'add_participant', { thread_id, participant: 'cara' })
    expect(await find('add_participant')).toMatchObject([{ actor: 'lead', reason: null }])
  })

  test('with a key is answered once, and not for another input', async () => {
    const thread_id = await startThread(call, ['ben', 'cara'])
    const post = { thread_id, body: 'Once', idempotency_key: 'k-1' }
    const first = await call(BEN, 'post_message', post)
    expect(await call(BEN, 'post_message', post)).toEqual(first)
    await expectRefusal(call(BEN, 'post_message', { ...post, body: 'Twice' }), 'IDEMPOTENCY_CONFLICT')
    // The key is the caller's own, and counts in one thread.
    expect((await call(makeCaller('cara'), 'post_message', post))['seq']).toBe(2)
    const draft = { title: 'One', participants: ['ben'], idempotency_key: 'k-2' }
    const [one, two] = [await call(LEAD, 'create_thread', draft), await call(LEAD, 'create_thread', draft)]
    expect(two).toEqual(one)
  })

  test.each([
    ['deep objects', JSON.parse(`${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`)],
    ['deep lists', JSON.parse(`${'['.repeat(10_000)}${']'.repeat(10_000)}`)],
    ['NUL', 'a\u0000b'],
    ['a lone surrogate', 'a\ud800b'],
    ['NUL in a key', { 'a\u0000': 1 }],
    ['a key named __proto__', JSON.parse('{"__proto__": 1}')],
    ['a megabyte', 'x'.repeat(1_000_000)],
    ['what is no number', Number.NaN],
  ])('with %s in any field of any method is refused', async (_what, value: unknown) => {
    for (const { name, input } of METHOD_CONTRACTS)
      for (const field of [...Object.keys(input.shape), 'surplus']) {
        const error: unknown = await call(ANNA, name, { [field]: value }).catch((refusal: unknown) => refusal)
        expect(error instanceof RopewalkError && error.code, `${name}.${field}`).toBe('INVALID_ARGUMENT')
      }
  })

  test.each([[null], [undefined], [5], ['x'], [[]], [true]])(
    'with %j as its input is refused',
    async (input) => {
      for (const { name } of METHOD_CONTRACTS)
        await expectRefusal(call(ANNA, name, input), 'INVALID_ARGUMENT')
    },
  )
})
