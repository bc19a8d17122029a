import { addUsage, NO_USAGE, type Usage } from '@ropewalk/core/contract/budget'
import type { ErrorClass } from '@ropewalk/core/contract/task-spec'
import { hasCode, RopewalkError } from '@ropewalk/core/errors'
import { setTimeout as delay } from 'node:timers/promises'
import { makeRedactor } from '../../secrets/secrets.ts'
import { AgentError, type AgentJob } from '../agent-runtime.ts'
import { getModelFailure, type ModelFailure } from './model-failure.ts'
import { getCostMicros, getPrice, type ModelPrice } from '@ropewalk/core/contract/price'
import {
  getUsableEntries,
  makeLanguageModel,
  type CallOptions,
  type CallResult,
  type LanguageModel,
  type ModelAccess,
  type ModelEntry,
} from './providers.ts'
import { getToolId } from './tools/tool-names.ts'

/**
 * A model whose every call is reserved before, settled after and logged, for one attempt at one task.
 * It goes down the list of models where the class of a failure allows that.
 */
export type MeteredModel = {
  readonly model: LanguageModel
  /** Whether the entry that is in use now is the offline model, which is no model of the AI SDK. */
  readonly isOffline: () => boolean
  readonly getUsage: () => Usage
  readonly addToolMs: (ms: number) => void
  /** Which model spoke last, and in which version; fail-overs are told in the version. */
  readonly getMaker: () => { readonly tool: string; readonly toolVersion: string }
  /** An error of this attempt that carries what was used so far. */
  readonly makeError: (errorClass: ErrorClass, message: string, cause?: unknown) => AgentError
}

/** Thrown out of a call when the fail-over has reached the entry `offline`: the runtime hands the job over. */
export class OfflineTurn extends Error {
  override readonly name = 'OfflineTurn'
}

/**
 * Longest wait for one answer. Node's fetch gives up by itself after 300 s with an error that does not say
 * why, so this is shorter; a document of 16,000 tokens takes a slow model about three minutes.
 */
export const CALL_TIMEOUT_MS = 240_000

/** Attempts at a rate-limited model before the next of the list is asked; the waits between are the engine's. */
const RATE_LIMIT_TRIES = 3

/** Tokens of output asked for at most, so that a reservation is a bound and not a guess. */
const MAX_OUTPUT_TOKENS = 16_000

/** Below this no document fits, and a call would be money for a cut answer. */
const MIN_OUTPUT_TOKENS = 1000

/** English takes about four characters a token, code and JSON about three; the lower is the cautious one. */
const CHARS_PER_TOKEN = 3

/** After the call's own limit, so that a settlement is never raced by the deadline it was meant for. */
const SETTLE_GRACE_MS = 60_000

type CalledEntry = Exclude<ModelEntry, { provider: 'offline' }>

type State = {
  readonly job: AgentJob
  readonly access: ModelAccess
  readonly usable: readonly ModelEntry[]
  readonly callTimeoutMs: number
  readonly redact: (text: string) => string
  position: number
  usage: Usage
  answeredBy: string | null
  readonly failOvers: string[]
}

/**
 * Makes the metered model of an attempt. Throws an AgentError of class fatal when no entry of the list can
 * be called, naming what is missing.
 */
