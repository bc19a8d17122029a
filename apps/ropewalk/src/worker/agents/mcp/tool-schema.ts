import { McpToolName } from '@ropewalk/core/contract/tool-name'
import { RopewalkError } from '@ropewalk/core/errors'
import type { JsonSchemaType, Tool } from '@modelcontextprotocol/client'
import { CfWorkerJsonSchemaValidator } from '@modelcontextprotocol/client/validators/cf-worker'
import { cleanLine } from './clean-words.ts'

type Json = Readonly<Record<string, unknown>>

/** A tool's input as models are told of it, and the check of what they send. */
export type ToolSchema = {
  readonly offered: Json & { readonly type: 'object' }
  /** Throws INVALID_ARGUMENT with what is wrong. */
  readonly check: (input: unknown) => Json
}

/** Beyond these a schema crowds the prompt, or was made to. */
const MAX_SCHEMA_CHARS = 32_000
const MAX_DEPTH = 24
const MAX_DESCRIPTION = 400
const MAX_PROPERTIES = 200

/** Keywords whose value is a schema, a list of schemas, or a map of names to schemas. */
const SCHEMAS: ReadonlySet<string> = new Set([
  'items',
  'additionalProperties',
  'contains',
  'propertyNames',
  'not',
  'if',
  'then',
  'else',
  'unevaluatedProperties',
])
const LISTS: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems'])
const MAPS: ReadonlySet<string> = new Set(['properties', '$defs', 'definitions', 'dependentSchemas'])

/**
 * Keywords that are kept as they are. `pattern`, `patternProperties` and `format` are not: a foreign regular
 * expression can hold this process up for good, and the server checks its own input anyway.
 */
const PLAIN: ReadonlySet<string> = new Set([
  'type',
  'required',
  'enum',
  'const',
  'default',
  '$ref',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minContains',
  'maxContains',
  'minProperties',
  'maxProperties',
  'dependentRequired',
])

/** No provider takes these at the root of a tool's input. */
const NOT_AT_ROOT: ReadonlySet<string> = new Set([
  'anyOf',
  'oneOf',
  'allOf',
  'not',
  'if',
  'then',
  'else',
  '$ref',
])

/** A property that a provider would refuse, and the whole request with it. */
const PROPERTY = /^[A-Za-z0-9_.-]{1,64}$/u

const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const refuse = (why: string): RopewalkError =>
  new RopewalkError('INVALID_ARGUMENT', `its input schema ${why}`)

const prune = (node: unknown, depth: number): unknown => {
  if (depth > MAX_DEPTH) throw refuse(`is more than ${MAX_DEPTH} levels deep`)
  if (!isJson(node)) return typeof node === 'boolean' ? node : {}
  const inner = (value: unknown) => prune(value, depth + 1)
  const kept: [string, unknown][] = []
  for (const [key, value] of Object.entries(node)) {
    if (key === '$ref' && (typeof value !== 'string' || !/^#\/(?:\$defs|definitions)\//u.test(value)))
      throw refuse('refers to a schema outside itself')
    if (PLAIN.has(key)) kept.push([key, value])
    else if (SCHEMAS.has(key)) kept.push([key, inner(value)])
    else if (LISTS.has(key) && Array.isArray(value)) kept.push([key, value.map(inner)])
    else if (MAPS.has(key) && isJson(value))
      kept.push([key, Object.fromEntries(Object.entries(value).map(([name, each]) => [name, inner(each)]))])
    else if (key === 'description' && typeof value === 'string')
      kept.push([key, cleanLine(value, MAX_DESCRIPTION)])
  }
  return Object.fromEntries(kept)
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || (isJson(value) && Object.keys(value).length === 0)

const makeOffered = (schema: Json): ToolSchema['offered'] => {
  const properties = isJson(schema['properties']) ? schema['properties'] : {}
  const names = Object.keys(properties)
  if (names.length > MAX_PROPERTIES) throw refuse(`has ${names.length} properties`)
  const odd = names.find((name) => !PROPERTY.test(name))
  if (odd !== undefined)
    throw refuse(`has a property ${JSON.stringify(odd.slice(0, 60))} that providers refuse`)
  const kept = Object.entries(schema).filter(
    ([key, value]) => !NOT_AT_ROOT.has(key) && !(key === '$defs' && isEmpty(value)),
  )
  return { ...Object.fromEntries(kept), type: 'object', properties }
}

/**
 * The input of a foreign tool: cut down to known keywords, its words cleaned and clipped. Throws INVALID_ARGUMENT,
 * saying why, for one that cannot be offered.
 */
export const makeToolSchema = (given: unknown): ToolSchema => {
  if (JSON.stringify(given ?? null).length > MAX_SCHEMA_CHARS)
    throw refuse(`has more than ${MAX_SCHEMA_CHARS} characters`)
  const schema = prune(given, 0)
  if (!isJson(schema) || (schema['type'] !== undefined && schema['type'] !== 'object'))
    throw refuse('is not that of an object')
  // An interpreter, not a compiler: no code is made of what a server sent.
  const validator = new CfWorkerJsonSchemaValidator({ draft: '2020-12' })
  const validate = validator.getValidator<Json>({ ...schema, type: 'object' } as JsonSchemaType)
  return {
    offered: makeOffered(schema),
    check: (input) => {
      const result = validate(input)
      if (result.valid && isJson(result.data)) return result.data
      throw new RopewalkError(
        'INVALID_ARGUMENT',
        `The input breaks its contract: ${result.errorMessage ?? 'no object'}`,
      )
    },
  }
}

/** Why a tool cannot be offered to a model; undefined where it can. */
export const findToolFault = ({ name, inputSchema }: Tool): string | undefined => {
  if (!McpToolName.safeParse(name).success) return 'no playbook can write its name'
  try {
    makeToolSchema(inputSchema)
    return undefined
  } catch (error) {
    if (error instanceof RopewalkError) return error.message
    throw error
  }
}
