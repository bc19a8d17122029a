import { describe } from 'vitest'
import { needs } from '../support/needs.ts'
import { startRedisServer } from './support/redis-server.ts'
import { describeRelay } from './support/relay-contract.ts'
import { startRelayWorld } from './support/relay-world.ts'

describe.skipIf(!needs('redis-server'))('with a real Redis', () => {
  describeRelay('Redis Streams', async () => {
    const server = await startRedisServer()
    const world = await startRelayWorld({ bus: 'redis', redisUrl: server.url, busNamespace: 'audit' })
    return {
      ...world,
      stop: async () => {
        await world.stop()
        await server.remove()
      },
    }
  })
})
