import { WorkspaceId } from '@ropewalk/core/ids'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBus } from '../../src/bus/open-bus.ts'
import type { Bus } from '../../src/bus/port.ts'
import { makeLog } from '../../src/log.ts'
import { createWorkspace } from '../../src/store/create-workspace.ts'
import { makeBegin, openStore, type Store } from '../../src/store/open.ts'
import { createTestDatabase, withClient, type TestDatabase } from '../support/postgres.ts'
import { describeBus, makeMessages, makeTopic, readNow, type BusWorld } from './contract.ts'

const WORKSPACE = WorkspaceId.parse('default')
const OTHER = WorkspaceId.parse('other')
const log = makeLog({ level: 'error' })
const config = { bus: 'postgres', redisUrl: undefined, busNamespace: 'audit' } as const

type PostgresWorld = BusWorld & { readonly database: TestDatabase }

const startWorld = async (): Promise<PostgresWorld> => {
  const database = await createTestDatabase()
  const stores: Store[] = []
  const open = async (workspaceId: WorkspaceId): Promise<Bus> => {
    const store = await openStore({
      urls: { writer: database.urlFor('ropewalk_writer'), reader: database.urlFor('ropewalk_reader') },
      log,
      poolSizes: { writer: 3, reader: 2, jobs: 1 },
    })
    stores.push(store)
    if (workspaceId === OTHER) await createWorkspace(store, { id: OTHER, capMicros: 1 })
    return openBus({ config, store, workspaceId, log })
  }
  return {
    database,
    open: () => open(WORKSPACE),
    openOther: () => open(OTHER),
    stop: async () => {
      await Promise.all(stores.map((store) => store.close()))
      await database.drop()
    },
  }
}

describeBus('Postgres', startWorld)

let world: PostgresWorld
let bus: Bus
beforeAll(async () => {
  world = await startWorld()
  bus = await world.open()
})
afterAll(async () => {
  await bus.close()
  await world.stop()
})

const shiftTime = (interval: string) =>
  withClient(world.database.urlFor('ropewalk_test'), async (client) => {
    await client.query('UPDATE ropewalk.clock SET shift = $1::interval', [interval])
  })

test('a reader does not jump over a publisher that took its number first and commits last', async () => {
  const topic = makeTopic()
  await bus.ensureGroup(topic, 'g', 'start')
  await bus.publish(topic, makeMessages(1))
  const other = await world.open()
  await withClient(world.database.urlFor('ropewalk_writer'), async (client) => {
    await client.query(makeBegin([WORKSPACE]))
    await client.query(
      `UPDATE ropewalk.bus_topics SET last = last + 1 WHERE workspace_id = 'default' AND topic = $1`,
      [topic],
    )
    await client.query(
      `INSERT INTO ropewalk.bus_messages SELECT 'default', $1, last, 'slow', '{}', ropewalk.now()
       FROM ropewalk.bus_topics WHERE workspace_id = 'default' AND topic = $1`,
      [topic],
    )
    let isPublished = false
    const publishing = other.publish(topic, [{ key: 'fast', body: '{}' }]).then(() => {
      isPublished = true
    })
    expect(await readNow(bus, topic)).toHaveLength(1)
    expect(await bus.read(topic, { group: 'g', consumer: 'one', batch: 9, blockMs: 300 })).toEqual([])
    expect(isPublished).toBe(false)
    await client.query('COMMIT')
    await publishing
  })
  expect((await readNow(bus, topic)).map(({ key }) => key)).toEqual(['slow', 'fast'])
  await other.close()
})

test('a key is forgotten after 24 hours, and what all groups have acked goes by then', async () => {
  const topic = makeTopic()
  await bus.ensureGroup(topic, 'g', 'start')
  const messages = makeMessages(2)
  await bus.publish(topic, messages)
  await bus.ack(
    topic,
    'g',
    (await readNow(bus, topic)).map(({ id }) => id),
  )
  await shiftTime('23 hours 59 minutes')
  expect(await bus.publish(topic, messages.slice(0, 1))).toMatchObject([{ isNew: false }])
  expect(await bus.trim(topic, { olderThanMs: 86_400_000 })).toBe(0)
  await shiftTime('24 hours 1 minute')
  expect(await bus.publish(topic, messages.slice(0, 1))).toMatchObject([{ isNew: true }])
  expect(await bus.trim(topic, { olderThanMs: 86_400_000 })).toBe(2)
  const keys = await withClient(world.database.adminUrl, (client) =>
    client.query('SELECT key FROM ropewalk.bus_keys WHERE topic = $1', [topic]),
  )
  expect(keys.rows).toEqual([{ key: messages[0]?.key }])
  await shiftTime('0')
})

test('a consumer outlives the loss of all its connections', async () => {
  const topic = makeTopic()
  const seen = new Set<string | null>()
  const consumer = bus.consume(
    topic,
    { group: 'g', consumer: 'one', from: 'start', reclaimMs: 500 },
    (batch) => {
      for (const { key } of batch) seen.add(key)
      return Promise.resolve(batch.map(({ id }) => id))
    },
  )
  const messages = makeMessages(60)
  for (const [index, message] of messages.entries()) {
    if (index % 20 === 10) {
      await withClient(world.database.adminUrl, (client) =>
        client.query(
          'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()',
          [world.database.name],
        ),
      )
    }
    await expect
      .poll(() =>
        bus.publish(topic, [message]).then(
          () => true,
          (error: { code?: string }) => error.code,
        ),
      )
      .toBe(true)
  }
  await expect.poll(() => seen.size).toBe(60)
  await consumer.stop()
  expect((await bus.describe(topic)).length).toBe(60)
})
