import type { Phase } from '@ropewalk/core/run/state'

/**
 * The phases of runs as this process last wrote them, so that the next command on a run need not read them
 * again. Phases change only under the lock of their run and never without an event, so the head of the
 * history names them: a head that another process moved on finds nothing here.
 */
export type PhaseCache = {
  readonly find: (headHash: string) => ReadonlyMap<string, Phase> | undefined
  /** What a commit left under a new head, and the head before it, which nothing can ask for again. */
  readonly replace: (oldHead: string, newHead: string, phases: ReadonlyMap<string, Phase>) => void
}

/** About 20 KB each at the most; the runs that commands come for at any one time are far fewer. */
const MAX_RUNS = 5000

export const makePhaseCache = (): PhaseCache => {
  const byHead = new Map<string, ReadonlyMap<string, Phase>>()
  return {
    find: (headHash) => byHead.get(headHash),
    replace: (oldHead, newHead, phases) => {
      byHead.delete(oldHead)
      byHead.set(newHead, phases)
      const oldest = byHead.size > MAX_RUNS ? byHead.keys().next().value : undefined
      if (oldest !== undefined) byHead.delete(oldest)
    },
  }
}
