import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { AgentId, ThreadId, WorkspaceId } from '@ropewalk/core/ids'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createWorkspace } from '../../../src/store/create-workspace.ts'
import { makeCreateGrant } from '../identity/support/identity.ts'
import { makeUuid, PERSON, startStage, waitUntil, WORKSPACE, type Stage } from '../support/stage.ts'
import {
  ANNA,
  AUDITOR,
  expectRefusal,
  inWorkspace,
  LEAD,
  makeCall,
  makeCaller,
  makeSources,
  startThread,
  type CallAs,
  type Fields,
} from './support/methods.ts'

const BEN = makeCaller('ben')
const CARA = makeCaller('cara')
const DORA = makeCaller('dora')
const OTHER = WorkspaceId.parse('other')

let stage: Stage
let call: CallAs
beforeAll(async () => {
  stage = await startStage()
  await createWorkspace(stage.engine.store, { id: OTHER, capMicros: 0 })
  call = makeCall(makeSources(stage.engine))
})
afterAll(async () => {
  await stage.stop()
})

const say = (caller: typeof BEN, thread_id: string, body: string, rest: Fields = {}) =>
  call(caller, 'post_message', { thread_id, body, ...rest })

const bodies = (answer: Fields): unknown[] => (answer['messages'] as Fields[]).map(({ body }) => body)

describe('a thread', () => {
  test('is started, read, listed and searched by who takes part', async () => {
    const thread_id = await startThread(call, ['ben:author', 'cara:reviewer'])
    const posted = await say(BEN, thread_id, 'The zebra parser is done', { to: { role: 'reviewer' } })
    expect(posted).toMatchObject({ seq: 1, thread_status: 'active', bounced: [] })
    const thread = await call(CARA, 'get_thread', { thread_id })
    expect(thread).toMatchObject({
      status: 'active',
      last_seq: 1,
      created_by: 'lead',
      workspace_id: 'default',
    })
    expect(thread['participants']).toEqual([
      expect.objectContaining({ agent_id: 'ben', role: 'author', unread: 0 }),
      expect.objectContaining({ agent_id: 'cara', role: 'reviewer', unread: 1 }),
      expect.objectContaining({ agent_id: 'lead', role: null }),
    ])
    const unread = await call(CARA, 'list_threads', { unread_only: true })
    expect((unread['threads'] as Fields[]).map((each) => [each['thread_id'], each['unread']])).toContainEqual(
      [thread_id, 1],
    )
    const found = await call(CARA, 'search_messages', { words: 'zebra parser' })
    expect((found['matches'] as Fields[]).map((each) => each['thread_id'])).toEqual([thread_id])
    expect((await call(DORA, 'search_messages', { words: 'zebra parser' }))['matches']).toEqual([])
    expect((await call(AUDITOR, 'search_messages', { words: 'zebra parser' }))['matches']).toHaveLength(1)
  })

  test('is not there for who does not take part, for another workspace, and where there is none', async () => {
    const thread_id = await startThread(call, ['ben'])
    const missing = makeUuid()
    for (const [name, more] of [
      ['get_thread', {}],
      ['read_messages', {}],
      ['post_message', { body: 'x' }],
      ['ack_read', { last_read_seq: 0 }],
      ['get_deliveries', { seq: 1 }],
      ['summarize_thread', {}],
      ['search_messages', { words: 'x' }],
      ['wait_for_messages', { timeout_seconds: 0 }],
    ] as const)
      for (const caller of [DORA, inWorkspace(BEN, OTHER), inWorkspace(ANNA, OTHER)]) {
        const own = await expectRefusal(call(caller, name, { thread_id, ...more }), 'NOT_FOUND')
        const none = await expectRefusal(call(caller, name, { thread_id: missing, ...more }), 'NOT_FOUND')
        const tell = ({ message, details }: typeof own) =>
          JSON.stringify([message, details]).replaceAll(thread_id, 'ID').replaceAll(missing, 'ID')
        expect(tell(own), name).toBe(tell(none))
      }
  })

  test('is about a run or an item that is there', async () => {
    const draft = { title: 'Review', participants: ['ben'] }
    await expectRefusal(call(LEAD, 'create_thread', { ...draft, run_id: makeUuid() }), 'NOT_FOUND')
    await expectRefusal(call(LEAD, 'create_thread', { ...draft, item_id: makeUuid() }), 'NOT_FOUND')
  })

  test('takes somebody in and lets somebody go, whose unread messages come back', async () => {
    const thread_id = await startThread(call, ['ben', 'cara'])
    await call(LEAD, 'add_participant', { thread_id, participant: { agent_id: 'dora', role: 'tester' } })
    await say(BEN, thread_id, 'For Dora', { to: { agents: ['dora'] } })
    const gone = await call(LEAD, 'remove_participant', { thread_id, agent_id: 'dora', reason: 'done' })
    expect(gone).toEqual({ thread_id, bounced: [1] })
    expect(await call(BEN, 'get_deliveries', { thread_id, seq: 1 })).toMatchObject({
      deliveries: [{ agent_id: 'dora', state: 'bounced' }],
    })
    await expectRefusal(call(DORA, 'get_thread', { thread_id }), 'NOT_FOUND')
    const late = await say(CARA, thread_id, 'Still there?', { to: { agents: ['dora'] } }).catch(String)
    expect(JSON.stringify(late)).toContain('dora')
  })
})

