import { fork } from 'node:child_process'
import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'

import { getPercentile, measureIdleDispatch, measureLoad } from './measure.ts'
import type { LoadResult, Session } from './measure.ts'
import { makeRows } from './peer-report.ts'
import type { Json, PeerReport, SystemName } from './peer-report.ts'

const TRIAL_FLAG = '--trial'
const WARM_STARTS = 3

/** One way of using a system. The best headline mode gives the table's figures; the others are listed beside it. */
export interface Mode {
  readonly name: string
  readonly isHeadline: boolean
  readonly concurrencies: readonly number[]
  /** How many idle dispatches are timed; 0 leaves that measurement out. */
  readonly idleSamples: number
}

export interface StartOptions {
  readonly databaseUrl: string
  readonly mode: string
  /** How many runs will be in flight at once: 1 for the start and idle trials. */
  readonly concurrency: number
}

/** What a system's bench file provides. The first headline mode is the one that is started cold and warm. */
export interface PeerProgram {
  readonly peer: SystemName
  readonly version: string
  readonly durability: string
  readonly modes: readonly Mode[]
  start(options: StartOptions): Promise<Session>
}

interface BenchSettings {
  readonly databaseUrl: string
  readonly concurrencies: readonly number[] | undefined
  readonly seconds: number
  readonly maxRuns: number
}

interface Trial {
  readonly kind: 'start' | 'load' | 'idle'
  readonly mode: string
  readonly concurrency: number
  readonly samples: number
}

interface TrialAnswer {
  readonly elapsedMs: number
  readonly settings: Readonly<Record<string, Json>>
  readonly server: Readonly<Record<string, string>>
  readonly load?: LoadResult
  readonly idleMs?: readonly number[]
}

interface LoadTrial {
  readonly mode: Mode
  readonly concurrency: number
  readonly answer: TrialAnswer
  readonly load: LoadResult
}

interface IdleTrial {
  readonly mode: Mode
  readonly p50: number
  readonly p99: number
}

/**
 * Runs one system's bench and prints its report as one JSON line on standard output.
 * Every trial has a process of its own, so that none inherits another's memory or warm caches;
 * they share the database at BENCH_DATABASE_URL, which must be empty at the start.
 */
export async function runPeerProgram(program: PeerProgram, entryUrl: string): Promise<void> {
  const settings = readBenchSettings()
  const flagAt = process.argv.indexOf(TRIAL_FLAG)
  const trialText = flagAt < 0 ? undefined : process.argv[flagAt + 1]
  if (trialText !== undefined) {
    await runTrial(program, settings, JSON.parse(trialText) as Trial)
    return
  }
  const report = await runAllTrials(program, settings, fileURLToPath(entryUrl))
  process.stdout.write(`${JSON.stringify(report)}\n`)
}

function readBenchSettings(): BenchSettings {
  const databaseUrl = process.env['BENCH_DATABASE_URL']
  if (!databaseUrl) throw new Error('BENCH_DATABASE_URL must name an empty database')
  const concurrency = process.env['BENCH_CONCURRENCY']
  return {
    databaseUrl,
    concurrencies: concurrency
      ? concurrency.split(',').map((text) => parsePositive(text, 'BENCH_CONCURRENCY'))
      : undefined,
    seconds: parsePositive(process.env['BENCH_SECONDS'] ?? '5', 'BENCH_SECONDS'),
    maxRuns: process.env['BENCH_RUNS']
      ? parsePositive(process.env['BENCH_RUNS'], 'BENCH_RUNS')
      : Number.MAX_SAFE_INTEGER,
  }
}

function parsePositive(text: string, name: string): number {
  const value = Number(text)
  if (!Number.isFinite(value) || value <= 0)
    throw new Error(`${name}: expected a number above 0, got ${text}`)
  return value
}

async function runAllTrials(
  program: PeerProgram,
  settings: BenchSettings,
  entry: string,
): Promise<PeerReport> {
  const firstMode = program.modes.find((mode) => mode.isHeadline)
  if (!firstMode) throw new Error('a program needs at least one headline mode')
  const startTrial: Trial = { kind: 'start', mode: firstMode.name, concurrency: 1, samples: 0 }
  const cold = await spawnTrial(entry, startTrial)
  const warmMs: number[] = []
  for (let index = 0; index < WARM_STARTS; index += 1) {
    warmMs.push((await spawnTrial(entry, startTrial)).elapsedMs)
  }
  const loads: LoadTrial[] = []
  const idles: IdleTrial[] = []
  for (const mode of program.modes) {
    if (mode.idleSamples > 0) idles.push(await runIdleTrial(entry, mode))
    for (const concurrency of settings.concurrencies ?? mode.concurrencies) {
      loads.push(await runLoadTrial(entry, mode, concurrency))
    }
  }
  const bestLoad = findBest(loads, (trial) => trial.load.runsPerS)
  const bestIdle = findBest(idles, (trial) => -trial.p50)
  return {
    peer: program.peer,
    version: program.version,
    durability: program.durability,
    settings: describeSettings({ settings, loads, idles, bestLoad, bestIdle }),
    rows: makeRows({
      runs_per_s: round(bestLoad.load.runsPerS),
      tasks_per_s: round(bestLoad.load.tasksPerS),
      idle_dispatch_p50_ms: round(bestIdle.p50),
      idle_dispatch_p99_ms: round(bestIdle.p99),
      rss_mb: round(bestLoad.load.peakRssMb),
      cold_start_ms: round(cold.elapsedMs),
      warm_start_ms: round(getPercentile(warmMs, 0.5)),
    }),
  }
}

