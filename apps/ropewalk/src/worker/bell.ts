/** Something to wait at. `ring` ends the wait; rung while nobody waits, it ends the next wait at once. */
export type Bell = { readonly ring: () => void; readonly wait: (ms: number) => Promise<void> }

export const makeBell = (): Bell => {
  let isRung = false
  let wakeUp: (() => void) | undefined
  return {
    ring: () => {
      isRung = true
      wakeUp?.()
    },
    wait: async (ms) => {
      if (!isRung) {
        const { promise, resolve } = Promise.withResolvers<void>()
        const timer = setTimeout(resolve, ms)
        wakeUp = resolve
        await promise
        clearTimeout(timer)
      }
      isRung = false
      wakeUp = undefined
    },
  }
}

/** Waits for `work`, but no longer than `ms`. */
export const waitAtMost = async (work: Promise<unknown>, ms: number): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  await Promise.race([work, promise])
  clearTimeout(timer)
}
