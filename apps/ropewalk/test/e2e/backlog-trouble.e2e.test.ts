import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { WorkerList } from '@ropewalk/core/contract/api/work'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startRedisServer, type RedisServer } from '../bus/support/redis-server.ts'
import { needs } from '../support/needs.ts'
import { makeRandom } from '../support/random.ts'
import {
  CAPABILITIES,
  makeBacklogHouse,
  REQUEST,
  waitFor,
  type BacklogHouse,
  type Part,
} from './backlog-house.ts'
import { expectEachOnce } from './backlog-invoices.ts'
import { makeEvent, openOutsider, type Outsider } from './backlog-outsider.ts'

/** Rounds of kill -9, each of which hits every process once; more of them for a release. */
const ROUNDS = process.env['ROPEWALK_TEST_RUNS'] === 'all' ? 5 : 1
/** Another seed tries other moments and another order. */
const SEED = Number(process.env['ROPEWALK_TEST_SEED'] ?? 1)
/** From one kill to the next. */
const EARLIEST_MS = 100
const LATEST_MS = 900
/** How long is waited for a worker to have something in hand, where it is to be killed at work. */
const AT_WORK_MS = 4_000
/** What the dead held is taken over after so many seconds; the default of 30 would be waited for. */
const LEASE = '3'

const shuffle = <T>(all: readonly T[], random: () => number): T[] =>
  all
    .map((one) => ({ one, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ one }) => one)

/** Waits until this process holds work, which takes it some hundredths of a second; not for ever. */
const waitForWork = async (house: BacklogHouse, { pid }: Part): Promise<void> => {
  for (const until = performance.now() + AT_WORK_MS; performance.now() < until; await sleep(5)) {
    const { items } = await house.get<WorkerList>('/v1/workers')
    if (items.some(({ worker, holds }) => worker.includes(`.${pid}.`) && holds.length > 0)) return
  }
}

describe.skipIf(!needs('redis-server'))('nine processes and a Redis that die one after the other', () => {
  let redis: RedisServer
  let house: BacklogHouse
  let outsider: Outsider

  beforeAll(async () => {
    redis = await startRedisServer()
    house = await makeBacklogHouse({
      ROPEWALK_BUS: 'redis',
      ROPEWALK_REDIS_URL: redis.url,
      ROPEWALK_LEASE: LEASE,
    })
    await house.add('serve')
    const names = ['relay', ...CAPABILITIES.map((capability) => `worker --capability ${capability}`)]
    await Promise.all(names.map((name) => house.add(name)))
    outsider = openOutsider(redis.url)
  })

  afterAll(async () => {
    outsider.close()
    await house.remove()
    await redis.remove()
  })

  it(
    'end every item once, whatever was killed, doubled or poisoned',
    async ({ annotate }) => {
      const random = makeRandom(SEED)
      const uploads = [await house.upload()]
      const projects: string[] = []
      const begin = async () =>
        projects.push(await house.startProject({ clarification: 'autonomous', uploads }))
      await begin()

      // The same request twice, as when a publisher never heard the answer, and one that breaks its contract.
      const twice = makeEvent('PROJECT.INITIAL_REQUEST_RECEIVED', {
        requestText: REQUEST,
        mode: 'autonomous',
        records: { name: 'rows', rows: [{ Task: 'Resend an invoice', Category: 'Resend', Minutes: 15 }] },
      })
      const poison = makeEvent('BACKLOG.ITEM_PROPOSED', {
        projectId: projects[0],
        items: [{ kind: 'task', title: 'Compare the cost once more', capability: 'cost', urgency: 'now' }],
      })
      for (const event of [twice, poison, twice]) await outsider.send(event)

      const moments: string[] = []
      for (let round = 0; round < ROUNDS; round += 1) {
        const order = shuffle([...house.parts.values(), 'redis' as const], random)
        for (const victim of order) {
          await Promise.all([begin(), begin()])
          const isAtWork = random() < 0.7
          if (isAtWork && victim !== 'redis' && victim.name.startsWith('worker'))
            await waitForWork(house, victim)
          else await sleep(EARLIEST_MS + random() * (LATEST_MS - EARLIEST_MS))
          if (victim === 'redis') {
            await redis.kill()
            await sleep(500 * random())
            await redis.start()
            moments.push('redis')
            continue
          }
          await victim.kill()
          moments.push(victim.name)
          await victim.restart()
        }
      }
      const doubled = await waitFor(
        async () =>
          (await house.readEvents()).filter(
            ({ type, causationid }) =>
              type === 'PROJECT.INITIAL_REQUEST_RECEIVED' && causationid === twice.id,
          ),
        'project of the message that came twice',
      )
      expect(doubled).toHaveLength(1)
      projects.push(String(doubled[0]?.data['projectId']))
      for (const id of projects) await house.waitForProject(id, ({ status }) => status === 'completed')
      for (const id of projects) await expectEachOnce(house, id, CAPABILITIES.length)
      const lost = (await house.readEvents()).filter(({ type }) => type === 'WORK.ATTEMPT_ENDED').length
      await annotate(
        `killed in this order: ${moments.join(', ')}; ${projects.length} projects, ${lost} attempts lost`,
      )
      const ledger = await house.program.run(['ledger', 'verify', '--json'])
      expect(ledger.exit, ledger.stdout + ledger.stderr).toBe(0)
    },
    300_000 * ROUNDS,
  )

  it('keep the poison with its reason and its words, and redriven after the fix it is done', async () => {
    const listed = await house.program.run(['dlq', 'list', '--json'])
    const { items } = JSON.parse(listed.stdout) as { items: readonly { id: string; eventType: string }[] }
    expect(items.map(({ eventType }) => eventType)).toEqual(['BACKLOG.ITEM_PROPOSED'])
    const [{ id } = { id: '' }] = items
    const shown = await house.program.run(['dlq', 'show', id, '--json'])
    const letter = JSON.parse(shown.stdout) as {
      reason: string
      problems: readonly { path: string }[]
      event: { id: string; data: { projectId: string; items: readonly Record<string, unknown>[] } }
      original: { body: string }
    }
    expect(letter).toMatchObject({ reason: 'CONTRACT_VIOLATION' })
    expect(JSON.stringify(letter.problems)).toContain('urgency')
    expect(JSON.parse(letter.original.body)).toEqual(letter.event)

    // A project of its own, which people keep open: what is mended is then done by a worker like all else.
    const projectId = await house.startProject({
      template: null,
      clarification: 'autonomous',
      uploads: [await house.upload()],
      items: [{ kind: 'task', title: 'Left to people' } as never],
    })
    const { urgency: _, ...item } = letter.event.data.items[0] ?? {}
    const mended = { ...letter.event, data: { projectId, items: [{ ...item, capability: 'friction' }] } }
    const file = path.join(house.program.folder, 'mended.json')
    writeFileSync(file, JSON.stringify(mended))
    const redriven = await house.program.run([
      'dlq',
      'redrive',
      id,
      '--file',
      file,
      '--why',
      'mended',
      '--json',
    ])
    expect([redriven.exit, redriven.stderr]).toEqual([0, expect.anything()])
    const added = await waitFor(
      async () => (await house.listItems(projectId)).find(({ title }) => title === item['title']),
      'item of the mended message',
    )
    await waitFor(
      async () =>
        (await house.listItems(projectId)).some((one) => one.id === added.id && one.status === 'done'),
      'item that is done',
    )
    expect((await house.program.run(['dlq', 'list', '--json'])).stdout).toContain('"items":[]')
  })
})
