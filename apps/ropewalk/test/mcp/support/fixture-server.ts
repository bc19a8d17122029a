import { randomBytes } from 'node:crypto'
import {
  McpServer,
  ResourceTemplate,
  completable,
  createRequestStateCodec,
  type CallToolResult,
  type GetPromptResult,
} from '@modelcontextprotocol/server'
import { z } from 'zod'
import { addRoundFixtures, type State } from './fixture-rounds.ts'
import { addToolFixtures, PIXEL } from './fixture-tools.ts'

const Nothing = z.object({})

const addResourceFixtures = (server: McpServer): void => {
  const add = (name: string, contents: { mimeType: string } & ({ text: string } | { blob: string })) => {
    const uri = `test://${name}`
    server.registerResource(name, uri, { title: name, mimeType: contents.mimeType }, () => ({
      contents: [{ uri, ...contents }],
    }))
  }
  add('static-text', { mimeType: 'text/plain', text: 'The text of a resource that never changes.' })
  add('static-binary', { mimeType: 'image/png', blob: PIXEL })
  add('watched-resource', { mimeType: 'text/plain', text: 'A resource that may be watched.' })
  server.registerResource(
    'template',
    new ResourceTemplate('test://template/{id}/data', { list: undefined }),
    { title: 'template', mimeType: 'application/json' },
    (uri, { id }) => ({
      contents: [{ uri: uri.href, mimeType: 'application/json', text: JSON.stringify({ id, found: true }) }],
    }),
  )
  server.server.setRequestHandler('resources/subscribe', () => ({}))
  server.server.setRequestHandler('resources/unsubscribe', () => ({}))
}

const say = (...content: GetPromptResult['messages'][number]['content'][]): GetPromptResult => ({
  messages: content.map((each) => ({ role: 'user', content: each })),
})

const addPromptFixtures = (server: McpServer): void => {
  server.registerPrompt('test_simple_prompt', { description: 'One message.' }, () =>
    say({ type: 'text', text: 'A prompt without arguments.' }),
  )
  server.registerPrompt(
    'test_prompt_with_arguments',
    {
      description: 'Two arguments, told again.',
      argsSchema: z.object({
        arg1: completable(z.string().describe('The first.'), (begun) =>
          ['paris', 'park', 'party'].filter((word) => word.startsWith(begun)),
        ),
        arg2: z.string().describe('The second.'),
      }),
    },
    ({ arg1, arg2 }) => say({ type: 'text', text: `It was given arg1='${arg1}' and arg2='${arg2}'.` }),
  )
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'A resource inside.', argsSchema: z.object({ resourceUri: z.string() }) },
    ({ resourceUri: uri }) =>
      say(
        { type: 'resource', resource: { uri, mimeType: 'text/plain', text: 'The resource itself.' } },
        { type: 'text', text: 'Look at the resource.' },
      ),
  )
  server.registerPrompt('test_prompt_with_image', { description: 'A picture inside.' }, () =>
    say(
      { type: 'image', data: PIXEL, mimeType: 'image/png' },
      { type: 'text', text: 'Look at the picture.' },
    ),
  )
}

const text = (words: string): CallToolResult => ({ content: [{ type: 'text', text: words }] })

const addStatelessFixtures = (server: McpServer): void => {
  server.registerTool(
    'test_logging_tool',
    { description: 'Logs while it works.', inputSchema: Nothing },
    async (_input, { mcpReq }) => {
      await mcpReq.log('info', 'at work')
      return text('done')
    },
  )
}

/** One codec for all server objects of a process: each request has an object of its own. */
const codec = createRequestStateCodec<State>({ key: randomBytes(32) })

/** The server whose tools, resources and prompts the conformance suite looks for by name. */
export const makeFixtureServer = (): McpServer => {
  const server = new McpServer(
    { name: 'fixtures', version: '1' },
    {
      capabilities: { logging: {}, completions: {}, resources: { subscribe: true, listChanged: false } },
      requestState: { verify: codec.verify },
    },
  )
  addToolFixtures(server)
  addResourceFixtures(server)
  addPromptFixtures(server)
  addStatelessFixtures(server)
  addRoundFixtures(server, codec)
  return server
}
