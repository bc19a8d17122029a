import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startProject } from '../engine/support/backlog.ts'
import { makeTwoPhases } from '../engine/support/plans.ts'
import { startRun, waitUntil } from '../engine/support/stage.ts'
import { startRelayWorld, type RelayWorld } from './support/relay-world.ts'

let world: RelayWorld
beforeAll(async () => {
  world = await startRelayWorld({ bus: 'postgres', redisUrl: undefined, busNamespace: 'audit' })
})
afterAll(() => world.stop())

const countBus = async (): Promise<number> => {
  const [row] = await world.stage.query<{ count: string }>(
    'SELECT (SELECT count(*) FROM ropewalk.bus_groups) + (SELECT count(*) FROM ropewalk.bus_messages) AS count',
  )
  return Number(row?.count)
}

test('a home that only does runs spends nothing on the bus; its first project begins it', async () => {
  world.start({ isEager: false })
  await startRun(world.stage.engine, makeTwoPhases())
  await sleep(1_200)
  expect(await countBus()).toBe(0)
  await startProject(world.stage.engine, [{ key: 'one' }])
  await waitUntil('the ledger is published', async () => (await world.readTopic('events')).length > 2)
  const types = (await world.readTopic('events')).map(
    ({ body }) => (JSON.parse(body) as { type: string }).type,
  )
  // What was told before the project is published too: the bus carries the whole ledger.
  expect(types[0]).toBe('run.planned')
  expect(types).toContain('PROJECT.INITIAL_REQUEST_RECEIVED')
})
