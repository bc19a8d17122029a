import { z } from 'zod'
import { text } from '../text.ts'
import { Parameters } from './item.ts'
import { QuestionForm, QuestionPolicy, Risk } from './project-question.ts'

/**
 * What is asked: an agent's question, or whether a person approves what a gate has passed. An approval is
 * answered by `approve` or `reject: why`, by a person. In `human` mode it waits for one however long that
 * takes; in `hybrid` it takes its default, `approve`, at the deadline of questions and is recorded as decided
 * by policy, so that a run without anybody there comes to its end; in `autonomous` nobody is asked.
 */
export const QuestionKind = z.enum(['question', 'approval'])
export type QuestionKind = z.infer<typeof QuestionKind>

/** A question as an agent hands it in: what is asked, what hangs on it, and what holds if nobody answers. */
export const QuestionDraft = z.strictObject({
  text: text(2000, 1),
  category: z.enum(['clarification', 'validation', 'assumption', 'risk']),
  priority: z.enum(['high', 'medium', 'low']),
  decisionImpact: text(1000, 1),
  defaultAnswer: text(2000, 1),
  /** What it is about: names of fields, or a place in a document. */
  fields: z.array(text(200, 1)).max(20).optional(),
  /** The choices or values that an answer has; without one it is answered in words alone. */
  form: QuestionForm.nullable().optional(),
  /** Fills the form where nobody answers. */
  defaultValues: Parameters.optional(),
  /** What it costs to be wrong; where nobody says, a hybrid run asks. */
  risk: Risk.optional(),
  /** What its deadline does; where nobody says, the mode of the run decides. */
  policy: QuestionPolicy.optional(),
})
export type QuestionDraft = z.infer<typeof QuestionDraft>
