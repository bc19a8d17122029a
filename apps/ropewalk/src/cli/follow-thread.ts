import { setTimeout as sleep } from 'node:timers/promises'
import type { MessageView } from '@ropewalk/core/contract/methods/threads'
import { hasCode } from '@ropewalk/core/errors'
import type { ThreadId } from '@ropewalk/core/ids'
import { ServerGone } from './server-gone.ts'
import type { Api } from './api.ts'

/** Short beside the start of a server, long beside the cost of asking whether one is there. */
const PAUSE_MS = 500

export type FollowThread = {
  readonly threadId: ThreadId
  /** Only messages after this one. */
  readonly since: number
  readonly api: Api
  /** The live server of the home at this moment, if there is one. */
  readonly findApi: () => Promise<Api | undefined>
  /** Told once each time the server went away. */
  readonly onGone: () => void
  readonly signal: AbortSignal
}

/** A server that was killed, hangs, is stopping, or has lost its database. */
const isGone = (error: unknown): boolean =>
  error instanceof ServerGone ||
  error instanceof TypeError ||
  (error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError')) ||
  hasCode(error, 'DRAINING') ||
  hasCode(error, 'STORE_UNAVAILABLE')

/** The next server of the home, or undefined when `signal` is aborted first. */
const waitForServer = async ({ findApi, signal }: FollowThread): Promise<Api | undefined> => {
  while (!signal.aborted) {
    await sleep(PAUSE_MS)
    try {
      const api = await findApi()
      if (api !== undefined) return api
    } catch (error) {
      if (!isGone(error)) throw error
    }
  }
  return undefined
}

/**
 * The messages of a thread after a number, each once and in order, as they come, until `signal` is aborted. A server
 * that goes away is waited for, and another one of the same home is taken up where it left off.
 */
export async function* followThread(of: FollowThread): AsyncGenerator<MessageView> {
  let api: Api | undefined = of.api
  let since = of.since
  while (api !== undefined && !of.signal.aborted) {
    try {
      const found = await api.waitForMessages({ thread_id: of.threadId, since_seq: since }, of.signal)
      since = found.next_seq
      yield* found.messages
    } catch (error) {
      if (of.signal.aborted) return
      if (!isGone(error)) throw error
      of.onGone()
      api = await waitForServer(of)
    }
  }
}
