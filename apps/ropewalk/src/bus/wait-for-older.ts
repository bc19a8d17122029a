import { setTimeout as sleep } from 'node:timers/promises'
import type { ErrorCode, RopewalkError } from '@ropewalk/core/errors'
import type { Bus, BusMessage } from './port.ts'

/** Refusals that may only mean that what a message builds upon is still in the hands of another process. */
const EARLY: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'NOT_FOUND',
  'CONFLICT',
  'STALE_ATTEMPT',
  'VERSION_CONFLICT',
])

export const mayBeEarly = (error: RopewalkError): boolean => EARLY.has(error.code)

/** The most that may be in hand before a message; more than two processes ever hold. */
const MAX_PENDING = 5_000
const PAUSE_MS = 100
/** A batch of a busy process takes this long; one that died is not waited for. */
const PATIENCE_MS = 10_000

/**
 * Waits until no message that is older than this one is in anybody's hands, those of its own batch apart. Resolves
 * to false where that takes too long, as when a process has died with some in hand. Several processes read a topic
 * side by side, so that a message may overtake the one it builds upon.
 */
export const waitForOlder = async (
  bus: Pick<Bus, 'pending'>,
  of: { readonly topic: string; readonly group: string; readonly message: BusMessage },
  batch: ReadonlySet<string>,
): Promise<boolean> => {
  const { topic, group, message } = of
  for (const until = performance.now() + PATIENCE_MS; ; await sleep(PAUSE_MS)) {
    const { messages } = await bus.pending(topic, group, MAX_PENDING)
    const own = messages.findIndex(({ id }) => id === message.id)
    // Its own place is not among them where it was taken away meanwhile: then somebody else goes on with it.
    if (own === -1) return false
    if (messages.slice(0, own).every(({ id }) => batch.has(id))) return true
    if (performance.now() > until) return false
  }
}
