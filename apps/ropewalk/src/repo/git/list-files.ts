import { lstat, readdir, readlink } from 'node:fs/promises'
import path from 'node:path'
import { RopewalkError } from '@ropewalk/core/errors'
import { runGit } from './run-git.ts'
import { checkLink, checkPath, checkSize, isGitName, MAX_FILES, type TreeEntry } from './tree.ts'

/** A file as an agent left it. `target` is set for a link. */
export type FoundFile = {
  readonly path: string
  readonly mode: TreeEntry['mode']
  readonly bytes: number
  readonly target: string | null
}

/** Installed packages are made again from the lock file: part of the work only where a repository keeps them. */
const INSTALLED = 'node_modules'

/**
 * The files of a folder that an agent worked in, by path, without following any link and without opening
 * one. Left out: anything called `.git`, sockets and devices, and what is in `node_modules` or named by
 * `.gitignore`, unless `base` has it already. Throws INVALID_ARGUMENT for names and links that are not accepted,
 * PAYLOAD_TOO_LARGE above the limits.
 */
export const listFiles = async (
  gitDir: string,
  dir: string,
  base: readonly TreeEntry[],
): Promise<readonly FoundFile[]> => {
  const known = new Set(base.map((entry) => entry.path))
  const all: FoundFile[] = []
  const keptFolders = listInstalled(known)
  await walk({ dir, keptFolders }, '', all)
  const ignored = await findIgnored(gitDir, dir, all)
  const isOwn = ({ path: file }: FoundFile) => !ignored.has(file) && !file.split('/').includes(INSTALLED)
  const kept = all.filter((file) => known.has(file.path) || isOwn(file))
  checkSize(kept)
  const links = new Map(kept.flatMap((file) => (file.target === null ? [] : [[file.path, file.target]])))
  for (const [link, target] of links) checkLink(link, target, links)
  return kept.toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

/** Four times what may be kept: ignored files are not counted against the tree, but they end somewhere. */
const MAX_WALKED = 4 * MAX_FILES

/** The folders of installed packages of which a repository keeps files itself. */
const listInstalled = (known: ReadonlySet<string>): ReadonlySet<string> =>
  new Set(
    [...known].flatMap((file) => {
      const parts = file.split('/')
      const at = parts.indexOf(INSTALLED)
      return at < 0 ? [] : [parts.slice(0, at + 1).join('/')]
    }),
  )

type Walk = { readonly dir: string; readonly keptFolders: ReadonlySet<string> }

const walk = async ({ dir, keptFolders }: Walk, folder: string, all: FoundFile[]): Promise<void> => {
  for (const entry of await readdir(path.join(dir, folder), { withFileTypes: true })) {
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`
    const isInstalled = entry.name === INSTALLED && !folder.split('/').includes(INSTALLED)
    if (isGitName(entry.name) || (isInstalled && !keptFolders.has(name))) continue
    if (entry.isDirectory()) {
      await walk({ dir, keptFolders }, name, all)
    } else if (entry.isFile() || entry.isSymbolicLink()) {
      checkPath(name)
      all.push(await readFound(dir, name))
    }
    if (all.length > MAX_WALKED) {
      throw new RopewalkError('PAYLOAD_TOO_LARGE', `The folder has more than ${MAX_WALKED} files.`)
    }
  }
}

const readFound = async (dir: string, name: string): Promise<FoundFile> => {
  const full = path.join(dir, name)
  const found = await lstat(full)
  if (found.isSymbolicLink()) {
    return { path: name, mode: '120000', bytes: found.size, target: await readlink(full) }
  }
  const mode = (found.mode & 0o100) === 0 ? '100644' : '100755'
  return { path: name, mode, bytes: found.size, target: null }
}

const findIgnored = async (
  gitDir: string,
  dir: string,
  files: readonly FoundFile[],
): Promise<ReadonlySet<string>> => {
  if (!files.some((file) => path.posix.basename(file.path) === '.gitignore')) return new Set()
  const answer = await runGit({
    gitDir,
    args: ['-c', 'core.bare=false', `--work-tree=${dir}`, 'check-ignore', '--no-index', '-z', '--stdin'],
    cwd: dir,
    stdin: files.map((file) => `${file.path}\0`).join(''),
    okCodes: [1],
  })
  return new Set(answer.stdout.toString('utf8').split('\0'))
}
