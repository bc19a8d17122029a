import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startProject } from '../engine/support/backlog.ts'
import { waitUntil, WORKSPACE } from '../engine/support/stage.ts'
import { needs } from '../support/needs.ts'
import { startRedisServer } from './support/redis-server.ts'
import { makeInbound, startRelayWorld, type RelayWorld } from './support/relay-world.ts'

const nest = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`

const makeEvent = (data: string, type = 'BACKLOG.ITEM_PROPOSED'): string =>
  `{"specversion":"1.0","id":"${randomUUID()}","source":"/x","type":"${type}","data":${data}}`

const BODIES: readonly (readonly [string, string])[] = [
  ['100,000 brackets', nest(100_000)],
  ['brackets that nobody closes', '['.repeat(450_000)],
  ['a deep list in its data', makeEvent(`{"items":${nest(100_000)}}`)],
  ['deep objects', makeEvent(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`)],
  ['a title of 900 KB', makeEvent(`{"items":[{"kind":"task","title":"${'x'.repeat(900_000)}"}]}`)],
  ['900 KB of lone surrogates', makeEvent(`{"a":"${String.raw`\ud800`.repeat(150_000)}"}`)],
  ['90,000 keys', makeEvent(`{${Array.from({ length: 90_000 }, (_, index) => `"k${index}":1`).join(',')}}`)],
  ['a key of NUL and one of a lone surrogate', makeEvent(String.raw`{"\u0000":1,"\ud800":2}`)],
  ['__proto__ for its data', `{"__proto__":{"type":"WORK.HEARTBEAT"},"data":{"__proto__":{}}}`],
  ['the type __proto__', makeEvent('{}', '__proto__')],
  ['a number that is none', '1e999'],
  ['nothing', ''],
]

const describeHostile = (name: string, startWorld: () => Promise<RelayWorld>): void => {
  describe(`hostile messages over ${name}`, () => {
    let world: RelayWorld
    let projectId: string
    beforeAll(async () => {
      world = await startWorld()
      world.start()
      ;({ projectId } = await startProject(world.stage.engine, [{ key: 'one' }]))
    })
    afterAll(() => world.stop())

    test('each rests as one dead letter, and the good one behind them happens', async () => {
      for (const [, body] of BODIES) await world.send(body)
      const items = [{ kind: 'task' as const, title: 'Behind them' }]
      const good = makeInbound('BACKLOG.ITEM_PROPOSED', { projectId: projectId as never, items })
      await world.send(good)
      await waitUntil(
        'the good one happened',
        async () => (await world.listCaused(good.id)).length > 0,
        20_000,
      )
      await waitUntil(
        'nothing is in hand',
        async () => (await world.bus.pending('commands', 'validators')).total === 0,
        20_000,
      )
      const letters = await world.listDeadLetters()
      expect(letters.map(({ reason }) => reason)).toEqual(BODIES.map(() => 'CONTRACT_VIOLATION'))
      const kept = new Set(letters.map(({ original }) => original.body))
      for (const [what, body] of BODIES) expect(kept.has(body), what).toBe(true)
    })
  })
}

describeHostile('Postgres', () =>
  startRelayWorld({ bus: 'postgres', redisUrl: undefined, busNamespace: 'audit' }),
)

describe.skipIf(!needs('redis-server'))('with a real Redis', () => {
  let server: Awaited<ReturnType<typeof startRedisServer>>
  const startWorld = async (): Promise<RelayWorld> => {
    server = await startRedisServer()
    const world = await startRelayWorld({ bus: 'redis', redisUrl: server.url, busNamespace: 'audit' })
    return {
      ...world,
      stop: async () => {
        await world.stop()
        await server.remove()
      },
    }
  }
  describeHostile('Redis Streams', startWorld)

  describe('entries that an outsider forges', () => {
    let world: RelayWorld
    beforeAll(async () => {
      world = await startWorld()
      world.start()
    })
    afterAll(() => world.stop())
    const add = (id: string, ...fields: readonly string[]): void => {
      execFileSync('redis-cli', ['-p', String(server.port), 'XADD', 'audit:commands', id, ...fields])
    }
    const awaitBody = (body: string): Promise<void> =>
      waitUntil(
        `a dead letter of ${body}`,
        async () => (await world.listDeadLetters()).some(({ original }) => original.body === body),
        10_000,
      )

    test('a forged redrive key neither opens nor changes the dead letter that it names', async () => {
      add('*', 'event', '{"first":1}')
      await awaitBody('{"first":1}')
      const [letter] = await world.listDeadLetters()
      if (letter === undefined) throw new Error('There is no dead letter.')
      const by = { kind: 'person', id: 'anna' } as const
      const dropped = await world.desk.drop(WORKSPACE, letter.id, 'Nobody needs it.', by)
      for (const count of [1, 2, 999_999_999]) {
        const body = `{"forged":${count}}`
        add('*', 'event', body, 'key', `redrive:${letter.id}:${count}`)
        await awaitBody(body)
      }
      expect(await world.desk.read(WORKSPACE, letter.id)).toEqual(dropped)
      const unknown = '{"forged":"unknown"}'
      add('*', 'event', unknown, 'key', `redrive:${randomUUID()}:1`)
      await awaitBody(unknown)
    })

    test('an id beyond the end of time holds up nobody', async () => {
      add('8640000000000001-0', 'event', '{"late":1}')
      await awaitBody('{"late":1}')
      add('*', '__proto__', 'x', 'event', '{"late":2}')
      await awaitBody('{"late":2}')
    })
  })
})
