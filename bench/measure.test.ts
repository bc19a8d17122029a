import { setTimeout as pause } from 'node:timers/promises'

import { expect, test } from 'vitest'

import { getPercentile, measureIdleDispatch, measureLoad, STEPS_PER_RUN } from './measure.ts'
import type { Session } from './measure.ts'

const RUN_MS = 10
const spec = { concurrency: 2, seconds: 0.3, maxRuns: Number.MAX_SAFE_INTEGER }

/** A system that keeps its runs in memory, and can be told to lose step results. */
function makeSession(stepsKept: number = STEPS_PER_RUN): Session {
  let runs = 0
  return {
    settings: {},
    runOnce: async (onStep) => {
      for (let step = 1; step <= STEPS_PER_RUN; step += 1) onStep(step)
      await pause(RUN_MS)
      runs += 1
    },
    countDurable: () => Promise.resolve({ runs, steps: runs * stepsKept }),
    readServerSettings: () => Promise.resolve({}),
    stop: () => Promise.resolve(),
  }
}

test('the rate of two lanes is never above what their runs allow, and five tasks a run', async () => {
  const { runsPerS, tasksPerS, peakRssMb } = await measureLoad(makeSession(), spec)
  expect(runsPerS).toBeGreaterThan(0)
  expect(runsPerS).toBeLessThan((2 * 1000) / RUN_MS + 20)
  expect(tasksPerS / runsPerS).toBeCloseTo(STEPS_PER_RUN, 0)
  expect(peakRssMb).toBeGreaterThan(10)
})

test('a system that reports runs done whose steps it does not hold is refused', async () => {
  await expect(measureLoad(makeSession(STEPS_PER_RUN - 1), spec)).rejects.toThrow(/but the database holds/)
})

test('a number of runs closes the window before its time', async () => {
  const startedAt = performance.now()
  await measureLoad(makeSession(), { ...spec, seconds: 5, maxRuns: 1 })
  // The ramp and the warm-up take two seconds here, and the whole window would take five more.
  expect(performance.now() - startedAt).toBeLessThan(7000)
})

test('idle dispatch gives one time per sample, without the warm-up', async () => {
  const times = await measureIdleDispatch(makeSession(), 3)
  expect(times).toHaveLength(3)
  expect(Math.min(...times)).toBeGreaterThanOrEqual(0)
})

test('percentiles are nearest rank', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index)
  expect(getPercentile(values, 0.5)).toBe(50)
  expect(getPercentile(values, 0.99)).toBe(99)
  expect(getPercentile([7], 0.99)).toBe(7)
  expect(() => getPercentile([], 0.5)).toThrow(RangeError)
})
