import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'

import type { Json } from './peer-report.ts'

/** Five sequential steps; the result of each is durable before the next one starts. */
export const STEPS_PER_RUN = 5

const IDLE_WARM_UP_SAMPLES = 10
const IDLE_GAP_MS = 20
/** Lanes that start together finish together, and a window then cuts through whole waves of runs. */
const RAMP_UP_MS = 1000
/** Without jitter the samples would lock step with a system's own polling. */
const IDLE_JITTER_MS = 20

export interface DurableCount {
  readonly runs: number
  readonly steps: number
}

/** A started system. The bench drives it only through this. */
export interface Session {
  /** What was configured, for the report: pool size, mode, and so on. */
  readonly settings: Readonly<Record<string, Json>>
  /** Starts one run and resolves when it has ended and is durable. `onStep` is called as each step's body starts. */
  runOnce(onStep: (step: number) => void): Promise<void>
  /** Finished runs and step results that the database holds. */
  countDurable(): Promise<DurableCount>
  /** What the server says of itself: server_version, fsync, synchronous_commit and the like. */
  readServerSettings(): Promise<Readonly<Record<string, string>>>
  /** Peak resident memory of all its processes without Postgres; absent when it is this process alone. */
  readPeakRssMb?(): Promise<number>
  stop(): Promise<void>
}

export interface LoadSpec {
  readonly concurrency: number
  readonly seconds: number
  /** Ends the window early, after this many runs. */
  readonly maxRuns: number
}

export interface LoadResult {
  readonly runsPerS: number
  readonly tasksPerS: number
  readonly peakRssMb: number
}

/**
 * Keeps `concurrency` runs going and gives back the rates of a window that opens after the warm-up.
 * Throws when the database holds fewer runs or step results afterwards than were reported done.
 */
export async function measureLoad(session: Session, spec: LoadSpec): Promise<LoadResult> {
  const before = await session.countDurable()
  const window = makeWindow(spec)
  let completed = 0
  const lane = async (_: unknown, index: number): Promise<void> => {
    await pause((RAMP_UP_MS * index) / spec.concurrency)
    while (!window.isOver()) {
      await session.runOnce(window.countStep)
      completed += 1
      window.countRun()
    }
  }
  await Promise.all(Array.from({ length: spec.concurrency }, lane))
  const after = await session.countDurable()
  assertDurable(completed, { runs: after.runs - before.runs, steps: after.steps - before.steps })
  const peakRssMb = session.readPeakRssMb
    ? await session.readPeakRssMb()
    : process.resourceUsage().maxRSS / 1024
  return { ...window.readRates(), peakRssMb }
}

/** The times, in ms, from the call that starts a run on an idle system to its first step's body. */
export async function measureIdleDispatch(session: Session, samples: number): Promise<number[]> {
  const times: number[] = []
  for (let index = -IDLE_WARM_UP_SAMPLES; index < samples; index += 1) {
    await pause(IDLE_GAP_MS + Math.random() * IDLE_JITTER_MS)
    let firstStepAt: number | undefined
    const startedAt = performance.now()
    await session.runOnce((step) => {
      if (step === 1) firstStepAt = performance.now()
    })
    if (firstStepAt === undefined) throw new Error('a run ended without its first step')
    if (index >= 0) times.push(firstStepAt - startedAt)
  }
  return times
}

/** The nearest-rank percentile, `share` between 0 and 1. */
export function getPercentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
  if (value === undefined) throw new RangeError('no values to take a percentile of')
  return value
}

interface Window {
  readonly countStep: () => void
  readonly countRun: () => void
  readonly isOver: () => boolean
  readonly readRates: () => { runsPerS: number; tasksPerS: number }
}

function makeWindow(spec: LoadSpec): Window {
  // Shorter, and the just-in-time compiler is still at work inside the window.
  const warmUpMs = RAMP_UP_MS + Math.max(1000, spec.seconds * 200)
  const createdAt = performance.now()
  let openedAt: number | undefined
  let closedAt: number | undefined
  let runs = 0
  let steps = 0
  const countRun = (): void => {
    const now = performance.now()
    if (openedAt === undefined) {
      if (now - createdAt < warmUpMs) return
      openedAt = now
      steps = 0
      return
    }
    if (closedAt !== undefined) return
    runs += 1
    if (runs >= spec.maxRuns || now - openedAt >= spec.seconds * 1000) closedAt = now
  }
  return {
    countRun,
    countStep: () => {
      if (closedAt === undefined) steps += 1
    },
    isOver: () => closedAt !== undefined,
    readRates: () => {
      if (openedAt === undefined || closedAt === undefined) throw new Error('the window never closed')
      const seconds = (closedAt - openedAt) / 1000
      return { runsPerS: runs / seconds, tasksPerS: steps / seconds }
    },
  }
}

function assertDurable(completed: number, stored: DurableCount): void {
  if (stored.runs < completed || stored.steps < completed * STEPS_PER_RUN) {
    throw new Error(
      `${completed} runs were reported done, but the database holds ${stored.runs} runs and ${stored.steps} step results`,
    )
  }
}