export const makeMeteredModel = (
  job: AgentJob,
  access: ModelAccess,
  options: {
    readonly callTimeoutMs?: number | undefined
    readonly secrets?: Readonly<Record<string, string>>
  } = {},
): MeteredModel => {
  const { usable: listed, unusable } = getUsableEntries(access)
  const usable = orderForReview(listed, job)
  for (const { entry, reason } of unusable) job.log('note', `model ${entry} is left out: ${reason}`)
  const budgetMs = job.task.spec.budget.ms
  const state: State = {
    job,
    access,
    usable,
    callTimeoutMs: Math.min(
      options.callTimeoutMs ?? CALL_TIMEOUT_MS,
      budgetMs > 0 ? budgetMs : Number.POSITIVE_INFINITY,
    ),
    redact: makeRedactor([...Object.values(access.keys), ...Object.values(options.secrets ?? {})]),
    position: 0,
    usage: NO_USAGE,
    answeredBy: null,
    failOvers: [],
  }
  if (usable.length === 0)
    throw makeError(
      state,
      'fatal',
      `No model can be called: ${unusable.map(({ entry, reason }) => `${entry}: ${reason}`).join('; ')}.`,
    )
  return {
    model: {
      specificationVersion: 'v4',
      provider: 'ropewalk',
      modelId: access.list.join(','),
      supportedUrls: {},
      doGenerate: (call) => generate(state, call),
      doStream: () =>
        Promise.reject(
          new RopewalkError('INVARIANT_BROKEN', 'Metered models answer whole; nothing here streams.'),
        ),
    },
    isOffline: () => state.usable[state.position]?.provider === 'offline',
    getUsage: () => state.usage,
    addToolMs: (ms) => {
      state.usage = addUsage(state.usage, { ...NO_USAGE, toolMs: Math.round(ms) })
    },
    getMaker: () => getMaker(state),
    makeError: (errorClass, message, cause) => makeError(state, errorClass, message, cause),
  }
}

/** Whether a model has had a hand in what the job is to review. */
export const isAuthor = (job: AgentJob, tool: string): boolean =>
  job.review?.makers.some((maker) => maker.startsWith(`${tool}@`)) ?? false

/** A note in the version of a review's maker, where no other model was to be had. */
export const SAME_MODEL = 'same model as the author'

/**
 * For a review, models that had no hand in the artifact come first. The offline model keeps to the end of real
 * ones: rules that have written nothing are no better judge than a model that has.
 */
const orderForReview = (entries: readonly ModelEntry[], job: AgentJob): readonly ModelEntry[] => {
  if (job.review === undefined) return entries
  const getRank = ({ provider, entry }: ModelEntry) =>
    provider === 'offline' ? 2 : isAuthor(job, entry) ? 1 : 0
  return entries.toSorted((a, b) => getRank(a) - getRank(b))
}

const getMaker = (state: State): { tool: string; toolVersion: string } => {
  const entry = state.usable[state.position]?.entry ?? state.access.list[0] ?? 'none'
  const notes = isAuthor(state.job, entry) ? [SAME_MODEL, ...state.failOvers] : state.failOvers
  const version = [state.answeredBy ?? entry, ...notes].join('; ')
  return { tool: entry.slice(0, 120), toolVersion: version.slice(0, 120) }
}

const makeError = (
  state: State,
  errorClass: ErrorClass,
  message: string,
  cause?: unknown,
  retryAfterMs?: number,
): AgentError =>
  new AgentError(
    {
      errorClass,
      message: state.redact(message).slice(0, 1000),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      usage: state.usage,
      ...getMaker(state),
    },
    { cause: redactCause(state, cause) },
  )

/** A cause is logged as it is, and errors of providers carry headers and bodies; only their words are kept. */
const redactCause = (state: State, cause: unknown): Error | undefined => {
  if (!(cause instanceof Error)) return undefined
  const kept = new Error(state.redact(cause.message))
  kept.name = cause.name
  if (cause.stack !== undefined) kept.stack = state.redact(cause.stack)
  return kept
}

/** One answer, from the first entry at or after the present one that gives one. */
const generate = async (state: State, call: CallOptions): Promise<CallResult> => {
  for (;;) {
    const entry = state.usable[state.position]
    if (entry === undefined || entry.provider === 'offline')
      throw new OfflineTurn('the next model is the offline one')
    const outcome = await callOnce(state, entry, call)
    if ('result' in outcome) return outcome.result
    const { failure, cause } = outcome
    const next = state.usable[state.position + 1]
    if (next === undefined || !mayFailOver(failure, state.job))
      throw makeError(state, failure.errorClass, failure.message, cause, failure.retryAfterMs)
    state.failOvers.push(`after ${entry.entry}: ${failure.errorClass}`)
    state.job.log(
      'note',
      state.redact(
        `model ${entry.entry} failed (${failure.errorClass}: ${failure.message}); asking ${next.entry}`,
      ),
    )
    state.position += 1
    state.answeredBy = null
  }
}