describe('messages', () => {
  test('are read on, and said to be delivered to who fetched them alone', async () => {
    const thread_id = await startThread(call, ['ben', 'cara'])
    for (const body of ['one', 'two', 'three']) await say(BEN, thread_id, body)
    const first = await call(CARA, 'read_messages', { thread_id, limit: 2 })
    expect([bodies(first), first['next_seq'], first['has_more']]).toEqual([['one', 'two'], 2, true])
    const rest = await call(AUDITOR, 'read_messages', { thread_id, since_seq: 2 })
    expect([bodies(rest), rest['next_seq'], rest['has_more']]).toEqual([['three'], 3, false])
    const getStates = async (seq: number) =>
      ((await call(BEN, 'get_deliveries', { thread_id, seq }))['deliveries'] as Fields[])
        .filter((each) => each['agent_id'] === 'cara')
        .map((each) => each['state'])
    await waitUntil('it was noted', async () => (await getStates(2))[0] === 'delivered')
    expect([await getStates(1), await getStates(3)]).toEqual([['delivered'], ['waiting']])
    await call(CARA, 'ack_read', { thread_id, last_read_seq: 3 })
    expect(await getStates(3)).toEqual(['read'])
    await expectRefusal(call(CARA, 'ack_read', { thread_id, last_read_seq: 1 }), 'CONFLICT')
    await expectRefusal(call(CARA, 'ack_read', { thread_id, last_read_seq: 4 }), 'INVALID_ARGUMENT')
  })

  test('are waited for, in one thread and in any', async () => {
    const thread_id = await startThread(call, ['ben', 'cara'])
    const inOne = call(CARA, 'wait_for_messages', { thread_id, timeout_seconds: 20 })
    const fresh = makeCaller('fresh')
    await call(LEAD, 'add_participant', { thread_id, participant: 'fresh' })
    const inAny = call(fresh, 'wait_for_messages', { timeout_seconds: 20 })
    await sleep(50)
    await say(BEN, thread_id, 'Wake up')
    expect(await inOne).toMatchObject({ thread_id, next_seq: 1, has_more: false })
    expect(bodies(await inAny)).toEqual(['Wake up'])
    const nothing = await call(BEN, 'wait_for_messages', { thread_id, since_seq: 1, timeout_seconds: 0.05 })
    expect(nothing).toEqual({ thread_id: null, messages: [], next_seq: 1, has_more: false })
    const gone = new AbortController()
    const left = call(
      BEN,
      'wait_for_messages',
      { thread_id, since_seq: 1, timeout_seconds: 50 },
      { signal: gone.signal },
    )
    gone.abort()
    expect(await left).toMatchObject({ messages: [] })
  })

  test('that come after a token was revoked are not told to who still waits with it', async () => {
    for (const isInOne of [false, true]) {
      const thread_id = await startThread(call, ['ben', 'fox'])
      const made = makeCreateGrant({ agentId: AgentId.parse('fox') })
      await stage.engine.submit(made, { by: PERSON })
      const { grantId, workspaceId } = made
      const waiting = call(makeCaller('fox', 'participant', { grantId }), 'wait_for_messages', {
        ...(isInOne ? { thread_id } : {}),
        timeout_seconds: 20,
      })
      const refused = expectRefusal(waiting, 'UNAUTHORIZED')
      await sleep(50)
      await stage.engine.submit({ type: 'RevokeGrant', workspaceId, grantId, reason: 'x' }, { by: PERSON })
      await say(BEN, thread_id, 'Not for everybody')
      await refused
      await call(makeCaller('fox'), 'ack_read', { thread_id, last_read_seq: 1 })
    }
  })

  test('that tell events say which, and what they are about', async () => {
    const thread_id = await startThread(call, ['ben', 'cara'])
    const tell = (metadata: Fields) => say(BEN, thread_id, 'x', { kind: 'event', metadata })
    for (const [metadata, field] of [
      [{}, 'event_type'],
      [{ event_type: 'nope' }, 'event_type'],
      [{ event_type: 'thread_resolved' }, 'event_type'],
      [{ event_type: 'finding_reported', finding: 5 }, 'finding'],
      [{ event_type: 'fix_pushed', fix: '' }, 'fix'],
    ] as const) {
      const { details } = await expectRefusal(tell(metadata), 'INVALID_ARGUMENT')
      expect(details['issues']).toMatchObject([{ pointer: `/metadata/${field}` }])
    }
    await tell({ event_type: 'finding_reported', finding: 'F-1', line: 12 })
    const { messages } = await call(CARA, 'read_messages', { thread_id })
    expect(messages).toMatchObject([
      { event_type: 'finding_reported', metadata: { finding: 'F-1', line: 12 } },
    ])
    const summary = await call(CARA, 'summarize_thread', { thread_id })
    expect(summary).toMatchObject({ last_status: 'active', open_items: [{ kind: 'finding', seq: 1 }] })
  })

  test('are masked before they are kept, where the workspace asks for it', async () => {
    const token = `ghp_${createHash('sha512').update('not a token').digest('hex').slice(0, 36)}`
    const body = `Use ${token} for it, and ${token}!`
    const masking = makeCall(
      makeSources({
        ...stage.engine,
        readPolicy: async () => ({ retention: { mode: 'permanent' }, redaction: true }),
      }),
    )
    const thread_id = await startThread(call, ['ben'])
    await masking(BEN, 'post_message', { thread_id, body, metadata: { deep: [{ token: body }] } })
    await say(BEN, thread_id, body)
    await masking(BEN, 'post_message', {
      thread_id,
      kind: 'event',
      body: 'found',
      metadata: { event_type: 'finding_reported', finding: `leaks ${token}` },
    })
    const events = await stage.engine.listEvents(WORKSPACE, {
      after: 0,
      limit: 1000,
      stream: String(thread_id),
    })
    expect(events.at(-1)?.data).toMatchObject({ finding: 'leaks [secret]' })
    const { messages } = await call(BEN, 'read_messages', { thread_id })
    const [masked, plain] = messages as Fields[]
    expect(JSON.stringify(masked)).not.toContain(token)
    expect(masked?.['body']).toBe('Use [secret] for it, and [secret]!')
    expect(plain?.['body']).toBe(body)
  })
})

