import { describe, expect, test } from 'vitest'
import { makeComparable } from './history.ts'
import { count, countWrites, expectEffects, makeTraps, runWithCrash, type Told } from './run-with-crash.ts'
import { STEPS } from './scenario.ts'

/** Nothing that the caller was told is missing from what is there. */
const expectAllKept = ({ remains, diary }: Told): void => {
  const keys = (type: string) =>
    remains.entries
      .filter((entry) => entry.type === type)
      .map(({ data }) => `${String(data['taskId'])}/${String(data['attempt'])}`)
  const completed = keys('task.completed')
  const reserved = keys('budget.reserved')
  for (const line of diary) {
    if (line.what === 'kept') expect(remains.blobs).toContain(line.digest)
    if (line.what === 'saved') expect(remains.checkpoints).toContain(`${line.taskId}/${line.attempt}`)
    if (line.what !== 'answered') continue
    expect(remains.entries.length).toBeGreaterThanOrEqual(line.version)
    if (line.command === 'CompleteTask') expect(completed).toContain(line.key)
    if (line.command === 'ReserveBudget') expect(reserved).toContain(line.key)
  }
}

const expectSound = (told: Told): void => {
  const { remains } = told
  expect(remains.fault).toBeUndefined()
  expect(remains.positions).toEqual(remains.entries.map((_, index) => index + 1))
  const completions = remains.entries
    .filter(({ type }) => type === 'task.completed')
    .map(({ data }) => String(data['taskId']))
  expect(new Set(completions).size).toBe(completions.length)
  expect(completions).toHaveLength(STEPS)
  const settled = remains.entries.filter(({ type }) => type === 'budget.settled')
  const spent = settled.reduce((sum, { data }) => sum + Number(data['micros']), 0)
  expect(remains.runs).toEqual([{ id: expect.any(String) as string, status: 'succeeded', spent }])
  expectAllKept(told)
  expectEffects(told)
}

const plain = await runWithCrash('plain')
const paying = await runWithCrash('paying')
const plainWrites = countWrites(plain)
// What both do is killed once: in the plain run.
const payingWrites = Object.fromEntries(
  Object.entries(countWrites(paying)).filter(([name]) => plainWrites[name] === undefined),
)

test('the matrix has a row for each kind of write of a run', () => {
  expect(Object.keys({ ...plainWrites, ...payingWrites }).toSorted()).toEqual([
    'append_log',
    'claim_tasks',
    'command CLARIFICATION.ANSWER_PROVIDED',
    'command artifact.created',
    'command budget.reserved',
    'command budget.settled',
    'command dossier.published',
    'command run.planned',
    'put_blob',
    'save_checkpoint',
    'settle build-dossier',
    'settle notify-question',
    'settle question-deadline',
    'settle reservation-deadline',
    'settle sign-head',
    'take build-dossier',
    'take notify-question',
    'take question-deadline',
    'take reservation-deadline',
    'take sign-head',
  ])
  expect(plainWrites).toMatchObject({ claim_tasks: STEPS, 'command artifact.created': STEPS })
})

describe.each([
  { variant: 'plain' as const, calm: plain, traps: makeTraps(plainWrites) },
  { variant: 'paying' as const, calm: paying, traps: makeTraps(payingWrites) },
])('a $variant run of five tasks', ({ variant, calm, traps }) => {
  const history = makeComparable(calm.remains.entries)
  const countEffects = ({ remains }: Told) => {
    // A lost attempt leaves a reservation, which has a deadline of its own.
    const { 'reservation-deadline': _, ...others } = count(remains.jobs.map(({ queue }) => queue))
    return others
  }

  test('that nothing disturbs is sound', () => {
    expectSound(calm)
  })

  test.concurrent.each(traps)('is the same when killed $when write "$write" no. $nth', async (trap) => {
    const told = await runWithCrash(variant, trap)
    expectSound(told)
    expect(makeComparable(told.remains.entries)).toEqual(history)
    expect(countEffects(told)).toEqual(countEffects(calm))
  })
})
