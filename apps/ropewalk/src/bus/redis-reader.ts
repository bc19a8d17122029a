import { setTimeout as sleep } from 'node:timers/promises'
import { RopewalkError } from '@ropewalk/core/errors'
import type { RedisConnection } from './redis-connection.ts'
import { getReplyCode } from './redis-errors.ts'

export type RedisReader = {
  /** Sends a blocking read, `args` and then BLOCK and STREAMS, over a connection of its own; its raw reply. */
  read(args: readonly string[], stream: string, wait: WaitOptions): Promise<unknown>
  /** Ends the waits and then the connections. */
  close(): Promise<void>
}

type WaitOptions = { readonly blockMs: number; readonly signal?: AbortSignal | undefined }

/** A connection is lost after some seconds more; one that nobody hears from must be found out. */
const MAX_BLOCK_MS = 30_000
const GRACE_MS = 5_000
const UNBLOCK_AGAIN_MS = 25
/** So often a wait is asked to end, until its own time is trusted to end it. */
const MAX_UNBLOCKS = 40

/**
 * Blocking reads. Redis answers a connection's commands in order, so whoever waits needs a connection to himself:
 * one is lent to each read and kept for the next.
 */
export const makeReader = ({
  open,
  main,
}: {
  readonly open: () => RedisConnection
  readonly main: RedisConnection
}): RedisReader => {
  const all = new Set<RedisConnection>()
  const idle: RedisConnection[] = []
  const underWay = new Set<Promise<unknown>>()
  const closing = new AbortController()

  const lend = (): RedisConnection => {
    const found = idle.pop()
    if (found !== undefined) return found
    const made = open()
    all.add(made)
    return made
  }

  /** Asks Redis to end the wait as if its time were up. What was given out by then comes as its reply. */
  const unblock = async (clientId: Promise<unknown>, isOver: () => boolean): Promise<void> => {
    const id = String(await clientId)
    for (let tries = 0; tries < MAX_UNBLOCKS && !isOver(); tries += 1) {
      await main.send(['CLIENT', 'UNBLOCK', id])
      await sleep(UNBLOCK_AGAIN_MS)
    }
  }

  const readBlocking = async (
    command: readonly string[],
    blockMs: number,
    signal: AbortSignal,
  ): Promise<unknown> => {
    const connection = lend()
    let isOver = false
    let unblocking: Promise<void> | undefined
    const clientId = connection.send(['CLIENT', 'ID'])
    const onAbort = () => {
      // Whatever comes of it, the wait ends by itself in the end; its reply is what counts.
      unblocking = unblock(clientId, () => isOver).catch(() => undefined)
    }
    try {
      // Its failure is that of the connection, which the read reports too.
      const reply = connection.send(command, blockMs + GRACE_MS)
      clientId.catch(() => undefined)
      signal.addEventListener('abort', onAbort, { once: true })
      if (signal.aborted) onAbort()
      return await reply
    } finally {
      isOver = true
      signal.removeEventListener('abort', onAbort)
      await unblocking
      idle.push(connection)
    }
  }

  return {
    read: async (args, stream, { blockMs, signal }) => {
      const ended = signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal])
      const isBlocking = blockMs > 0 && !ended.aborted
      const ms = Math.min(Math.ceil(blockMs), MAX_BLOCK_MS)
      const command = [...args, ...(isBlocking ? ['BLOCK', String(ms)] : []), 'STREAMS', stream, '>']
      const reading = isBlocking ? readBlocking(command, ms, ended) : main.send(command)
      underWay.add(reading)
      try {
        return await reading
      } catch (error) {
        // The stream went while we waited; the next read says which group is missing.
        if (error instanceof RopewalkError && getReplyCode(error.cause) === 'UNBLOCKED') return null
        throw error
      } finally {
        underWay.delete(reading)
      }
    },
    close: async () => {
      closing.abort()
      await Promise.race([Promise.allSettled(underWay), sleep(GRACE_MS, undefined, { ref: false })])
      for (const connection of all) connection.close()
    },
  }
}