test('an event about a finding names it: without a name it could neither be counted nor settled', async () => {
  const thread_id = await startThread(call, ['ben'])
  const told = { thread_id, kind: 'event', body: 'it', metadata: { event_type: 'finding_reported' } }
  const { details } = await expectRefusal(call(BEN, 'post_message', told), 'INVALID_ARGUMENT')
  expect(details).toMatchObject({ issues: [{ pointer: '/metadata/finding' }] })
})

describe('who leads', () => {
  test('blocks, resolves, takes up again and closes, as the status allows', async () => {
    const thread_id = await startThread(call, ['ben'])
    const move = (caller: typeof BEN, status: string, reason = 'because', rest: Fields = {}) =>
      call(caller, 'update_thread_status', { thread_id, status, reason, ...rest })
    const told = { awaiting_human: true, metadata: { ticket: 7 } }
    expect(await move(LEAD, 'blocked', 'look', told)).toMatchObject({ awaiting_human: true })
    expect(await call(LEAD, 'read_messages', { thread_id })).toMatchObject({
      messages: [{ kind: 'system', metadata: { ticket: 7 } }],
    })
    await expectRefusal(say(BEN, thread_id, 'and now?'), 'CONFLICT')
    const { details } = await expectRefusal(move(LEAD, 'resolved'), 'INVALID_THREAD_TRANSITION')
    expect(details).toMatchObject({ from: 'blocked', to: 'resolved', allowed: ['active', 'closed'] })
    await expectRefusal(move(ANNA, 'closed'), 'INSUFFICIENT_AUTHORITY')
    await expectRefusal(move(BEN, 'active'), 'FORBIDDEN')
    expect(await move(ANNA, 'closed', 'human_override: settled by phone')).toMatchObject({ status: 'closed' })
    const lines = (await stage.engine.listAudit(WORKSPACE, { limit: 50, operation: 'update_thread_status' }))
      .items
    expect(lines).toContainEqual(
      expect.objectContaining({
        actor: 'anna',
        result: 'ok',
        threadId: thread_id,
        reason: 'human_override: settled by phone',
      }),
    )
  })

  test('asks for an agent to be woken, by what is known of its session', async () => {
    const thread_id = await startThread(call, ['ben', 'cara', 'dora'])
    const wake = (target_agent_id: string) =>
      call(LEAD, 'trigger_participant', {
        thread_id,
        target_agent_id,
        reason: 'review',
        trigger_prompt: 'Look\u0007 at it\n',
      })
    expect(await wake('dora')).toMatchObject({
      action: 'fallback_required',
      result: 'fallback_required',
      fallback_action: 'spawn_session',
      job_status: 'queued',
      stale_session: false,
      runtime: null,
    })
    const thread = { workspaceId: WORKSPACE, threadId: ThreadId.parse(thread_id) }
    const [asked] = (await stage.engine.listWakes({ ...thread, limit: 1 })).items
    expect(String(await stage.engine.blobs.read(WORKSPACE, asked?.promptDigest ?? ''))).toBe('Look at it\n')
    const beat = { runtime: 'codex', management_mode: 'managed', resumable: true }
    await call(CARA, 'heartbeat_session', beat)
    expect(await wake('cara')).toMatchObject({
      action: 'trigger_runtime',
      result: 'queued',
      runtime: 'codex',
      target_session_id: 'session-cara',
    })
    await call(BEN, 'heartbeat_session', { ...beat, management_mode: 'unmanaged', status: 'idle' })
    expect(await wake('ben')).toMatchObject({ fallback_action: 'resume_session', session_status: 'idle' })
    for (const trigger_prompt of ['\u0001\u0002', 'ü'.repeat(5000)])
      await expectRefusal(
        call(LEAD, 'trigger_participant', { thread_id, target_agent_id: 'ben', reason: 'x', trigger_prompt }),
        'INVALID_ARGUMENT',
      )
  })
})

describe('a session', () => {
  test('is the one of the token, registered by its first heartbeat', async () => {
    const eva = makeCaller('eva')
    const first = await call(eva, 'heartbeat_session', { runtime: 'codex' })
    expect(first).toMatchObject({ ok: true, session_id: 'session-eva' })
    await call(eva, 'heartbeat_session', { runtime: 'codex', status: 'idle', session_id: 'session-eva' })
    expect(await stage.engine.findSession(WORKSPACE, eva.agentId)).toMatchObject({
      status: 'idle',
      isStale: false,
    })
    await expectRefusal(
      call(eva, 'heartbeat_session', { runtime: 'codex', session_id: 'another' }),
      'CLAIM_MISMATCH',
    )
    await expectRefusal(call(ANNA, 'heartbeat_session', { runtime: 'shell' }), 'INVALID_ARGUMENT')
    await call(ANNA, 'heartbeat_session', { runtime: 'shell', session_id: 'tty-1' })
  })
})
