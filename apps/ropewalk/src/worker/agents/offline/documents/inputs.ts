import { DOCUMENTS, type DocumentName } from '@ropewalk/core/contract/documents'
import type { z } from 'zod'
import { AgentError, type AgentJob } from '../../../agent-runtime.ts'
import { NO_USAGE } from '@ropewalk/core/contract/budget'
import { OFFLINE_MAKER } from '../version.ts'

type DocumentOf<N extends DocumentName> = z.infer<(typeof DOCUMENTS)[N]>

/** The failure of a job that the rules cannot do; trying again would end the same way. */
export const makeOfflineError = (message: string): AgentError =>
  new AgentError({
    errorClass: 'fatal',
    message: message.slice(0, 1000).toWellFormed(),
    usage: NO_USAGE,
    ...OFFLINE_MAKER,
  })

const getJson = (input: AgentJob['inputs'][number]): unknown => {
  if (input.json !== undefined) return input.json
  try {
    return JSON.parse(input.bytes.toString('utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** The unparsed value of an input document, or undefined where the job has none. */
export const findInputJson = (job: AgentJob, name: string): unknown => {
  const found = job.inputs.find(({ ref }) => ref.name === name)
  return found === undefined ? undefined : getJson(found)
}

/** An input document that meets its contract, or undefined. */
export const findInput = <N extends DocumentName>(job: AgentJob, name: N): DocumentOf<N> | undefined => {
  const parsed = DOCUMENTS[name].safeParse(findInputJson(job, name))
  return parsed.success ? (parsed.data as DocumentOf<N>) : undefined
}

/** An input document that the job cannot do without. Throws AgentError `fatal`. */
export const readInput = <N extends DocumentName>(job: AgentJob, name: N): DocumentOf<N> => {
  const found = findInput(job, name)
  if (found === undefined)
    throw makeOfflineError(`The offline model needs ${name} as an input, whole and by its contract.`)
  return found
}

/** The idea as the run has it. */
export const getIdea = (job: AgentJob): string => findInput(job, 'Idea')?.text ?? job.context.context.idea
