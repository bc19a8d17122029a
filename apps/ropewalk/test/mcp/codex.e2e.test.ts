import { z } from 'zod'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startModelServer, type ModelServer } from '../support/model-server.ts'
import { hasPeer } from '../support/peers.ts'
import { makeProgramHome, type ProgramHome } from '../support/program.ts'
import { connectHttp } from './support/clients.ts'
import { runCodex, type CodexServer } from './support/codex.ts'
import { MAIN, serveHome, type Served } from './support/program-server.ts'

const Thread = z.looseObject({ thread_id: z.string() })
const Read = z.looseObject({
  messages: z.array(
    z.looseObject({ seq: z.number(), body: z.string().nullable(), sender_agent_id: z.string() }),
  ),
})
const Participants = z.looseObject({
  participants: z.array(z.looseObject({ agent_id: z.string(), last_read_seq: z.number() })),
})

describe.skipIf(!hasPeer('codex'))('codex, a client of another make', () => {
  let home: ProgramHome
  let served: Served
  let model: ModelServer

  beforeAll(async () => {
    home = await makeProgramHome('short')
    ;[served, model] = await Promise.all([serveHome(home), startModelServer()])
  })

  afterAll(async () => {
    await model.stop()
    await served.stop()
    await home.remove()
  })

  const getServer = (way: CodexServer['type']): CodexServer =>
    way === 'http'
      ? { type: 'http', url: `${served.url}/mcp` }
      : { type: 'stdio', command: process.execPath, args: [MAIN, 'mcp'] }

  test.each(['http', 'stdio'] as const)(
    'posts, reads and acks in a thread in which another client with its own token writes, over %s',
    async (way) => {
      const [lead, token] = await Promise.all([
        served.issue('lead', 'coordinator'),
        served.issue('codex', 'participant'),
      ])
      const sdk = await connectHttp(served, { token: lead, era: 'modern' })
      const { thread_id } = Thread.parse(
        await sdk.ask('create_thread', { title: 'Two makes', participants: ['codex'] }),
      )
      await sdk.ask('post_message', { thread_id, body: 'Which port does it listen on?' })
      const steps = [
        { name: 'read_messages', input: { thread_id } },
        { name: 'post_message', input: { thread_id, body: 'On 18080.' } },
        { name: 'ack_read', input: { thread_id, last_read_seq: 2 } },
      ]
      const asked = model.requests.length
      model.setScript((_request, index) => {
        const step = steps[index - asked]
        return step === undefined
          ? { type: 'text', text: 'Answered.' }
          : { type: 'tools', calls: [{ ...step, namespace: 'mcp__ropewalk' }] }
      })
      const { exit, events, stderr } = await runCodex({
        prompt: 'Answer what is asked in your thread.',
        modelUrl: model.baseUrl,
        server: getServer(way),
        env: { ...home.env, HOME: home.folder, ROPEWALK_TOKEN: token },
      })
      expect(exit, stderr).toBe(0)
      const calls = events.flatMap(({ type, item }) =>
        type === 'item.completed' && item?.type === 'mcp_tool_call' ? [[item.tool, item.status]] : [],
      )
      expect(calls).toEqual(steps.map(({ name }) => [name, 'completed']))
      // What the other client wrote came to the model behind codex.
      expect(model.requests[asked + 1]?.text).toContain('Which port does it listen on?')
      const { messages } = Read.parse(await sdk.ask('read_messages', { thread_id, since_seq: 1 }))
      expect(messages).toMatchObject([{ seq: 2, body: 'On 18080.', sender_agent_id: 'codex' }])
      const { participants } = Participants.parse(await sdk.ask('get_thread', { thread_id }))
      expect(participants.find(({ agent_id }) => agent_id === 'codex')?.last_read_seq).toBe(2)
      await sdk.close()
    },
  )
})
