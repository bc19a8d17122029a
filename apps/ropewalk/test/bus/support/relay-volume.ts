import { randomUUID } from 'node:crypto'
import type { ProjectId } from '@ropewalk/core/ids'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeProjectId, startProject } from '../../engine/support/backlog.ts'
import { waitUntil } from '../../engine/support/stage.ts'
import { makeInbound, type RelayWorld } from './relay-world.ts'

const IS_WHOLE = process.env['ROPEWALK_TEST_RUNS'] === 'all'
/** `ROPEWALK_TEST_RUNS=all`: as many as the product is to bear within some minutes. */
const MANY = IS_WHOLE ? 100_000 : 5_000
const PER_PROJECT = 50

/** One in twenty is bad, in every way in turn. */
const makeMany = (
  projectIds: readonly ProjectId[],
): { readonly good: string[]; readonly bodies: string[] } => {
  const good: string[] = []
  const bodies = Array.from({ length: MANY }, (_, index) => {
    const projectId = projectIds[index % projectIds.length] ?? makeProjectId()
    const items = [{ kind: 'task' as const, title: `Item ${index}` }]
    const event = makeInbound('BACKLOG.ITEM_PROPOSED', { projectId, items })
    if (index % 20 !== 0) {
      good.push(event.id)
      return JSON.stringify(event)
    }
    const bad = [
      `no JSON ${index}`,
      { ...event, specversion: '0.9' },
      { ...event, data: { projectId, items: [] } },
      { ...event, workspaceid: 'other' },
      { ...event, data: { projectId: makeProjectId(), items } },
    ][(index / 20) % 5]
    return typeof bad === 'string' ? bad : JSON.stringify(bad)
  })
  return { good, bodies }
}

/** Everything that is sent is done or rests, whatever comes and however much. */
export const describeVolume = (name: string, startWorld: () => Promise<RelayWorld>): void => {
  describe(`many events over ${name}`, () => {
    let world: RelayWorld
    beforeAll(async () => {
      world = await startWorld()
    })
    afterAll(() => world.stop())

    test(
      'what is accepted and what rests is what was sent, each once, with two relays',
      { timeout: 900_000 },
      async () => {
        const { stage, bus } = world
        const projects = await Promise.all(
          Array.from({ length: MANY / PER_PROJECT }, () => startProject(stage.engine, [{ key: 'standing' }])),
        )
        const { good, bodies } = makeMany(projects.map(({ projectId }) => projectId))
        world.start()
        world.start({ engine: await stage.startAnother({ isTimerProcess: false }) })
        for (let at = 0; at < bodies.length; at += 1_000) {
          const part = bodies.slice(at, at + 1_000)
          await bus.publish(
            'commands',
            part.map((body) => ({ key: randomUUID(), body })),
          )
        }
        await waitUntil(
          'all are worked on',
          async () => {
            const { groups, lastId } = await bus.describe('commands')
            const [letters] = await stage.query<{ count: string }>(
              'SELECT count(*) FROM ropewalk.dead_letters',
            )
            const isAllRead = Number(letters?.count) >= MANY / 20
            return lastId !== null && isAllRead && groups.every(({ pending }) => pending === 0)
          },
          800_000,
        )
        const [caused] = await stage.query<{ all: string; different: string }>(
          `SELECT count(*) AS all, count(DISTINCT body::json ->> 'causationId') AS different
           FROM ropewalk.ledger WHERE body::json ->> 'causationId' IS NOT NULL`,
        )
        expect(caused).toEqual({ all: String(good.length), different: String(good.length) })
        const [items] = await stage.query<{ count: string }>(
          `SELECT count(*) FROM ropewalk.items WHERE title LIKE 'Item %'`,
        )
        expect(Number(items?.count)).toBe(good.length)
        const letters = await stage.query<{ reason: string; count: string }>(
          'SELECT reason, count(*) FROM ropewalk.dead_letters GROUP BY 1 ORDER BY 1',
        )
        const each = MANY / 100
        expect(letters.map(({ reason, count }) => [reason, Number(count)])).toEqual([
          ['CONTRACT_VIOLATION', 3 * each],
          ['FOREIGN_WORKSPACE', each],
          ['REFUSED', each],
        ])
        expect((await bus.describe('dlq')).length).toBe(MANY / 20)
        expect(good.length + MANY / 20).toBe(MANY)
      },
    )
  })
}
