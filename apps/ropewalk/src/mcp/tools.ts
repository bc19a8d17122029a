import {
  type CallToolResult,
  type InputRequiredResult,
  type McpServer,
  isInputRequiredResult,
} from '@modelcontextprotocol/server'
import type { MethodContract } from '@ropewalk/core/contract/methods/method'
import { ANSWER_QUESTION } from '@ropewalk/core/contract/methods/questions'
import { ERRORS, type RopewalkError } from '@ropewalk/core/errors'
import { ASKED_FIELDS, answerByPerson, isForPerson } from './answer-question.ts'
import type { CallMethod, GetVisit } from './call.ts'
import { makeToolError, makeToolResult, toMethodError } from './tool-result.ts'
import { getToolFacts } from './tool-schema.ts'

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

const getFacts = (contract: MethodContract) =>
  getToolFacts(contract, contract.name === ANSWER_QUESTION.name ? ASKED_FIELDS : [])

const addTool = (server: McpServer, contract: MethodContract, sources: ToolSources): void => {
  const { tool, input } = getFacts(contract)
  const { callMethod, getVisit, noteFault } = sources
  server.registerTool(
    contract.name,
    { inputSchema: input },
    async (args, context): Promise<CallToolResult | InputRequiredResult> => {
      const visit = getVisit(context)
      try {
        const given = isForPerson(contract.name, args)
          ? await answerByPerson({ server, callMethod, input: args, visit, context })
          : await callMethod(contract.name, args, visit)
        return isInputRequiredResult(given) ? given : makeToolResult(given)
      } catch (error) {
        const ours = toMethodError(error)
        if (ERRORS[ours.code].status === 500)
          noteFault(ours, { operation: tool.name, requestId: visit.requestId })
        return makeToolError(ours, visit.requestId)
      }
    },
  )
}

/** Adds every method as a tool. One that the client may not use answers FORBIDDEN when it is called all the same. */
export const addTools = (server: McpServer, sources: ToolSources): void => {
  for (const contract of sources.methods) addTool(server, contract, sources)
  const listed = sources.methods.filter(({ name }) => sources.isOpen(name)).map((of) => getFacts(of).tool)
  // In place of the SDK's own list: the forms are made once, and what is not open is left out.
  server.server.setRequestHandler('tools/list', () => ({ tools: [...listed] }))
}
