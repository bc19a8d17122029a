import { RopewalkError } from '@ropewalk/core/errors'
import type { Parameters } from '@ropewalk/core/contract/item'
import type { QuestionId, WorkspaceId } from '@ropewalk/core/ids'
import type { Answer, Engine, SubmitOptions } from '../contract.ts'

/** A project's question holds less text than a run's. */
const MAX_PROJECT_ANSWER = 2000

/**
 * Answers a question, whoever it belongs to; of a project's approval it is a vote. Throws NOT_FOUND,
 * ALREADY_DECIDED, and INVALID_ARGUMENT for values that do not fit the question's form.
 */
export const answerQuestion = async (
  engine: Pick<Engine, 'submit' | 'readQuestion'>,
  of: {
    readonly workspaceId: WorkspaceId
    readonly questionId: QuestionId
    readonly answer: string
    readonly values?: Parameters | null | undefined
    readonly change?: boolean | undefined
  },
  options: SubmitOptions,
): Promise<Answer> => {
  const { workspaceId, questionId, answer, values } = of
  const change = of.change === undefined ? {} : { change: of.change }
  const found = await engine.readQuestion(workspaceId, questionId)
  if (found.owner === 'run') {
    const { runId } = found.question
    return engine.submit(
      {
        type: 'AnswerQuestion',
        workspaceId,
        runId,
        questionId,
        answer,
        ...(values === undefined || values === null ? {} : { values }),
        ...change,
      },
      options,
    )
  }
  const { projectId, kind } = found.question
  if (kind === 'approval')
    throw new RopewalkError('CONFLICT', 'That is an approval: vote on it at /v1/approvals/{id}.')
  if (answer.length > MAX_PROJECT_ANSWER)
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      `Expected an answer of at most ${MAX_PROJECT_ANSWER} characters, got ${answer.length}.`,
    )
  return engine.submit(
    {
      type: 'AnswerProjectQuestion',
      workspaceId,
      projectId,
      questionId,
      answer,
      values: values ?? null,
      ...change,
    },
    options,
  )
}
