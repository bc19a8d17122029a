import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasCode } from '@ropewalk/core/errors'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Bus, BusMessage, NewMessage } from '../../src/bus/port.ts'

/** What a driver's tests give to the contract: buses as so many processes have them, on one store. */
export type BusWorld = {
  open(): Promise<Bus>
  /** A bus of another workspace on the same store. */
  openOther(): Promise<Bus>
  stop(): Promise<void>
}

let made = 0
/** A topic that nobody else uses. */
export const makeTopic = (): string => {
  made += 1
  return `topic-${made}`
}

export const makeMessages = (count: number, name: string = randomUUID()): readonly NewMessage[] =>
  Array.from({ length: count }, (_, index) => ({
    key: `${name}-${index}`,
    body: JSON.stringify({ name, index }),
  }))

export const readNow = (bus: Bus, topic: string, batch = 100, consumer = 'one') =>
  bus.read(topic, { group: 'g', consumer, batch, blockMs: 0 })

const keysOf = (messages: readonly { readonly key: string | null }[]) => messages.map(({ key }) => key)

export const publishAll = async (bus: Bus, topic: string, messages: readonly NewMessage[], step = 500) => {
  for (let at = 0; at < messages.length; at += step) await bus.publish(topic, messages.slice(at, at + step))
}

/** Reads with acks until `count` came or nothing came for ten seconds. */
export const drain = async (
  bus: Bus,
  topic: string,
  options: { readonly count: () => boolean; readonly consumer?: string; readonly group?: string },
  seen: BusMessage[],
): Promise<void> => {
  const { consumer = 'one', group = 'g' } = options
  for (let quiet = 0; options.count() && quiet < 20; quiet += 1) {
    const messages = await bus.read(topic, { group, consumer, batch: 50, blockMs: 500 })
    if (messages.length > 0) quiet = 0
    seen.push(...messages)
    await bus.ack(
      topic,
      group,
      messages.map(({ id }) => id),
    )
  }
}

