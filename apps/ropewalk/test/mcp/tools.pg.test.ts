import { setTimeout as sleep } from 'node:timers/promises'
import { METHOD_CONTRACTS } from '@ropewalk/core/contract/methods/list'
import { z } from 'zod'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { claimTask, startRun } from '../http/support/drive.ts'
import type { TestApi } from '../http/support/start-api.ts'
import { type Connected, connectHttp, ERAS, issueToken, readProblem, startMcpApi } from './support/clients.ts'

let api: TestApi
const tokens: Record<string, string> = {}
const open: Connected[] = []

beforeAll(async () => {
  api = await startMcpApi()
  for (const [agentId, role] of [
    ['lead', 'coordinator'],
    ['ann', 'participant'],
    ['bob', 'participant'],
    ['eve', 'participant'],
    ['watcher', 'auditor'],
  ] as const)
    tokens[agentId] = await issueToken(api, { agentId, role })
  tokens['reader'] = await issueToken(api, {
    agentId: 'reader',
    role: 'coordinator',
    scopes: ['threads:read'],
  })
})

afterAll(async () => {
  for (const { close } of open) await close()
  await api.stop()
})

const Thread = z.looseObject({ thread_id: z.string() })
const Posted = z.looseObject({ seq: z.number() })
const Read = z.looseObject({
  messages: z.array(
    z.looseObject({ seq: z.number(), body: z.string().nullable(), sender_agent_id: z.string() }),
  ),
})

describe.each(ERAS)('MCP over HTTP, %s', (era) => {
  const connect = async (agent: string): Promise<Connected> => {
    const connected = await connectHttp(api, { token: tokens[agent] ?? '', era })
    open.push(connected)
    return connected
  }
  const startThread = async (lead: Connected, ...participants: string[]): Promise<string> =>
    Thread.parse(await lead.ask('create_thread', { title: 'About the door', participants })).thread_id

  test('what is posted with one token is read and acked with another', async () => {
    const [lead, ann, bob] = await Promise.all([connect('lead'), connect('ann'), connect('bob')])
    const thread_id = await startThread(lead, 'ann', 'bob')
    expect(Posted.parse(await ann.ask('post_message', { thread_id, body: 'The hinge squeaks.' })).seq).toBe(1)
    const { messages } = Read.parse(await bob.ask('read_messages', { thread_id }))
    expect(messages).toMatchObject([{ seq: 1, body: 'The hinge squeaks.', sender_agent_id: 'ann' }])
    expect(await bob.ask('ack_read', { thread_id, last_read_seq: 1 })).toMatchObject({
      ok: true,
      last_read_seq: 1,
    })
    expect(readProblem(await bob.call('ack_read', { thread_id, last_read_seq: 0 })).code).toBe('CONFLICT')
  })

  test('somebody who waits is given a message as soon as it is there', async () => {
    const [lead, ann, bob] = await Promise.all([connect('lead'), connect('ann'), connect('bob')])
    const thread_id = await startThread(lead, 'ann', 'bob')
    const begun = performance.now()
    const waiting = bob.ask('wait_for_messages', { thread_id, since_seq: 0, timeout_seconds: 40 })
    await sleep(300)
    await ann.ask('post_message', { thread_id, body: 'Oil it.' })
    expect(Read.parse(await waiting).messages).toMatchObject([{ body: 'Oil it.' }])
    expect(performance.now() - begun).toBeLessThan(10_000)
  })

  test('a client sees the tools that its role and scopes allow, and no other answers it', async () => {
    const lists = await Promise.all(
      ['lead', 'ann', 'watcher', 'reader'].map(async (agent) => {
        const { tools } = await (await connect(agent)).client.listTools()
        return tools.map(({ name }) => name)
      }),
    )
    const [lead = [], ann = [], watcher = [], reader = []] = lists
    expect(lead).toContain('create_thread')
    expect(ann).toContain('post_message')
    expect(ann).not.toContain('create_thread')
    expect(watcher).not.toContain('post_message')
    expect(reader.toSorted()).toEqual(
      METHOD_CONTRACTS.filter(({ permission }) => permission === 'threads:read')
        .map(({ name }) => name)
        .toSorted(),
    )
    const refused = readProblem(
      await (await connect('ann')).call('create_thread', { title: 'Mine', participants: ['ann'] }),
    )
    expect(refused).toMatchObject({ code: 'FORBIDDEN', retryable: false })
  })

  test('a thread of others looks like one that there is not', async () => {
    const [lead, eve] = await Promise.all([connect('lead'), connect('eve')])
    const thread_id = await startThread(lead, 'ann', 'bob')
    const missing = '019f0000-0000-7000-8000-000000000000'
    const [foreign, absent] = await Promise.all([
      eve.call('get_thread', { thread_id }),
      eve.call('get_thread', { thread_id: missing }),
    ])
    const tell = (result: Parameters<typeof readProblem>[0], id: string) => {
      const { request_id: _, occurred_at: __, ...rest } = readProblem(result)
      return JSON.stringify(rest).replaceAll(id, 'ID')
    }
    expect(tell(foreign, thread_id)).toBe(tell(absent, missing))
    expect(await eve.ask('list_threads')).toMatchObject({ threads: [] })
  })

  test('what breaks the contract of a tool is told with its places', async () => {
    const ann = await connect('ann')
    const { code, details } = readProblem(await ann.call('post_message', { thread_id: 7, boddy: 'x' }))
    expect(code).toBe('INVALID_ARGUMENT')
    expect(JSON.stringify(details)).toContain('/thread_id')
  })

  test('threads are resources, and what is not the reader’s is none', async () => {
    const [lead, ann, eve] = await Promise.all([connect('lead'), connect('ann'), connect('eve')])
    const thread_id = await startThread(lead, 'ann')
    await ann.ask('post_message', { thread_id, body: 'Look here.' })
    const uri = `ropewalk://threads/${thread_id}`
    const { resources } = await ann.client.listResources()
    expect(resources.map((each) => each.uri)).toContain(uri)
    const { contents } = await ann.client.readResource({ uri })
    expect(JSON.stringify(contents)).toContain('Look here.')
    await expect(eve.client.readResource({ uri })).rejects.toThrow(/not found/iu)
    await expect(ann.client.readResource({ uri: 'ropewalk://threads/none' })).rejects.toThrow(/not found/iu)
  })

  test('prompts say how a review goes here and what is unread', async () => {
    const [lead, ann] = await Promise.all([connect('lead'), connect('ann')])
    const thread_id = await startThread(lead, 'ann')
    await lead.ask('post_message', { thread_id, body: 'Are you there?' })
    const review = await ann.client.getPrompt({ name: 'review_thread', arguments: { thread_id } })
    expect(JSON.stringify(review)).toContain('re_review_requested')
    const catchUp = await ann.client.getPrompt({ name: 'catch_up' })
    expect(JSON.stringify(catchUp)).toContain(thread_id)
  })
})

test('the token of a claimed task sees the tools of its task alone', async () => {
  const { runId } = await startRun(api)
  const { token } = await claimTask(api, runId)
  const { client, call, close } = await connectHttp(api, { token, era: 'legacy' })
  const { tools } = await client.listTools()
  expect(tools.map(({ name }) => name).toSorted()).toEqual(
    METHOD_CONTRACTS.filter(({ isForTasks }) => isForTasks)
      .map(({ name }) => name)
      .toSorted(),
  )
  expect(readProblem(await call('claim_task', { capabilities: ['any'] })).code).toBe('FORBIDDEN')
  await close()
})
