import { execFileSync, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { WorkspaceId } from '@ropewalk/core/ids'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeBus } from '../../src/bus/consume.ts'
import { getRedisPrefix, openBus } from '../../src/bus/open-bus.ts'
import type { Bus } from '../../src/bus/port.ts'
import { makeRedisBus } from '../../src/bus/redis-bus.ts'
import { openRedisConnection } from '../../src/bus/redis-connection.ts'
import { makeLog } from '../../src/log.ts'
import type { Store } from '../../src/store/open.ts'
import { needs, suits } from '../support/needs.ts'
import { describeBus, makeMessages, makeTopic, readNow, type BusWorld } from './contract.ts'
import { startDeafProxy } from './support/deaf-proxy.ts'
import { makeMemoryLog } from './support/log-lines.ts'
import { startRedisServer, type RedisServer } from './support/redis-server.ts'

const silent = makeLog({ level: 'silent' })
const open = (url: string, prefix = 'audit', log = silent): Bus =>
  makeBus(makeRedisBus({ url, prefix, log }), log)

const startWorld = async (): Promise<BusWorld> => {
  const server = await startRedisServer()
  return {
    open: () => Promise.resolve(open(server.url)),
    openOther: () => Promise.resolve(open(server.url, getRedisPrefix('audit', WorkspaceId.parse('other')))),
    stop: () => server.remove(),
  }
}

