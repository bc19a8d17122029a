import { CloudEvent } from '@ropewalk/core/contract/api/events'
import { makeSlice } from '@ropewalk/core/contract/api/paging'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectAnswer, expectProblem, startRun } from './support/drive.ts'
import { API_TOKEN, startApi, type TestApi } from './support/start-api.ts'

let api: TestApi
beforeAll(async () => {
  // Nobody finds a commit by looking for it: readers are woken, or a test waits in vain.
  api = await startApi({ heartbeatMs: 300, streams: 40, pollMs: 600_000 })
})
afterAll(async () => {
  await api.stop()
})

type Reader = {
  readonly events: CloudEvent[]
  readonly comments: string[]
  readonly ended: Promise<void>
  readonly close: () => void
}

/** Reads a stream as a browser would: fields by line, one event per blank line. */
const openStream = async (query = '', headers: Record<string, string> = {}): Promise<Reader> => {
  const controller = new AbortController()
  const response = await fetch(`${api.url}/v1/events/stream${query}`, {
    headers: { authorization: `Bearer ${API_TOKEN}`, ...headers },
    signal: controller.signal,
  })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  const events: CloudEvent[] = []
  const comments: string[] = []
  const read = async (): Promise<void> => {
    let rest = ''
    try {
      for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        const blocks = `${rest}${chunk}`.split('\n\n')
        rest = blocks.pop() ?? ''
        for (const block of blocks) {
          const fields = new Map(block.split('\n').map((line) => [line.split(': ')[0] ?? '', line]))
          if (fields.has('')) comments.push(block)
          const data = fields.get('data')
          if (data === undefined) continue
          const event = CloudEvent.parse(JSON.parse(data.slice('data: '.length)))
          expect(fields.get('id')).toBe(`id: ${event.position}`)
          events.push(event)
        }
      }
    } catch (error) {
      if (!controller.signal.aborted) throw error
    }
  }
  return { events, comments, ended: read(), close: () => controller.abort() }
}

const readAll = async (): Promise<number[]> => {
  const positions: number[] = []
  for (;;) {
    const after = positions.at(-1) ?? 0
    const { items } = expectAnswer(
      await api.ask(`/v1/events?limit=200&after=${after}`),
      makeSlice(CloudEvent),
    )
    if (items.length === 0) return positions
    positions.push(...items.map(({ position }) => position))
  }
}

const write = (runs: number): Promise<unknown> =>
  Promise.all(Array.from({ length: runs }, (_, index) => startRun(api, `Idea ${index}`)))

test('readers who come and go under writes see every position once, in order', async () => {
  const seen: number[] = []
  for (let visit = 0; visit < 15; visit += 1) {
    const last = seen.at(-1)
    const writing = write(visit % 4 === 0 ? 12 : 3)
    const reader = await openStream('', last === undefined ? {} : { 'last-event-id': String(last) })
    await expect.poll(() => reader.events.length, { interval: 5 }).toBeGreaterThan(0)
    reader.close()
    await reader.ended
    seen.push(...reader.events.map(({ position }) => position))
    await writing
  }
  const all = await readAll()
  expect(all).toEqual(all.map((_, index) => index + 1))
  expect(seen).toEqual(all.slice(0, seen.length))
  expect(seen.length).toBeGreaterThan(60)
})

test('many readers see the same, at once', async () => {
  const head = (await readAll()).at(-1) ?? 0
  const readers = await Promise.all(Array.from({ length: 20 }, () => openStream(`?after=${head}`)))
  await startRun(api)
  const expected = (await readAll()).filter((position) => position > head)
  await expect
    .poll(() => readers.every(({ events }) => events.length === expected.length), { interval: 5 })
    .toBe(true)
  for (const { events } of readers) expect(events.map(({ position }) => position)).toEqual(expected)
  for (const reader of readers) reader.close()
  await Promise.all(readers.map(({ ended }) => ended))
})

test('a reader of one run sees its events alone', async () => {
  const { runId } = await startRun(api)
  await startRun(api)
  const reader = await openStream(`?run=${runId}`)
  await api.ask(`/v1/runs/${runId}/signals`, { body: { signal: 'pause' } })
  await expect.poll(() => reader.events.map(({ type }) => type)).toContain('run.paused')
  expect(new Set(reader.events.map(({ runid }) => runid))).toEqual(new Set([runId]))
  reader.close()
  await reader.ended
})

test('Last-Event-ID wins over after, and a quiet stream is kept open by comments', async () => {
  const head = (await readAll()).at(-1) ?? 0
  const reader = await openStream('?after=0', { 'last-event-id': String(head) })
  await expect.poll(() => reader.comments.length).toBeGreaterThanOrEqual(2)
  expect(reader.events).toEqual([])
  reader.close()
  await reader.ended
})

test('there is a bound to the number of readers', async () => {
  const far = `?after=${Number.MAX_SAFE_INTEGER}`
  // The server learns a moment later that the readers of the tests before are gone.
  await new Promise((resolve) => setTimeout(resolve, 1000))
  const readers = await Promise.all(Array.from({ length: 40 }, () => openStream(far)))
  expectProblem(await api.ask('/v1/events/stream'), 429, 'QUEUE_FULL')
  readers[0]?.close()
  await expect
    .poll(async () => {
      const answered = await fetch(`${api.url}/v1/events/stream`, {
        headers: { authorization: `Bearer ${API_TOKEN}` },
      })
      await answered.body?.cancel()
      return answered.status
    })
    .toBe(200)
  for (const reader of readers) reader.close()
})