/** What every driver promises in port.ts. */
export const describeBus = (name: string, startWorld: () => Promise<BusWorld>): void => {
  describe(`the bus over ${name}`, () => {
    let world: BusWorld
    let bus: Bus
    let second: Bus
    beforeAll(async () => {
      world = await startWorld()
      bus = await world.open()
      second = await world.open()
    })
    afterAll(async () => {
      await bus.close()
      await second.close()
      await world.stop()
    })

    test('gives a group everything from where it was made, in the order of publishing', async () => {
      const topic = makeTopic()
      const messages = makeMessages(25)
      const published = await bus.publish(topic, messages.slice(0, 10))
      expect(published.map(({ isNew }) => isNew)).toEqual(Array.from({ length: 10 }, () => true))
      await second.ensureGroup(topic, 'g', 'start')
      await bus.ensureGroup(topic, 'late', 'end')
      await second.publish(topic, messages.slice(10))
      const read = [...(await readNow(second, topic, 7)), ...(await readNow(second, topic))]
      expect(keysOf(read)).toEqual(keysOf(messages))
      expect(read.slice(0, 10).map(({ id }) => id)).toEqual(published.map(({ id }) => id))
      expect(read[3]).toEqual({
        id: published[3]?.id,
        key: messages[3]?.key,
        body: messages[3]?.body,
        headers: {},
        deliveries: 1,
        publishedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u) as string,
      })
      const late = await bus.read(topic, { group: 'late', consumer: 'a', batch: 100, blockMs: 0 })
      expect(keysOf(late)).toEqual(keysOf(messages.slice(10)))
      expect(await readNow(second, topic)).toEqual([])
      await bus.ensureGroup(topic, 'g', 'start')
      expect(await readNow(bus, topic)).toEqual([])
    })

    test('gives each message to one of the consumers that compete for it', async () => {
      const topic = makeTopic()
      await bus.ensureGroup(topic, 'g', 'start')
      const buses = [bus, second, await world.open(), await world.open()]
      const seen: BusMessage[] = []
      const readers = buses.map((one, index) =>
        drain(one, topic, { consumer: `c${index}`, count: () => seen.length < 1_000 }, seen),
      )
      await publishAll(second, topic, makeMessages(1_000), 40)
      await Promise.all(readers)
      expect(new Set(keysOf(seen)).size).toBe(1_000)
      expect(seen).toHaveLength(1_000)
      expect(await bus.pending(topic, 'g')).toEqual({ total: 0, messages: [] })
      await Promise.all(buses.slice(2).map((one) => one.close()))
    })

    test('keeps what was read in its consumer’s hands until anybody acks it', async () => {
      const topic = makeTopic()
      await bus.ensureGroup(topic, 'g', 'start')
      await bus.ensureGroup(topic, 'h', 'start')
      await bus.publish(topic, makeMessages(5))
      const read = await readNow(bus, topic)
      const ids = read.map(({ id }) => id)
      const pending = await second.pending(topic, 'g')
      expect(pending.total).toBe(5)
      expect(pending.messages.map(({ id }) => id)).toEqual(ids)
      expect(pending.messages[0]).toMatchObject({ consumer: 'one', deliveries: 1 })
      expect((await bus.pending(topic, 'g', 2)).messages).toHaveLength(2)
      expect(await second.ack(topic, 'g', ids.slice(0, 3))).toBe(3)
      expect(await bus.ack(topic, 'g', ids)).toBe(2)
      expect(await bus.ack(topic, 'g', ids)).toBe(0)
      expect(await bus.ack(topic, 'g', [])).toBe(0)
      expect((await bus.pending(topic, 'h')).total).toBe(0)
      expect(await bus.describe(topic)).toEqual({
        life: expect.any(String),
        length: 5,
        lastId: ids.at(-1),
        groups: [
          { name: 'g', pending: 0 },
          { name: 'h', pending: 0 },
        ],
      })
    })

    test('hands over what was idle for long enough, and counts how often', async () => {
      const topic = makeTopic()
      await bus.ensureGroup(topic, 'g', 'start')
      const messages = makeMessages(12)
      await bus.publish(topic, messages)
      await readNow(bus, topic, 10, 'gone')
      const take = (idleMs: number, limit = 100) =>
        second.reclaim(topic, { group: 'g', consumer: 'heir', idleMs, limit })
      expect(await take(60_000)).toEqual([])
      await sleep(60)
      const first = await take(50, 4)
      expect(keysOf(first)).toEqual(keysOf(messages.slice(0, 4)))
      expect(first.map(({ deliveries }) => deliveries)).toEqual([2, 2, 2, 2])
      expect(await take(50)).toHaveLength(6)
      expect(await take(50)).toEqual([])
      await sleep(60)
      const third = await bus.reclaim(topic, { group: 'g', consumer: 'one', idleMs: 50, limit: 1 })
      expect(third).toEqual([{ ...first[0], deliveries: 3 }])
      const pending = await bus.pending(topic, 'g')
      expect(pending.messages.slice(0, 2)).toMatchObject([
        { consumer: 'one', deliveries: 3 },
        { consumer: 'heir', deliveries: 2 },
      ])
      expect(keysOf(await readNow(second, topic))).toEqual(keysOf(messages.slice(10)))
    })

    test('leaves what is touched to its consumer, and only to that one', async () => {
      const topic = makeTopic()
      await bus.ensureGroup(topic, 'g', 'start')
      await bus.publish(topic, makeMessages(2))
      const ids = (await readNow(bus, topic)).map(({ id }) => id)
      await sleep(120)
      expect(await bus.touch(topic, { group: 'g', consumer: 'one' }, ids.slice(0, 1))).toEqual(
        ids.slice(0, 1),
      )
      const taken = await second.reclaim(topic, { group: 'g', consumer: 'two', idleMs: 100, limit: 9 })
      expect(taken.map(({ id }) => id)).toEqual(ids.slice(1))
      expect(await bus.touch(topic, { group: 'g', consumer: 'one' }, ids)).toEqual(ids.slice(0, 1))
      expect((await bus.pending(topic, 'g')).messages.map(({ deliveries }) => deliveries)).toEqual([1, 2])
    })

    test('stores a key once, however often and from wherever it is published', async () => {
      const topic = makeTopic()
      const [message] = makeMessages(1)
      if (message === undefined) throw new Error('no message')
      const again = { ...message, body: '"another"' }
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          (index % 2 === 0 ? bus : second).publish(topic, index === 0 ? [message, again] : [message]),
        ),
      )
      const all = answers.flat()
      expect(all.filter(({ isNew }) => isNew)).toHaveLength(1)
      expect(new Set(all.map(({ id }) => id)).size).toBe(1)
      expect(await second.publish(topic, [again, ...makeMessages(1)])).toMatchObject([
        { id: all[0]?.id, isNew: false },
        { isNew: true },
      ])
      expect((await bus.describe(topic)).length).toBe(2)
      expect(await bus.publish(makeTopic(), [message])).toMatchObject([{ isNew: true }])
    })

    test('trims by age and by length what every group has acked, and nothing else', async () => {
      const topic = makeTopic()
      const messages = makeMessages(30)
      await bus.publish(topic, messages)
      await bus.ensureGroup(topic, 'g', 'start')
      await bus.ensureGroup(topic, 'slow', 'start')
      const ids = (await readNow(bus, topic)).map(({ id }) => id)
      await bus.ack(topic, 'g', ids)
      expect(await bus.trim(topic, { maxLength: 3 })).toBe(0)
      const slow = await bus.read(topic, { group: 'slow', consumer: 'a', batch: 20, blockMs: 0 })
      await bus.ack(
        topic,
        'slow',
        slow.filter((_, index) => index !== 12).map(({ id }) => id),
      )
      expect(await bus.trim(topic, { maxLength: 25 })).toBe(5)
      expect(await bus.trim(topic, { maxLength: 3 })).toBe(7)
      await bus.ack(topic, 'slow', [slow[12]?.id ?? ''])
      expect(await bus.trim(topic, { olderThanMs: 3_600_000 })).toBe(0)
      await sleep(30)
      expect(await bus.trim(topic, { olderThanMs: 10 })).toBe(8)
      expect(keysOf(await bus.read(topic, { group: 'slow', consumer: 'a', batch: 20, blockMs: 0 }))).toEqual(
        keysOf(messages.slice(20)),
      )
      expect((await bus.describe(topic)).length).toBe(10)
      // What was trimmed is remembered all the same.
      expect(await bus.publish(topic, messages.slice(0, 1))).toEqual([{ id: ids[0], isNew: false }])
      await bus.dropGroup(topic, 'slow')
      expect(await bus.trim(topic, { maxLength: 0 })).toBe(10)
      expect(await bus.describe(topic)).toEqual({
        life: expect.any(String),
        length: 0,
        lastId: ids.at(-1),
        groups: [{ name: 'g', pending: 0 }],
      })
      expect(await bus.trim(makeTopic(), { maxLength: 0 })).toBe(0)
    })

    test('waits for the first message, no longer than asked, and ends a wait when told to', async () => {
      const topic = makeTopic()
      await bus.ensureGroup(topic, 'g', 'start')
      const read = (blockMs: number, signal?: AbortSignal) =>
        bus.read(topic, { group: 'g', consumer: 'one', batch: 10, blockMs, signal })
      const begun = performance.now()
      expect(await read(200)).toEqual([])
      expect(performance.now() - begun).toBeGreaterThan(190)
      const waiting = read(20_000)
      await sleep(100)
      const asked = performance.now()
      await second.publish(topic, makeMessages(1))
      expect(await waiting).toHaveLength(1)
      expect(performance.now() - asked).toBeLessThan(5_000)
      const stop = new AbortController()
      const stopped = read(20_000, stop.signal)
      setTimeout(() => stop.abort(), 50)
      expect(await stopped).toEqual([])
      expect(await read(20_000, AbortSignal.abort())).toEqual([])
      expect(performance.now() - asked).toBeLessThan(10_000)
    })

    test('loses and skips nothing with eight publishers and readers that read meanwhile', async () => {
      const topic = makeTopic()
      const groups = ['g', 'h']
      for (const group of groups) await bus.ensureGroup(topic, group, 'start')
      const seen = new Map(groups.map((group) => [group, [] as BusMessage[]]))
      const readers = groups.map((group, index) =>
        drain(
          index === 0 ? bus : second,
          topic,
          { group, count: () => (seen.get(group)?.length ?? 0) < 2_000 },
          seen.get(group) ?? [],
        ),
      )
      const publishers = await Promise.all(Array.from({ length: 8 }, () => world.open()))
      await Promise.all(
        publishers.map((one, index) =>
          publishAll(one, topic, makeMessages(250, `p${index}`), 1 + (index % 4)),
        ),
      )
      await Promise.all(readers)
      await Promise.all(publishers.map((one) => one.close()))
      const [first = [], other = []] = groups.map((group) => keysOf(seen.get(group) ?? []))
      expect(first).toHaveLength(2_000)
      expect(new Set(first).size).toBe(2_000)
      expect(other).toEqual(first)
      for (let index = 0; index < 8; index += 1) {
        const own = first.filter((key) => key?.startsWith(`p${index}-`))
        expect(own).toEqual(keysOf(makeMessages(250, `p${index}`)))
      }
    })

    test('carries 20,000 messages to two consumers, each once', async () => {
      const topic = makeTopic()
      const messages = makeMessages(20_000)
      await bus.ensureGroup(topic, 'g', 'start')
      const seen: BusMessage[] = []
      const handler = (batch: readonly BusMessage[]) => {
        seen.push(...batch)
        return Promise.resolve(batch.map(({ id }) => id))
      }
      const consumers = [bus, second].map((one, index) =>
        one.consume(topic, { group: 'g', consumer: `c${index}`, from: 'start', batch: 200 }, handler),
      )
      await publishAll(bus, topic, messages)
      await expect.poll(() => seen.length).toBe(20_000)
      await Promise.all(consumers.map((consumer) => consumer.stop()))
      expect(new Set(keysOf(seen)).size).toBe(20_000)
      expect((await bus.pending(topic, 'g')).total).toBe(0)
      expect((await bus.describe(topic)).length).toBe(20_000)
    })

    test('a consumer gets again what its handler did not finish, and only that', async () => {
      const topic = makeTopic()
      await bus.publish(topic, makeMessages(3, 'm'))
      const seen: string[] = []
      const consumer = bus.consume(
        topic,
        { group: 'g', consumer: 'one', from: 'start', reclaimMs: 300, blockMs: 100 },
        (batch) => {
          seen.push(...batch.map(({ key, deliveries }) => `${key} ${deliveries}`))
          if (batch.some(({ deliveries }) => deliveries === 2)) throw new Error('the handler fails')
          return Promise.resolve(
            batch.filter(({ key, deliveries }) => key !== 'm-1' || deliveries > 2).map(({ id }) => id),
          )
        },
      )
      await expect.poll(() => seen.at(-1)).toBe('m-1 3')
      await consumer.stop()
      expect(seen).toEqual(['m-0 1', 'm-1 1', 'm-2 1', 'm-1 2', 'm-1 3'])
      expect((await bus.pending(topic, 'g')).total).toBe(0)
    })

    test('a consumer keeps what it works on for long, and stops when its batch is through', async () => {
      const topic = makeTopic()
      const seen: string[] = []
      const options = { group: 'g', from: 'start', reclaimMs: 300, blockMs: 50 } as const
      const slow = bus.consume(topic, { ...options, consumer: 'slow' }, async (batch) => {
        seen.push('begun')
        await sleep(1_500)
        seen.push('done')
        return batch.map(({ id }) => id)
      })
      await second.publish(topic, makeMessages(1))
      await expect.poll(() => seen).toEqual(['begun'])
      const other = second.consume(topic, { ...options, consumer: 'other' }, (batch) => {
        seen.push('taken away')
        return Promise.resolve(batch.map(({ id }) => id))
      })
      await sleep(800)
      await slow.stop()
      expect(seen).toEqual(['begun', 'done'])
      expect((await bus.pending(topic, 'g')).total).toBe(0)
      await other.stop()
    })

    test('makes a group that has gone anew, from the start of what there is', async () => {
      const topic = makeTopic()
      await bus.ensureGroup(topic, 'g', 'end')
      await bus.publish(topic, makeMessages(2))
      expect(await readNow(bus, topic)).toHaveLength(2)
      await second.dropGroup(topic, 'g')
      expect(await readNow(bus, topic)).toMatchObject([{ deliveries: 1 }, { deliveries: 1 }])
      await second.dropGroup(topic, 'g')
      await second.dropGroup(topic, 'g')
      await expect(second.pending(topic, 'g')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    })

    test('keeps any text as it is', async () => {
      const topic = makeTopic()
      const bodies = ['', '{', '"ünï\u2028 👩‍👧 \\u0000"', JSON.stringify('x'.repeat(600_000)), '\t\n']
      const messages = bodies.map((body, index) => ({ key: `ключ ${index} '"\\`, body }))
      await bus.publish(topic, messages)
      await bus.ensureGroup(topic, 'g', 'start')
      const read = await readNow(second, topic)
      expect(read.map(({ key, body }) => ({ key, body }))).toEqual(messages)
    })

    test('refuses what it could not keep, and groups that nobody made', async () => {
      const refused = (work: Promise<unknown>, code: 'INVALID_ARGUMENT' | 'NOT_FOUND') =>
        expect(work).rejects.toSatisfy((error) => hasCode(error, code))
      for (const body of ['a\0b', 'a\ud800', 'x'.repeat(1_000_001)]) {
        await refused(bus.publish(makeTopic(), [{ key: 'k', body }]), 'INVALID_ARGUMENT')
      }
      await refused(bus.publish(makeTopic(), [{ key: '', body: '{}' }]), 'INVALID_ARGUMENT')
      await refused(bus.publish(makeTopic(), makeMessages(1_001)), 'INVALID_ARGUMENT')
      await refused(bus.publish('a:b', makeMessages(1)), 'INVALID_ARGUMENT')
      await refused(
        Promise.resolve().then(() => bus.ensureGroup('topic', 'a b', 'end')),
        'INVALID_ARGUMENT',
      )
      expect(await bus.publish(makeTopic(), [])).toEqual([])
      const topic = makeTopic()
      await refused(readNow(bus, topic), 'NOT_FOUND')
      await refused(bus.pending(topic, 'g'), 'NOT_FOUND')
      await refused(bus.reclaim(topic, { group: 'g', consumer: 'c', idleMs: 0, limit: 1 }), 'NOT_FOUND')
      expect(await bus.describe(topic)).toEqual({
        length: 0,
        lastId: null,
        groups: [],
        life: expect.any(String),
      })
    })

    test('keeps workspaces apart', async () => {
      const topic = makeTopic()
      const other = await world.openOther()
      const messages = makeMessages(2)
      await bus.publish(topic, messages)
      expect(await other.publish(topic, messages.slice(0, 1))).toMatchObject([{ isNew: true }])
      await other.ensureGroup(topic, 'g', 'start')
      expect(await readNow(other, topic)).toHaveLength(1)
      await expect(bus.pending(topic, 'g')).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await other.close()
    })

    test('ends its waits when it is closed', async () => {
      const topic = makeTopic()
      const closing = await world.open()
      await closing.ensureGroup(topic, 'g', 'start')
      const waiting = closing.read(topic, { group: 'g', consumer: 'one', batch: 1, blockMs: 25_000 })
      await sleep(50)
      const begun = performance.now()
      await closing.close()
      expect(await waiting).toEqual([])
      expect(performance.now() - begun).toBeLessThan(4_000)
    })
  })
}