test('Redis is chosen by the settings, which must say where', async () => {
  const store = {} as Store
  const of = { store, workspaceId: WorkspaceId.parse('default'), log: silent }
  const config = { bus: 'redis', redisUrl: undefined, busNamespace: 'audit' } as const
  await expect(openBus({ ...of, config })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  const broken = openBus({ ...of, config: { ...config, redisUrl: 'redis://user:topsecret@[/' } })
  await expect(broken).rejects.toSatisfy(
    (error: Error) => !JSON.stringify([error.message, error]).includes('topsecret'),
  )
  const bus = await openBus({ ...of, config: { ...config, redisUrl: 'redis://127.0.0.1:1' } })
  expect(bus.name).toBe('redis')
  await bus.close()
})

describe.skipIf(!needs('redis-server'))('with a real Redis', () => {
  describeBus('Redis Streams', startWorld)

  describe('Redis itself', () => {
    let server: RedisServer
    beforeAll(async () => {
      server = await startRedisServer()
    })
    afterAll(() => server.remove())

    test('an outsider’s entry arrives as it was sent', async () => {
      const topic = makeTopic()
      const bus = open(server.url)
      const outsider = openRedisConnection({ url: server.url, log: silent })
      await outsider.send(['XADD', `audit:${topic}`, '*', 'event', '{"a":1}'])
      await outsider.send(['XADD', `audit:${topic}`, '*', 'text', 'hello', 'by', 'me'])
      await bus.ensureGroup(topic, 'g', 'start')
      expect(await readNow(bus, topic)).toMatchObject([
        { key: null, body: '{"a":1}', headers: {} },
        { key: null, body: '', headers: { text: 'hello', by: 'me' } },
      ])
      await bus.publish(topic, makeMessages(1))
      const ttl = await outsider.send([
        'EVAL',
        `return redis.call('PTTL', redis.call('KEYS', '*:key:*')[1])`,
        '0',
      ])
      expect(ttl).toBeGreaterThan(86_000_000)
      outsider.close()
      await bus.close()
    })

    test('a publisher that never heard the answer asks again and adds nothing', async () => {
      const topic = makeTopic()
      const proxy = await startDeafProxy(server.port)
      const bus = open(`redis://127.0.0.1:${proxy.port}`)
      await bus.publish(topic, makeMessages(1))
      const messages = makeMessages(3)
      proxy.loseNextAnswer()
      await expect(bus.publish(topic, messages)).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' })
      const again = await bus.publish(topic, messages)
      expect(again.map(({ isNew }) => isNew)).toEqual([false, false, false])
      expect((await bus.describe(topic)).length).toBe(4)
      await bus.close()
      await proxy.close()
    })

    test('kill -9 and restart in the middle lose nothing, double nothing and keep the counts', async () => {
      const topic = makeTopic()
      const bus = open(server.url)
      const reader = open(server.url)
      await bus.ensureGroup(topic, 'g', 'start')
      await bus.ensureGroup(topic, 'held', 'start')
      await bus.publish(topic, makeMessages(1, 'first'))
      const held = { group: 'held', consumer: 'one', batch: 1, blockMs: 0 }
      expect(await reader.read(topic, held)).toHaveLength(1)
      const seen = new Map<string | null, number>()
      const consumer = reader.consume(
        topic,
        { group: 'g', consumer: 'c', from: 'start', reclaimMs: 1_000, batch: 50 },
        (batch) => {
          for (const { key } of batch) seen.set(key, (seen.get(key) ?? 0) + 1)
          return Promise.resolve(batch.map(({ id }) => id))
        },
      )
      let published = 1
      let isOver = false
      let refusals = 0
      /** Publishes without pause; what was refused, or was never answered, is published again. */
      const publish = async (name: string): Promise<void> => {
        for (let at = 0; !isOver; at += 5) {
          const messages = makeMessages(5, `${name}-${at}`)
          for (;;) {
            try {
              await bus.publish(topic, messages)
              break
            } catch (error) {
              expect(error).toMatchObject({ code: 'BUS_UNAVAILABLE' })
              refusals += 1
            }
          }
          published += messages.length
        }
      }
      const publishing = ['a', 'b', 'c', 'd'].map(publish)
      for (let kills = 0; kills < 4; kills += 1) {
        await sleep(250)
        await server.kill()
        await sleep(100)
        await server.start()
      }
      isOver = true
      await Promise.all(publishing)
      expect(refusals).toBeGreaterThan(0)
      expect((await bus.describe(topic)).length).toBe(published)
      await expect.poll(() => seen.size).toBe(published)
      await expect.poll(async () => (await bus.pending(topic, 'g')).total).toBe(0)
      await consumer.stop()
      const [kept] = await bus.reclaim(topic, { group: 'held', consumer: 'two', idleMs: 0, limit: 5 })
      expect(kept).toMatchObject({ key: 'first-0', deliveries: 2 })
      await bus.close()
      await reader.close()
    })

    test('a Redis that comes back empty has another life, and refuses what was meant for the one before', async () => {
      const topic = makeTopic()
      const bus = open(server.url)
      const { life } = await bus.describe(topic)
      expect((await bus.describe(topic)).life).toBe(life)
      await bus.publish(topic, makeMessages(1, 'before'), { life })
      await server.kill()
      await server.start({ forget: true })
      await expect
        .poll(() =>
          bus.describe(topic).then(
            (of) => of.lastId,
            () => 'away',
          ),
        )
        .toBeNull()
      await expect(bus.publish(topic, makeMessages(1, 'late'), { life })).rejects.toMatchObject({
        code: 'BUS_UNAVAILABLE',
      })
      const after = await bus.describe(topic)
      expect(after).toMatchObject({ length: 0 })
      expect(after.life).not.toBe(life)
      await bus.publish(topic, makeMessages(1, 'new'), { life: after.life })
      await bus.close()
    })

    test('a Redis that comes back empty has its groups made anew, and nothing published since is missed', async () => {
      const topic = makeTopic()
      const { log, lines } = makeMemoryLog()
      const bus = open(server.url, 'audit', log)
      const seen: (string | null)[] = []
      const consumer = bus.consume(
        topic,
        { group: 'g', consumer: 'c', from: 'end', blockMs: 500 },
        (batch) => {
          seen.push(...batch.map(({ key }) => key))
          return Promise.resolve(batch.map(({ id }) => id))
        },
      )
      await expect.poll(async () => (await bus.describe(topic)).groups.length).toBe(1)
      await bus.publish(topic, makeMessages(1, 'before'))
      await expect.poll(() => seen).toEqual(['before-0'])
      await server.kill()
      await server.start({ forget: true })
      await expect
        .poll(() =>
          bus.publish(topic, makeMessages(2, 'after')).then(
            () => true,
            (error: { code?: string }) => error.code,
          ),
        )
        .toBe(true)
      await expect.poll(() => seen).toEqual(['before-0', 'after-0', 'after-1'])
      await consumer.stop()
      await bus.close()
      expect(lines.filter((line) => line.includes('made anew'))).toHaveLength(1)
    })

    test('while Redis is away calls fail soon and consumers wait without hurry', async () => {
      const topic = makeTopic()
      const { log, lines } = makeMemoryLog()
      const bus = open(server.url, 'audit', log)
      await bus.ensureGroup(topic, 'g', 'start')
      let handled = 0
      const consumer = bus.consume(
        topic,
        { group: 'g', consumer: 'c', from: 'start', blockMs: 5_000 },
        (batch) => {
          handled += batch.length
          return Promise.resolve(batch.map(({ id }) => id))
        },
      )
      await sleep(100)
      await server.kill()
      const begun = performance.now()
      await expect(bus.publish(topic, makeMessages(1))).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' })
      await expect(bus.pending(topic, 'g')).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' })
      expect(performance.now() - begun).toBeLessThan(4_000)
      await sleep(Math.max(0, 4_000 - (performance.now() - begun)))
      // Two connections and one consumer, each asking again after ever longer pauses.
      expect(lines.length).toBeLessThan(80)
      await server.start()
      await expect.poll(() => bus.publish(topic, makeMessages(1)).catch(() => undefined)).toBeDefined()
      await expect.poll(() => handled).toBeGreaterThan(0)
      await consumer.stop()
      await server.kill()
      const stopping = performance.now()
      const idle = bus.consume(topic, { group: 'g', consumer: 'c', from: 'start' }, () => Promise.resolve([]))
      await sleep(200)
      await idle.stop()
      await bus.close()
      expect(performance.now() - stopping).toBeLessThan(5_000)
      await server.start()
    })

    test('a Redis that stands still is given up after some seconds, and is back when it is', async () => {
      const topic = makeTopic()
      const bus = open(server.url)
      await bus.publish(topic, makeMessages(1))
      server.freeze()
      const begun = performance.now()
      const messages = makeMessages(1)
      await expect(bus.publish(topic, messages)).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' })
      expect(performance.now() - begun).toBeLessThan(8_000)
      server.thaw()
      await expect.poll(() => bus.publish(topic, messages).catch(() => undefined)).toBeDefined()
      // What the frozen server had taken in counts, and what was published again does not.
      expect((await bus.describe(topic)).length).toBe(2)
      await bus.close()
    })
  })

  const hasOpenssl = spawnSync('openssl', ['version']).status === 0
  test.runIf(suits(hasOpenssl, 'openssl is not installed (package openssl)'))(
    'a rediss url is spoken to over TLS, and only where its certificate is trusted',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'ropewalk-tls-'))
      const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
      const names = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
      const kind = [
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ]
      execFileSync('openssl', ['req', ...kind, '-keyout', key, '-out', certificate, ...names], {
        stdio: 'ignore',
      })
      const tls = ['--tls-cert-file', certificate, '--tls-key-file', key, '--tls-ca-cert-file', certificate]
      const server = await startRedisServer(['--tls-port', ...tls, '--tls-auth-clients', 'no'])
      const stranger = open(server.url)
      await expect(stranger.publish('events', makeMessages(1))).rejects.toMatchObject({
        code: 'BUS_UNAVAILABLE',
      })
      await stranger.close()
      const before = getCACertificates('default')
      setDefaultCACertificates([...before, await readFile(certificate, 'utf8')])
      try {
        const bus = open(server.url)
        expect(await bus.publish('events', makeMessages(1))).toMatchObject([{ isNew: true }])
        await bus.close()
      } finally {
        setDefaultCACertificates(before)
        await server.remove()
        await rm(folder, { recursive: true })
      }
    },
  )

  test('a user and password of the url open it, and never reach the log', async () => {
    const password = `p@ss/${randomUUID()}`
    const server = await startRedisServer(['--requirepass', password])
    const { log, lines } = makeMemoryLog()
    const url = (secret: string) => `redis://default:${encodeURIComponent(secret)}@127.0.0.1:${server.port}/1`
    const bus = open(url(password), 'audit', log)
    expect(await bus.publish('events', makeMessages(1))).toMatchObject([{ isNew: true }])
    await bus.close()
    const wrong = open(url(`${password}x`), 'audit', log)
    const trouble = await wrong.publish('events', makeMessages(1)).catch((error: unknown) => error)
    expect(trouble).toMatchObject({ code: 'BUS_UNAVAILABLE' })
    log.error({ err: trouble }, 'trouble')
    await wrong.close()
    const none = open(`redis://127.0.0.1:${server.port}`, 'audit', log)
    await expect(none.publish('events', makeMessages(1))).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' })
    await none.close()
    await server.remove()
    expect(lines.length).toBeGreaterThan(0)
    expect(lines.join('')).not.toContain(password)
    expect(lines.join('')).not.toContain(encodeURIComponent(password))
  })
})
