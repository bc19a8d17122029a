import {
  CLIENT_CAPABILITIES_META_KEY,
  type InputRequiredResult,
  type McpServer,
  type ServerContext,
  inputRequired,
} from '@modelcontextprotocol/server'
import { ANSWER_QUESTION, READ_QUESTION } from '@ropewalk/core/contract/methods/questions'
import { RopewalkError } from '@ropewalk/core/errors'
import { z } from 'zod'
import type { CallMethod, MethodVisit } from './call.ts'
import { ASKED, findPersonAnswer, makeQuestionForm } from './question-form.ts'

/** Fields of `answer_question` that a person is asked for where the call leaves them out. */
export const ASKED_FIELDS = ['answer'] as const

/** Whether this is a call for a person: it names a question and says nothing. */
export const isForPerson = (name: string, input: Readonly<Record<string, unknown>>): boolean =>
  name === ANSWER_QUESTION.name && input['answer'] === undefined

const Elicitation = z.looseObject({ form: z.unknown().optional(), url: z.unknown().optional() })
const Declared = z.looseObject({ elicitation: Elicitation.optional() })
const Envelope = z.looseObject({ [CLIENT_CAPABILITIES_META_KEY]: Declared.optional() })

/** A modern client says what it can do with each request, a legacy one once. */
const canAskPerson = (server: McpServer, { mcpReq }: ServerContext): boolean => {
  const now = Envelope.safeParse(mcpReq.envelope).data?.[CLIENT_CAPABILITIES_META_KEY]
  const once = Declared.safeParse(server.server.getClientCapabilities()).data
  const elicitation = (now ?? once)?.elicitation
  if (elicitation === undefined) return false
  // Named without any mode it means forms, as before modes were told apart.
  return elicitation.form !== undefined || elicitation.url === undefined
}

/**
 * Asks the person at the client a question by a form, and answers it with what they say. The client comes back
 * with the same call; in the older protocol the SDK does so in its place. Throws INVALID_ARGUMENT for a client that
 * cannot ask, CONFLICT where the person declines, and what the methods throw.
 */
export const answerByPerson = async (of: {
  readonly server: McpServer
  readonly callMethod: CallMethod
  readonly input: Readonly<Record<string, unknown>>
  readonly visit: MethodVisit
  readonly context: ServerContext
}): Promise<InputRequiredResult | Readonly<Record<string, unknown>>> => {
  const { server, callMethod, input, visit, context } = of
  if (!canAskPerson(server, context))
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      'This client cannot ask its person (it does not support elicitation by form). Ask them yourself and pass what they say as `answer`.',
      { details: { reason: 'NO_ELICITATION' } },
    )
  const { question_id, workspace_id, agent_id } = input
  const read = await callMethod(
    READ_QUESTION.name,
    {
      question_id,
      ...(workspace_id === undefined ? {} : { workspace_id }),
      ...(agent_id === undefined ? {} : { agent_id }),
    },
    visit,
  )
  const { question } = READ_QUESTION.output.parse(read)
  const said = findPersonAnswer(question, context.mcpReq.inputResponses)
  if (said === undefined)
    return inputRequired({ inputRequests: { [ASKED]: inputRequired.elicit(makeQuestionForm(question)) } })
  return callMethod(ANSWER_QUESTION.name, { ...input, ...said }, visit)
}
