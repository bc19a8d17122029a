import { AnswerRequest, QuestionQuery, QuestionView } from '@ropewalk/core/contract/api/questions'
import { makePage } from '@ropewalk/core/contract/api/paging'
import { CommandAnswer } from '@ropewalk/core/contract/api/runs'
import { RopewalkError } from '@ropewalk/core/errors'
import { QuestionId, type WorkspaceId } from '@ropewalk/core/ids'
import type { Question } from '@ropewalk/core/run/state'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Engine } from '../../engine/contract.ts'
import type { HttpContext } from '../context.ts'
import { addRoute } from '../route.ts'
import { makeQuestionView } from '../views/run-view.ts'

/** Looks through the open questions first: they are few, and almost always what is meant. */
const readQuestion = async (engine: Engine, workspaceId: WorkspaceId, id: QuestionId): Promise<Question> => {
  for (const status of ['open', undefined]) {
    let cursor: string | undefined
    do {
      const page = await engine.listQuestions(workspaceId, { limit: 200, cursor, status })
      const found = page.items.find((question) => question.id === id)
      if (found !== undefined) return found
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
  }
  throw new RopewalkError('NOT_FOUND', 'There is no such question.', { details: { questionId: id } })
}

/** Open questions of all runs, and answering them. */
export const addQuestionRoutes = (app: FastifyInstance, { engine }: HttpContext): void => {
  addRoute(app, {
    method: 'GET',
    path: '/v1/questions',
    name: 'listQuestions',
    about: 'Questions of all runs or of one, oldest first.',
    query: QuestionQuery,
    answer: makePage(QuestionView),
    handle: async ({ query, caller }) => {
      const { run, ...rest } = query
      const page = await engine.listQuestions(caller.workspaceId, { ...rest, runId: run })
      return { items: page.items.map(makeQuestionView), nextCursor: page.nextCursor }
    },
  })
  addRoute(app, {
    method: 'POST',
    path: '/v1/questions/:id/answer',
    name: 'answerQuestion',
    about: 'Answers a question, or with change replaces its answer and re-opens what relied on it.',
    params: z.strictObject({ id: QuestionId }),
    body: AnswerRequest,
    answer: CommandAnswer,
    handle: async ({ params, body, caller, options }) => {
      const { runId } = await readQuestion(engine, caller.workspaceId, params.id)
      return engine.submit(
        {
          type: 'AnswerQuestion',
          workspaceId: caller.workspaceId,
          runId,
          questionId: params.id,
          answer: body.answer,
          ...(body.change === undefined ? {} : { change: body.change }),
        },
        options,
      )
    },
  })
}
