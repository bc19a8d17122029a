import { z } from 'zod'
import { text } from '../text.ts'

/** A question as an agent hands it in: what is asked, what hangs on it, and what holds if nobody answers. */
export const QuestionDraft = z.strictObject({
  text: text(2000, 1),
  category: z.enum(['clarification', 'validation', 'assumption', 'risk']),
  priority: z.enum(['high', 'medium', 'low']),
  decisionImpact: text(1000, 1),
  defaultAnswer: text(2000, 1),
})
