import { setTimeout as sleep } from 'node:timers/promises'
import type { WorkspaceId } from '@ropewalk/core/ids'
import { listenUntil } from '../commit-hints.ts'
import type { Store } from '../open.ts'

export type BusHints = {
  /** Says, here at once and to other processes soon, that a topic has messages. Never fails. */
  tell(topic: string): void
  /** How many hints came for a topic. Taken before looking, it makes `wait` miss none. */
  getCount(topic: string): number
  /** Waits for a hint after `count`, at most `ms`, and no longer than until `signal` aborts. */
  wait(
    topic: string,
    count: number,
    options: { readonly ms: number; readonly signal: AbortSignal },
  ): Promise<void>
  stop(): Promise<void>
}

const CHANNEL = 'ropewalk_bus'
/** Postgres holds an instance-wide lock while a notifying transaction commits: so few, and alone. */
const PAUSE_MS = 10

/**
 * Starts hints about messages of a workspace. They may be lost, so whoever waits must look as well. The
 * connection that hears other processes is opened by the first wait.
 */
export const startBusHints = (store: Store, workspaceId: WorkspaceId): BusHints => {
  const stopped = new AbortController()
  const counts = new Map<string, number>()
  const waiting = new Set<{ readonly topic: string; readonly wake: () => void }>()
  const due = new Set<string>()
  let telling: Promise<void> | undefined
  let listening: Promise<void> | undefined

  const hear = (topic: string) => {
    counts.set(topic, (counts.get(topic) ?? 0) + 1)
    for (const one of waiting) if (one.topic === topic) one.wake()
  }
  const hearOthers = (payload: string | undefined) => {
    const [of, ...topics] = (payload ?? '').split(' ')
    if (of === workspaceId) for (const topic of topics) hear(topic)
  }
  const tellOthers = async () => {
    while (due.size > 0) {
      const payload = [workspaceId, ...due].join(' ')
      due.clear()
      try {
        await store.writer.query({
          name: 'bus_tell',
          text: 'SELECT pg_notify($1, $2)',
          values: [CHANNEL, payload],
        })
      } catch (error) {
        store.log.debug({ err: error }, 'a hint was not told; others find out by polling')
      }
      await sleep(PAUSE_MS)
    }
    telling = undefined
  }

  return {
    tell: (topic) => {
      hear(topic)
      due.add(topic)
      telling ??= tellOthers()
    },
    getCount: (topic) => counts.get(topic) ?? 0,
    wait: async (topic, count, { ms, signal }) => {
      listening ??= listenUntil(store, { channel: CHANNEL, onPayload: hearOthers }, stopped.signal)
      if ((counts.get(topic) ?? 0) !== count || signal.aborted) return
      const { promise, resolve } = Promise.withResolvers<void>()
      const one = { topic, wake: () => resolve() }
      const timer = setTimeout(one.wake, ms)
      waiting.add(one)
      signal.addEventListener('abort', one.wake, { once: true })
      await promise
      clearTimeout(timer)
      waiting.delete(one)
      signal.removeEventListener('abort', one.wake)
    },
    stop: async () => {
      stopped.abort()
      for (const one of waiting) one.wake()
      await telling
      await listening
    },
  }
}