const mayFailOver = (failure: ModelFailure, job: AgentJob): boolean =>
  failure.errorClass === 'quota' ||
  failure.unreachable ||
  (failure.errorClass === 'rate_limit' &&
    job.context.context.metadata.attemptNumber >=
      Math.min(RATE_LIMIT_TRIES, job.task.spec.retry_policy.max_attempts))

type Outcome = { readonly result: CallResult } | { readonly failure: ModelFailure; readonly cause: unknown }

const callOnce = async (state: State, entry: CalledEntry, call: CallOptions): Promise<Outcome> => {
  const { job } = state
  const price = getPrice(job.context.plan.prices, entry.entry, job.task.claimedAt.slice(0, 10))
  const sized = sizeCall(state, call)
  const estimate = getCostMicros(price, sized.inputTokens, sized.maxOutputTokens)
  const reservationId = await reserve(state, entry, {
    micros: estimate,
    tokens: sized.inputTokens + sized.maxOutputTokens,
    price,
  })
  const limit = AbortSignal.timeout(state.callTimeoutMs)
  const startedAt = performance.now()
  try {
    const result = await makeLanguageModel(state.access, entry).doGenerate({
      ...call,
      maxOutputTokens: sized.maxOutputTokens,
      // What a provider keeps of a conversation is out of our hands, so it is asked to keep nothing.
      providerOptions: { ...call.providerOptions, openai: { store: false } },
      abortSignal: AbortSignal.any([
        job.signal,
        limit,
        ...(call.abortSignal === undefined ? [] : [call.abortSignal]),
      ]),
    })
    await settle(state, entry, { reservationId, result, sized, price, startedAt })
    await refuseUnofferedTools(job, call, result)
    if (result.finishReason.unified === 'content-filter')
      return { failure: getRefusal(entry, result), cause: undefined }
    for (const warning of result.warnings)
      job.log(
        'note',
        `model ${entry.entry}: ${'feature' in warning ? warning.feature : warning.type} not as asked`,
      )
    // Told above; left in, the SDK would print them over the program's own output.
    return { result: { ...result, warnings: [] } }
  } catch (error) {
    if (error instanceof RopewalkError || error instanceof AgentError) throw error
    const failure = job.signal.aborted
      ? ({
          errorClass: 'timeout',
          message: `The attempt ended while ${entry.entry} was being asked.`,
          unreachable: false,
          billed: true,
        } as const)
      : limit.aborted
        ? ({
            errorClass: 'timeout',
            message: `${entry.entry} gave no answer within ${String(state.callTimeoutMs)} ms.`,
            unreachable: false,
            billed: true,
          } as const)
        : getModelFailure(error, entry, Date.now())
    const ms = Math.round(performance.now() - startedAt)
    job.log(
      'note',
      state.redact(
        `model call ${entry.entry} failed after ${String(ms)} ms: ${failure.errorClass}: ${failure.message}`,
      ),
    )
    // What may have been billed stays reserved: its deadline charges it in full as assumed.
    if (!failure.billed)
      await job.settle(reservationId, { micros: 0, inputTokens: 0, outputTokens: 0, model: entry.entry })
    return { failure, cause: error }
  }
}

type Sized = { readonly inputTokens: number; readonly maxOutputTokens: number }

/** The size of a call in tokens; the output is cut to what the task's allowance of tokens still has. */
const sizeCall = (state: State, call: CallOptions): Sized => {
  const chars = JSON.stringify([call.prompt, call.tools ?? [], call.responseFormat ?? null]).length
  const inputTokens = Math.ceil(chars / CHARS_PER_TOKEN)
  const asked = call.maxOutputTokens ?? MAX_OUTPUT_TOKENS
  const allowance = state.job.task.spec.budget.tokens
  if (allowance === 0) return { inputTokens, maxOutputTokens: asked }
  const left = allowance - state.usage.inputTokens - state.usage.outputTokens - inputTokens
  return { inputTokens, maxOutputTokens: Math.max(MIN_OUTPUT_TOKENS, Math.min(asked, left)) }
}

