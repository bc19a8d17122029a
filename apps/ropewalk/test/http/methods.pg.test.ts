import { AuditLine } from '@ropewalk/core/contract/api/audit'
import { PolicyView } from '@ropewalk/core/contract/api/policy'
import { makePage, makeSlice } from '@ropewalk/core/contract/api/paging'
import { SessionEntry } from '@ropewalk/core/contract/api/sessions'
import { ThreadDetail, ThreadMessage, ThreadSummary, ThreadWake } from '@ropewalk/core/contract/api/threads'
import {
  CREATE_THREAD,
  POST_MESSAGE,
  READ_MESSAGES,
  WAIT_FOR_MESSAGES,
} from '@ropewalk/core/contract/methods/threads'
import { AgentId } from '@ropewalk/core/ids'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { waitUntil } from '../engine/support/stage.ts'
import { expectAnswer, expectProblem } from './support/drive.ts'
import { startApi, type TestApi } from './support/start-api.ts'
import { createToken } from './support/tokens.ts'

let api: TestApi
let ben: string
let lead: string
beforeAll(async () => {
  api = await startApi()
  ben = (await createToken(api, { agentId: AgentId.parse('ben') })).token
  lead = (await createToken(api, { agentId: AgentId.parse('lead'), role: 'coordinator' })).token
})
afterAll(async () => {
  await api.stop()
})

const call = (name: string, body: object, token: string, headers: Record<string, string> = {}) =>
  api.ask(`/v1/mcp/${name}`, { body, token, headers })

const startThread = async (title = 'Review'): Promise<string> => {
  const body = { title, participants: [{ agent_id: 'ben', role: 'author' }, 'cara'] }
  return expectAnswer(await call('create_thread', body, lead), CREATE_THREAD.output).thread_id
}

describe('a method', () => {
  test('is called by its name, and named in the description', async () => {
    const thread_id = await startThread()
    const posted = await call('post_message', { thread_id, body: 'Hello' }, ben)
    expect(expectAnswer(posted, POST_MESSAGE.output)).toMatchObject({ seq: 1, thread_status: 'active' })
    const read = await call('read_messages', { thread_id }, lead)
    expect(expectAnswer(read, READ_MESSAGES.output).messages).toMatchObject([
      { sender_agent_id: 'ben', body: 'Hello' },
    ])
    expectProblem(await call('no_such_method', {}, ben), 404, 'NOT_FOUND')
    expectProblem(await api.ask('/v1/mcp/get_thread', { token: ben }), 405, 'METHOD_NOT_ALLOWED')
  })

  test('takes its key from the header where the body has none', async () => {
    const thread_id = await startThread()
    const post = (body: string, key: string, more: object = {}) =>
      call('post_message', { thread_id, body, ...more }, ben, { 'idempotency-key': key })
    const first = await post('Once', 'k1')
    expect(first.status, first.text).toBe(200)
    expect((await post('Once', 'k1')).json).toEqual(first.json)
    expectProblem(await post('Twice', 'k1'), 409, 'IDEMPOTENCY_CONFLICT')
    // The body's own key counts; the header is then another way of saying nothing.
    expect((await post('Once', 'k9', { idempotency_key: 'k1' })).json).toEqual(first.json)
    expectProblem(await post('x', 'no spaces'), 400, 'INVALID_ARGUMENT')
    expect((await call('list_threads', {}, ben, { 'idempotency-key': 'k1' })).status).toBe(200)
  })

  test('that waits is answered when there is something', async () => {
    const thread_id = await startThread()
    const waiting = call('wait_for_messages', { thread_id, timeout_seconds: 20 }, lead)
    await sleep(50)
    await call('post_message', { thread_id, body: 'Now' }, ben)
    expect(expectAnswer(await waiting, WAIT_FOR_MESSAGES.output).messages).toMatchObject([{ body: 'Now' }])
  })

  test('that was refused because of who called stands in the audit once', async () => {
    const refused = await call('list_threads', { agent_id: 'cara' }, ben)
    const { request_id } = expectProblem(refused, 403, 'CLAIM_MISMATCH')
    const find = async () => {
      const answered = await api.ask('/v1/audit?actor=ben&result=CLAIM_MISMATCH&operation=list_threads')
      const { items } = expectAnswer(answered, makePage(AuditLine))
      return items.filter((line) => line.requestId === request_id)
    }
    await waitUntil('the line', async () => (await find()).length > 0)
    await sleep(100)
    expect(await find()).toMatchObject([{ actor: 'ben', actorRole: 'participant', result: 'CLAIM_MISMATCH' }])
  })
})

