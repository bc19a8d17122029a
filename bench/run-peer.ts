import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

import { parsePeerReport } from './peer-report.ts'
import type { PeerReport, SystemName } from './peer-report.ts'

const PROGRAMS: Readonly<Record<SystemName, string>> = {
  ropewalk: 'ropewalk.ts',
  dbos: 'peers/dbos.ts',
  langgraph: 'peers/langgraph.ts',
  raw: 'peers/raw-sql.ts',
}

export interface PeerOptions {
  /** An empty database of its own, on the server that all share. */
  readonly databaseUrl: string
  /** How long each load trial's window is open, in seconds; 5 when absent. */
  readonly seconds?: number
  /** Tried in turn, the best is kept; each program's own list when absent. */
  readonly concurrencies?: readonly number[]
}

/** Runs one system's bench program and gives back its report. Throws with the exit code when it fails. */
export async function runPeer(name: SystemName, options: PeerOptions): Promise<PeerReport> {
  const program = fileURLToPath(new URL(PROGRAMS[name], import.meta.url))
  const child = spawn(process.execPath, [program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: makeEnvironment(options),
  })
  const ended = once(child, 'exit')
  const output = await text(child.stdout)
  const [code] = (await ended) as [number | null]
  if (code !== 0) throw new Error(`the bench of ${name} ended with exit code ${code}`)
  return parsePeerReport(output)
}

/** Only what a program needs: a tracing key or a pool setting of the caller's shell would change what is measured. */
function makeEnvironment(options: PeerOptions): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env
  return {
    PATH,
    HOME,
    BENCH_DATABASE_URL: options.databaseUrl,
    ...(options.seconds && { BENCH_SECONDS: String(options.seconds) }),
    ...(options.concurrencies && { BENCH_CONCURRENCY: options.concurrencies.join(',') }),
  }
}
