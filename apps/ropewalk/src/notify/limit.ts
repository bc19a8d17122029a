import { RopewalkError } from '@ropewalk/core/errors'

export type Limiter = <T>(work: () => Promise<T>) => Promise<T>

/**
 * Runs at most `width` works at once, the others in their order. One that has waited longer than `maxWaitMs` when
 * its turn comes is not begun and throws OVERLOADED: whoever asked has asked again by then.
 */
export const makeLimiter = (width: number, maxWaitMs: number): Limiter => {
  const waiting: (() => void)[] = []
  let running = 0
  return async (work) => {
    const askedAt = performance.now()
    if (running < width) running += 1
    else {
      const { promise, resolve } = Promise.withResolvers<undefined>()
      waiting.push(() => {
        resolve(undefined)
      })
      await promise
    }
    try {
      if (performance.now() - askedAt > maxWaitMs)
        throw new RopewalkError('OVERLOADED', `It waited more than ${maxWaitMs} ms for its turn.`)
      return await work()
    } finally {
      // The place goes to the next one without becoming free in between.
      const next = waiting.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }
}
