import type { Caller } from '@ropewalk/core/access/caller'
import type { MethodContract } from '@ropewalk/core/contract/methods/method'
import type { z } from 'zod'
import type { Config } from '../../config.ts'
import type { Engine, SubmitOptions } from '../contract.ts'
import type { TaskSigner } from '../tasks/task-tokens.ts'

/** What every method works with. */
export type MethodSources = {
  readonly engine: Engine
  readonly config: Config
  /** Makes the token of a task that was claimed. */
  readonly taskTokens: TaskSigner
}

/** One call of a method: who calls, and what goes with it. */
export type MethodCall = {
  readonly caller: Caller
  readonly requestId: string
  /** Aborted when the caller is gone. */
  readonly signal?: AbortSignal | undefined
  /** False where the door notes refusals itself, for this and all else that it takes. */
  readonly notesRefusals?: boolean | undefined
}

/** A call under way: `options` goes with each command, with its idempotency key and its line for the audit. */
export type RunningCall = MethodCall & { readonly options: SubmitOptions }

/** A method with what it does. The input is parsed and access is checked by `callMethod`, for every door. */
export type Method<I extends z.ZodObject = z.ZodObject, O extends z.ZodObject = z.ZodObject> = {
  readonly contract: MethodContract<I, O>
  readonly run: (sources: MethodSources, input: z.output<I>, call: RunningCall) => Promise<z.output<O>>
}
