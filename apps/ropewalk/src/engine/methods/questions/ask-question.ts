import { ASK_QUESTION } from '@ropewalk/core/contract/methods/questions'
import { RopewalkError } from '@ropewalk/core/errors'
import { QuestionId } from '@ropewalk/core/ids'
import { z } from 'zod'
import { readHeldClaim } from '../../tasks/read-held-claim.ts'
import { defineMethod } from '../define-method.ts'
import { readAnswer } from '../read-answer.ts'
import { toWorkDoer } from '../tasks/end-task.ts'

const Asked = z.object({ questionIds: z.array(QuestionId), version: z.int() })

export const askQuestion = defineMethod(ASK_QUESTION, async ({ engine }, input, { caller, options }) => {
  const { task_id: taskId, attempt, reason, missing_fields: missingFields, questions } = input
  const { isOfItem, ...claim } = await readHeldClaim(engine, caller, { taskId, attempt })
  if (!isOfItem)
    throw new RopewalkError(
      'CONFLICT',
      'The task of a run asks with its result: hand questions in with complete_task, each with the answer that holds until somebody gives another.',
    )
  const answer = await engine.needClarification(
    { ...toWorkDoer(claim, input), reason, missingFields, questions },
    options,
  )
  const { questionIds, version } = readAnswer(answer, Asked)
  return { task_id: taskId, question_ids: questionIds, version }
})
