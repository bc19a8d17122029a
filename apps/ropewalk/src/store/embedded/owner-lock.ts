import { closeSync, openSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { getErrorCode, makeStoreUnavailable } from './store-unavailable.ts'

/** The right to start, restart and stop the server of one home. */
export type OwnerLock = {
  /** Whether the file that is locked is still the one at its path; false once somebody removed the home. */
  isInPlace(): boolean
  release(): void
}

const SQLITE_BUSY = 5

/**
 * Takes the owner's lock without waiting; undefined when another process, or another start in this one, has it.
 *
 * The lock is the kernel's own record lock on `path`, reached through an exclusive SQLite transaction that writes
 * nothing, because Node offers no other way to lock a file. The kernel drops it when the process ends in any way,
 * kill -9 included, and a child does not inherit it. Refused alternatives: a pid file (stale after a crash, and two
 * processes can both judge it stale), a bound socket (removing a stale one races), an advisory lock in Postgres
 * (gone exactly when Postgres is, which is when the owner is needed).
 *
 * Throws STORE_UNAVAILABLE where the file system cannot lock.
 * Nothing else in the process may open `path`: closing any handle on the file drops the lock.
 */
export function tryOwnerLock(path: string): OwnerLock | undefined {
  createOnce(path)
  const database = openLockFile(path)
  if (database === undefined) return undefined
  const locked = statSync(path).ino
  return {
    isInPlace: () => statSync(path, { throwIfNoEntry: false })?.ino === locked,
    release: () => {
      database.close()
    },
  }
}

function openLockFile(path: string): DatabaseSync | undefined {
  const database = new DatabaseSync(path, { timeout: 0, open: false })
  try {
    database.open()
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    if (database.isOpen) database.close()
    if (isBusy(error)) return undefined
    throw makeStoreUnavailable({
      what: `The lock file ${path} cannot be used`,
      why: error instanceof Error ? error.message : String(error),
      next: 'Set ROPEWALK_HOME to a folder on a local disk, or set DATABASE_URL to a Postgres 18 server.',
      cause: error,
    })
  }
}

/** SQLite would create the file readable to everybody, and a reader's lock is enough to keep an owner out. */
function createOnce(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if (getErrorCode(error) !== 'EEXIST') throw error
  }
}

const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY
