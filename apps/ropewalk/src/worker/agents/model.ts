import { addUsage } from '@ropewalk/core/contract/budget'
import { Clarifications, findDocumentContract } from '@ropewalk/core/contract/documents'
import type { QuestionDraft } from '@ropewalk/core/contract/question'
import { hasCode, RopewalkError } from '@ropewalk/core/errors'
import { generateText, isStepCount, type ModelMessage } from 'ai'
import type { z } from 'zod'
import type { AgentJob, AgentResult, AgentRuntime } from '../agent-runtime.ts'
import { ERROR_CLASSES } from '../failure.ts'
import { fixAnswer, readUnparsed } from './fix-synth.ts'
import { isAuthor, makeMeteredModel, OfflineTurn, SAME_MODEL, type MeteredModel } from './metered-model.ts'
import { getContractText, makeAnswerOutput, parseAnswer } from './output-contract.ts'
import { makeInstructions, makeTaskPrompt } from './prompt.ts'
import { NO_OUTSIDE_TOOLS, type OutsideServers, type OutsideTools } from './mcp/contract.ts'
import type { ModelAccess } from './providers.ts'
import { makeToolSet } from './tools/registry.ts'
import type { AgentTool } from './tools/tool.ts'

export type RuntimeOptions = {
  readonly access: ModelAccess
  /** The values of the secrets that an agent's front matter names. */
  readonly grantSecrets: (names: readonly string[]) => Promise<Readonly<Record<string, string>>>
  /** Longest wait for one answer of a model; CALL_TIMEOUT_MS where left out. */
  readonly callTimeoutMs?: number | undefined
  /** Outside MCP servers whose tools agents may call; none where left out. */
  readonly outside?: OutsideServers | undefined
}

/** Answers and tool results of one document; the task's ceiling of model calls bounds it across attempts. */
const MAX_STEPS = 12

/** Does tasks of kind `model`: one document, by its contract, from quoted inputs. */
export const makeModelRuntime =
  (options: RuntimeOptions): AgentRuntime =>
  async (job) => {
    const secrets = await options.grantSecrets(job.context.agent?.secrets ?? [])
    const meter = makeMeteredModel(job, options.access, { callTimeoutMs: options.callTimeoutMs, secrets })
    const outside = options.outside?.open(job) ?? NO_OUTSIDE_TOOLS
    try {
      if (meter.isOffline()) return await handOver(job, meter)
      return await writeDocument({ job, meter, secrets, outside })
    } catch (error) {
      if (error instanceof OfflineTurn) return handOver(job, meter)
      // The ceiling bounds all retries together, so trying again would meet it again.
      if (hasCode(error, 'TASK_CEILING')) throw meter.makeError('fatal', error.message, error)
      throw error
    } finally {
      await outside.close()
    }
  }

/** Gives the job to the offline model; what real models used before it came to that is still counted. */
const handOver = async (job: AgentJob, meter: MeteredModel): Promise<AgentResult> => {
  // Loaded on use: an installation with a real model never needs it.
  const { runOfflineModel } = await import('./offline/run-offline-model.ts')
  const result = await runOfflineModel(job)
  const toolVersion = isAuthor(job, result.tool) ? `${result.toolVersion}; ${SAME_MODEL}` : result.toolVersion
  return { ...result, toolVersion, usage: addUsage(meter.getUsage(), result.usage) }
}

type Work = {
  readonly job: AgentJob
  readonly meter: MeteredModel
  readonly secrets: Readonly<Record<string, string>>
  readonly outside: OutsideTools
}

const writeDocument = async (work: Work): Promise<AgentResult> => {
  const { job } = work
  const name = job.task.spec.output ?? 'Output'
  const contract = findDocumentContract(name)
  if (contract === undefined) {
    const { answer } = await ask(work, { name, contract, messages: [] })
    if (answer.trim() === '') throw work.meter.makeError('schema', `${name} came back empty.`)
    return handIn(work, { name, mediaType: 'text/markdown', content: answer, questions: [] })
  }
  const { document, questions } = await writeByContract(work, name, contract)
  // A document that is itself a list of questions would ask them twice.
  const own = getOwnQuestions(name, document)
  return handIn(work, {
    name,
    mediaType: 'application/json',
    content: `${JSON.stringify(document, null, 2)}\n`,
    questions: own ?? questions,
  })
}

/** First the answer, then one repair by the same agent, then Fix-Synth, then failure of class schema. */
const writeByContract = async (
  work: Work,
  name: string,
  contract: z.ZodType,
): Promise<{ readonly document: unknown; readonly questions: readonly QuestionDraft[] }> => {
  const { job, meter } = work
  const first = await ask(work, { name, contract, messages: [] })
  const parsed = parseAnswer(contract, first.answer)
  if (parsed.ok) return parsed
  job.log(
    'note',
    `${name} breaks its contract (${String(parsed.issues.length)} issues: ${parsed.issues[0] ?? ''}); asking for one repair`,
  )
  try {
    const second = await ask(work, {
      name,
      contract,
      messages: getRepairMessages(first.answer, parsed.issues),
    })
    const repaired = parseAnswer(contract, second.answer)
    if (repaired.ok) return repaired
    job.log(
      'note',
      `${name} breaks its contract after the repair too (${repaired.issues[0] ?? ''}); handing it to Fix-Synth`,
    )
    const fixed = await fixAnswer({
      job,
      meter,
      contract,
      output: name,
      broken: second.answer,
      issues: repaired.issues,
    })
    if (fixed.ok) return fixed
    throw meter.makeError(
      'schema',
      `${name} breaks its contract after one repair and Fix-Synth: ${fixed.issues.slice(0, 5).join('; ')}`,
    )
  } catch (error) {
    if (!hasCode(error, 'TASK_CEILING')) throw error
    throw meter.makeError(
      'schema',
      `${name} breaks its contract and the task has no model call left to mend it: ${parsed.issues.slice(0, 5).join('; ')}`,
      error,
    )
  }
}

