import {
  closeSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { randomUUID } from 'node:crypto'
import path from 'node:path'
import { RopewalkError } from '@ropewalk/core/errors'

const isCode = (error: unknown, code: string): boolean => (error as NodeJS.ErrnoException).code === code

/** A folder that only its owner may enter. Throws FORBIDDEN when it is somebody else's or open to others. */
export const makePrivateFolder = (dir: string): string => {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const stat = lstatSync(dir)
  const uid = process.getuid?.()
  if (!stat.isDirectory() || (uid !== undefined && stat.uid !== uid)) {
    throw new RopewalkError(
      'FORBIDDEN',
      `${dir} must be a folder of your own; it belongs to user ${stat.uid}. Set ROPEWALK_HOME to another folder.`,
    )
  }
  if ((stat.mode & 0o022) !== 0) {
    throw new RopewalkError('FORBIDDEN', `Others may write to ${dir}. Run: chmod 700 ${dir}`)
  }
  return dir
}

/** Makes what was written to a folder (names, links) survive a power cut. */
export const syncFolder = (dir: string): void => {
  const fd = openSync(dir, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Writes a file that must not exist yet, 0600, durable. Gives false when somebody else was first. */
export const writeNewFile = (file: string, bytes: string | Uint8Array): boolean => {
  const dir = path.dirname(file)
  const temporary = path.join(dir, `.${randomUUID()}.new`)
  const fd = openSync(temporary, 'wx', 0o600)
  try {
    writeSync(fd, typeof bytes === 'string' ? Buffer.from(bytes) : bytes)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  try {
    // A link fails where the name is taken, and a reader never sees half a file.
    linkSync(temporary, file)
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false
    throw error
  } finally {
    rmSync(temporary)
  }
  syncFolder(dir)
  return true
}

/** The text of a file that only its owner can read, made by `make` when it is not there yet. */
export const readOrMakeSecret = (file: string, make: () => string): string => {
  const read = (): string | undefined => {
    let mode: number
    try {
      mode = lstatSync(file).mode
    } catch (error) {
      if (isCode(error, 'ENOENT')) return undefined
      throw error
    }
    if ((mode & 0o077) !== 0)
      throw new RopewalkError('FORBIDDEN', `Others can read ${file}. Run: chmod 600 ${file}`)
    return readFileSync(file, 'utf8')
  }
  const found = read()
  if (found !== undefined) return found
  writeNewFile(file, make())
  return read() ?? ''
}
