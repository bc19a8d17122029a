import { createHash } from 'node:crypto'
import { chmod, lstat, mkdir, realpath } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { explainDiskTrouble, getErrorCode, makeStoreUnavailable } from './store-unavailable.ts'

/** The user a server runs under when it cannot run under ours. */
export type ServerUser = { readonly uid: number; readonly gid: number }

/** Where everything of one home's server lies. `runAs` is set when we are root, which Postgres refuses. */
export type Layout = {
  readonly homeDir: string
  readonly baseDir: string
  readonly dataDir: string
  readonly lockFile: string
  readonly keysDir: string
  readonly keyFile: string
  readonly logFile: string
  readonly clusterName: string
  readonly runAs: ServerUser | undefined
}

/**
 * A number no account has: between the ranges that Linux systems give to people and to services, and small
 * enough for containers that map only 65,536 ids. Changing it makes existing data folders unreadable.
 */
const SERVER_UID = 60_787

/** The folder for servers of homes that root owns: homes of root are often 0700, which a server could not enter. */
export const ROOT_BASE = '/var/lib/ropewalk'

/**
 * The paths for `homeDir`, without making anything. The same home gives the same answer in every process,
 * whatever symbolic link or relative path named it.
 */
export async function findLayout(homeDir: string): Promise<Layout> {
  const home = await followLinks(resolve(homeDir))
  const hash = createHash('sha256').update(home).digest('hex').slice(0, 16)
  const isRoot = process.geteuid?.() === 0
  const baseDir = isRoot ? join(ROOT_BASE, hash) : join(home, 'postgres')
  return {
    homeDir: home,
    baseDir,
    dataDir: join(baseDir, 'data'),
    lockFile: join(baseDir, 'owner.lock'),
    keysDir: join(home, 'keys'),
    keyFile: join(home, 'keys', 'postgres.json'),
    logFile: join(home, 'logs', 'postgres.log'),
    clusterName: `ropewalk-${hash}`,
    runAs: isRoot ? { uid: SERVER_UID, gid: SERVER_UID } : undefined,
  }
}

/**
 * The paths for `homeDir`, with its folders made. Safe to repeat and to race.
 * As root the base may be entered by the server's user but not listed; everything else is ours alone.
 * Throws STORE_UNAVAILABLE when the disk refuses or a stranger owns the base.
 */
export function prepareLayout(homeDir: string): Promise<Layout> {
  return explainDiskTrouble('The folders of the embedded Postgres cannot be made', async () => {
    await mkdir(resolve(homeDir), { recursive: true, mode: 0o700 })
    const layout = await findLayout(homeDir)
    if (layout.runAs !== undefined) await makeOwnFolder(ROOT_BASE, 0o711)
    await makeOwnFolder(layout.baseDir, layout.runAs === undefined ? 0o700 : 0o711)
    await makeOwnFolder(layout.keysDir, 0o700)
    await makeOwnFolder(join(layout.homeDir, 'logs'), 0o700)
    return layout
  })
}

async function followLinks(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (getErrorCode(error) !== 'ENOENT') throw error
    return path
  }
}

async function makeOwnFolder(path: string, mode: number): Promise<void> {
  await mkdir(path, { recursive: true, mode })
  const found = await lstat(path)
  if (found.isDirectory() && found.uid === process.geteuid?.() && (found.mode & 0o022) === 0) {
    // The umask may have taken away what the server's user needs; an earlier hand may have opened too much.
    if ((found.mode & 0o777) !== mode) await chmod(path, mode)
    return
  }
  throw makeStoreUnavailable({
    what: `The folder ${path} is not safe for a database`,
    why: 'it is not a plain folder of this user that nobody else can write to',
    next: 'Remove it, or correct its owner and mode, and start again.',
  })
}
