import { randomUUID } from 'node:crypto'
import { openRedisConnection } from '../../src/bus/redis-connection.ts'
import { makeLog } from '../../src/log.ts'

/** A program outside that knows Redis and the names of streams, and nothing else of ours. */
export type Outsider = {
  /** Adds an entry as outsiders do: one field, `event`. Texts go as they are. */
  readonly send: (event: unknown, topic?: string) => Promise<void>
  readonly sendAll: (events: readonly unknown[]) => Promise<void>
  /** The bodies of all that a topic holds, oldest first. */
  readonly readTopic: (topic: string) => Promise<readonly string[]>
  readonly count: (topic: string) => Promise<number>
  readonly close: () => void
}

/** Entries that travel together. */
const AT_ONCE = 500

export const makeEvent = (type: string, data: unknown, id: string = randomUUID()) => ({
  specversion: '1.0',
  id,
  source: '/outsider',
  type,
  data,
})

export const openOutsider = (url: string, space = 'audit'): Outsider => {
  const connection = openRedisConnection({ url, log: makeLog({ level: 'silent' }) })
  const nameStream = (topic: string) => `${space}:${topic}`
  const send = async (event: unknown, topic = 'commands') => {
    const body = typeof event === 'string' ? event : JSON.stringify(event)
    await connection.send(['XADD', nameStream(topic), '*', 'event', body])
  }
  return {
    send,
    sendAll: async (events) => {
      for (let from = 0; from < events.length; from += AT_ONCE)
        await Promise.all(events.slice(from, from + AT_ONCE).map((event) => send(event)))
    },
    readTopic: async (topic) => {
      const entries = (await connection.send(['XRANGE', nameStream(topic), '-', '+'])) as [string, string[]][]
      return entries.map(([, fields]) => fields[fields.indexOf('event') + 1] ?? '')
    },
    count: async (topic) => Number(await connection.send(['XLEN', nameStream(topic)])),
    close: () => {
      connection.close()
    },
  }
}
