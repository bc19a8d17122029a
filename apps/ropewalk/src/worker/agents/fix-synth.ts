import { generateText } from 'ai'
import type { z } from 'zod'
import type { AgentJob } from '../agent-runtime.ts'
import type { MeteredModel } from './metered-model.ts'
import { getContractText, makeAnswerOutput, parseAnswer, type ParsedAnswer } from './output-contract.ts'
import { quote } from './prompt.ts'

/** The agent's name; a playbook that defines it by this name gives it another prompt. */
export const FIX_SYNTH = 'fix-synth'

const PROMPT = `You are Fix-Synth. Another agent handed in an answer that breaks its contract, and its own repair broke it too. Write the answer again so that it meets the contract, keeping every fact of the broken one that the contract has a place for. Add no facts. Where the contract demands something that the broken answer does not have, write the plainest value that claims nothing. Answer with the JSON alone.`

/**
 * Has a fresh agent write a broken answer anew. It sees the contract, the broken answer and the issues, and
 * nothing else of the task, so that what led the first agent astray does not reach it. One model call.
 */
export const fixAnswer = async (of: {
  readonly job: AgentJob
  readonly meter: MeteredModel
  readonly contract: z.ZodType
  readonly output: string
  readonly broken: string
  readonly issues: readonly string[]
}): Promise<ParsedAnswer> => {
  const own = of.job.context.plan.agents.find((agent) => agent.agent === FIX_SYNTH)
  const result = await generateText({
    model: of.meter.model,
    maxRetries: 0,
    temperature: 0,
    abortSignal: of.job.signal,
    instructions: `${own?.prompt ?? PROMPT}\n\nAgent: ${FIX_SYNTH}\nOutput artifact: ${of.output}\n\nThe contract, as JSON Schema:\n${getContractText(of.contract)}`,
    prompt: [
      quote('broken-answer', { from: 'a model' }, of.broken),
      quote('issues', { from: 'the contract' }, of.issues.join('\n')),
    ].join('\n\n'),
    output: makeAnswerOutput(of.contract, of.output),
  }).catch(readUnparsed)
  return parseAnswer(of.contract, result.text)
}

/** The SDK throws where the answer is no JSON; what was said is on the error, and is judged by our own rules. */
export const readUnparsed = (error: unknown): { readonly text: string } => {
  if (error instanceof Error && error.name === 'AI_NoObjectGeneratedError' && 'text' in error)
    return { text: typeof error.text === 'string' ? error.text : '' }
  throw error
}
