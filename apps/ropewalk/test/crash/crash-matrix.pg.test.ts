import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { createTestDatabase } from '../support/postgres.ts'
import { makeComparable, passJobTimeout, readRemains, type Remains } from './history.ts'
import { HOUSEKEEPING, startTap, type Tap, type Trap } from './postgres-tap.ts'
import { DiaryLine, STEPS, type Orders, type Variant } from './scenario.ts'

const PROGRAM = path.join(import.meta.dirname, 'fixtures', 'engine-process.ts')
/** Filled by the first process, so that the other hundred start in half the time. */
const COMPILED = mkdtempSync(path.join(tmpdir(), 'ropewalk-compiled-'))
afterAll(() => {
  rmSync(COMPILED, { recursive: true, force: true })
})
/** `ROPEWALK_TEST_CRASHES=all` for every occurrence of every write; the first, third, fifth … and last otherwise. */
const IS_WHOLE = process.env['ROPEWALK_TEST_CRASHES'] === 'all'
const PATIENCE_MS = 120_000

type Told = {
  readonly remains: Remains
  readonly diary: readonly DiaryLine[]
  readonly writes: readonly string[]
}

/** Runs one process to its end, which the trap may bring; resolves to whether it was killed there. */
const runProcess = (orders: Orders, tap: Tap, trap?: Trap): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [PROGRAM, JSON.stringify(orders)], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, NODE_COMPILE_CACHE: COMPILED },
    })
    let errors = ''
    let isSprung = false
    child.stderr.on('data', (chunk: Buffer) => (errors += String(chunk)))
    tap.setTrap(trap, () => {
      isSprung = true
      child.kill('SIGKILL')
    })
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
    child.on('close', (code) => {
      clearTimeout(timer)
      if (code === 0 || isSprung) resolve(isSprung)
      else reject(new Error(`The process ended with ${String(code)}: ${errors.slice(-2000)}`))
    })
  })

/** One run in a database of its own: killed at `trap`, then finished by another process. */
const runWithCrash = async (variant: Variant, trap?: Trap): Promise<Told> => {
  const database = await createTestDatabase()
  const folder = mkdtempSync(path.join(tmpdir(), 'ropewalk-crash-'))
  const tap = await startTap(database.adminUrl)
  try {
    const orders: Orders = {
      variant,
      urls: {
        writer: tap.urlThrough(database.urlFor('ropewalk_writer')),
        reader: tap.urlThrough(database.urlFor('ropewalk_reader')),
      },
      diary: path.join(folder, 'diary'),
    }
    const wasKilled = await runProcess(orders, tap, trap)
    expect(wasKilled).toBe(trap !== undefined)
    if (wasKilled) {
      await passJobTimeout(database.adminUrl)
      await runProcess(orders, tap)
    }
    const lines = readFileSync(orders.diary, 'utf8').trim().split('\n')
    return {
      remains: await readRemains(database.adminUrl),
      diary: lines.map((line) => DiaryLine.parse(JSON.parse(line))),
      writes: tap.writes,
    }
  } finally {
    await tap.stop()
    rmSync(folder, { recursive: true, force: true })
    await database.drop()
  }
}

const count = (values: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1
  return counts
}

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

/** Each effect that was due was handed to a doer under its id, and an id never stood for two. */
const expectEffects = ({ remains, diary }: Told): void => {
  const handed = new Map<string, Set<string>>()
  for (const line of diary) {
    if (line.what !== 'effect') continue
    const meanings = handed.get(line.id) ?? new Set()
    handed.set(line.id, meanings.add(`${line.queue} ${line.data}`))
  }
  for (const [id, meanings] of handed) expect([id, meanings.size]).toEqual([id, 1])
  for (const job of remains.jobs) {
    expect(job).toMatchObject({ state: 'completed' })
    expect([job.queue, handed.has(job.id)]).toEqual([job.queue, true])
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
const countWrites = ({ writes }: Told) => count(writes.filter((name) => name !== HOUSEKEEPING))
const plainWrites = countWrites(plain)
// What both do is killed once: in the plain run.
const payingWrites = Object.fromEntries(
  Object.entries(countWrites(paying)).filter(([name]) => plainWrites[name] === undefined),
)

const makeTraps = (writes: Readonly<Record<string, number>>): readonly Trap[] =>
  Object.entries(writes).flatMap(([write, times]) =>
    Array.from({ length: times }, (_, index) => index + 1)
      .filter((nth) => IS_WHOLE || nth % 2 === 1 || nth === times)
      .flatMap((nth) => [
        { write, nth, when: 'before' as const },
        { write, nth, when: 'after' as const },
      ]),
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
    'settle question-deadline',
    'settle reservation-deadline',
    'settle sign-head',
    'take build-dossier',
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
