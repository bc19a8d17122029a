import { findDocumentContract } from '@ropewalk/core/contract/documents'
import { streamText } from 'ai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createOpenAI } from '@ai-sdk/openai'
import { makeLanguageModel, parseModelEntry } from '../../../src/worker/agents/providers.ts'
import { GOOD_DOCUMENTS } from '../../support/model-answers.ts'
import { startModelServer, type ModelServer } from '../../support/model-server.ts'

let server: ModelServer
beforeAll(async () => {
  server = await startModelServer()
})
afterAll(() => server.stop())

const getModel = (text: string) => {
  if (text === 'chat') return createOpenAI({ apiKey: 'k', baseURL: server.baseUrl }).chat('test-model')
  const entry = parseModelEntry(text)
  if (entry.provider === 'offline') throw new Error('offline is no model of a server')
  return makeLanguageModel(
    { list: [], keys: { [entry.provider]: 'k' }, baseUrls: { [entry.provider]: server.baseUrl } },
    entry,
  )
}

test('each good document meets its contract', () => {
  for (const [name, document] of Object.entries(GOOD_DOCUMENTS))
    expect(findDocumentContract(name)?.safeParse(document)).toMatchObject({ success: true })
})

test.for(['openai/test-model', 'chat', 'anthropic/claude-sonnet-4-5', 'compatible/test-model'])(
  '%s: streams text, tool calls and usage',
  async (entry) => {
    server.setScript(() => ({ type: 'text', text: 'streamed words' }))
    const words = streamText({ model: getModel(entry), prompt: 'Speak.', maxRetries: 0 })
    expect(await words.text).toBe('streamed words')
    const before = server.tokens.output
    server.setScript(() => ({ type: 'tools', calls: [{ name: 'go', input: { to: 'x' } }] }))
    const calls = streamText({ model: getModel(entry), prompt: 'Act.', maxRetries: 0 })
    expect(await calls.toolCalls).toMatchObject([{ toolName: 'go', input: { to: 'x' } }])
    expect(await calls.finishReason).toBe('tool-calls')
    expect((await calls.usage).outputTokens).toBe(server.tokens.output - before)
    expect(server.requests.at(-1)?.stream).toBe(true)
  },
)
