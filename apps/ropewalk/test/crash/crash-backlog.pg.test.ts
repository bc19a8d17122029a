import { describe, expect, test } from 'vitest'
import { makeComparableWork } from './history.ts'
import { count, countWrites, expectEffects, makeTraps, runWithCrash, type Told } from './run-with-crash.ts'
import { ITEMS } from './scenario.ts'

/** Nothing that the caller was told is missing from what is there. */
const expectAllKept = ({ remains, diary }: Told): void => {
  const completed = remains.entries
    .filter(({ type }) => type === 'WORK.ITEM_COMPLETED')
    .map(({ data }) => `${String(data['taskId'])}/${String(data['attempt'])}`)
  for (const line of diary) {
    if (line.what === 'kept') expect(remains.blobs).toContain(line.digest)
    if (line.what !== 'answered') continue
    expect(remains.entries.length).toBeGreaterThanOrEqual(line.version)
    if (line.command === 'CompleteWork') expect(completed).toContain(line.key)
  }
}

const expectSound = (told: Told): void => {
  const { remains } = told
  expect(remains.fault).toBeUndefined()
  expect(remains.positions).toEqual(remains.entries.map((_, index) => index + 1))
  const completed = remains.entries
    .filter(({ type }) => type === 'WORK.ITEM_COMPLETED')
    .map(({ data }) => String(data['itemId']))
  expect(new Set(completed).size).toBe(completed.length)
  expect(remains.items).toEqual(ITEMS.map((title) => ({ title, status: 'done' })))
  expect(remains.projects).toEqual([{ id: expect.any(String) as string, status: 'completed' }])
  expectAllKept(told)
  expectEffects(told)
}

const calm = await runWithCrash('backlog')
const writes = countWrites(calm)

test('the matrix has a row for each kind of write of a project', () => {
  expect(Object.keys(writes).toSorted()).toEqual([
    'claim_work',
    'command CLARIFICATION.ANSWER_PROVIDED',
    'command DELIVERABLE.PUBLISHED',
    'command PROJECT.INITIAL_REQUEST_RECEIVED',
    'command REPORT.FINAL_PUBLISHED',
    'command WORK.ATTEMPT_ENDED',
    'command WORK.ITEM_DISPATCHED',
    'command WORK.ITEM_STARTED',
    'put_blob',
    'settle notify-question',
    'settle publish-report',
    'settle question-deadline',
    'take notify-question',
    'take publish-report',
    'take question-deadline',
  ])
  expect(writes).toMatchObject({
    claim_work: ITEMS.length + 1,
    'command DELIVERABLE.PUBLISHED': ITEMS.length,
  })
})

describe('a project of three items', () => {
  const history = makeComparableWork(calm.remains.entries)
  const countEffects = ({ remains }: Told) => count(remains.jobs.map(({ queue }) => queue))

  test('that nothing disturbs is sound', () => {
    expectSound(calm)
  })

  test.concurrent.each(makeTraps(writes))(
    'is the same when killed $when write "$write" no. $nth',
    async (trap) => {
      const told = await runWithCrash('backlog', trap)
      expectSound(told)
      expect(makeComparableWork(told.remains.entries)).toEqual(history)
      expect(countEffects(told)).toEqual(countEffects(calm))
    },
  )
})
