import type { Parameters } from '@ropewalk/core/contract/item'
import { QuestionPolicy, Risk, type FormField } from '@ropewalk/core/contract/project-question'
import type { QuestionDraft } from '@ropewalk/core/contract/question'
import { findQuestionFault } from '@ropewalk/core/question/check-form'
import { Name, text } from '@ropewalk/core/text'
import { jsonSchema, Output, type JSONSchema7, type Schema } from 'ai'
import { z } from 'zod'

/** A field of a question's form as a list entry: no provider takes an object whose members no schema names. */
const AskedField = z.strictObject({
  name: Name,
  title: text(200, 1),
  type: z.enum(['string', 'number', 'integer', 'boolean']),
  choices: z.array(text(200, 1)).min(1).max(20).nullish(),
  default: z.union([text(200), z.number(), z.boolean()]).nullish(),
})

/** One question as a model may put it beside its document; the engine decides whether it is asked. */
const AskedQuestion = z.strictObject({
  text: text(2000, 1),
  category: z.enum(['clarification', 'validation', 'assumption', 'risk']),
  priority: z.enum(['high', 'medium', 'low']),
  decisionImpact: text(1000, 1),
  defaultAnswer: text(2000, 1),
  fields: z.array(AskedField).max(8).nullish(),
  risk: Risk.nullish(),
  policy: QuestionPolicy.nullish(),
})
type AskedQuestion = z.infer<typeof AskedQuestion>

/** A choice is among texts, whatever type it was said to have. */
const makeField = ({ title, type, choices }: z.infer<typeof AskedField>): FormField =>
  choices === undefined || choices === null ? { type, title } : { type: 'string', title, enum: choices }

const getDefault = ({
  choices,
  default: value,
}: z.infer<typeof AskedField>): Parameters[string] | undefined =>
  value === undefined || value === null ? undefined : choices ? String(value) : value

/** No field is required: whoever answers may always do so in words. */
const makeForm = (
  fields: readonly z.infer<typeof AskedField>[],
): Pick<QuestionDraft, 'fields' | 'form' | 'defaultValues'> => {
  const defaults = fields.flatMap((field): [string, Parameters[string]][] => {
    const value = getDefault(field)
    return value === undefined ? [] : [[field.name, value]]
  })
  return {
    fields: fields.map(({ name }) => name),
    form: {
      type: 'object',
      properties: Object.fromEntries(fields.map((field) => [field.name, makeField(field)])),
      required: [],
      additionalProperties: false,
    },
    ...(defaults.length === 0 ? {} : { defaultValues: Object.fromEntries(defaults) }),
  }
}

const makeDraft = ({ fields, risk, policy, ...words }: AskedQuestion): QuestionDraft => ({
  ...words,
  ...(fields === undefined || fields === null || fields.length === 0 ? {} : makeForm(fields)),
  ...(risk === undefined || risk === null ? {} : { risk }),
  ...(policy === undefined || policy === null ? {} : { policy }),
})

/** Questions as they are handed in, or why one of them cannot be asked. */
const readQuestions = (
  asked: readonly AskedQuestion[],
): { readonly drafts: readonly QuestionDraft[]; readonly issues: readonly string[] } => {
  const drafts = asked.map(makeDraft)
  const issues = drafts.flatMap((draft, index) => {
    const { text: words, form = null, defaultValues = {} } = draft
    const fault = findQuestionFault({ text: words, form, defaultValues })
    return fault === undefined ? [] : [`/questions/${index}: ${fault.message}`]
  })
  return { drafts, issues }
}

/** What a model hands in: the document, and what it would ask (null where nothing). */
const makeEnvelope = (contract: z.ZodType) =>
  z.strictObject({ document: contract, questions: z.array(AskedQuestion).max(10).nullish() })

export type ParsedAnswer =
  | { readonly ok: true; readonly document: unknown; readonly questions: readonly QuestionDraft[] }
  | { readonly ok: false; readonly issues: readonly string[] }

/** A model's answer read by the contract of its document, or what is wrong with it, at most 30 issues. */
export const parseAnswer = (contract: z.ZodType, answer: string): ParsedAnswer => {
  const value = parseJson(answer)
  if ('issue' in value) return { ok: false, issues: [value.issue] }
  const parsed = makeEnvelope(contract).safeParse(value.json)
  if (parsed.success) {
    const { drafts, issues } = readQuestions(parsed.data.questions ?? [])
    return issues.length > 0
      ? { ok: false, issues }
      : { ok: true, document: parsed.data.document, questions: drafts }
  }
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
