import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { listEventTypes } from '../packages/core/src/contract/events/registry.ts'
import { noteSeenEvents } from '../apps/ropewalk/test/support/seen-events.ts'
import { UNREACHED_EVENTS } from '../apps/ropewalk/test/support/unreached-events.ts'
import { judgeSeenEvents, readSeenEvents } from './seen-events.ts'

const folder = mkdtempSync(join(tmpdir(), 'seen-events-'))
afterEach(() => {
  vi.unstubAllEnvs()
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

const known = ['run.started', 'run.failed', 'phase.stalled']
const unreached = { 'phase.stalled': 'Nobody tells it.' }

test('all is well when each event was seen or is known not to be', () => {
  expect(judgeSeenEvents({ known, seen: new Set(['run.started', 'run.failed']), unreached })).toEqual([])
})

test('an event that no test brings about is named', () => {
  expect(judgeSeenEvents({ known, seen: new Set(['run.started']), unreached })).toEqual([
    'run.failed is in no ledger of any test: test what tells it',
  ])
})

test('the list of those that are not reached may not be wrong', () => {
  const seen = new Set(known)
  expect(judgeSeenEvents({ known, seen, unreached: { ...unreached, 'run.flown': 'x' } })).toEqual([
    'phase.stalled was seen: take it from the list of those that are not reached',
    'run.flown is listed as not reached, but there is no such event',
  ])
})

test('our own list names events there are, few, each with a reason', () => {
  const seen = new Set(listEventTypes().filter((type) => !Object.hasOwn(UNREACHED_EVENTS, type)))
  expect(judgeSeenEvents({ known: listEventTypes(), seen, unreached: UNREACHED_EVENTS })).toEqual([])
  expect(Object.keys(UNREACHED_EVENTS).length).toBeLessThanOrEqual(5)
  for (const reason of Object.values(UNREACHED_EVENTS)) expect(reason.length).toBeGreaterThan(20)
})

test('what tests note is read back, each type once; without a file to note it in nothing is', async () => {
  const file = join(folder, 'seen')
  vi.stubEnv('ROPEWALK_TEST_SEEN_EVENTS', undefined)
  noteSeenEvents([{ type: 'run.started' }])
  expect(await readSeenEvents(file)).toEqual(new Set())
  vi.stubEnv('ROPEWALK_TEST_SEEN_EVENTS', file)
  noteSeenEvents([])
  noteSeenEvents([{ type: 'run.started' }, { type: 'run.started' }, { type: 'run.failed' }])
  noteSeenEvents([{ type: 'run.started' }])
  expect(readFileSync(file, 'utf8')).toBe('run.started\nrun.failed\nrun.started\n')
  expect(await readSeenEvents(file)).toEqual(new Set(['run.started', 'run.failed']))
})
