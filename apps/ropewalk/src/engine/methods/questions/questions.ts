import { ANSWER_QUESTION, LIST_QUESTIONS, READ_QUESTION } from '@ropewalk/core/contract/methods/questions'
import { RopewalkError } from '@ropewalk/core/errors'
import { answerQuestion as answer } from '../../backlog/answer-question.ts'
import { makeAnyQuestionView } from '../../views/backlog-view.ts'
import { defineMethod } from '../define-method.ts'

export const readQuestion = defineMethod(READ_QUESTION, async ({ engine }, input, { caller }) => {
  const { question_id: questionId } = input
  const found = await engine.readQuestion(caller.workspaceId, questionId)
  const owner = found.owner === 'run' ? found.question.runId : found.question.projectId
  // Who works on a task reads the questions of its own run or project, and no others.
  if (caller.claim !== null && String(caller.claim.runId) !== owner)
    throw new RopewalkError('NOT_FOUND', `There is no question ${questionId} in this workspace.`)
  return { question: makeAnyQuestionView(found) }
})

export const listQuestions = defineMethod(LIST_QUESTIONS, async ({ engine }, input, { caller }) => {
  const { run_id: runId, project_id: projectId, status, limit, cursor } = input
  const page = await engine.listAllQuestions(caller.workspaceId, { runId, projectId, status, limit, cursor })
  return { questions: page.items.map(makeAnyQuestionView), next_cursor: page.nextCursor }
})

export const answerQuestion = defineMethod(
  ANSWER_QUESTION,
  async ({ engine }, input, { caller, options }) => {
    const { question_id: questionId, answer: words, values, change } = input
    const { workspaceId } = caller
    const { version } = await answer(
      engine,
      { workspaceId, questionId, answer: words, values, change },
      options,
    )
    return { question_id: questionId, version }
  },
)
