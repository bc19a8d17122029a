import type { StandardSchemaWithJSON, Tool } from '@modelcontextprotocol/server'
import type { MethodContract } from '@ropewalk/core/contract/methods/method'
import { z } from 'zod'

type JsonSchema = Record<string, unknown>

/** A method as `tools/list` tells it. */
export type ToolFacts = {
  readonly tool: Tool
  readonly input: StandardSchemaWithJSON<Readonly<Record<string, unknown>>>
}

const makeJsonSchema = (schema: z.ZodObject, io: 'input' | 'output'): JsonSchema & { type: 'object' } => {
  // Clients hand it to models, and some of these refuse the keyword.
  const { $schema: _, ...rest }: JsonSchema = z.toJSONSchema(schema, { io })
  return { ...rest, type: 'object' }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * The schema that the SDK is given: it tells the JSON form and lets every object pass. The method itself checks
 * what it is given, for every door in the same words; the SDK's own refusal would carry no code.
 */
const makePassing = (json: JsonSchema): ToolFacts['input'] => ({
  '~standard': {
    version: 1,
    vendor: 'ropewalk',
    validate: (value) =>
      isObject(value) ? { value } : { issues: [{ message: 'expected an object of arguments' }] },
    jsonSchema: { input: () => json, output: () => json },
  },
})

const known = new WeakMap<MethodContract, ToolFacts>()

/** What a tool is called by people: `post_message` is "Post message". */
const makeTitle = (name: string): string => {
  const words = name.replaceAll('_', ' ')
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`
}

const tellAsked = (names: readonly string[]): string =>
  `Leave ${names.map((name) => `\`${name}\``).join(' and ')} out to have the person at this client asked by a form.`

/**
 * How a method is told as a tool, made once for each: a server object is made for every request. `asked` names fields
 * of the input that a person is asked for where the caller leaves them out.
 */
export const getToolFacts = (contract: MethodContract, asked: readonly string[] = []): ToolFacts => {
  const before = known.get(contract)
  if (before !== undefined) return before
  const mask: Record<string, true> = Object.fromEntries(asked.map((name) => [name, true]))
  const input = makeJsonSchema(asked.length === 0 ? contract.input : contract.input.partial(mask), 'input')
  const facts: ToolFacts = {
    tool: {
      name: contract.name,
      title: makeTitle(contract.name),
      description: asked.length === 0 ? contract.about : `${contract.about} ${tellAsked(asked)}`,
      inputSchema: input,
      outputSchema: makeJsonSchema(contract.output, 'output'),
      annotations: {
        readOnlyHint: contract.isReadOnly,
        idempotentHint: contract.isIdempotent,
        // Nothing here is deleted, and nothing outside this workspace is touched.
        destructiveHint: false,
        openWorldHint: false,
      },
    },
    input: makePassing(input),
  }
  known.set(contract, facts)
  return facts
}
