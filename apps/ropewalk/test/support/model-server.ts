import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { findGoodDocument, getCoderFiles } from './model-answers.ts'
import { encodeAnswer, type Answer, type Protocol, type ToolCall } from './model-wire.ts'

/** A request as a script sees it: who asks for what, read from the markers of our prompts. */
export type ModelRequest = {
  readonly protocol: Protocol
  readonly model: string
  /** `Agent: …` and `Output artifact: …` of the instructions; empty where absent. */
  readonly agent: string
  readonly output: string
  readonly tools: readonly string[]
  /** How many tool results the conversation holds already. */
  readonly toolResults: number
  readonly stream: boolean
  /** The whole body as it came, as text. */
  readonly text: string
  /** Whether a key came with it; the key itself is not kept. */
  readonly hasKey: boolean
}

/** What the server does with a request. `good` is what a good model would say to it. */
export type ModelReply =
  | { readonly type: 'good' }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'json'; readonly value: unknown }
  | { readonly type: 'tools'; readonly calls: readonly ToolCall[] }
  | { readonly type: 'refusal'; readonly text?: string }
  | { readonly type: 'rate-limit'; readonly retryAfterSeconds?: number }
  | { readonly type: 'quota' }
  | { readonly type: 'status'; readonly status: number; readonly body?: unknown }
  | { readonly type: 'hang' }
  | { readonly type: 'drop' }
  | { readonly type: 'slow'; readonly ms: number; readonly then: ModelReply }

/** `index` counts the requests from 0. */
export type ModelScript = (request: ModelRequest, index: number) => ModelReply

export type ModelServer = {
  readonly url: string
  /** For OPENAI_BASE_URL, ANTHROPIC_BASE_URL, ROPEWALK_COMPATIBLE_BASE_URL alike. */
  readonly baseUrl: string
  readonly requests: readonly ModelRequest[]
  /** Tokens of all answers that were billed. */
  readonly tokens: { readonly input: number; readonly output: number }
  setScript: (script: ModelScript) => void
  stop: () => Promise<void>
}

const Body = z.looseObject({
  model: z.string().default('unknown'),
  stream: z.boolean().default(false),
  tools: z
    .array(
      z.looseObject({
        name: z.string().optional(),
        function: z.looseObject({ name: z.string() }).optional(),
      }),
    )
    .default([]),
})

const PROTOCOLS: Readonly<Record<string, Protocol>> = {
  '/v1/chat/completions': 'openai-chat',
  '/v1/responses': 'openai-responses',
  '/v1/messages': 'anthropic',
}

/**
 * Starts a real HTTP server on a free loopback port that speaks OpenAI chat completions, OpenAI responses and
 * Anthropic messages, whole or streamed as it is asked, and answers each request as the script says
 * (every one well, where there is none).
 */
