import {
  type McpServer,
  type ReadResourceResult,
  ResourceNotFoundError,
  ResourceTemplate,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { GET_RUN, LIST_RUNS, READ_ARTIFACT } from '@ropewalk/core/contract/methods/runs'
import { GET_THREAD, LIST_THREADS, READ_MESSAGES } from '@ropewalk/core/contract/methods/threads'
import { hasCode } from '@ropewalk/core/errors'
import type { ToolSources } from './tools.ts'

/** How many of each kind a client is shown; there is a tool that pages through all of them. */
const LISTED = 50

/** Newest messages that a thread's resource holds. */
const SHOWN_MESSAGES = 100

type Sources = Pick<ToolSources, 'callMethod' | 'getVisit' | 'isOpen'>

type Call = (
  name: string,
  input: Readonly<Record<string, unknown>>,
) => Promise<Readonly<Record<string, unknown>>>

const makeJson = (uri: URL, value: unknown): ReadResourceResult => ({
  contents: [{ uri: uri.href, mimeType: 'application/json', text: JSON.stringify(value) }],
})

/** What is missing, or not the caller's to see, is no resource; what is no id is none either. */
const orNotFound = async (uri: URL, read: () => Promise<ReadResourceResult>): Promise<ReadResourceResult> => {
  try {
    return await read()
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND') || hasCode(error, 'INVALID_ARGUMENT'))
      throw new ResourceNotFoundError(uri.href)
    throw error
  }
}

type Kind = {
  readonly name: string
  readonly title: string
  readonly about: string
  /** Its id stands at the end of the address. */
  readonly address: string
  /** The method it is read by. */
  readonly needs: string
  readonly read: (call: Call, uri: URL, id: string) => Promise<ReadResourceResult>
  readonly list?: (call: Call) => Promise<readonly { readonly id: string; readonly title: string }[]>
}

const THREAD: Kind = {
  name: 'thread',
  title: 'Thread',
  about: 'A thread with its participants and its newest messages.',
  address: 'ropewalk://threads/',
  needs: GET_THREAD.name,
  read: async (call, uri, id) => {
    const thread = GET_THREAD.output.parse(await call(GET_THREAD.name, { thread_id: id }))
    const { messages } = await call(READ_MESSAGES.name, {
      thread_id: id,
      since_seq: Math.max(0, thread.last_seq - SHOWN_MESSAGES),
      limit: SHOWN_MESSAGES,
    })
    return makeJson(uri, { thread, messages })
  },
  list: async (call) => {
    const { threads } = LIST_THREADS.output.parse(await call(LIST_THREADS.name, { limit: LISTED }))
    return threads.map(({ thread_id, title }) => ({ id: thread_id, title }))
  },
}

const RUN: Kind = {
  name: 'run',
  title: 'Run',
  about: 'A run: its idea, phases, open questions, cost and verdict.',
  address: 'ropewalk://runs/',
  needs: GET_RUN.name,
  read: async (call, uri, id) => makeJson(uri, await call(GET_RUN.name, { run_id: id })),
  list: async (call) => {
    const { runs } = LIST_RUNS.output.parse(await call(LIST_RUNS.name, { limit: LISTED }))
    return runs.map(({ id, title }) => ({ id, title }))
  },
}

const ARTIFACT: Kind = {
  name: 'artifact',
  title: 'Artifact',
  about: 'The text of what an agent made, up to 64 KB; read_artifact gives the rest.',
  address: 'ropewalk://artifacts/',
  needs: READ_ARTIFACT.name,
  read: async (call, uri, id) => {
    const { artifact, text } = READ_ARTIFACT.output.parse(await call(READ_ARTIFACT.name, { artifact_id: id }))
    return text === null
      ? makeJson(uri, { artifact })
      : { contents: [{ uri: uri.href, mimeType: artifact.mediaType, text }] }
  },
}

const addKind = (server: McpServer, kind: Kind, { callMethod, getVisit }: Sources): void => {
  const { list, read } = kind
  const getCall =
    (context: ServerContext): Call =>
    (name, input) =>
      callMethod(name, input, getVisit(context))
  const template = new ResourceTemplate(`${kind.address}{id}`, {
    list:
      list === undefined
        ? undefined
        : async (context) => ({
            resources: (await list(getCall(context))).map(({ id, title }) => ({
              uri: `${kind.address}${id}`,
              name: `${kind.name} ${id}`,
              title,
              mimeType: 'application/json',
            })),
          }),
  })
  server.registerResource(
    kind.name,
    template,
    { title: kind.title, description: kind.about },
    (uri, { id }, context) =>
      orNotFound(uri, () => read(getCall(context), uri, typeof id === 'string' ? id : '')),
  )
}

/** Adds threads, runs and artifacts as resources, each read by the methods that tools are made of. */
export const addResources = (server: McpServer, sources: Sources): void => {
  for (const kind of [THREAD, RUN, ARTIFACT]) if (sources.isOpen(kind.needs)) addKind(server, kind, sources)
}
