import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Store } from './open.ts'

/** What is said between processes: what a commit may mean to those who wait for work. */
export type Hint = {
  readonly tasksReady: boolean
  /** Items of projects may be given out. */
  readonly itemsReady: boolean
  /** Threads have new messages; a release that does not know says nothing, which may mean that they have. */
  readonly hasMessages?: boolean
  readonly workspaceIds: readonly string[]
  readonly effects: readonly string[]
}

export type CommitHints = {
  /** Tells the other processes, soon and together with what else is to be told. Never fails. */
  tell(hint: Hint): void
  stop(): Promise<void>
}

const CHANNEL = 'ropewalk_commits'
/** Postgres holds an instance-wide lock while a notifying transaction commits: so few, and alone. */
const PAUSE_MS = 10
const RECONNECT_MS = 500
/** The payload of a notification is limited to 8000 bytes; with more workspaces all are meant. */
const MAX_NAMED = 50

const merge = (a: Hint, b: Hint): Hint => ({
  tasksReady: a.tasksReady || b.tasksReady,
  itemsReady: a.itemsReady || b.itemsReady,
  hasMessages: a.hasMessages !== false || b.hasMessages !== false,
  workspaceIds: [...new Set([...a.workspaceIds, ...b.workspaceIds])],
  effects: [...new Set([...a.effects, ...b.effects])],
})

/**
 * Starts telling and hearing of commits over one LISTEN connection. Hints may be lost: whoever waits
 * for work must poll as well. Own hints are not heard again.
 */
export const startCommitHints = (store: Store, onHint: (hint: Hint) => void): CommitHints => {
  const self = crypto.randomUUID()
  const stopped = new AbortController()
  let due: Hint | undefined
  let telling: Promise<void> | undefined

  const tellAll = async () => {
    while (due !== undefined) {
      const hint = due
      due = undefined
      const workspaceIds = hint.workspaceIds.slice(0, MAX_NAMED)
      try {
        await store.writer.query({
          name: 'tell',
          text: 'SELECT pg_notify($1, $2)',
          values: [CHANNEL, JSON.stringify({ ...hint, workspaceIds, self })],
        })
      } catch (error) {
        store.log.debug({ err: error }, 'a hint was not told; others find out by polling')
      }
      await sleep(PAUSE_MS)
    }
    telling = undefined
  }

  const hear = (payload: string | undefined) => {
    const { self: from, ...hint } = JSON.parse(payload ?? '{}') as Hint & { readonly self: string }
    if (from !== self) onHint(hint)
  }

  const listening = listenUntil(store, { channel: CHANNEL, onPayload: hear }, stopped.signal)
  return {
    tell: (hint) => {
      due = due === undefined ? hint : merge(due, hint)
      telling ??= tellAll()
    },
    stop: async () => {
      stopped.abort()
      await telling
      await listening
    },
  }
}

/** Listens, and after each loss of the connection begins again, until `signal` aborts. */
export const listenUntil = async (
  store: Store,
  to: { readonly channel: string; readonly onPayload: (payload: string | undefined) => void },
  signal: AbortSignal,
): Promise<void> => {
  while (!signal.aborted) {
    const client = new pg.Client({
      connectionString: store.urls.writer,
      application_name: 'ropewalk hints',
      connectionTimeoutMillis: 2_000,
      keepAlive: true,
    })
    try {
      const ended = new Promise<void>((resolve) => {
        client.on('error', () => resolve())
        client.on('end', () => resolve())
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
      client.on('notification', (message) => to.onPayload(message.payload))
      await client.connect()
      await client.query(`LISTEN ${to.channel}`)
      await ended
    } catch (error) {
      store.log.debug({ err: error }, 'hints of other processes cannot be heard just now')
    }
    await client
      .end()
      .catch((error: unknown) => store.log.debug({ err: error }, 'a connection did not close'))
    if (!signal.aborted) await sleep(RECONNECT_MS, undefined, { signal }).catch(() => undefined)
  }
}
