import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'vitest'
import { createTestDatabase } from '../support/postgres.ts'
import { passJobTimeout, readRemains, type Remains } from './history.ts'
import { HOUSEKEEPING, startTap, type Tap, type Trap } from './postgres-tap.ts'
import { DiaryLine, PROGRAMS, type Orders, type Variant } from './scenario.ts'

const FIXTURES = path.join(import.meta.dirname, 'fixtures')
const QUICK_START = path.join(import.meta.dirname, '../support/quick-start.ts')
/** Filled by the first process, so that the other hundred start in half the time. */
const COMPILED = path.resolve(import.meta.dirname, '../../../../node_modules/.cache/ropewalk-tests')
/** `ROPEWALK_TEST_CRASHES=all` for every occurrence of every write; the first, third, fifth … and last otherwise. */
const IS_WHOLE = process.env['ROPEWALK_TEST_CRASHES'] === 'all'
const PATIENCE_MS = 120_000

export type Told = {
  readonly remains: Remains
  readonly diary: readonly DiaryLine[]
  readonly writes: readonly string[]
}

/** Runs one process to its end, which the trap may bring; resolves to whether it was killed there. */
const runProcess = (orders: Orders, tap: Tap, trap?: Trap): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ['--import', QUICK_START, path.join(FIXTURES, PROGRAMS[orders.variant]), JSON.stringify(orders)],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, NODE_COMPILE_CACHE: COMPILED },
      },
    )
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
export const runWithCrash = async (variant: Variant, trap?: Trap): Promise<Told> => {
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

export const count = (values: readonly string[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1
  return counts
}

/** How often each kind of write came, without what nothing waits for. */
export const countWrites = ({ writes }: Told): Readonly<Record<string, number>> =>
  count(writes.filter((name) => name !== HOUSEKEEPING))

/** Just before and just after each write; for every push, before the first or after the last of each kind. */
export const makeTraps = (writes: Readonly<Record<string, number>>): readonly Trap[] =>
  Object.entries(writes).flatMap(([write, times], place): readonly Trap[] => {
    if (!IS_WHOLE)
      return [place % 2 === 0 ? { write, nth: 1, when: 'before' } : { write, nth: times, when: 'after' }]
    return Array.from({ length: times }, (_, index) => index + 1).flatMap((nth) => [
      { write, nth, when: 'before' },
      { write, nth, when: 'after' },
    ])
  })

/** Each effect that was due was handed to a doer under its id, and an id never stood for two. */
export const expectEffects = ({ remains, diary }: Told): void => {
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