const getRepairMessages = (broken: string, issues: readonly string[]): ModelMessage[] => [
  // Providers refuse an empty turn of the assistant.
  { role: 'assistant', content: broken.trim() === '' ? '(empty)' : broken },
  {
    role: 'user',
    content: `The answer breaks its contract:\n${issues.join('\n')}\nSend the whole answer again as JSON, mended, and nothing else.`,
  },
]

const ask = async (
  { job, meter, secrets, outside }: Work,
  what: {
    readonly name: string
    readonly contract: z.ZodType | undefined
    readonly messages: readonly ModelMessage[]
  },
): Promise<{ readonly answer: string }> => {
  const fatal = new AbortController()
  const tools = makeToolSet(
    { job, secrets, noteChanged: () => undefined },
    {
      noteToolMs: meter.addToolMs,
      onFatal: (error) => {
        fatal.abort(error)
      },
    },
    await listOutside(outside, meter),
  )
  const hasTools = Object.keys(tools).length > 0
  const result = await generateText({
    model: meter.model,
    maxRetries: 0,
    temperature: job.context.agent?.model.temperature ?? 0.2,
    abortSignal: AbortSignal.any([job.signal, fatal.signal]),
    instructions: makeInstructions(job, getHandIn(job, what.contract)),
    messages: [{ role: 'user', content: makeTaskPrompt(job) }, ...what.messages],
    stopWhen: isStepCount(MAX_STEPS),
    ...(hasTools ? { tools, toolCallConcurrency: 1 } : {}),
    ...(what.contract === undefined ? {} : { output: makeAnswerOutput(what.contract, what.name) }),
  }).catch((error: unknown) => {
    if (fatal.signal.aborted) throw makeToolError(meter, fatal.signal.reason)
    return readUnparsed(error)
  })
  if (fatal.signal.aborted) throw makeToolError(meter, fatal.signal.reason)
  return { answer: result.text }
}

/** The tools of outside servers; one that cannot be had fails the attempt as its error says. */
export const listOutside = async (
  outside: OutsideTools,
  meter: MeteredModel,
): Promise<readonly AgentTool[]> => {
  try {
    return await outside.list()
  } catch (error) {
    throw makeToolError(meter, error)
  }
}

/** What a broken tool does to its attempt: the engine's own refusals go on as they are. */
export const makeToolError = (meter: MeteredModel, error: unknown): unknown => {
  if (hasCode(error, 'STALE_ATTEMPT') || hasCode(error, 'DRAINING')) return error
  const errorClass = error instanceof RopewalkError ? ERROR_CLASSES[error.code] : 'tool_infra'
  return meter.makeError(errorClass, error instanceof Error ? error.message : 'a tool broke', error)
}

const getHandIn = (job: AgentJob, contract: z.ZodType | undefined): string => {
  if (contract === undefined) return 'Hand in the artifact as plain Markdown text and nothing else.'
  return [
    'Hand in one JSON object and nothing else, by this JSON Schema:',
    getContractText(contract),
    mayAsk(job)
      ? `Put into "questions" at most ${String(getQuestionLimit(job))} things that you cannot decide and that would change the document; never ask what was answered already. Where the answer is one of a few, list them as "choices" of a field; "risk" says what it costs to be wrong, "policy" whether the default may be taken (decide) or only a person may answer (escalate, wait). Else "questions" is null.`
      : 'Nobody can be asked now: decide by the likeliest reading, state it as an assumption where the document has a place for it, and let "questions" be null.',
  ].join('\n')
}

const getQuestionLimit = ({ context: { plan, context } }: AgentJob): number =>
  Math.min(
    10,
    plan.phases.find((each) => each.phase === context.phase)?.definition.clarification.max_questions ?? 3,
  )

const mayAsk = (job: AgentJob): boolean => {
  const { clarification, no_user_interactions: isSilent } = job.context.plan.policies
  return clarification !== 'autonomous' && !isSilent && getQuestionLimit(job) > 0
}

/** The document `Clarifications` is itself a list of questions. */
const getOwnQuestions = (name: string, document: unknown): readonly QuestionDraft[] | undefined =>
  name === 'Clarifications'
    ? Clarifications.parse(document).questions.map((question) => ({
        text: question.text,
        category: question.category,
        priority: question.priority,
        decisionImpact: question.decision_impact,
        defaultAnswer: question.default,
      }))
    : undefined

const handIn = (
  { job, meter }: Work,
  made: {
    readonly name: string
    readonly mediaType: string
    readonly content: string
    readonly questions: readonly QuestionDraft[]
  },
): AgentResult => ({
  outputs: [
    { name: made.name, mediaType: made.mediaType, bytes: Buffer.from(made.content), simulated: false },
  ],
  usage: meter.getUsage(),
  ...meter.getMaker(),
  questions: mayAsk(job) ? made.questions.slice(0, getQuestionLimit(job)) : [],
})
