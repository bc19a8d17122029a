import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeCheckedHandler, type CheckedEvent } from '../../src/bus/check-messages.ts'
import { makePublishDeadLetter, type PublishDeadLetter } from '../../src/bus/publish-dead-letter.ts'
import { RopewalkError } from '@ropewalk/core/errors'
import { makeLog } from '../../src/log.ts'
import { startProject } from '../engine/support/backlog.ts'
import { waitUntil, WORKSPACE } from '../engine/support/stage.ts'
import { startRelayWorld, type RelayWorld } from './support/relay-world.ts'

const log = makeLog({ level: 'silent' })
const RECLAIM_MS = 300

let world: RelayWorld
let publishDeadLetter: PublishDeadLetter
beforeAll(async () => {
  world = await startRelayWorld({ bus: 'postgres', redisUrl: undefined, busNamespace: 'audit' })
  const { bus, stage } = world
  publishDeadLetter = makePublishDeadLetter({ store: stage.engine.store, bus, workspaceId: WORKSPACE })
})
afterAll(() => world.stop())

/** A consumer of topic `events` in a group of its own, as workers are. */
const consume = (group: string, handle: (event: CheckedEvent) => Promise<void>) =>
  world.bus.consume(
    'events',
    { group, consumer: 'one', from: 'start', blockMs: 100, reclaimMs: RECLAIM_MS },
    makeCheckedHandler({ group, workspaceId: WORKSPACE, handle, publishDeadLetter, log }),
  )

const isIdle = async (group: string): Promise<boolean> =>
  (await world.bus.pending('events', group)).total === 0

test('what breaks its contract reaches no consumer, and is one dead letter for all groups', async () => {
  const { projectId } = await startProject(world.stage.engine, [{ key: 'one' }])
  world.start()
  await waitUntil('the project is published', async () => (await world.readTopic('events')).length > 1)
  const [first] = await world.readTopic('events')
  const whole = JSON.parse(first?.body ?? '') as { data: object }
  const id = randomUUID()
  await world.send({ ...whole, id, data: { ...whole.data, more: 1 } }, 'events')
  await world.send({ ...whole, id: randomUUID(), type: 'WORK.NONSENSE' }, 'events')
  await world.send('not at all', 'events')
  await startProject(world.stage.engine, [{ key: 'two' }])
  const seen = new Map<string, string[]>()
  const consumers = ['worker-a', 'worker-b'].map((group) => {
    const own: string[] = []
    seen.set(group, own)
    return consume(group, async ({ envelope, event }) => {
      own.push(event.type)
      expect(envelope.id).not.toBe(id)
    })
  })
  const types = (await world.stage.engine.listEvents(WORKSPACE, { after: 0, limit: 1000 })).map(
    ({ type }) => type,
  )
  await waitUntil('both have all', async () =>
    [...seen.values()].every(({ length }) => length >= types.length),
  )
  await waitUntil('all is acked', async () => (await isIdle('worker-a')) && (await isIdle('worker-b')))
  await Promise.all(consumers.map((one) => one.stop()))
  expect([...seen.values()]).toEqual([types, types])
  expect(types).toContain('PROJECT.INITIAL_REQUEST_RECEIVED')
  expect(projectId).toBeDefined()
  const letters = await world.listDeadLetters()
  expect(letters.map(({ reason, errorClass }) => [reason, errorClass])).toEqual(
    expect.arrayContaining([
      ['CONTRACT_VIOLATION', 'PAYLOAD'],
      ['CONTRACT_VIOLATION', 'PAYLOAD'],
      ['CONTRACT_VIOLATION', 'JSON'],
    ]),
  )
  expect(letters).toHaveLength(3)
})

test('an event that its handler cannot bear rests after five tries, for that group alone', async () => {
  const { projectId } = await startProject(world.stage.engine, [{ key: 'poison' }])
  const tries: string[] = []
  const fine: string[] = []
  const isPoison = ({ envelope, event }: CheckedEvent) =>
    envelope.projectid === projectId && event.type === 'BACKLOG.ITEM_CREATED'
  const bad = consume('worker-bad', async (event) => {
    if (!isPoison(event)) return
    tries.push(event.envelope.id)
    throw new RangeError('Too much.')
  })
  const good = consume('worker-good', async (event) => {
    if (isPoison(event)) fine.push(event.envelope.id)
  })
  await waitUntil('it was seen', async () => fine.length > 0)
  const letter = await world.awaitDeadLetter(fine[0] ?? '')
  await waitUntil('all is acked', () => isIdle('worker-bad'))
  await Promise.all([bad.stop(), good.stop()])
  expect(tries).toHaveLength(5)
  expect(fine).toHaveLength(1)
  expect(letter).toMatchObject({
    reason: 'HANDLER_FAILED',
    consumerGroup: 'worker-bad',
    attempts: 5,
    errorClass: 'RangeError',
  })
})

test('a trouble of ours carries no message off to the dead letters', async () => {
  const { projectId } = await startProject(world.stage.engine, [{ key: 'later' }])
  let tries = 0
  const consumer = consume('worker-later', async ({ envelope, event }) => {
    if (envelope.projectid !== projectId || event.type !== 'BACKLOG.ITEM_CREATED') return
    tries += 1
    if (tries < 8) throw new RopewalkError('STORE_UNAVAILABLE', 'Not now.')
  })
  await waitUntil('it was done at last', async () => tries >= 8 && (await isIdle('worker-later')))
  await consumer.stop()
  const letters = await world.listDeadLetters()
  expect(letters.filter(({ consumerGroup }) => consumerGroup === 'worker-later')).toEqual([])
})