const reserve = async (
  state: State,
  entry: CalledEntry,
  want: { readonly micros: number; readonly tokens: number; readonly price: ModelPrice },
): Promise<string> => {
  const { job } = state
  if (!want.price.known)
    job.log(
      'note',
      `model ${entry.entry} has no price; taking ${String(want.price.inputUsd)} and ${String(want.price.outputUsd)} dollars per million tokens in and out`,
    )
  try {
    const { reservationId, throttleMs } = await job.reserve(
      want.micros,
      want.tokens,
      state.callTimeoutMs + SETTLE_GRACE_MS,
    )
    if (throttleMs > 0) await waitThrottled(state, entry, { reservationId, throttleMs })
    return reservationId
  } catch (error) {
    if (hasCode(error, 'BUDGET_EXCEEDED'))
      throw makeError(
        state,
        'budget',
        `${error.message} A call of ${entry.entry} would set aside ${String(want.micros)} millionths of a dollar and ${String(want.tokens)} tokens; it was not made.`,
        error,
      )
    throw error
  }
}

/** An attempt that is aborted while it waits has made no call, and gives back what it set aside. */
const waitThrottled = async (
  { job }: State,
  entry: CalledEntry,
  { reservationId, throttleMs }: { readonly reservationId: string; readonly throttleMs: number },
): Promise<void> => {
  try {
    await delay(throttleMs, undefined, { signal: job.signal })
  } catch (error) {
    await job.settle(reservationId, { micros: 0, inputTokens: 0, outputTokens: 0, model: entry.entry })
    throw error
  }
}

const settle = async (
  state: State,
  entry: CalledEntry,
  done: {
    readonly reservationId: string
    readonly result: CallResult
    readonly sized: Sized
    readonly price: ModelPrice
    readonly startedAt: number
  },
): Promise<void> => {
  const reported = done.result.usage
  // A provider that reports nothing is charged what was set aside: free calls would be no budget at all.
  const inputTokens = reported.inputTokens.total ?? done.sized.inputTokens
  const outputTokens = reported.outputTokens.total ?? done.sized.maxOutputTokens
  const micros = getCostMicros(done.price, inputTokens, outputTokens)
  state.usage = addUsage(state.usage, {
    ...NO_USAGE,
    inputTokens,
    outputTokens,
    modelCalls: 1,
    costMicros: micros,
  })
  state.answeredBy = done.result.response?.modelId ?? entry.entry
  const ms = Math.round(performance.now() - done.startedAt)
  state.job.log(
    'note',
    `model call ${entry.entry}: ${String(inputTokens)} tokens in, ${String(outputTokens)} out, ${String(micros)} millionths of a dollar, ${String(ms)} ms, ${done.result.finishReason.unified}`,
  )
  await state.job.settle(done.reservationId, { micros, inputTokens, outputTokens, model: entry.entry })
}

const getRefusal = (entry: CalledEntry, result: CallResult): ModelFailure => {
  const words = result.content.map((part) => (part.type === 'text' ? part.text : '')).join(' ')
  return {
    errorClass: 'refusal',
    message: `${entry.entry} refused: ${words.trim().slice(0, 500) || 'its content filter stopped the answer'}`,
    unreachable: false,
    billed: true,
  }
}

/** The AI SDK answers such a call with an error to the model; the ledger is told here. */
const refuseUnofferedTools = async (job: AgentJob, call: CallOptions, result: CallResult): Promise<void> => {
  const offered = new Set(call.tools?.map((tool) => tool.name))
  for (const part of result.content)
    if (part.type === 'tool-call' && part.providerExecuted !== true && !offered.has(part.toolName)) {
      const tool = getToolId(part.toolName).slice(0, 120) || 'unnamed'
      await job.refuseTool(tool, 'The tool is not among those that both the agent and its phase allow.')
      job.log('note', `tool ${tool} refused: not on the allowlist of this task`)
    }
}
