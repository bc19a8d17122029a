import { randomUUID } from 'node:crypto'
import type { DeadLetter, DeadLetterSummary } from '@ropewalk/core/contract/api/dead-letters'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makePostgresBus } from '../../src/bus/postgres-bus.ts'
import { makePublishDeadLetter } from '../../src/bus/publish-dead-letter.ts'
import { makeViolation } from '../../src/bus/validate-message.ts'
import type { BusDriver } from '../../src/bus/port.ts'
import { WORKSPACE } from '../engine/support/stage.ts'
import { expectProblem } from './support/drive.ts'
import { startApi, type TestApi } from './support/start-api.ts'

let api: TestApi
let bus: BusDriver
beforeAll(async () => {
  api = await startApi()
  bus = makePostgresBus({ store: api.engine.store, workspaceId: WORKSPACE })
})
afterAll(async () => {
  await bus.close()
  await api.stop()
})

const rest = (body: string, key: string | null = null): Promise<DeadLetter> =>
  makePublishDeadLetter({ store: api.engine.store, bus, workspaceId: WORKSPACE })({
    message: {
      id: randomUUID(),
      key,
      body,
      headers: { by: 'somebody' },
      deliveries: 1,
      publishedAt: '2026-01-01T00:00:00.000Z',
    },
    topic: 'commands',
    group: 'validators',
    ...makeViolation('ENVELOPE', [{ path: '/type', message: 'expected one' }], {
      eventId: 'odd \0 id',
      eventType: null,
      schemaId: null,
    }),
  })

const list = async (query = ''): Promise<{ items: DeadLetterSummary[]; nextCursor: string | null }> => {
  const { status, json } = await api.ask(`/v1/dead-letters${query}`)
  expect(status).toBe(200)
  return json as { items: DeadLetterSummary[]; nextCursor: string | null }
}

test('dead letters are paged, the newest first, and read whole', async () => {
  const made = [await rest('{"a":1}'), await rest('no JSON \0 at \ud800 all'), await rest('[]')]
  const first = await list('?limit=2')
  expect(first.items).toHaveLength(2)
  expect(first.items[0]).not.toHaveProperty('original')
  const second = await list(`?limit=2&cursor=${first.nextCursor}`)
  const ids = [...first.items, ...second.items].map(({ id }) => id)
  expect(ids.toSorted()).toEqual(made.map(({ id }) => id).toSorted())
  expect(second.nextCursor).toBeNull()
  expect((await list('?status=dropped')).items).toEqual([])
  const { json } = await api.ask(`/v1/dead-letters/${made[0]?.id}`)
  expect(json).toMatchObject({
    event: { a: 1 },
    original: { key: null, body: '{"a":1}', headers: { by: 'somebody' } },
    eventId: 'odd \u{fffd} id',
    problems: [{ path: '/type', message: 'expected one' }],
    firstSeenAt: '2026-01-01T00:00:00.000Z',
  })
})

test('one is sent again under a key of its own, once; another is dropped', async () => {
  const { id } = await rest('{"b":1}')
  const redriven = await api.ask(`/v1/dead-letters/${id}/redrive`, {
    method: 'POST',
    body: { event: { b: 2 }, note: 'b was wrong' },
  })
  expect(redriven.status).toBe(200)
  expect(redriven.json).toMatchObject({ status: 'redriven', redrives: 1, note: 'b was wrong' })
  await bus.ensureGroup('commands', 'g', 'start')
  const sent = await bus.read('commands', { group: 'g', consumer: 'c', batch: 10, blockMs: 0 })
  expect(sent).toMatchObject([{ key: `redrive:${id}:1`, body: '{"b":2}' }])
  expectProblem(
    await api.ask(`/v1/dead-letters/${id}/redrive`, { method: 'POST', body: {} }),
    409,
    'CONFLICT',
  )

  // It fails once more, twice told: one record, open again.
  await rest('{"b":2}', `redrive:${id}:1`)
  await rest('{"b":2}', `redrive:${id}:1`)
  const again = await api.ask(`/v1/dead-letters/${id}`)
  expect(again.json).toMatchObject({ status: 'open', attempts: 2, redrives: 1, event: { b: 2 } })
  const dropped = await api.ask(`/v1/dead-letters/${id}/drop`, {
    method: 'POST',
    body: { reason: 'Enough.' },
  })
  expect(dropped.json).toMatchObject({ status: 'dropped', note: 'Enough.' })
  await rest('{"b":2}', `redrive:${id}:1`)
  expect((await list('?status=dropped')).items.map((letter) => letter.id)).toEqual([id])
})

test('what is not there, or says no reason, is refused', async () => {
  expectProblem(await api.ask(`/v1/dead-letters/${randomUUID()}`), 404, 'NOT_FOUND')
  expectProblem(await api.ask('/v1/dead-letters?cursor=x'), 400, 'INVALID_ARGUMENT')
  const { id } = await rest('{}')
  expectProblem(
    await api.ask(`/v1/dead-letters/${id}/drop`, { method: 'POST', body: {} }),
    400,
    'INVALID_ARGUMENT',
  )
})