async function runLoadTrial(entry: string, mode: Mode, concurrency: number): Promise<LoadTrial> {
  const answer = await spawnTrial(entry, { kind: 'load', mode: mode.name, concurrency, samples: 0 })
  if (!answer.load) throw new Error('a load trial gave back no load')
  return { mode, concurrency, answer, load: answer.load }
}

async function runIdleTrial(entry: string, mode: Mode): Promise<IdleTrial> {
  const trial: Trial = { kind: 'idle', mode: mode.name, concurrency: 1, samples: mode.idleSamples }
  const { idleMs } = await spawnTrial(entry, trial)
  if (!idleMs) throw new Error('an idle trial gave back no times')
  return { mode, p50: getPercentile(idleMs, 0.5), p99: getPercentile(idleMs, 0.99) }
}

function findBest<T extends { readonly mode: Mode }>(trials: readonly T[], score: (trial: T) => number): T {
  const headline = trials.filter((trial) => trial.mode.isHeadline)
  const best = headline.toSorted((a, b) => score(b) - score(a))[0]
  if (!best) throw new Error('no headline trial was run')
  return best
}

function describeSettings(found: {
  settings: BenchSettings
  loads: readonly LoadTrial[]
  idles: readonly IdleTrial[]
  bestLoad: LoadTrial
  bestIdle: IdleTrial
}): Record<string, Json> {
  const { bestLoad, bestIdle, settings } = found
  return {
    mode: bestLoad.mode.name,
    concurrency: bestLoad.concurrency,
    ...bestLoad.answer.settings,
    server: bestLoad.answer.server,
    seconds_per_trial: settings.seconds,
    idle_mode: bestIdle.mode.name,
    load_trials: found.loads.map(({ mode, concurrency, load }) => ({
      mode: mode.name,
      is_headline: mode.isHeadline,
      concurrency,
      runs_per_s: round(load.runsPerS),
      peak_rss_mb: round(load.peakRssMb),
    })),
    idle_trials: found.idles.map(({ mode, p50, p99 }) => ({
      mode: mode.name,
      is_headline: mode.isHeadline,
      samples: mode.idleSamples,
      p50_ms: round(p50),
      p99_ms: round(p99),
    })),
  }
}

/** Runs one trial in a fresh process; `elapsedMs` counts from before the spawn to its answer. */
async function spawnTrial(entry: string, trial: Trial): Promise<TrialAnswer> {
  const startedAt = performance.now()
  // Standard output carries the report alone, and libraries like to log there.
  const child = fork(entry, [TRIAL_FLAG, JSON.stringify(trial)], { stdio: ['ignore', 2, 2, 'ipc'] })
  const ended = once(child, 'exit')
  let answer: TrialAnswer | undefined
  let elapsedMs = 0
  child.on('message', (message) => {
    elapsedMs = performance.now() - startedAt
    answer = message as TrialAnswer
  })
  const [code] = (await ended) as [number | null]
  if (!answer || code !== 0) {
    throw new Error(`trial ${JSON.stringify(trial)} ended with exit code ${code}`)
  }
  return { ...answer, elapsedMs }
}

async function runTrial(program: PeerProgram, settings: BenchSettings, trial: Trial): Promise<void> {
  const { mode, concurrency } = trial
  const session = await program.start({ databaseUrl: settings.databaseUrl, mode, concurrency })
  if (trial.kind === 'start') {
    await session.runOnce(() => undefined)
    await sendAnswer({ elapsedMs: 0, settings: {}, server: {} })
  } else {
    const { seconds, maxRuns } = settings
    const result =
      trial.kind === 'load'
        ? { load: await measureLoad(session, { concurrency, seconds, maxRuns }) }
        : { idleMs: await measureIdleDispatch(session, trial.samples) }
    const server = await session.readServerSettings()
    await sendAnswer({ elapsedMs: 0, settings: session.settings, server, ...result })
  }
  await session.stop()
  // Some clients leave timers behind that would keep the process alive.
  process.exit(0)
}

async function sendAnswer(answer: TrialAnswer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    if (!process.send) throw new Error('a trial is started by the bench, not by hand')
    process.send(answer, undefined, {}, (error: Error | null) => {
      if (error) reject(error)
      else resolve()
    })
  })
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
