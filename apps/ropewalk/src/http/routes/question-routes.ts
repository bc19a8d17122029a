import { AnswerRequest, AnyQuestionView, QuestionQuery } from '@ropewalk/core/contract/api/questions'
import { makePage } from '@ropewalk/core/contract/api/paging'
import { CommandAnswer } from '@ropewalk/core/contract/api/runs'
import { RopewalkError } from '@ropewalk/core/errors'
import { QuestionId } from '@ropewalk/core/ids'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { answerQuestion } from '../../engine/backlog/answer-question.ts'
import type { HttpContext } from '../context.ts'
import { addRoute } from '../route.ts'
import { makeAnyQuestionView } from '../../engine/views/backlog-view.ts'

const QuestionParams = z.strictObject({ id: QuestionId })

/** Questions of all runs and projects, and answering them. */
export const addQuestionRoutes = (app: FastifyInstance, { engine }: HttpContext): void => {
  addRoute(app, {
    method: 'GET',
    path: '/v1/questions',
    name: 'listQuestions',
    about: 'Questions of all runs and projects, or of one of them, oldest first.',
    query: QuestionQuery,
    answer: makePage(AnyQuestionView),
    handle: async ({ query, caller }) => {
      const { run, project, ...rest } = query
      const page = await engine.listAllQuestions(caller.workspaceId, {
        ...rest,
        runId: run,
        projectId: project,
      })
      return { items: page.items.map(makeAnyQuestionView), nextCursor: page.nextCursor }
    },
  })
  addRoute(app, {
    method: 'GET',
    path: '/v1/questions/:id',
    name: 'readQuestion',
    about: 'One question with its answer, if there is one. Whoever works for its run or project may read it.',
    params: QuestionParams,
    answer: AnyQuestionView,
    handle: async ({ params, caller }) => {
      const found = await engine.readQuestion(caller.workspaceId, params.id)
      const owner = found.owner === 'run' ? found.question.runId : found.question.projectId
      if (caller.claim !== null && String(caller.claim.runId) !== owner)
        throw new RopewalkError('FORBIDDEN', 'The question belongs to other work.')
      return makeAnyQuestionView(found)
    },
  })
  addRoute(app, {
    method: 'POST',
    path: '/v1/questions/:id/answer',
    name: 'answerQuestion',
    about: 'Answers a question, or with change replaces its answer and re-opens what relied on it.',
    params: QuestionParams,
    body: AnswerRequest,
    answer: CommandAnswer,
    handle: ({ params, body, caller, options }) =>
      answerQuestion(engine, { ...body, workspaceId: caller.workspaceId, questionId: params.id }, options),
  })
}
