import { RopewalkError } from '@ropewalk/core/errors'

/** What went wrong, why, and what the reader can do; `next` is an imperative sentence. */
export type Trouble = {
  readonly what: string
  readonly why: string
  readonly next: string
  readonly cause?: unknown
}

/** Makes the STORE_UNAVAILABLE error; the three parts are also in `details`, for doors that lay them out. */
export const makeStoreUnavailable = ({ what, why, next, cause }: Trouble): RopewalkError =>
  new RopewalkError('STORE_UNAVAILABLE', `${what}: ${why}. ${next}`, { details: { what, why, next }, cause })

/** The `code` of a system or driver error, such as ENOENT or 57P03; undefined for anything else. */
export function getErrorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

const DISK_TROUBLE: Readonly<Record<string, readonly [why: string, next: string]>> = {
  ENOSPC: ['the disk is full', 'Free some space on that disk and start again.'],
  EDQUOT: ['the disk quota is used up', 'Free some space or raise the quota, then start again.'],
  EROFS: [
    'the file system is read-only',
    'Set ROPEWALK_HOME to a writable folder or DATABASE_URL to a server.',
  ],
  EACCES: ['permission is denied', 'Give this user the folder, or set ROPEWALK_HOME to one it owns.'],
  EPERM: ['the system does not permit it', 'Run as the folder’s owner, or set DATABASE_URL to a server.'],
  EEXIST: ['a file is in the place of a folder', 'Set ROPEWALK_HOME to a folder.'],
  ENOTDIR: ['a part of the path is a file', 'Set ROPEWALK_HOME to a folder.'],
  EIO: ['the disk reports a read or write error', 'Check the disk, then start again.'],
  EINVAL: ['the system refuses the user id', 'Run as an ordinary user, or set DATABASE_URL to a server.'],
}

/**
 * Runs `work` on the disk and translates the system's refusals into STORE_UNAVAILABLE.
 * Errors that are not the system's rise as they are.
 */
export async function explainDiskTrouble<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const known = DISK_TROUBLE[getErrorCode(error) ?? '']
    if (known === undefined) throw error
    const path =
      error instanceof Error && 'path' in error && typeof error.path === 'string' ? ` (${error.path})` : ''
    throw makeStoreUnavailable({ what, why: `${known[0]}${path}`, next: known[1], cause: error })
  }
}
