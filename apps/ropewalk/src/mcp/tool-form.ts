import type { Tool } from '@modelcontextprotocol/server'
import type { MethodContract } from '@ropewalk/core/contract/methods/method'
import { z } from 'zod'

type JsonSchema = Record<string, unknown>

const makeJsonSchema = (schema: z.ZodObject, io: 'input' | 'output'): JsonSchema & { type: 'object' } => {
  // Clients hand it to models, and some of these refuse the keyword.
  const { $schema: _, ...rest }: JsonSchema = z.toJSONSchema(schema, { io })
  return { ...rest, type: 'object' }
}

const known = new WeakMap<MethodContract, Tool>()

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
export const getToolForm = (contract: MethodContract, asked: readonly string[] = []): Tool => {
  const before = known.get(contract)
  if (before !== undefined) return before
  const mask: Record<string, true> = Object.fromEntries(asked.map((name) => [name, true]))
  const tool: Tool = {
    name: contract.name,
    title: makeTitle(contract.name),
    description: asked.length === 0 ? contract.about : `${contract.about} ${tellAsked(asked)}`,
    inputSchema: makeJsonSchema(asked.length === 0 ? contract.input : contract.input.partial(mask), 'input'),
    outputSchema: makeJsonSchema(contract.output, 'output'),
    annotations: {
      readOnlyHint: contract.isReadOnly,
      idempotentHint: contract.isIdempotent,
      // Nothing here is deleted, and nothing outside this workspace is touched.
      destructiveHint: false,
      openWorldHint: false,
    },
  }
  known.set(contract, tool)
  return tool
}