describe('threads', () => {
  test('are listed, read and followed in the style of the rest of the interface', async () => {
    const id = await startThread('Listed')
    for (const body of ['one', 'two', 'three']) await call('post_message', { thread_id: id, body }, ben)
    const list = async (query: string, token = lead) =>
      expectAnswer(await api.ask(`/v1/threads${query}`, { token }), makePage(ThreadSummary)).items
    expect((await list('?limit=1'))[0]).toMatchObject({ id, title: 'Listed', lastSeq: 3, unread: 0 })
    expect(await list('?status=closed')).toEqual([])
    const cara = (await createToken(api, { agentId: AgentId.parse('cara') })).token
    expect((await list('?only=unread&limit=1', cara))[0]).toMatchObject({ id, unread: 3 })
    const stranger = (await createToken(api, { agentId: AgentId.parse('stranger') })).token
    expect(await list('', stranger)).toEqual([])
    const thread = expectAnswer(await api.ask(`/v1/threads/${id}`, { token: ben }), ThreadDetail)
    expect(thread.participants.map(({ agentId, role }) => [agentId, role])).toEqual([
      ['ben', 'author'],
      ['cara', null],
      ['lead', null],
    ])
    const messages = await api.ask(`/v1/threads/${id}/messages?after=1&limit=1`)
    expect(expectAnswer(messages, makeSlice(ThreadMessage))).toMatchObject({
      items: [{ seq: 2, sender: 'ben', body: 'two' }],
      nextAfter: 2,
    })
  })

  test('show who was asked to be woken', async () => {
    const id = await startThread()
    const wake = { thread_id: id, target_agent_id: 'cara', reason: 'review', trigger_prompt: 'Look.' }
    expect((await call('trigger_participant', wake, lead)).status).toBe(200)
    const answered = await api.ask(`/v1/threads/${id}/wakes`)
    expect(expectAnswer(answered, makePage(ThreadWake)).items).toMatchObject([
      { targetAgentId: 'cara', requestedBy: 'lead', status: 'queued', fallbackAction: 'spawn_session' },
    ])
  })
})

describe('sessions', () => {
  test('are listed once their agents were heard of', async () => {
    await call('heartbeat_session', { runtime: 'codex', management_mode: 'managed' }, ben)
    const entry = expectAnswer(await api.ask('/v1/sessions/ben'), SessionEntry)
    expect(entry).toMatchObject({ agentId: 'ben', runtime: 'codex', isStale: false, writer: null })
    const { items } = expectAnswer(await api.ask('/v1/sessions'), makePage(SessionEntry))
    expect(items).toEqual([{ ...entry, lastHeartbeatAt: expect.any(String) as string }])
    expectProblem(await api.ask('/v1/sessions/nobody'), 404, 'NOT_FOUND')
  })
})

describe('the data policy', () => {
  test('is the permanent one until somebody says otherwise, and why', async () => {
    const read = async () => expectAnswer(await api.ask('/v1/policy'), PolicyView)
    expect(await read()).toEqual({ retention: { mode: 'permanent' }, redaction: false })
    const patch = (body: object, token?: string) =>
      api.ask('/v1/policy', { method: 'PATCH', body, ...(token === undefined ? {} : { token }) })
    expectProblem(await patch({ reason: 'x' }), 400)
    expectProblem(await patch({ redaction: true }), 400)
    expectProblem(await patch({ redaction: true, reason: 'x' }, lead), 403, 'FORBIDDEN')
    expectAnswer(await patch({ redaction: true, reason: 'Customers write here.' }), PolicyView)
    expect(await read()).toEqual({ retention: { mode: 'permanent' }, redaction: true })
    expectAnswer(await patch({ retention: { mode: 'days', days: 30 }, reason: 'Law.' }), PolicyView)
    expect(await read()).toEqual({ retention: { mode: 'days', days: 30 }, redaction: true })
    const { items } = expectAnswer(
      await api.ask('/v1/audit?operation=changePolicy&result=ok'),
      makePage(AuditLine),
    )
    expect(items.map(({ reason }) => reason)).toEqual(['Law.', 'Customers write here.'])
  })
})
