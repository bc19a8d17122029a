import type { z } from 'zod'
import type { MethodContract } from '@ropewalk/core/contract/methods/method'
import type { Method } from './method.ts'

/**
 * A method for the list of all. Its input is parsed by its own contract before `run` is called, so that the list
 * need not know what each one takes.
 */
export const defineMethod = <I extends z.ZodObject, O extends z.ZodObject>(
  contract: MethodContract<I, O>,
  run: Method<I, O>['run'],
): Method => ({
  contract,
  run: (sources, input, call) => run(sources, input as z.output<I>, call),
})
