import { RopewalkError } from '@ropewalk/core/errors'
import {
  Client,
  type CallToolResult,
  type JsonSchemaValidator,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  UnauthorizedError,
  type jsonSchemaValidator,
  type Tool,
} from '@modelcontextprotocol/client'
import { makeRedactor } from '../../../secrets/secrets.ts'
import { WORKER_VERSION } from '../../worker-version.ts'
import { cleanLine, cleanVersion } from './clean-words.ts'
import { makeHttpTransport } from './http-transport.ts'
import type { McpServer } from './server-file.ts'
import { fillValues, listSecretForms, listSecretNames } from './server-values.ts'
import type { ServerTransport } from './server-transport.ts'
import { makeStdioTransport } from './stdio-transport.ts'

/** What servers are reached with, whichever they are. */
export type ServerMeans = {
  /** Throws NOT_FOUND for a secret that is not kept. */
  readonly readSecrets: (names: readonly string[]) => Promise<Readonly<Record<string, string>>>
  /** Where programs are and which language is spoken: all of our environment that a server is given. */
  readonly environment: Readonly<Record<string, string>>
}

/** An open connection. Nothing that leaves it, errors included, holds one of the server's secrets. */
export type McpConnection = {
  /** As the server reports it; `unknown` where it does not. */
  readonly version: string
  readonly protocol: string
  readonly tools: readonly Tool[]
  readonly isOpen: () => boolean
  /** Throws what the client throws, and AGENT_UNREACHABLE or FORBIDDEN from the way there. */
  readonly callTool: (
    name: string,
    input: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ) => Promise<CallToolResult>
  readonly redact: (text: string) => string
  /** No process of the server is left when it resolves. */
  readonly close: () => Promise<void>
}

/** A server with more pages of tools than this has lost count. */
const MAX_PAGES = 20
const MAX_WORDS = 800

/** What tools answer is data for a model; no code is made of the schemas that servers send for it. */
const acceptAll: jsonSchemaValidator = {
  getValidator:
    <T>(): JsonSchemaValidator<T> =>
    (input) => ({ valid: true, data: input as T, errorMessage: undefined }),
}

const makeClient = (timeoutMs: number): Client =>
  new Client(
    { name: 'ropewalk', version: WORKER_VERSION },
    {
      // None: an agent's server may not ask models, folders or persons through us.
      capabilities: {},
      inputRequired: { autoFulfill: false },
      jsonSchemaValidator: acceptAll,
      listMaxPages: MAX_PAGES,
      // A program of the older protocol may leave the first question unanswered; half of the time is left for it then.
      versionNegotiation: { mode: 'auto', probe: { timeoutMs: Math.ceil(timeoutMs / 2) } },
    },
  )

/** Programs that understood only the older protocol, by server: they are not asked for the newer one each time. */
export type KnownLegacy = Set<string>

type Opened = {
  readonly client: Client
  readonly transport: ServerTransport
  readonly tools: readonly Tool[]
}

type Way = {
  readonly make: () => ServerTransport
  readonly legacy: KnownLegacy
  readonly signal: AbortSignal
  readonly say: (text: string) => string
}

/** A program that ends when it is asked for the newer protocol is started again and spoken to in the older one. */
const open = async (server: McpServer, way: Way, isLegacy: boolean): Promise<Opened> => {
  const { name, timeoutMs } = server
  const { signal, say } = way
  const client = makeClient(timeoutMs)
  const transport = way.make()
  const prior = isLegacy ? { prior: { kind: 'legacy' } as const } : {}
  try {
    await client.connect(transport, { timeout: timeoutMs, signal, ...prior })
    const { tools } = await client.listTools(undefined, { timeout: timeoutMs, signal })
    if (client.getProtocolEra() === 'legacy' && server.transport.kind === 'stdio') way.legacy.add(name)
    return { client, transport, tools }
  } catch (error) {
    const hasEnded = transport.hasEnded()
    const complaint = transport.getComplaint()
    await transport.close()
    signal.throwIfAborted()
    way.legacy.delete(name)
    if (!isLegacy && hasEnded && !isNotStarted(error)) return open(server, way, true)
    throw translate(server, error, (why) => say(complaint === '' ? why : `${why} It wrote: ${complaint}`))
  }
}

const isNotStarted = (error: unknown): boolean =>
  error instanceof Error && 'syscall' in error && String(error.syscall).startsWith('spawn')

/**
 * An error of the client as one of ours. It carries no cause: the client's own may hold headers and bodies.
 * NOT_FOUND: a program that cannot be started; UNAUTHORIZED; FORBIDDEN: an address; else AGENT_UNREACHABLE.
 */
