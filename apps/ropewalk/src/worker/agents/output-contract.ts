import { text } from '@ropewalk/core/text'
import { jsonSchema, Output, type JSONSchema7, type Schema } from 'ai'
import { z } from 'zod'

/** One question as a model may put it beside its document; the engine decides whether it is asked. */
const AskedQuestion = z.strictObject({
  text: text(2000, 1),
  category: z.enum(['clarification', 'validation', 'assumption', 'risk']),
  priority: z.enum(['high', 'medium', 'low']),
  decisionImpact: text(1000, 1),
  defaultAnswer: text(2000, 1),
})
export type AskedQuestion = z.infer<typeof AskedQuestion>

/** What a model hands in: the document, and what it would ask (null where nothing). */
const makeEnvelope = (contract: z.ZodType) =>
  z.strictObject({ document: contract, questions: z.array(AskedQuestion).max(10).nullish() })

export type ParsedAnswer =
  | { readonly ok: true; readonly document: unknown; readonly questions: readonly AskedQuestion[] }
  | { readonly ok: false; readonly issues: readonly string[] }

/** A model's answer read by the contract of its document, or what is wrong with it, at most 30 issues. */
export const parseAnswer = (contract: z.ZodType, answer: string): ParsedAnswer => {
  const value = parseJson(answer)
  if ('issue' in value) return { ok: false, issues: [value.issue] }
  const parsed = makeEnvelope(contract).safeParse(value.json)
  if (parsed.success)
    return { ok: true, document: parsed.data.document, questions: parsed.data.questions ?? [] }
  // A model that leaves the envelope out has still written the document.
  const bare = contract.safeParse(value.json)
  if (bare.success) return { ok: true, document: bare.data, questions: [] }
  return { ok: false, issues: parsed.error.issues.slice(0, 30).map(describeIssue) }
}

/** An issue of zod as one line: where, and what was expected. */
export const describeIssue = (issue: z.core.$ZodIssue): string =>
  `${issue.path.length === 0 ? '(root)' : `/${issue.path.map(String).join('/')}`}: ${issue.message}`.slice(
    0,
    400,
  )

const parseJson = (answer: string): { readonly json: unknown } | { readonly issue: string } => {
  const bare = answer
    .trim()
    .replace(/^```(?:json)?\s*\n/u, '')
    .replace(/\n```$/u, '')
  try {
    return { json: JSON.parse(bare) as unknown }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return { issue: `(root): the answer is not JSON: ${error.message.slice(0, 200)}` }
  }
}

/**
 * The envelope as a JSON Schema that every provider's structured output takes: only types, properties, items,
 * enums and alternatives, every property required. Limits of length and patterns stand in the descriptions;
 * `parseAnswer` holds them.
 */
const makeAnswerSchema = (contract: z.ZodType): Schema<unknown> =>
  jsonSchema(
    getPortableSchema(
      z.toJSONSchema(makeEnvelope(contract), { io: 'output', target: 'draft-7' }),
    ) as JSONSchema7,
  )

/** Objects whose members no schema lists, such as the paths of an OpenAPI document. */
const isOpen = (node: unknown): boolean => {
  if (typeof node !== 'object' || node === null) return false
  if ('additionalProperties' in node && node.additionalProperties !== false) return true
  return Object.values(node).some(isOpen)
}

/**
 * How an answer is asked for: by schema where every object of the contract is closed. No provider takes an
 * open one, so such a contract stands in the prompt alone and the answer has only to be JSON.
 */
export const makeAnswerOutput = (contract: z.ZodType, name: string) =>
  isOpen(z.toJSONSchema(contract, { io: 'output' }))
    ? Output.json({ name })
    : Output.object({ schema: makeAnswerSchema(contract), name })

/** The contract's own JSON Schema, whole, for the prompt. */
export const getContractText = (contract: z.ZodType): string =>
  JSON.stringify(z.toJSONSchema(makeEnvelope(contract), { io: 'output' }))

const KEPT: ReadonlySet<string> = new Set([
  'type',
  'enum',
  'const',
  'description',
  'items',
  'anyOf',
  'properties',
  'additionalProperties',
  'required',
])
const LIMITS = [
  'pattern',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'format',
] as const

const getPortableSchema = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(getPortableSchema)
  if (typeof node !== 'object' || node === null) return node
  const schema: Readonly<Record<string, unknown>> = { ...node }
  const kept: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(schema)) {
    if (!KEPT.has(key)) continue
    if (key === 'properties' && typeof value === 'object' && value !== null)
      kept[key] = Object.fromEntries(
        Object.entries(value).map(([name, child]) => [name, getPortableSchema(child)]),
      )
    else kept[key] = key === 'items' || key === 'anyOf' ? getPortableSchema(value) : value
  }
  if (typeof kept.properties === 'object' && kept.properties !== null) {
    kept.required = Object.keys(kept.properties)
    kept.additionalProperties = false
  }
  const limits = LIMITS.flatMap((key) =>
    schema[key] === undefined || isSafeIntegerLimit(schema[key]) ? [] : [`${key} ${String(schema[key])}`],
  )
  if (limits.length > 0)
    kept.description = [schema.description, limits.join(', ')]
      .filter((part) => typeof part === 'string')
      .join('; ')
  return kept
}

/** zod states the range of every whole number; that one says nothing to a model. */
const isSafeIntegerLimit = (value: unknown): boolean =>
  value === Number.MAX_SAFE_INTEGER || value === Number.MIN_SAFE_INTEGER
