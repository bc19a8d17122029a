import {
  CLIENT_CAPABILITIES_META_KEY,
  inputRequired,
  inputResponse,
  type CallToolResult,
  type ElicitInputParams,
  type InputRequests,
  type InputRequiredResult,
  type McpServer,
  type RequestStateCodec,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { z } from 'zod'

/** What the fixtures keep between rounds. */
export type State = { readonly round: number }

type Given = CallToolResult | InputRequiredResult
type Codec = RequestStateCodec<State>
type Requested = ElicitInputParams['requestedSchema']

const Nothing = z.object({})

const text = (words: string): CallToolResult => ({ content: [{ type: 'text', text: words }] })

const form = (properties: Record<string, { type: 'string' } | { type: 'boolean' }>): Requested => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
})

const ask = (message: string, requestedSchema: Requested) =>
  inputRequired.elicit({ mode: 'form', message, requestedSchema })

const askModel = (words: string, maxTokens: number) =>
  inputRequired.createMessage({
    messages: [{ role: 'user', content: { type: 'text', text: words } }],
    maxTokens,
  })

const isGiven = ({ mcpReq }: ServerContext, key: string): boolean =>
  inputResponse(mcpReq.inputResponses, key).kind !== 'missing'

const tell = ({ mcpReq }: ServerContext, key: string): string => {
  const given = inputResponse(mcpReq.inputResponses, key)
  if (given.kind === 'elicit') return `action=${given.action}, content=${JSON.stringify(given.content ?? {})}`
  return JSON.stringify(given)
}

const getText = ({ mcpReq }: ServerContext, key: string): string => {
  const given = inputResponse(mcpReq.inputResponses, key)
  if (given.kind !== 'sampling') return 'nothing'
  const { content } = given.result
  const [first] = Array.isArray(content) ? content : [content]
  return first?.type === 'text' ? first.text : 'something that is no text'
}

/** A tool that asks for one thing and then tells what it was given. */
const addAsking = (
  server: McpServer,
  name: string,
  of: {
    readonly key: string
    readonly request: InputRequests[string]
    readonly done: (context: ServerContext) => string
  },
): void => {
  server.registerTool(
    name,
    { description: 'Asks, then tells.', inputSchema: Nothing },
    (_input, context): Given =>
      isGiven(context, of.key)
        ? text(of.done(context))
        : inputRequired({ inputRequests: { [of.key]: of.request } }),
  )
}

const NAME = ask('What is your name?', form({ name: { type: 'string' } }))

/** Defaults for every kind of field (SEP-1034). */
const DEFAULTS: Requested = {
  type: 'object',
  properties: {
    name: { type: 'string', default: 'John Doe' },
    age: { type: 'integer', default: 30 },
    score: { type: 'number', default: 95.5 },
    status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', default: true },
  },
}

const TITLES = [
  { const: 'value1', title: 'The first' },
  { const: 'value2', title: 'The second' },
  { const: 'value3', title: 'The third' },
]

/** Every way to choose (SEP-1330). */
const CHOICES: Requested = {
  type: 'object',
  properties: {
    untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
    titledSingle: { type: 'string', oneOf: TITLES },
    legacyEnum: { type: 'string', enum: ['opt1', 'opt2', 'opt3'], enumNames: ['One', 'Two', 'Three'] },
    untitledMulti: { type: 'array', items: { type: 'string', enum: ['option1', 'option2', 'option3'] } },
    titledMulti: { type: 'array', items: { anyOf: TITLES } },
  },
}

const addSingleRounds = (server: McpServer): void => {
  const elicited = (context: ServerContext) => `Elicitation completed: ${tell(context, 'form')}`
  addAsking(server, 'test_elicitation_sep1034_defaults', {
    key: 'form',
    request: ask('Fill it in.', DEFAULTS),
    done: elicited,
  })
  addAsking(server, 'test_elicitation_sep1330_enums', {
    key: 'form',
    request: ask('Choose.', CHOICES),
    done: elicited,
  })
  addAsking(server, 'test_input_required_result_elicitation', {
    key: 'user_name',
    request: NAME,
    done: (context) => `Hello: ${tell(context, 'user_name')}`,
  })
  addAsking(server, 'test_input_required_result_sampling', {
    key: 'capital_question',
    request: askModel('What is the capital of France?', 100),
    done: (context) => getText(context, 'capital_question'),
  })
  addAsking(server, 'test_input_required_result_list_roots', {
    key: 'client_roots',
    request: inputRequired.listRoots(),
    done: (context) => tell(context, 'client_roots'),
  })
  addAsking(server, 'test_missing_capability', {
    key: 'model',
    request: askModel('Anything.', 10),
    done: (context) => getText(context, 'model'),
  })
}

