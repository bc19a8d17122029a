import { existsSync, rmSync } from 'node:fs'
import path from 'node:path'
import { findLayout } from '../../store/embedded/layout.ts'
import { tryOwnerLock } from '../../store/embedded/owner-lock.ts'
import { listServerProcesses, sendSignal, waitUntil } from '../../store/embedded/processes.ts'
import { askLine } from '../ask.ts'
import { findServerRecord, isAlive } from '../home.ts'
import { canAsk, readSettings, type CommonFlags } from '../settings.ts'
import type { Terminal } from '../terminal.ts'
import { EXIT, makeTrouble } from '../trouble.ts'

export type ResetFlags = CommonFlags & { readonly keys?: boolean }

/** What runs leave in a home. Signed heads go too: they would tell of runs that are gone as lost. */
const RUN_FOLDERS = ['dossiers', 'repos', 'worktrees', 'scratch', 'logs', path.join('keys', 'heads')]

const WAIT_MS = 15_000
const makeBusy = (home: string, why: string) =>
  makeTrouble({
    code: 'CONFLICT',
    what: `${home} was not reset`,
    why,
    next: 'End that process, then try again.',
  })

const stopServer = async (home: string): Promise<void> => {
  const record = findServerRecord(home)
  if (record === undefined || !isAlive(record.pid)) return
  sendSignal(record.pid, 'SIGTERM')
  if (!(await waitUntil(() => Promise.resolve(!isAlive(record.pid)), WAIT_MS)))
    throw makeBusy(home, `its server (pid ${record.pid}) does not end`)
}

/** Ends the embedded server and removes its data; holds the lock, so that nobody starts it meanwhile. */
const removeDatabase = async (home: string): Promise<void> => {
  const layout = await findLayout(home)
  if (!existsSync(layout.baseDir)) return
  const lock = tryOwnerLock(layout.lockFile)
  if (lock === undefined) throw makeBusy(home, 'another process of this home is at work')
  try {
    // SIGINT is the fast, orderly end of a Postgres server; its children follow.
    for (const pid of await listServerProcesses(layout)) sendSignal(pid, 'SIGINT')
    if (!(await waitUntil(async () => (await listServerProcesses(layout)).length === 0, WAIT_MS)))
      throw makeBusy(home, 'its Postgres does not end')
    rmSync(layout.baseDir, { recursive: true, force: true })
  } finally {
    lock.release()
  }
}

const confirmReset = async (terminal: Terminal, home: string, flags: ResetFlags): Promise<boolean> => {
  if (flags.yes === true) return true
  const name = path.basename(home)
  if (!canAsk(terminal, flags)) {
    throw makeTrouble({
      code: 'INVALID_ARGUMENT',
      what: 'reset wants a confirmation',
      why: `it removes every run of ${home}, and nobody can be asked here`,
      next: './ropewalk reset --yes',
    })
  }
  terminal.say(
    `This removes the database, all runs and all dossiers of ${home}${flags.keys === true ? ', and its keys and secrets' : '; keys and secrets stay'}.`,
  )
  return (await askLine(terminal, `Type ${name} to go on: `)) === name
}

/** Removes database and runs of a home, and with `--keys` its keys and secrets. */
export const reset = async (terminal: Terminal, flags: ResetFlags): Promise<number> => {
  const { home, databaseUrl } = await readSettings(terminal, flags)
  if (databaseUrl !== undefined) {
    throw makeTrouble({
      code: 'INVALID_ARGUMENT',
      what: 'reset does not touch a database of your own',
      why: 'DATABASE_URL is set, and what else is in there is not known here',
      next: 'Run in that database: DROP SCHEMA ropewalk CASCADE; DROP SCHEMA pgboss CASCADE; then reset without DATABASE_URL for the files.',
    })
  }
  if (!existsSync(home)) {
    terminal.say(`There is nothing at ${home}.`)
    return EXIT.ok
  }
  if (!(await confirmReset(terminal, home, flags))) {
    terminal.say('Nothing was removed.')
    return EXIT.cancelled
  }
  await stopServer(home)
  await removeDatabase(home)
  for (const folder of RUN_FOLDERS) rmSync(path.join(home, folder), { recursive: true, force: true })
  rmSync(path.join(home, 'server.json'), { force: true })
  if (flags.keys === true) rmSync(path.join(home, 'keys'), { recursive: true, force: true })
  if (flags.json === true) terminal.out(JSON.stringify({ home, keysRemoved: flags.keys === true }))
  else
    terminal.say(
      `${home} is empty of runs${flags.keys === true ? ' and keys' : '; keys and secrets are kept'}.`,
    )
  return EXIT.ok
}