export const startModelServer = async (
  script: ModelScript = () => ({ type: 'good' }),
): Promise<ModelServer> => {
  const requests: ModelRequest[] = []
  const tokens = { input: 0, output: 0 }
  let present = script
  const stopping = new AbortController()
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const protocol = PROTOCOLS[(request.url ?? '').split('?')[0] ?? '']
    if (protocol === undefined) {
      response
        .writeHead(404, { 'content-type': 'application/json' })
        .end('{"error":{"message":"no such path"}}')
      return
    }
    const asked = await readRequest(request, protocol)
    requests.push(asked)
    await reply({ asked, response, tokens, signal: stopping.signal }, present(asked, requests.length - 1))
  }
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      if (!stopping.signal.aborted) response.destroy(error instanceof Error ? error : undefined)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the model server has no port')
  const url = `http://127.0.0.1:${String(address.port)}`
  return {
    url,
    baseUrl: `${url}/v1`,
    requests,
    tokens,
    setScript: (next) => {
      present = next
    },
    stop: async () => {
      stopping.abort()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const readRequest = async (request: IncomingMessage, protocol: Protocol): Promise<ModelRequest> => {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(Buffer.from(part as Uint8Array))
  const text = Buffer.concat(parts).toString('utf8')
  const body = Body.parse(JSON.parse(text))
  const find = (marker: string) =>
    new RegExp(`${marker}: ([A-Za-z][A-Za-z0-9._-]*)`, 'u').exec(text)?.[1] ?? ''
  const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0
  return {
    protocol,
    model: body.model,
    agent: find('Agent'),
    output: find('Output artifact'),
    tools: body.tools.flatMap((tool) => tool.function?.name ?? tool.name ?? []),
    toolResults: count(/"role":"tool"|"type":"function_call_output"|"type":"tool_result"/gu),
    stream: body.stream,
    text,
    hasKey: (request.headers.authorization ?? request.headers['x-api-key'] ?? '') !== '',
  }
}

type Exchange = {
  readonly asked: ModelRequest
  readonly response: ServerResponse
  readonly tokens: { input: number; output: number }
  readonly signal: AbortSignal
}

const reply = async (exchange: Exchange, what: ModelReply): Promise<void> => {
  const { asked, response, signal } = exchange
  switch (what.type) {
    case 'hang':
      return
    case 'drop':
      response.destroy()
      return
    case 'slow':
      await delay(what.ms, undefined, { signal })
      return reply(exchange, what.then)
    case 'rate-limit':
      return fail(exchange, 429, getProblem(asked.protocol, 'rate_limit'), what.retryAfterSeconds)
    case 'quota':
      // Each in its provider's own way: OpenAI as 429, Anthropic as a bad request.
      return fail(exchange, asked.protocol === 'anthropic' ? 400 : 429, getProblem(asked.protocol, 'quota'))
    case 'status':
      return fail(exchange, what.status, what.body ?? getProblem(asked.protocol, 'server'))
    case 'refusal':
      return answer(exchange, { text: what.text ?? 'I cannot help with that.', calls: [], isRefusal: true })
    case 'text':
      return answer(exchange, { text: what.text, calls: [], isRefusal: false })
    case 'json':
      return answer(exchange, { text: JSON.stringify(what.value), calls: [], isRefusal: false })
    case 'tools':
      return answer(exchange, { text: '', calls: what.calls, isRefusal: false })
    case 'good':
      return reply(exchange, getGoodReply(asked))
  }
}

const answer = (exchange: Exchange, what: Answer): void => {
  const { asked, response, tokens } = exchange
  const input = Math.ceil(asked.text.length / 4)
  const output = Math.ceil((what.text.length + JSON.stringify(what.calls).length) / 4)
  tokens.input += input
  tokens.output += output
  const encoded = encodeAnswer({
    protocol: asked.protocol,
    model: asked.model,
    stream: asked.stream,
    answer: what,
    usage: { input, output },
    usesJsonTool: asked.tools.includes('json'),
  })
  response
    .writeHead(200, { 'content-type': asked.stream ? 'text/event-stream' : 'application/json' })
    .end(encoded)
}

const fail = ({ response }: Exchange, status: number, body: unknown, retryAfterSeconds?: number): void => {
  response
    .writeHead(status, {
      'content-type': 'application/json',
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    })
    .end(JSON.stringify(body))
}

const getProblem = (protocol: Protocol, kind: 'rate_limit' | 'quota' | 'server'): unknown => {
  const [type, message] = {
    rate_limit: ['rate_limit_error', 'Too many requests.'],
    quota:
      protocol === 'anthropic'
        ? ['invalid_request_error', 'Your credit balance is too low.']
        : ['insufficient_quota', 'The quota of this account is spent.'],
    server: ['server_error', 'Something broke here.'],
  }[kind] as [string, string]
  return protocol === 'anthropic'
    ? { type: 'error', error: { type, message } }
    : { error: { message, type, code: type } }
}

/** What a good model says: the document that is asked for, or the next step of a coder's session. */
export const getGoodReply = (asked: ModelRequest): ModelReply => {
  if (asked.tools.includes('repo_write')) return getCoderStep(asked)
  const document = findGoodDocument(asked.output, (name) => findQuoted(asked, name))
  return document === undefined
    ? { type: 'text', text: `# ${asked.output}\n\nWritten by the scripted model.` }
    : { type: 'json', value: { document, questions: null } }
}

const listStrings = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(listStrings) : []
}

/** The JSON of an artifact that a prompt quotes; undefined where it quotes none of that name. */
export const findQuoted = ({ text }: Pick<ModelRequest, 'text'>, artifact: string): unknown => {
  const block = new RegExp(`<data (\\w+) [^>]*artifact="${artifact}"[^>]*>\n([\\s\\S]*?)\n</data \\1>`, 'u')
  for (const part of listStrings(JSON.parse(text))) {
    const quoted = block.exec(part)?.[2]
    if (quoted !== undefined) return JSON.parse(quoted)
  }
  return undefined
}

/** All files in one turn, then the tests, then the end: told apart by the tool results so far. */
const getCoderStep = (asked: ModelRequest): ModelReply => {
  const files = Object.entries(getCoderFiles(asked.agent))
  if (asked.toolResults === 0)
    return {
      type: 'tools',
      calls: files.map(([path, content]) => ({ name: 'repo_write', input: { path, content } })),
    }
  if (asked.toolResults === files.length)
    return { type: 'tools', calls: [{ name: 'repo_run', input: { argv: ['node', '--test'] } }] }
  return { type: 'text', text: 'The part is written and its tests pass.' }
}