const addOlderRounds = (server: McpServer): void => {
  server.registerTool(
    'test_sampling',
    { description: 'Asks the model of the client.', inputSchema: z.object({ prompt: z.string() }) },
    ({ prompt }, context): Given =>
      isGiven(context, 'model')
        ? text(`LLM response: ${getText(context, 'model')}`)
        : inputRequired({ inputRequests: { model: askModel(prompt, 100) } }),
  )
  server.registerTool(
    'test_elicitation',
    { description: 'Asks the person.', inputSchema: z.object({ message: z.string() }) },
    ({ message }, context): Given =>
      isGiven(context, 'form')
        ? text(`User response: ${tell(context, 'form')}`)
        : inputRequired({
            inputRequests: {
              form: ask(message, form({ username: { type: 'string' }, email: { type: 'string' } })),
            },
          }),
  )
  server.registerTool(
    'test_streaming_elicitation',
    { description: 'Tells that it works, then asks.', inputSchema: Nothing },
    async (_input, context): Promise<Given> => {
      const progressToken = context.mcpReq._meta?.progressToken ?? 'fixture'
      await context.mcpReq.notify({
        method: 'notifications/progress',
        params: { progressToken, progress: 1 },
      })
      return isGiven(context, 'user_name')
        ? text(tell(context, 'user_name'))
        : inputRequired({ inputRequests: { user_name: NAME } })
    },
  )
}

const OK = ask('Please confirm', form({ ok: { type: 'boolean' } }))

const addStatefulRounds = (server: McpServer, codec: Codec): void => {
  for (const name of [
    'test_input_required_result_request_state',
    'test_input_required_result_tampered_state',
  ])
    server.registerTool(
      name,
      { description: 'Keeps something with the client.', inputSchema: Nothing },
      async (_input, context): Promise<Given> =>
        context.mcpReq.requestState<State>()?.round === 1 && isGiven(context, 'confirm')
          ? text('state-ok')
          : inputRequired({ inputRequests: { confirm: OK }, requestState: await codec.mint({ round: 1 }) }),
    )
  server.registerTool(
    'test_input_required_result_multiple_inputs',
    { description: 'Asks for three things at once.', inputSchema: Nothing },
    async (_input, context): Promise<Given> =>
      ['user_name', 'greeting', 'client_roots'].every((key) => isGiven(context, key))
        ? text('All three came.')
        : inputRequired({
            inputRequests: {
              user_name: NAME,
              greeting: askModel('Generate a greeting', 50),
              client_roots: inputRequired.listRoots(),
            },
            requestState: await codec.mint({ round: 1 }),
          }),
  )
  server.registerTool(
    'test_input_required_result_multi_round',
    { description: 'Asks twice, one after the other.', inputSchema: Nothing },
    async (_input, context): Promise<Given> => {
      const round = context.mcpReq.requestState<State>()?.round ?? 0
      if (round === 2 && isGiven(context, 'step2')) return text('Both were told.')
      if (round >= 1 && isGiven(context, 'step1'))
        return inputRequired({
          inputRequests: {
            step2: ask('Step 2: What is your favorite color?', form({ color: { type: 'string' } })),
          },
          requestState: await codec.mint({ round: 2 }),
        })
      return inputRequired({
        inputRequests: { step1: ask('Step 1: What is your name?', form({ name: { type: 'string' } })) },
        requestState: await codec.mint({ round: 1 }),
      })
    },
  )
}

const Envelope = z.looseObject({
  [CLIENT_CAPABILITIES_META_KEY]: z
    .looseObject({ sampling: z.unknown().optional(), elicitation: z.unknown().optional() })
    .optional(),
})

const addChoosing = (server: McpServer): void => {
  server.registerTool(
    'test_input_required_result_capabilities',
    { description: 'Asks for what the client can do.', inputSchema: Nothing },
    (_input, { mcpReq }): Given => {
      const can = Envelope.parse(mcpReq.envelope ?? {})[CLIENT_CAPABILITIES_META_KEY]
      if (Object.keys(mcpReq.inputResponses ?? {}).length > 0) return text('It came.')
      return inputRequired({
        inputRequests: {
          ...(can?.elicitation === undefined ? {} : { user_name: NAME }),
          ...(can?.sampling === undefined ? {} : { greeting: askModel('Generate a greeting', 50) }),
        },
      })
    },
  )
  server.registerPrompt('test_input_required_result_prompt', { description: 'Asks first.' }, (context) =>
    isGiven(context, 'user_context')
      ? { messages: [{ role: 'user', content: { type: 'text', text: tell(context, 'user_context') } }] }
      : inputRequired({
          inputRequests: {
            user_context: ask('What context should the prompt use?', form({ context: { type: 'string' } })),
          },
        }),
  )
}

/** Tools that need something of the client: asked in both eras by one way of writing it. */
export const addRoundFixtures = (server: McpServer, codec: Codec): void => {
  addSingleRounds(server)
  addOlderRounds(server)
  addStatefulRounds(server, codec)
  addChoosing(server)
}
