import { spawn, type ChildProcess } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { findLayout } from '../../src/store/embedded/layout.ts'
import { needs } from './needs.ts'
import { noteSeenEvents } from './seen-events.ts'
import { placeDatabase } from './database-template.ts'
import { BRIEF, writeShortPlaybook } from './short-playbook.ts'

const ROOT = path.resolve(import.meta.dirname, '../../../..')
const MAIN = path.join(ROOT, 'apps', 'ropewalk', 'src', 'main.ts')
const COMPILE_CACHE = path.join(ROOT, 'node_modules', '.cache', 'ropewalk-tests')

/** Where bubblewrap does not work, code runs unconfined, and every verdict that would be verified has a gap. */
export const HAS_SANDBOX = needs('bwrap')
export const CONFINEMENT: readonly string[] = HAS_SANDBOX ? [] : ['--unconfined']
export const BEST_VERDICT = HAS_SANDBOX ? 'verified' : 'gaps'

/** A line of `run --json` between the first and the last: an event of the ledger. */
export type RunEvent = {
  readonly type: string
  readonly time: string
  readonly data: Readonly<Record<string, unknown>>
}

export type RunResultLine = {
  readonly runId: string
  readonly status: string
  readonly verdict: string
  readonly phases: readonly { readonly phase: string; readonly status: string; readonly rounds: number }[]
  readonly requirements: readonly {
    readonly id: string
    readonly title: string
    readonly verdict: string
    readonly reasons: readonly string[]
  }[]
  readonly gaps: readonly string[]
  readonly costUsd: number
  readonly tokens: number
  readonly simulated: boolean
  readonly dossier: string | null
}

/** How a command ended. */
export type Ended = { readonly exit: number | null; readonly stdout: string; readonly stderr: string }
export type EndedRun = Ended & {
  readonly runId: string
  readonly events: readonly RunEvent[]
  readonly result: RunResultLine
}

/** A command under way; `stdout` grows. */
export type Started = {
  readonly child: ChildProcess
  readonly getStdout: () => string
  readonly ended: Promise<Ended>
}

export type ProgramHome = {
  readonly folder: string
  readonly home: string
  /** The whole environment of its commands. */
  readonly env: Readonly<Record<string, string>>
  /** Folders that hold everything this home keeps, its database too. */
  readonly kept: readonly string[]
  /** All that the commands of this home have written to standard output and error. */
  readonly getWritten: () => string
  readonly start: (args: readonly string[], env?: Readonly<Record<string, string>>) => Started
  readonly run: (args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Ended>
  /** A command that prints a run as NDJSON: `run`, `runs resume`, each with --json. */
  readonly follow: (args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<EndedRun>
  /** A copy of this home's playbook with these texts replaced, for ROPEWALK_PLAYBOOK. */
  readonly copyPlaybook: (name: string, edits: readonly PlaybookEdit[]) => string
  readonly remove: () => Promise<void>
}

/** `from` must be there; a playbook that changed must not make a test say nothing. */
export type PlaybookEdit = { readonly file: string; readonly from: string | RegExp; readonly to: string }

/** Replaces a text in a playbook. Throws where it is not there. */
export const editPlaybook = (dir: string, { file, from, to }: PlaybookEdit): void => {
  const at = path.join(dir, file)
  const before = readFileSync(at, 'utf8')
  const after = before.replaceAll(from, to)
  if (after === before) throw new Error(`${file} of the playbook has no ${String(from)}`)
  writeFileSync(at, after)
}

/** The lines of a run. Throws where the command ended without a result, with what it said. */
export const readRun = (ended: Ended): EndedRun => {
  const lines = ended.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { type: string; runId?: string })
  const result = lines.at(-1)
  if (result?.type !== 'result')
    throw new Error(`no result: exit ${String(ended.exit)}\n${ended.stderr}\n${ended.stdout.slice(-2000)}`)
  const events = lines.filter((line) => 'data' in line) as unknown as RunEvent[]
  noteSeenEvents(events)
  return { ...ended, runId: result.runId ?? '', events, result: result as unknown as RunResultLine }
}

/**
 * `thirteen`: the playbook that comes with the program. `short`: six phases cut out of it, for a run in seconds.
 * `brief`: the two before there is code.
 */
export type HomePlaybook = 'thirteen' | 'short' | 'brief'

/**
 * A new home in the temporary folder; commands of it get nothing of this process's environment but PATH.
 * It has the empty database that a first start would make, unless `isUntouched`.
 */
export const makeProgramHome = async (
  of: HomePlaybook = 'thirteen',
  { isUntouched = false }: { readonly isUntouched?: boolean } = {},
): Promise<ProgramHome> => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ropewalk-e2e-'))
  const home = path.join(folder, 'home')
  const { baseDir } = await findLayout(home)
  const cut = path.join(folder, `${of}-playbook`)
  if (of === 'short') writeShortPlaybook(cut)
  if (of === 'brief') writeShortPlaybook(cut, BRIEF)
  if (!isUntouched) await placeDatabase(home)
  const own = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    ROPEWALK_HOME: home,
    ROPEWALK_PORT: '0',
    // A test runs tens of commands; each would compile the whole program anew, for half a second.
    NODE_COMPILE_CACHE: COMPILE_CACHE,
    ...(of === 'thirteen' ? {} : { ROPEWALK_PLAYBOOK: cut }),
  }
  const running = new Set<ChildProcess>()
  let written = ''
  const start: ProgramHome['start'] = (args, env = {}) => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: folder,
      env: { ...own, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    running.add(child)
    const said = { stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        said[stream] += text
        written += text
      })
    const ended = once(child, 'close').then(() => {
      running.delete(child)
      return { exit: child.exitCode, ...said }
    })
    return { child, getStdout: () => said.stdout, ended }
  }
  const run: ProgramHome['run'] = (args, env) => start(args, env).ended
  return {
    folder,
    home,
    env: own,
    kept: [home, baseDir],
    getWritten: () => written,
    start,
    run,
    follow: async (args, env) => readRun(await run(args, env)),
    copyPlaybook: (name, edits) => {
      const dir = path.join(folder, name)
      cpSync(of === 'thirteen' ? path.join(ROOT, 'playbook') : cut, dir, { recursive: true })
      for (const edit of edits) editPlaybook(dir, edit)
      return dir
    },
    remove: async () => {
      for (const child of running) {
        const closed = once(child, 'close')
        child.kill('SIGTERM')
        await closed
      }
      for (const dir of [folder, baseDir]) rmSync(dir, { recursive: true, force: true })
    },
  }
}
