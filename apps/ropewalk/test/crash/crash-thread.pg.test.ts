import { describe, expect, test } from 'vitest'
import { makeComparableThread } from './history.ts'
import { count, countWrites, expectEffects, makeTraps, runWithCrash, type Told } from './run-with-crash.ts'
import { MESSAGES } from './scenario.ts'

/** Nothing that the caller was told is missing from what is there. */
const expectAllKept = ({ remains, diary }: Told): void => {
  const places = remains.messages.map(({ seq, body }) => `${seq} ${body}`)
  for (const line of diary) {
    if (line.what === 'saved')
      expect(remains.cursors).toContainEqual({ agentId: line.taskId, lastReadSeq: line.attempt })
    if (line.what !== 'answered') continue
    expect(remains.entries.length).toBeGreaterThanOrEqual(line.version)
    if (line.command === 'PostMessage') expect(places).toContain(line.key)
  }
}

const expectSound = (told: Told): void => {
  const { remains } = told
  expect(remains.fault).toBeUndefined()
  expect(remains.positions).toEqual(remains.entries.map((_, index) => index + 1))
  const seqs = remains.messages.map(({ seq }) => seq)
  expect(seqs).toEqual(seqs.map((_, index) => index + 1))
  expect(remains.messages.slice(0, MESSAGES.length).map(({ body }) => body)).toEqual(MESSAGES)
  expect(remains.threads).toEqual([{ status: 'closed', lastSeq: seqs.length }])
  const expired = remains.entries.filter(({ type }) => type === 'thread.message_expired')
  expect(expired).toHaveLength(1)
  expectAllKept(told)
  expectEffects(told)
}

const calm = await runWithCrash('thread')
const writes = countWrites(calm)

test('the matrix has a row for each kind of write of a thread', () => {
  expect(Object.keys(writes).toSorted()).toEqual([
    'command thread.created',
    'command thread.message_expired',
    'command thread.message_posted',
    'command thread.status_changed',
    'command thread.wake_requested',
    'move_cursors',
    'settle expire-message',
    'take expire-message',
  ])
  expect(writes).toMatchObject({ 'command thread.message_posted': MESSAGES.length })
})

describe('a thread of three messages', () => {
  const history = makeComparableThread(calm.remains.entries)
  const countEffects = ({ remains }: Told) => count(remains.jobs.map(({ queue }) => queue))

  test('that nothing disturbs is sound', () => {
    expectSound(calm)
  })

  test.concurrent.each(makeTraps(writes))(
    'is the same when killed $when write "$write" no. $nth',
    async (trap) => {
      const told = await runWithCrash('thread', trap)
      expectSound(told)
      expect(makeComparableThread(told.remains.entries)).toEqual(history)
      expect(countEffects(told)).toEqual(countEffects(calm))
    },
  )
})
