import { hasCode } from '@ropewalk/core/errors'

const TOO_LATE = ['ALREADY_DECIDED', 'RUN_ALREADY_FINISHED', 'CONFLICT', 'INVALID_TRANSITION'] as const

/** Puts questions to the person at the terminal, one after the other. */
export type Asker<Q> = {
  /** Asks it in its turn; one that was put before is not asked again. */
  readonly put: (question: Q) => void
  /** Takes a question back that was decided elsewhere. */
  readonly withdraw: (questionId: string) => void
  /** Takes all back, and resolves when nobody is asked any more. */
  readonly end: () => Promise<void>
}

/**
 * An asker that calls `ask` for one question at a time. What `ask` throws because it came too late (somebody
 * else answered, or the deadline came first) counts as asked.
 */
export const makeAsker = <Q extends { readonly id: string }>(of: {
  readonly signal: AbortSignal
  readonly ask: (question: Q, withdrawn: AbortSignal) => Promise<void>
}): Asker<Q> => {
  const open = new Map<string, AbortController>()
  let turn = Promise.resolve()
  const ask = async (question: Q, withdrawn: AbortSignal) => {
    if (withdrawn.aborted || of.signal.aborted) return
    try {
      await of.ask(question, AbortSignal.any([withdrawn, of.signal]))
    } catch (error) {
      if (!TOO_LATE.some((code) => hasCode(error, code))) throw error
    }
  }
  return {
    put: (question) => {
      // It may be known from its owner and be told by its event as well.
      if (open.has(question.id)) return
      const withdrawn = new AbortController()
      open.set(question.id, withdrawn)
      turn = turn.then(() => ask(question, withdrawn.signal))
    },
    withdraw: (questionId) => open.get(questionId)?.abort(),
    end: async () => {
      for (const withdrawn of open.values()) withdrawn.abort()
      await turn
    },
  }
}
