import { randomUUID } from 'node:crypto'
import { RopewalkError, hasCode } from '@ropewalk/core/errors'
import type { Log } from '../log.ts'
import { KEY_MEMORY_MS, checkMessages, checkNames } from './port.ts'
import type { BusDriver, NewMessage, PublishOptions, Published, ReadOptions, TopicState } from './port.ts'
import { openRedisConnection } from './redis-connection.ts'
import type { RedisConnection } from './redis-connection.ts'
import { getReplyCode } from './redis-errors.ts'
import * as replies from './redis-replies.ts'
import { makeReader } from './redis-reader.ts'
import { PUBLISH, RECLAIM, TOUCH, TRIM, runScript } from './redis-scripts.ts'

export type RedisBusOptions = {
  readonly url: string
  /** What all keys begin with: a topic is the stream `prefix:topic`. */
  readonly prefix: string
  readonly log: Log
}

/** A script's arguments travel in one command; more would hold up everybody else for too long. */
const MAX_CHARS_AT_ONCE = 4_000_000
/** A consumer that has nothing and was not seen for this long is forgotten; each process leaves a name behind. */
const CONSUMER_MEMORY_MS = 86_400_000
const TRIM_BITE = 1_000

const getCause = (error: unknown): string | undefined =>
  error instanceof RopewalkError ? getReplyCode(error.cause) : undefined

function* cutByChars(messages: readonly NewMessage[]): Generator<readonly NewMessage[]> {
  let part: NewMessage[] = []
  let chars = 0
  for (const message of messages) {
    if (part.length > 0 && chars + message.body.length > MAX_CHARS_AT_ONCE) {
      yield part
      part = []
      chars = 0
    }
    part.push(message)
    chars += message.body.length
  }
  if (part.length > 0) yield part
}

/**
 * The bus over Redis Streams (Redis 6.2 and later, one server or one behind one address; not Redis Cluster).
 * What it promises is in port.ts; how safely Redis stores is Redis's own setting (`appendonly yes`). An entry has
 * the fields `event` (the body) and `key`; outsiders need to write `event` only. Connects in the background.
 */
