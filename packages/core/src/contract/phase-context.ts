import { z } from 'zod'
import { QuestionId, RunId } from '../ids.ts'
import { text } from '../text.ts'
import { InputRef } from './artifact.ts'
import { Parameters } from './item.ts'
import { PhaseBudget } from './budget.ts'
import { Duration, PhaseName, Rubric } from './playbook.ts'

/** What an agent is told of the phase it works in. */
export const PhaseContext = z.strictObject({
  runId: RunId,
  phase: PhaseName,
  idea: text(20_000, 1),
  inputs: z.array(InputRef),
  budgets: PhaseBudget,
  rubrics: z.record(z.string(), Rubric),
  timebox: Duration,
  dependencies: z.array(PhaseName),
  answers: z.array(
    z.strictObject({
      questionId: QuestionId,
      question: text(2000, 1),
      answer: text(8000),
      /** What fills the question's form, where it has one. */
      values: Parameters.optional(),
      decidedBy: text(120, 1),
    }),
  ),
  kmap: z.array(text(120, 1)),
  metadata: z.strictObject({
    attemptNumber: z.int().min(1),
    round: z.int().min(1),
    previousAttemptFailures: z.array(text(1000, 1)),
  }),
})
export type PhaseContext = z.infer<typeof PhaseContext>
