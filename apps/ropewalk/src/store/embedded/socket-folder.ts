import { chown, lstat, mkdir, mkdtemp, readFile, rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Layout } from './layout.ts'
import { SOCKET_PORT } from './settings.ts'
import { explainDiskTrouble, getErrorCode, makeStoreUnavailable } from './store-unavailable.ts'

/** Bytes a socket's path may have: the system's field less the closing NUL. */
const LONGEST_SOCKET_PATH = process.platform === 'darwin' ? 103 : 107

/**
 * The 0700 folder of the server's socket, made if need be; the same one on every start. It lies beside the data, or,
 * when that path is too long for a socket, in a folder of random name in the temporary folder, noted beside the data:
 * a random name cannot be made beforehand by somebody else, and a noted one that changed its owner is not used again.
 */
export function prepareSocketFolder(layout: Layout): Promise<string> {
  return explainDiskTrouble('The folder for the Postgres socket cannot be made', async () => {
    const beside = join(layout.baseDir, 'socket')
    if (fits(beside)) {
      await mkdir(beside, { recursive: true, mode: 0o700 })
      if (layout.runAs !== undefined) await chown(beside, layout.runAs.uid, layout.runAs.gid)
      return requireOwn(layout, beside)
    }
    const note = join(layout.baseDir, 'socket-folder')
    const noted = await findText(note)
    if (noted !== undefined && (await isOwn(layout, noted))) return noted
    const made = await mkdtemp(getShortPrefix(layout))
    if (layout.runAs !== undefined) await chown(made, layout.runAs.uid, layout.runAs.gid)
    await writeFile(`${note}.new`, made, { mode: 0o600 })
    await rename(`${note}.new`, note)
    return requireOwn(layout, made)
  })
}

const fits = (folder: string): boolean =>
  Buffer.byteLength(join(folder, `.s.PGSQL.${String(SOCKET_PORT)}`)) <= LONGEST_SOCKET_PATH

/** TMPDIR itself may be long; /tmp is always there. The six characters stand for what mkdtemp appends. */
function getShortPrefix(layout: Layout): string {
  const [prefix] = [tmpdir(), '/tmp']
    .map((folder) => join(folder, `${layout.clusterName}-`))
    .filter((path) => fits(`${path}XXXXXX`))
  return prefix ?? join('/tmp', `${layout.clusterName}-`)
}

async function findText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (getErrorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

async function isOwn(layout: Layout, folder: string): Promise<boolean> {
  try {
    const found = await lstat(folder)
    const owner = layout.runAs?.uid ?? process.geteuid?.()
    return found.isDirectory() && found.uid === owner && (found.mode & 0o777) === 0o700
  } catch (error) {
    if (getErrorCode(error) === 'ENOENT') return false
    throw error
  }
}

async function requireOwn(layout: Layout, folder: string): Promise<string> {
  if (await isOwn(layout, folder)) return folder
  throw makeStoreUnavailable({
    what: `The socket folder ${folder} is not safe`,
    why: 'it is not a plain folder of the server’s user with mode 0700',
    next: 'Remove it and start again.',
  })
}