export const makeRedisBus = ({ url, prefix, log }: RedisBusOptions): BusDriver => {
  const main = openRedisConnection({ url, log })
  const reader = makeReader({ open: () => openRedisConnection({ url, log }), main })
  const known = new Set<string>()
  const nameStream = (topic: string) => `${prefix}:${topic}`

  const createGroup = async (topic: string, group: string, from: '0' | '$') => {
    try {
      await main.send(['XGROUP', 'CREATE', nameStream(topic), group, from, 'MKSTREAM'])
    } catch (error) {
      if (getCause(error) !== 'BUSYGROUP') throw error
    }
    known.add(`${topic} ${group}`)
  }

  /** Does `work` again with a new group when one that this process has known is gone, and its stream with it. */
  const withGroup = async <T>(topic: string, group: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      if (!hasCode(error, 'NOT_FOUND') || !known.has(`${topic} ${group}`)) throw error
      log.warn({ topic, group }, 'the bus has lost this group; it is made anew at the start of what there is')
      await createGroup(topic, group, '0')
      return work()
    }
  }

  const lifeKey = `${prefix}:life`

  /** The name of this Redis's life, given to it by whoever asks first. */
  const readLife = async (): Promise<string> => {
    await main.send(['SET', lifeKey, randomUUID(), 'NX'])
    return String(await main.send(['GET', lifeKey]))
  }

  const publishPart = async (
    topic: string,
    part: readonly NewMessage[],
    { life = '' }: PublishOptions,
  ): Promise<readonly Published[]> => {
    const stream = nameStream(topic)
    const reply = await runScript(main, PUBLISH, {
      keys: [stream, lifeKey, ...part.map(({ key }) => `${stream}:key:${key}`)],
      args: [String(KEY_MEMORY_MS), life, ...part.flatMap(({ key, body }) => [key, body])],
    })
    return replies.PublishReply.parse(reply).map(([id, isNew]) => ({ id, isNew: isNew === 1 }))
  }

  const read = async (topic: string, options: ReadOptions) => {
    const { group, consumer, batch } = options
    const args = ['XREADGROUP', 'GROUP', group, consumer, 'COUNT', String(batch)]
    const reply = await withGroup(topic, group, () => reader.read(args, nameStream(topic), options))
    const entries = replies.ReadReply.parse(reply)?.[0]?.[1] ?? []
    return entries.map(([id, fields]) => replies.makeMessage(id, fields, 1))
  }

  return {
    name: 'redis',
    publish: async (topic, messages, options = {}) => {
      checkNames(topic)
      checkMessages(messages)
      const published: Published[] = []
      for (const part of cutByChars(messages)) published.push(...(await publishPart(topic, part, options)))
      return published
    },
    ensureGroup: (topic, group, from) => {
      checkNames(topic, group)
      return createGroup(topic, group, from === 'start' ? '0' : '$')
    },
    dropGroup: async (topic, group) => {
      known.delete(`${topic} ${group}`)
      const { length } = await describeTopic(main, nameStream(topic))
      if (length !== undefined) await main.send(['XGROUP', 'DESTROY', nameStream(topic), group])
    },
    read: (topic, options) => {
      checkNames(topic, options.group, options.consumer)
      return read(topic, options)
    },
    ack: async (topic, group, ids) => {
      if (ids.length === 0) return 0
      return replies.CountReply.parse(await main.send(['XACK', nameStream(topic), group, ...ids]))
    },
    touch: async (topic, { group, consumer }, ids) => {
      if (ids.length === 0) return []
      const args = [group, consumer, ...ids]
      const reply = await withGroup(topic, group, () =>
        runScript(main, TOUCH, { keys: [nameStream(topic)], args }),
      )
      return replies.IdsReply.parse(reply)
    },
    reclaim: async (topic, { group, consumer, idleMs, limit }) => {
      const args = [group, consumer, String(idleMs), String(limit)]
      const reply = await withGroup(topic, group, () =>
        runScript(main, RECLAIM, { keys: [nameStream(topic)], args }),
      )
      return replies.ReclaimReply.parse(reply).map(([id, fields, count]) =>
        replies.makeMessage(id, fields, count),
      )
    },
    pending: (topic, group, limit = 100) =>
      withGroup(topic, group, async () => {
        const ask = ['XPENDING', nameStream(topic), group]
        const [summary, list] = await Promise.all([
          main.send(ask),
          main.send([...ask, '-', '+', String(limit)]),
        ])
        return {
          total: replies.PendingSummaryReply.parse(summary)[0],
          messages: replies.PendingReply.parse(list).map(([id, consumer, idleMs, deliveries]) => ({
            id,
            consumer,
            idleMs,
            deliveries,
          })),
        }
      }),
    describe: async (topic) => {
      const [life, { length = 0, ...rest }] = await Promise.all([
        readLife(),
        describeTopic(main, nameStream(topic)),
      ])
      return { length, life, ...rest }
    },
    trim: async (topic, { olderThanMs, maxLength }) => {
      checkNames(topic)
      const args = [olderThanMs?.toString() ?? '', maxLength?.toString() ?? '', String(CONSUMER_MEMORY_MS)]
      for (let count = 0; ;) {
        const reply = await runScript(main, TRIM, { keys: [nameStream(topic)], args })
        const gone = replies.CountReply.parse(reply)
        count += gone
        if (gone < TRIM_BITE) return count
      }
    },
    close: async () => {
      await reader.close()
      main.close()
    },
  }
}

/** The state of a stream; without a length when there is no stream. */
const describeTopic = async (
  main: RedisConnection,
  stream: string,
): Promise<Omit<TopicState, 'length' | 'life'> & { readonly length?: number }> => {
  const [length, exists] = await Promise.all([main.send(['XLEN', stream]), main.send(['EXISTS', stream])])
  if (exists === 0) return { lastId: null, groups: [] }
  const [facts, groups] = await Promise.all([
    main.send(['XINFO', 'STREAM', stream]),
    main.send(['XINFO', 'GROUPS', stream]),
  ])
  const lastId = String(replies.getFact(replies.StreamReply.parse(facts), 'last-generated-id'))
  return {
    length: replies.CountReply.parse(length),
    lastId: lastId === '0-0' ? null : lastId,
    groups: replies.GroupsReply.parse(groups).map((group) => ({
      name: String(replies.getFact(group, 'name')),
      pending: Number(replies.getFact(group, 'pending')),
    })),
  }
}
