import { RopewalkError } from '@ropewalk/core/errors'
import type { z } from 'zod'
import type { Answer } from '../contract.ts'

/**
 * What a decider answered, by the part of it that a method needs: a kept answer of an earlier release is read the
 * same way. Throws INVARIANT_BROKEN where that part is not there.
 */
export const readAnswer = <T extends z.ZodObject>(answer: Answer, contract: T): z.output<T> => {
  const parsed = contract.loose().safeParse(answer)
  // The looser contract gives all that the stricter one promises.
  if (parsed.success) return parsed.data as z.output<T>
  throw new RopewalkError('INVARIANT_BROKEN', 'The answer of a command lacks what its method gives.', {
    details: { issues: parsed.error.issues.slice(0, 5) },
    cause: parsed.error,
  })
}
