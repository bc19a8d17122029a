/** How many sessions there may be, and how long one lives that nobody uses. */
export type SessionLimits = {
  /** All of a process. Each holds a server object of some tens of kilobytes. */
  readonly sessions: number
  /** One caller's; more than its programs can need, few enough that one caller does not put out all others. */
  readonly sessionsOfOne: number
  readonly idleMs: number
}

export const SESSION_LIMITS: SessionLimits = { sessions: 500, sessionsOfOne: 50, idleMs: 30 * 60_000 }

/** One client's session of the older protocol. */
export type Session<T> = {
  readonly id: string
  /** Whose it is; nobody else finds it. */
  readonly owner: string
  readonly held: T
  /** Milliseconds of a clock that never goes back. */
  usedAt: number
  /** Exchanges that are under way; a session with one is in use, however long it takes. */
  inHand: number
}

export type Sessions<T> = {
  readonly add: (of: { readonly id: string; readonly owner: string; readonly held: T }) => void
  /** Undefined for one that there is not, and for one of somebody else. */
  readonly find: (id: string, owner: string) => Session<T> | undefined
  readonly remove: (id: string) => void
  /** Lets go of those that were not used for too long. */
  readonly sweep: () => void
  readonly list: () => readonly Session<T>[]
}

/**
 * The sessions of a process, bound to who opened them. Where there are too many the one goes that was used least
 * lately: its client is told that there is no such session, and opens another. `drop` ends what a session held.
 */
export const makeSessions = <T>(of: {
  readonly limits: SessionLimits
  readonly now: () => number
  readonly drop: (held: T) => void
}): Sessions<T> => {
  const { limits, now } = of
  const all = new Map<string, Session<T>>()
  const remove = (id: string): void => {
    const session = all.get(id)
    if (session === undefined) return
    all.delete(id)
    of.drop(session.held)
  }
  const findOldest = (among: readonly Session<T>[]): Session<T> | undefined =>
    among.toSorted((a, b) => Math.sign(a.inHand) - Math.sign(b.inHand) || a.usedAt - b.usedAt)[0]
  /** Sessions of whoever has most of them, who is the one to give one up. */
  const listOfGreediest = (): readonly Session<T>[] =>
    [...Map.groupBy(all.values(), ({ owner }) => owner).values()].toSorted(
      (a, b) => b.length - a.length,
    )[0] ?? []
  const makeRoom = (owner: string): void => {
    const own = [...all.values()].filter((session) => session.owner === owner)
    const going =
      own.length >= limits.sessionsOfOne
        ? findOldest(own)
        : all.size >= limits.sessions
          ? findOldest(listOfGreediest())
          : undefined
    if (going !== undefined) remove(going.id)
  }
  return {
    add: ({ id, owner, held }) => {
      makeRoom(owner)
      all.set(id, { id, owner, held, usedAt: now(), inHand: 0 })
    },
    find: (id, owner) => {
      const session = all.get(id)
      return session?.owner === owner ? session : undefined
    },
    remove,
    sweep: () => {
      const before = now() - limits.idleMs
      for (const { id, usedAt, inHand } of [...all.values()]) if (inHand === 0 && usedAt < before) remove(id)
    },
    list: () => [...all.values()],
  }
}
