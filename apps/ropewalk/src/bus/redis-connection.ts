import { createClient } from '@redis/client'
import { RopewalkError } from '@ropewalk/core/errors'
import type { Log } from '../log.ts'
import { translateRedisError } from './redis-errors.ts'

/** One connection to Redis that mends itself. */
export type RedisConnection = {
  /**
   * Sends one command and gives its reply (RESP 2: strings, numbers, null, arrays). Waits a moment for a
   * connection that is being made. A reply that takes longer than `timeoutMs` ends the connection: what stands
   * behind it would wait as long. Throws what `translateRedisError` makes of the failure.
   */
  send(args: readonly string[], timeoutMs?: number): Promise<unknown>
  /** Ends the connection at once; what is under way fails with BUS_UNAVAILABLE. May be repeated. */
  close(): void
}

export type RedisConnectionOptions = { readonly url: string; readonly log: Log }

/** A caller is told within 2 s that there is no server. */
const READY_TIMEOUT_MS = 1_500
/** No command of ours but a blocking read takes a tenth of it. */
const REPLY_TIMEOUT_MS = 5_000
const MAX_RETRY_MS = 2_000

type Client = ReturnType<typeof makeClient>

const makeClient = (url: string) =>
  createClient({
    url,
    // Replies are taken apart in one place, and version 2 of the protocol is in every Redis and its likes.
    RESP: 2,
    name: 'ropewalk',
    maintNotifications: 'disabled',
    // A command is answered or refused; one that waits in memory for a server would look like neither.
    disableOfflineQueue: true,
    socket: {
      connectTimeout: READY_TIMEOUT_MS,
      reconnectStrategy: (retries) => Math.min(50 * 2 ** Math.min(retries, 10), MAX_RETRY_MS),
    },
  })

const waitUntilReady = async (client: Client): Promise<void> => {
  if (client.isReady) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, READY_TIMEOUT_MS)
  client.once('ready', resolve)
  client.once('end', resolve)
  await promise
  clearTimeout(timer)
  client.off('ready', resolve)
  client.off('end', resolve)
}

/** Opens a connection in the background; without a server it goes on trying until `close`. Throws INVALID_ARGUMENT. */
export const openRedisConnection = ({ url, log }: RedisConnectionOptions): RedisConnection => {
  let isClosed = false
  let client = open()

  function open(): Client {
    let made: Client
    try {
      made = makeClient(url)
    } catch {
      // Without its cause: the message and the facts of a url that cannot be read repeat it, password and all.
      throw new RopewalkError(
        'INVALID_ARGUMENT',
        'Expected redisUrl to be like redis://user:password@host:6379/0, or rediss:// for TLS.',
      )
    }
    // Each command that waits for the connection is a listener, and there may be hundreds.
    made.setMaxListeners(0)
    let isKnown = false
    made.on('ready', () => {
      isKnown = false
    })
    // Each failed attempt says so; one line an outage is enough.
    made.on('error', (error) => {
      const facts = { err: error }
      if (isKnown) log.debug(facts, 'Redis still cannot be reached')
      else log.warn(facts, 'the connection to Redis was lost or cannot be made; it is tried again')
      isKnown = true
    })
    made.connect().catch((error: unknown) => log.debug({ err: error }, 'a connection to Redis was given up'))
    return made
  }

  const replace = (stuck: Client) => {
    stuck.destroy()
    if (stuck === client && !isClosed) client = open()
  }

  const sendOver = async (over: Client, args: readonly string[], timeoutMs: number): Promise<unknown> => {
    const { promise, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      reject(new RopewalkError('BUS_UNAVAILABLE', 'Redis took too long to answer. Try again.'))
      replace(over)
    }, timeoutMs)
    try {
      return await Promise.race([over.sendCommand([...args]), promise])
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    send: async (args, timeoutMs = REPLY_TIMEOUT_MS) => {
      const over = client
      try {
        if (!isClosed) await waitUntilReady(over)
        return await sendOver(over, args, timeoutMs)
      } catch (error) {
        throw translateRedisError(error)
      }
    },
    close: () => {
      isClosed = true
      client.destroy()
    },
  }
}
