import { z } from 'zod'
import { Name, text } from '../text.ts'
import { Parameters } from './item.ts'

/** What it costs to be wrong. */
export const Risk = z.enum(['low', 'medium', 'high'])
export type Risk = z.infer<typeof Risk>

/**
 * What happens at a question's deadline: `wait` has none, `decide` takes the default, `escalate` tells again
 * that somebody is needed and goes on waiting.
 */
export const QuestionPolicy = z.enum(['wait', 'decide', 'escalate'])
export type QuestionPolicy = z.infer<typeof QuestionPolicy>

/** One field of a question's form, as JSON Schema 2020-12 says it in the small part that forms need. */
export const FormField = z.strictObject({
  type: z.enum(['string', 'number', 'integer', 'boolean']),
  title: text(200).optional(),
  description: text(400).optional(),
  enum: z
    .array(z.union([text(200), z.number()]))
    .min(1)
    .max(50)
    .optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  maxLength: z.int().min(1).max(2000).optional(),
})
export type FormField = z.infer<typeof FormField>

/** A JSON Schema for the answer: its fields become parameters of the project. */
export const QuestionForm = z.strictObject({
  type: z.literal('object'),
  properties: z.record(Name, FormField),
  required: z.array(Name).max(20),
  additionalProperties: z.literal(false),
})
export type QuestionForm = z.infer<typeof QuestionForm>

/** A question about a project or one of its items, before it is asked. */
export const ProjectQuestionDraft = z.strictObject({
  text: text(2000, 1),
  /** What it is about: names of missing parameters, or the part of the request that can be read two ways. */
  fields: z.array(text(200, 1)).max(20),
  form: QuestionForm.nullable().default(null),
  /** What holds if nobody answers; `defaultValues` fills the form. */
  defaultAnswer: text(2000, 1),
  defaultValues: Parameters.default({}),
  impact: text(1000, 1),
  risk: Risk,
  policy: QuestionPolicy,
  /** Undefined: the deadline that the project's settings give. */
  deadlineMs: z.int().min(1000).max(31_536_000_000).optional(),
})
export type ProjectQuestionDraft = z.infer<typeof ProjectQuestionDraft>

/** One rule that found a request unclear, and where. */
export const AmbiguityHit = z.strictObject({
  rule: Name,
  weight: z.number().min(0).max(1),
  field: text(200, 1),
  excerpt: text(400),
  message: text(400, 1),
})
export type AmbiguityHit = z.infer<typeof AmbiguityHit>
