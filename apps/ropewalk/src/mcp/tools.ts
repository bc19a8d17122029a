import {
  type CallToolResult,
  type InputRequiredResult,
  type McpServer,
  ProtocolError,
  ProtocolErrorCode,
  type ServerContext,
  type Tool,
  isInputRequiredResult,
} from '@modelcontextprotocol/server'
import type { MethodContract } from '@ropewalk/core/contract/methods/method'
import { ANSWER_QUESTION } from '@ropewalk/core/contract/methods/questions'
import { ERRORS, type RopewalkError } from '@ropewalk/core/errors'
import { ASKED_FIELDS, answerByPerson, isForPerson } from './answer-question.ts'
import type { CallMethod, GetVisit } from './call.ts'
import { makeToolError, makeToolResult, toMethodError } from './tool-result.ts'
import { getToolForm } from './tool-form.ts'

/** Told of what is our own fault, for the log. */
export type NoteFault = (
  error: RopewalkError,
  of: { readonly operation: string; readonly requestId: string },
) => void

export type ToolSources = {
  readonly methods: readonly MethodContract[]
  /** Whether the client may use it. What it may not use is not listed, and refused by the method when called. */
  readonly isOpen: (name: string) => boolean
  readonly callMethod: CallMethod
  readonly getVisit: GetVisit
  readonly noteFault: NoteFault
}

const getTool = (contract: MethodContract): Tool =>
  getToolForm(contract, contract.name === ANSWER_QUESTION.name ? ASKED_FIELDS : [])

type ToolCall = {
  readonly contract: MethodContract
  readonly input: Readonly<Record<string, unknown>>
  readonly context: ServerContext
}

const callTool = async (
  server: McpServer,
  { callMethod, getVisit, noteFault }: ToolSources,
  { contract, input, context }: ToolCall,
): Promise<CallToolResult | InputRequiredResult> => {
  const visit = getVisit(context)
  try {
    const given = isForPerson(contract.name, input)
      ? await answerByPerson({ server, callMethod, input, visit, context })
      : await callMethod(contract.name, input, visit)
    return isInputRequiredResult(given) ? given : makeToolResult(given)
  } catch (error) {
    const ours = toMethodError(error)
    // A call that was given up ends in whatever its way out is; nobody is told of it.
    const isGivenUp = visit.signal.aborted && error !== ours
    if (ERRORS[ours.code].status === 500 && !isGivenUp)
      noteFault(ours, { operation: contract.name, requestId: visit.requestId })
    return makeToolError(ours, visit.requestId)
  }
}

/**
 * Adds every method as a tool. One that the client may not use is not listed, and answers FORBIDDEN when it is called
 * all the same. In place of the SDK's own registry, which costs half a millisecond for each server object: the method
 * checks its input itself, for every door in the same words, and the SDK's refusal would carry no code.
 */
export const addTools = (server: McpServer, sources: ToolSources): void => {
  const listed = sources.methods.filter(({ name }) => sources.isOpen(name)).map(getTool)
  server.server.setRequestHandler('tools/list', () => ({ tools: [...listed] }))
  server.server.setRequestHandler('tools/call', ({ params }, context) => {
    const contract = sources.methods.find(({ name }) => name === params.name)
    if (contract === undefined)
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'There is no tool of this name.')
    return callTool(server, sources, { contract, input: params.arguments ?? {}, context })
  })
}
