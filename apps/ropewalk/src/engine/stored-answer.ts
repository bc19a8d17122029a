import { RopewalkError } from '@ropewalk/core/errors'
import type { ErrorCode, ErrorDetails } from '@ropewalk/core/errors'
import type { Answer } from './contract.ts'

/** What a request was answered: the answer, or the refusal that another call would get just the same. */
export type KeptAnswer =
  | { readonly type: 'answer'; readonly answer: Answer }
  | {
      readonly type: 'refused'
      readonly code: ErrorCode
      readonly message: string
      readonly details: ErrorDetails
    }

export type StoredAnswer = { readonly bodyDigest: string; readonly answer: KeptAnswer }

/** Gives the kept answer again. Throws the kept refusal, and IDEMPOTENCY_CONFLICT for another body. */
export const repeatAnswer = (stored: StoredAnswer, bodyDigest: string): Answer => {
  if (stored.bodyDigest !== bodyDigest) {
    throw new RopewalkError(
      'IDEMPOTENCY_CONFLICT',
      'This idempotency key came before with another body. Use a new key for a new request.',
    )
  }
  const { answer } = stored
  if (answer.type === 'answer') return answer.answer
  throw new RopewalkError(answer.code, answer.message, { details: answer.details })
}
