import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeProgramHome, type ProgramHome } from '../support/program.ts'
import { connectHttp, ERAS, readProblem } from './support/clients.ts'
import { connectStdio, serveHome, type Served } from './support/program-server.ts'

const Thread = z.looseObject({ thread_id: z.string() })
const Read = z.looseObject({
  messages: z.array(z.looseObject({ seq: z.number(), body: z.string().nullable() })),
})

let home: ProgramHome
let served: Served

beforeAll(async () => {
  home = await makeProgramHome('short')
})

afterAll(async () => {
  await home.remove()
})

test('without a server of the home it says how to start one, and nothing on standard output', async () => {
  const { exit, stdout, stderr } = await home.run(['mcp'])
  expect(exit).toBe(69)
  expect(stdout).toBe('')
  expect(stderr).toContain('./ropewalk up')
})

describe('beside a server', () => {
  beforeAll(async () => {
    served = await serveHome(home)
  })

  afterAll(async () => {
    await served.stop()
  })

  test.each(ERAS)('a program that starts it talks with one that comes in over HTTP, %s', async (era) => {
    const [lead, ann] = await Promise.all([
      served.issue('lead', 'coordinator'),
      served.issue('ann', 'participant'),
    ])
    const near = await connectStdio(home, { era, token: ann })
    const far = await connectHttp(served, { token: lead, era })
    const { thread_id } = Thread.parse(
      await far.ask('create_thread', { title: 'Across', participants: ['ann'] }),
    )
    const waiting = near.ask('wait_for_messages', { timeout_seconds: 40 })
    await sleep(300)
    await far.ask('post_message', { thread_id, body: 'Can you hear me?' })
    expect(Read.parse(await waiting).messages).toMatchObject([{ seq: 1, body: 'Can you hear me?' }])
    await near.ask('ack_read', { thread_id, last_read_seq: 1 })
    await near.ask('post_message', { thread_id, body: 'Loud and clear.' })
    const { messages } = Read.parse(await far.ask('read_messages', { thread_id, since_seq: 1 }))
    expect(messages).toMatchObject([{ seq: 2, body: 'Loud and clear.' }])
    const { tools } = await near.client.listTools()
    expect(tools.map(({ name }) => name)).not.toContain('create_thread')
    const refused = readProblem(await near.call('create_thread', { title: 'No', participants: ['ann'] }))
    expect(refused.code).toBe('FORBIDDEN')
    expect(refused.details).not.toHaveProperty('requestId')
    // To HTTP every call of the other client went to one address; they are counted by name all the same.
    const metrics = await fetch(`${served.url}/metrics`, {
      headers: { authorization: `Bearer ${served.ownerToken}` },
    })
    expect(await metrics.text()).toMatch(/ropewalk_requests(?:_total)?\{[^}]*operation="create_thread"/u)
    await Promise.all([near.close(), far.close()])
  })

  test('without a token of its own it speaks for the owner', async () => {
    const { client, close } = await connectStdio(home, { era: 'modern' })
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toContain('create_thread')
    await close()
  })

  test('a server that was started anew is found again', async () => {
    const { call, ask, close } = await connectStdio(home, { era: 'legacy' })
    await served.stop()
    expect(readProblem(await call('list_threads'))).toMatchObject({ code: 'DRAINING', retryable: true })
    served = await serveHome(home)
    expect(await ask('list_threads')).toHaveProperty('threads')
    await close()
  })
})
