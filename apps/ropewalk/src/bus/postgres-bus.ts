import { setTimeout as sleep } from 'node:timers/promises'
import { RopewalkError } from '@ropewalk/core/errors'
import type { WorkspaceId } from '@ropewalk/core/ids'
import { startBusHints } from '../store/bus/bus-hints.ts'
import { deleteBusGroup, ensureBusGroup, readTopic, trimTopic } from '../store/bus/manage-topics.ts'
import { makePublishMessages } from '../store/bus/publish-messages.ts'
import { findNewMessages, readMessages, reclaimMessages } from '../store/bus/read-messages.ts'
import type { BusGroup, MessageRow } from '../store/bus/read-messages.ts'
import { ackMessages, findPending, touchMessages } from '../store/bus/settle-messages.ts'
import type { Store } from '../store/open.ts'
import { checkMessages, checkNames } from './port.ts'
import type { BusDriver, BusMessage, ReadOptions } from './port.ts'

export type PostgresBusOptions = { readonly store: Store; readonly workspaceId: WorkspaceId }

/** A hint that was lost costs at most this; more often, and an idle consumer is felt. */
const POLL_MS = 500

const toMessage = ({ position, ...row }: MessageRow): BusMessage => ({
  id: String(position),
  headers: {},
  ...row,
})

/** Ids of another driver, from before a change of drivers, mean nothing here. */
const toPositions = (ids: readonly string[]): readonly number[] =>
  ids.filter((id) => /^\d{1,15}$/u.test(id)).map(Number)

const makeMissing = (topic: string, group: string): RopewalkError =>
  new RopewalkError(
    'NOT_FOUND',
    `There is no group ${group} of the topic ${topic}. Make it with ensureGroup.`,
  )

/**
 * The bus of one workspace over Postgres. What it promises is in port.ts; stored as durably as everything else
 * in the database. Messages of workspaces never meet. Needs `store` open until `close` has resolved.
 */
export const makePostgresBus = ({ store, workspaceId }: PostgresBusOptions): BusDriver => {
  const hints = startBusHints(store, workspaceId)
  const publishMessages = makePublishMessages(store, workspaceId)
  const closing = new AbortController()
  const underWay = new Set<Promise<unknown>>()
  const known = new Set<string>()

  const makeGroup = async (topic: string, group: string, from: 'start' | 'end') => {
    await ensureBusGroup(store, { workspaceId, topic, group, atStart: from === 'start' })
    known.add(`${topic} ${group}`)
  }

  /** Does `work` again with a new group when one that this process has known is gone. */
  const withGroup = async <T>(of: BusGroup, work: () => Promise<T | undefined>): Promise<T> => {
    const found = await work()
    if (found !== undefined) return found
    if (!known.has(`${of.topic} ${of.group}`)) throw makeMissing(of.topic, of.group)
    store.log.warn(of, 'the bus has lost this group; it is made anew at the start of what there is')
    await makeGroup(of.topic, of.group, 'start')
    const again = await work()
    if (again === undefined) throw makeMissing(of.topic, of.group)
    return again
  }

  const readOnce = (of: BusGroup, { consumer, batch: limit }: ReadOptions) =>
    withGroup(of, async () => {
      // The look costs nothing that stays; the read itself writes even where nothing is found.
      const isWaiting = await findNewMessages(store, of)
      if (isWaiting !== true) return isWaiting === undefined ? undefined : []
      return readMessages(store, { ...of, consumer, limit })
    })

  const read = async (topic: string, options: ReadOptions): Promise<readonly BusMessage[]> => {
    const of = { workspaceId, topic, group: options.group }
    const signal =
      options.signal === undefined ? closing.signal : AbortSignal.any([options.signal, closing.signal])
    const until = performance.now() + options.blockMs
    for (;;) {
      const count = hints.getCount(topic)
      const rows = await readOnce(of, options)
      const left = until - performance.now()
      if (rows.length > 0 || left <= 0 || signal.aborted) return rows.map(toMessage)
      await hints.wait(topic, count, { ms: Math.min(left, POLL_MS), signal })
    }
  }

  /** So that `close` can wait for what is under way. */
  const tracked = async <T>(work: Promise<T>): Promise<T> => {
    underWay.add(work)
    try {
      return await work
    } finally {
      underWay.delete(work)
    }
  }

  return {
    name: 'postgres',
    publish: async (topic, messages) => {
      checkNames(topic)
      checkMessages(messages)
      if (messages.length === 0) return []
      const rows = await tracked(publishMessages({ topic, messages }))
      if (rows.some(({ isNew }) => isNew)) hints.tell(topic)
      return rows.map(({ position, isNew }) => ({ id: String(position), isNew }))
    },
    ensureGroup: async (topic, group, from) => {
      checkNames(topic, group)
      await makeGroup(topic, group, from)
    },
    dropGroup: async (topic, group) => {
      known.delete(`${topic} ${group}`)
      await deleteBusGroup(store, { workspaceId, topic, group })
    },
    read: async (topic, options) => {
      checkNames(topic, options.group, options.consumer)
      return tracked(read(topic, options))
    },
    ack: (topic, group, ids) =>
      ackMessages(store, { workspaceId, topic, group, positions: toPositions(ids) }),
    touch: async (topic, { group, consumer }, ids) => {
      const positions = toPositions(ids)
      return (await touchMessages(store, { workspaceId, topic, group, consumer, positions })).map(String)
    },
    reclaim: async (topic, options) => {
      const of = { workspaceId, topic, group: options.group }
      await withGroup(of, () => findNewMessages(store, of))
      return (await tracked(reclaimMessages(store, { ...of, ...options }))).map(toMessage)
    },
    pending: async (topic, group, limit = 100) => {
      const of = { workspaceId, topic, group, limit }
      const { total, rows } = await withGroup(of, () => findPending(store, of))
      return { total, messages: rows.map(({ position, ...row }) => ({ id: String(position), ...row })) }
    },
    describe: async (topic) => {
      const { last, length, groups } = await readTopic(store, { workspaceId, topic })
      return { length, lastId: last === 0 ? null : String(last), groups, life: 'postgres' }
    },
    trim: async (topic, { olderThanMs = null, maxLength = null }) => {
      checkNames(topic)
      return trimTopic(store, { workspaceId, topic, olderThanMs, maxLength })
    },
    close: async () => {
      closing.abort()
      await Promise.race([Promise.allSettled(underWay), sleep(5_000, undefined, { ref: false })])
      await hints.stop()
    },
  }
}
