import { hasCode } from '@ropewalk/core/errors'

type Waiting<I, O> = {
  readonly item: I
  readonly resolve: (value: O) => void
  readonly reject: (error: unknown) => void
}

export type CoalesceOptions<I, O> = {
  /** Does all items in one write and gives their results in order; an Error is the answer of one item alone. */
  readonly run: (items: readonly I[]) => Promise<readonly (O | Error)[]>
  readonly maxItems: number
}

/**
 * Gathers calls that arrive while a write is under way into the next one, so that a thousand small writes
 * cost a few transactions. An item that Postgres cannot keep fails alone, not with its neighbours.
 */
export const makeCoalescer = <I, O>(options: CoalesceOptions<I, O>): ((item: I) => Promise<O>) => {
  let waiting: Waiting<I, O>[] = []
  let isRunning = false

  const runAll = async (batch: readonly Waiting<I, O>[]): Promise<void> => {
    try {
      const results = await options.run(batch.map(({ item }) => item))
      for (const [index, { resolve, reject }] of batch.entries()) {
        const result = results[index]
        if (result instanceof Error) reject(result)
        else resolve(result as O)
      }
    } catch (error) {
      if (batch.length > 1 && hasCode(error, 'INVALID_ARGUMENT')) {
        for (const one of batch) await runAll([one])
        return
      }
      for (const { reject } of batch) reject(error)
    }
  }

  const loop = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, options.maxItems)
      waiting = waiting.slice(options.maxItems)
      await runAll(batch)
    }
    isRunning = false
  }

  return (item) =>
    new Promise<O>((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (isRunning) return
      isRunning = true
      setImmediate(() => void loop())
    })
}