const translate = (server: McpServer, error: unknown, say: (text: string) => string): RopewalkError => {
  const own = findOwn(error)
  const tell = (code: 'NOT_FOUND' | 'UNAUTHORIZED' | 'FORBIDDEN' | 'AGENT_UNREACHABLE', why: string) =>
    new RopewalkError(code, `The MCP server ${server.name} cannot be used: ${say(why)}`, {
      details: { server: server.name },
    })
  if (own !== undefined)
    return tell(
      own.code === 'FORBIDDEN' || own.code === 'NOT_FOUND' ? own.code : 'AGENT_UNREACHABLE',
      own.message,
    )
  if (isNotStarted(error)) return tell('NOT_FOUND', `its program cannot be started (${getCode(error)}).`)
  if (
    error instanceof UnauthorizedError ||
    (error instanceof SdkHttpError && [401, 403].includes(error.status ?? 0))
  )
    return tell('UNAUTHORIZED', 'it refused the credentials, or wants some.')
  if (error instanceof SdkError && error.code === SdkErrorCode.RequestTimeout)
    return tell('AGENT_UNREACHABLE', `it gave no answer within ${server.timeoutMs / 1000} s.`)
  return tell('AGENT_UNREACHABLE', error instanceof Error ? error.message : 'the connection failed.')
}

/** An error of ours that the client wrapped in its own. */
export const findOwn = (error: unknown): RopewalkError | undefined => {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth += 1)
    if (at instanceof RopewalkError) return at
  return undefined
}

const getCode = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown'

const makeEnvironment = (
  { environment }: ServerMeans,
  folder: string,
  own: Readonly<Record<string, string>>,
): Record<string, string> => ({
  PATH: environment['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
  LANG: environment['LANG'] ?? 'C.UTF-8',
  HOME: folder,
  TMPDIR: folder,
  ...own,
})

const makeTransport = (
  { transport: how, timeoutMs }: McpServer,
  values: Readonly<Record<string, string>>,
  { means, folder }: { readonly means: ServerMeans; readonly folder: string },
): ServerTransport =>
  how.kind === 'http'
    ? makeHttpTransport({ url: how.url, headers: values, allowPrivate: how.allowPrivate, timeoutMs })
    : makeStdioTransport({
        argv: how.argv,
        env: makeEnvironment(means, folder, values),
        cwd: how.cwd ?? folder,
      })

/**
 * Connects to a server and learns its tools. `folder` is its home and, unless it names one, where it runs.
 * Throws AGENT_UNREACHABLE, FORBIDDEN for an address that may not be asked, UNAUTHORIZED, NOT_FOUND for a secret or
 * a program that is not there, and the signal's reason; nothing is left running then.
 */
export const connectServer = async (
  server: McpServer,
  of: {
    readonly means: ServerMeans
    readonly folder: string
    readonly legacy: KnownLegacy
    readonly signal: AbortSignal
  },
): Promise<McpConnection> => {
  const given = server.transport.kind === 'stdio' ? server.transport.env : server.transport.headers
  const secrets = await of.means.readSecrets(listSecretNames(given))
  const values = fillValues(given, secrets)
  const redact = makeRedactor(Object.values(secrets).flatMap(listSecretForms))
  const way = {
    ...of,
    make: () => makeTransport(server, values, of),
    say: (text: string) => cleanLine(redact(text), MAX_WORDS),
  }
  return makeConnection(server, await open(server, way, of.legacy.has(server.name)), redact)
}

const makeConnection = (
  server: McpServer,
  { client, transport, tools }: Opened,
  redact: (text: string) => string,
): McpConnection => {
  let isOpen = true
  client.onclose = () => {
    isOpen = false
  }
  return {
    version: cleanVersion(client.getServerVersion()?.version),
    protocol: client.getNegotiatedProtocolVersion() ?? 'unknown',
    tools,
    isOpen: () => isOpen,
    redact,
    callTool: (name, input, signal) =>
      client.callTool({ name, arguments: { ...input } }, { timeout: server.timeoutMs, signal }),
    close: async () => {
      if (isOpen) await transport.leave()
      await client.close()
    },
  }
}

/** Why a call gave no result, for the model to read; undefined for what it is not to hear of. */
export const findCallTrouble = (server: McpServer, error: unknown): string | undefined => {
  const own = findOwn(error)
  if (own !== undefined) return own.code === 'FORBIDDEN' ? undefined : own.message
  if (error instanceof ProtocolError) return `${server.name} refused the call: ${error.message}`
  if (!(error instanceof SdkError))
    return error instanceof Error ? `the call failed: ${error.message}` : undefined
  switch (error.code) {
    case SdkErrorCode.RequestTimeout:
      return `${server.name} gave no answer within ${server.timeoutMs / 1000} s; whether it did anything is not known.`
    case SdkErrorCode.ConnectionClosed:
    case SdkErrorCode.NotConnected:
    case SdkErrorCode.SendFailed:
      return `${server.name} went away during the call; whether it did anything is not known.`
    case SdkErrorCode.UnsupportedResultType:
      return `${server.name} wants to ask a person, which a tool call cannot do here.`
    default:
      return `the call failed: ${error.message}`
  }
}
