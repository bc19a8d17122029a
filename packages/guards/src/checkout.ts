import { lstat, readdir, realpath } from 'node:fs/promises'
import { isAbsolute, join, sep } from 'node:path'

/** A repository of more files is not walked: the check ends as an error, not as an endless one. */
const MAX_FILES = 20_000

/**
 * Regular files of a checkout, as sorted paths with `/` relative to its root. Symbolic links are left out:
 * what they point at is listed where it lies, and what lies outside is not part of the commit.
 */
export const listFiles = async (root: string, skipped: readonly string[] = ['.git']): Promise<string[]> => {
  const found: string[] = []
  const walk = async (folder: string): Promise<void> => {
    for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
      if (skipped.includes(entry.name)) continue
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) await walk(path)
      else if (entry.isFile()) found.push(path)
      if (found.length > MAX_FILES) throw new RangeError(`The checkout has more than ${MAX_FILES} files.`)
    }
  }
  await walk('')
  return found.toSorted()
}

const isAbsent = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'].includes(String(error.code))

/** The path inside the checkout, normalised, where it is a regular file that really lies there. */
export const findFileInside = async (root: string, path: string): Promise<string | undefined> => {
  if (path === '' || isAbsolute(path) || path.includes('\0')) return undefined
  try {
    const base = await realpath(root)
    const real = await realpath(join(base, path))
    if (!real.startsWith(base + sep) || !(await lstat(real)).isFile()) return undefined
    return real.slice(base.length + 1).replaceAll(sep, '/')
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}
