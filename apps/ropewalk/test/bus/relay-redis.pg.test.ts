import { describe, expect, test } from 'vitest'
import { startProject } from '../engine/support/backlog.ts'
import { waitUntil } from '../engine/support/stage.ts'
import { needs } from '../support/needs.ts'
import { startRedisServer } from './support/redis-server.ts'
import { awaitPublished, countTo, describeRelay, readPositions } from './support/relay-contract.ts'
import { describeVolume } from './support/relay-volume.ts'
import { makeInbound, startRelayWorld } from './support/relay-world.ts'

describe.skipIf(!needs('redis-server'))('with a real Redis', () => {
  const startWorld = async () => {
    const server = await startRedisServer()
    const world = await startRelayWorld({ bus: 'redis', redisUrl: server.url, busNamespace: 'audit' })
    return {
      ...world,
      stop: async () => {
        await world.stop()
        await server.remove()
      },
    }
  }
  describeRelay('Redis Streams', startWorld)
  describeVolume('Redis Streams', startWorld)

  test('a Redis that comes back empty gets the newest events anew, in their order, from whichever relay', async () => {
    const server = await startRedisServer()
    const world = await startRelayWorld({ bus: 'redis', redisUrl: server.url, busNamespace: 'audit' })
    world.start()
    world.start({ engine: await world.stage.startAnother({ isTimerProcess: false }) })
    for (let count = 0; count < 10; count += 1) await startProject(world.stage.engine, [{ key: 'a' }])
    await awaitPublished(world)
    await server.kill()
    await startProject(world.stage.engine, [{ key: 'away' }])
    await server.start({ forget: true })
    const head = await awaitPublished(world)
    await waitUntil('all are there', async () => (await readPositions(world)).length >= head)
    expect(await readPositions(world)).toEqual(countTo(head))
    const event = makeInbound(
      'WORK.WORKER_SEEN',
      { worker: 'w', capabilities: ['cost'] },
      { specversion: '0' as never },
    )
    await world.send(event, 'heartbeats')
    await world.awaitDeadLetter(event.id)
    await world.stop()
    await server.remove()
  })
})
