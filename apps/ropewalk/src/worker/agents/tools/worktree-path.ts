import { RopewalkError } from '@ropewalk/core/errors'
import { constants } from 'node:fs'
import { lstat, mkdir, open, realpath, rm } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'

/** Largest file a tool reads or writes whole; beyond it, a model's context is lost anyway. */
export const MAX_FILE_BYTES = 1_000_000

const refuse = (path: string, why: string): RopewalkError =>
  new RopewalkError(
    'INVALID_ARGUMENT',
    `The path ${JSON.stringify(path.slice(0, 200))} ${why}; give a path relative to the root of the repository, such as src/main.js.`,
    {
      details: { path: path.slice(0, 200) },
    },
  )

/**
 * The absolute path of `path` in the worktree `root`. Throws INVALID_ARGUMENT for what is absolute, climbs
 * out, names git's own folder, or leads outside through a symbolic link; the last part may be absent, but is
 * never a symbolic link.
 */
export const resolveInWorktree = async (root: string, path: string): Promise<string> => {
  const parts = splitPath(path)
  const realRoot = await realpath(root)
  let at = realRoot
  for (const [index, part] of parts.entries()) {
    at = join(at, part)
    const found = await findStat(at)
    // Nothing below an absent folder can be a link.
    if (found === undefined) return join(at, ...parts.slice(index + 1))
    if (found.isSymbolicLink()) {
      if (index === parts.length - 1) throw refuse(path, 'is a symbolic link')
      at = await realpath(at)
      if (!isWithin(realRoot, at)) throw refuse(path, 'leads out of the worktree through a symbolic link')
      if (splitAll(relative(realRoot, at)).some(isGitName)) throw refuse(path, "is in git's own folder")
    }
  }
  return at
}

/** The text of a file of the worktree. Throws NOT_FOUND, PAYLOAD_TOO_LARGE, INVALID_ARGUMENT (no regular text file). */
export const readTextFile = async (root: string, path: string): Promise<string> => {
  const absolute = await resolveInWorktree(root, path)
  const found = await findStat(absolute)
  if (found === undefined)
    throw new RopewalkError('NOT_FOUND', `There is no file ${path}; repo.list shows what there is.`)
  if (!found.isFile()) throw refuse(path, 'is not a file')
  if (found.size > MAX_FILE_BYTES)
    throw new RopewalkError(
      'PAYLOAD_TOO_LARGE',
      `${path} has ${String(found.size)} bytes; at most ${String(MAX_FILE_BYTES)} can be read.`,
    )
  const file = await open(absolute, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const bytes = await file.readFile()
    if (bytes.includes(0)) throw refuse(path, 'is a binary file')
    return bytes.toString('utf8')
  } finally {
    await file.close()
  }
}

/** Puts `content` into a file of the worktree, making its folders. Throws as `readTextFile` does. */
export const writeTextFile = async (root: string, path: string, content: string): Promise<void> => {
  const bytes = Buffer.byteLength(content)
  if (bytes > MAX_FILE_BYTES)
    throw new RopewalkError(
      'PAYLOAD_TOO_LARGE',
      `${path} would have ${String(bytes)} bytes; at most ${String(MAX_FILE_BYTES)} can be written.`,
    )
  const absolute = await resolveInWorktree(root, path)
  const found = await findStat(absolute)
  if (found !== undefined && !found.isFile()) throw refuse(path, 'is not a file')
  await mkdir(dirname(absolute), { recursive: true })
  // O_NOFOLLOW: a link put in place since the check above is refused by the kernel.
  const file = await open(
    absolute,
    constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW,
    0o644,
  )
  try {
    await file.writeFile(content)
  } finally {
    await file.close()
  }
}

/** Removes a file of the worktree; one that is not there is as good as removed. Throws INVALID_ARGUMENT as the others do. */
export const removeFile = async (root: string, path: string): Promise<void> => {
  await rm(await resolveInWorktree(root, path), { force: true })
}

/** Whether a name is git's own folder, on file systems that do not tell case apart too. */
export const isGitName = (name: string): boolean => name.toLowerCase().replace(/[. ]+$/u, '') === '.git'

export const findStat = async (path: string) => {
  try {
    return await lstat(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined
    throw error
  }
}

const splitPath = (path: string): readonly string[] => {
  if (path.includes('\u0000') || path.length > 500) throw refuse(path, 'is too long or has a NUL in it')
  if (path.startsWith('/') || path.includes('\\') || /^[A-Za-z]:/u.test(path))
    throw refuse(path, 'is not relative with forward slashes')
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..')) throw refuse(path, 'climbs with ..')
  if (parts.some(isGitName)) throw refuse(path, "is in git's own folder")
  return parts
}

const splitAll = (path: string): readonly string[] => path.split(sep)
const isWithin = (root: string, path: string): boolean => path === root || path.startsWith(`${root}${sep}`)
