import {
  type CallToolResult,
  Client,
  StreamableHTTPClientTransport,
  type Transport,
} from '@modelcontextprotocol/client'
import { z } from 'zod'
import { makeEngineDoor } from '../../../src/mcp/engine-door.ts'
import { makeTaskTokens } from '../../../src/http/task-token.ts'
import { API_TOKEN, startApi, type TestApi } from '../../http/support/start-api.ts'

/** `modern`: the protocol of 2026-07-28, a request at a time. `legacy`: the one before it, with sessions. */
export type Era = 'modern' | 'legacy'
export const ERAS: readonly Era[] = ['legacy', 'modern']

/** What a person at the client answers to a form. */
export type Person = (asked: { readonly message: string; readonly fields: readonly string[] }) => {
  readonly action: 'accept' | 'decline'
  readonly content?: Record<string, string | number | boolean>
}

export type Connected = {
  readonly client: Client
  readonly call: (name: string, args?: Readonly<Record<string, unknown>>) => Promise<CallToolResult>
  /** The structured answer; throws with what was said where it is an error. */
  readonly ask: (
    name: string,
    args?: Readonly<Record<string, unknown>>,
  ) => Promise<Readonly<Record<string, unknown>>>
  readonly close: () => Promise<void>
}

const Requested = z.looseObject({ properties: z.record(z.string(), z.unknown()) })

/** A client of the official library over whatever transport, in one of the two eras. */
export const connectClient = async (transport: Transport, era: Era, person?: Person): Promise<Connected> => {
  const client = new Client(
    { name: 'test-client', version: '1' },
    {
      capabilities: person === undefined ? {} : { elicitation: { form: {} } },
      ...(era === 'modern' ? { versionNegotiation: { mode: { pin: '2026-07-28' } } } : {}),
    },
  )
  if (person !== undefined)
    client.setRequestHandler('elicitation/create', ({ params }) => {
      const form = 'requestedSchema' in params ? Requested.parse(params.requestedSchema).properties : {}
      return person({ message: params.message, fields: Object.keys(form) })
    })
  await client.connect(transport)
  const call: Connected['call'] = (name, args = {}) => client.callTool({ name, arguments: { ...args } })
  return {
    client,
    call,
    ask: async (name, args) => {
      const { isError, structuredContent, content } = await call(name, args)
      if (isError === true || structuredContent === undefined) throw new Error(JSON.stringify(content))
      return z.record(z.string(), z.unknown()).parse(structuredContent)
    },
    close: () => client.close(),
  }
}

export const connectHttp = (
  { url }: { readonly url: string },
  of: { readonly token: string; readonly era: Era; readonly person?: Person },
): Promise<Connected> =>
  connectClient(
    new StreamableHTTPClientTransport(new URL('/mcp', url), {
      requestInit: { headers: { authorization: `Bearer ${of.token}` } },
    }),
    of.era,
    of.person,
  )

/** The problem of a refused call, in the fields of row CX-24. */
export const readProblem = ({ isError, content }: CallToolResult) => {
  const [first] = content
  if (isError !== true || first?.type !== 'text') throw new Error(`no refusal: ${JSON.stringify(content)}`)
  return z
    .strictObject({
      code: z.string(),
      message: z.string(),
      details: z.record(z.string(), z.unknown()),
      retryable: z.boolean(),
      request_id: z.string(),
      occurred_at: z.string(),
    })
    .parse(JSON.parse(first.text))
}

/** The API with MCP on its engine. */
export const startMcpApi = (): Promise<TestApi> =>
  startApi({}, {}, [], ({ engine, config, log }) =>
    makeEngineDoor({ sources: { engine, config, taskTokens: makeTaskTokens(API_TOKEN) }, log }),
  )

/** A token for an agent, issued by the owner. */
export const issueToken = async (
  api: Pick<TestApi, 'ask'>,
  of: { readonly agentId: string; readonly role: string; readonly scopes?: readonly string[] },
): Promise<string> => {
  const { status, text, json } = await api.ask('/v1/tokens', { body: of })
  if (status !== 200) throw new Error(`no token: ${status} ${text}`)
  return z.looseObject({ token: z.string() }).parse(json).token
}
