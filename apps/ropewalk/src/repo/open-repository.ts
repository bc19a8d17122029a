import { lstat, readFile, readlink, realpath } from 'node:fs/promises'
import path from 'node:path'
import { RopewalkError, hasCode } from '@ropewalk/core/errors'
import { quotePath } from './git/commit-files.ts'
import { runGit, runGitForLine } from './git/run-git.ts'

/** A repository on this machine, at the commit that is checked out in it. Nothing in it is changed by us. */
export type UserRepository = {
  /** The top folder of the work tree. */
  readonly root: string
  readonly gitDir: string
  readonly name: string
  readonly commit: string
  /** Null where no branch is checked out. */
  readonly branch: string | null
  /** What differs from the commit, and what is not part of it. */
  readonly changed: readonly string[]
  readonly untracked: readonly string[]
}

const refuse = (message: string, details: Record<string, unknown> = {}): never => {
  throw new RopewalkError('INVALID_ARGUMENT', message, { details })
}

/**
 * Finds the git work tree that `folder` lies in and what is checked out there, without running a hook or a
 * filter of it. Throws INVALID_ARGUMENT, saying what to do, for what is no work tree, has no commit, or is
 * of a kind that is not supported: bare, shallow, partial, SHA-256, with submodules or Git LFS.
 */
export const openRepository = async (folder: string): Promise<UserRepository> => {
  const start = await findFolder(folder)
  const { root, gitDir } = (await findWorkTree(start)) ?? (await refuseNoWorkTree(start))
  await checkKind(root, gitDir)
  const commit = await readHead(root, gitDir)
  await checkTree(root, gitDir, commit)
  const head = await runGitForLine({ gitDir, args: ['rev-parse', '--abbrev-ref', 'HEAD'] })
  return {
    root,
    gitDir,
    name: path.basename(root).toWellFormed().slice(0, 200) || 'repository',
    commit,
    branch: head === 'HEAD' ? null : head.slice(0, 250),
    changed: await listChanged(root, gitDir),
    untracked: await listUntracked(root, gitDir),
  }
}

/** Throws CONFLICT where something was not committed, unless it is known that it is left out. */
export const checkClean = (
  { root, changed, untracked }: UserRepository,
  options: { readonly allowDirty: boolean; readonly howToAllow: string },
): void => {
  const open = [...changed, ...untracked]
  if (open.length === 0 || options.allowDirty) return
  const shown = open.slice(0, 5).join(', ') + (open.length > 5 ? ` and ${open.length - 5} more` : '')
  throw new RopewalkError(
    'CONFLICT',
    `${root} has changes that are not committed (${shown}), and a run starts from a commit. Commit or stash them, or leave them out with ${options.howToAllow}.`,
    { details: { changed: changed.length, untracked: untracked.length } },
  )
}

const findFolder = async (folder: string): Promise<string> => {
  try {
    const real = await realpath(path.resolve(folder))
    if ((await lstat(real)).isDirectory()) return real
  } catch (cause) {
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      `${folder} cannot be read; name the folder of a repository.`,
      {
        cause,
      },
    )
  }
  return refuse(`${folder} is not a folder; name the folder of a repository.`)
}

type Place = { readonly root: string; readonly gitDir: string }

/** The nearest folder upwards with a `.git`, which is a folder, or a file that names one (a linked work tree). */
const findWorkTree = async (start: string): Promise<Place | undefined> => {
  for (let root = start; ; root = path.dirname(root)) {
    const gitDir = path.join(root, '.git')
    const found = await lstat(gitDir).catch(() => undefined)
    if (found?.isDirectory() === true) return { root, gitDir }
    if (found?.isFile() === true) {
      const named = /^gitdir: (.+)$/mu.exec(await readFile(gitDir, 'utf8'))?.[1]?.trim()
      if (named !== undefined) return { root, gitDir: path.resolve(root, named) }
    }
    if (path.dirname(root) === root) return undefined
  }
}

const refuseNoWorkTree = async (start: string): Promise<never> => {
  const isBare =
    (await lstat(path.join(start, 'HEAD')).catch(() => undefined))?.isFile() === true &&
    (await lstat(path.join(start, 'objects')).catch(() => undefined))?.isDirectory() === true
  return refuse(
    isBare
      ? `${start} is a bare repository, without files checked out; clone it and name the clone.`
      : `${start} is not in a git repository; make it one with git init, git add and git commit.`,
  )
}

const readConfig = async (gitDir: string, key: string): Promise<string> => {
  const answer = await runGit({ gitDir, args: ['config', '--local', '--get-regexp', key], okCodes: [1] })
  return answer.stdout.toString('utf8').trim()
}

const checkKind = async (root: string, gitDir: string): Promise<void> => {
  if (await isGitTrue(gitDir, '--is-shallow-repository'))
    refuse(`${root} is a shallow clone, whose history is cut; run git fetch --unshallow first.`)
  const extensions = await readConfig(gitDir, String.raw`^(extensions\.|remote\..*\.promisor)`)
  if (/objectformat sha256/iu.test(extensions))
    refuse(`${root} names its commits by SHA-256, which is not supported; SHA-1 is.`)
  if (/partialclone|promisor/iu.test(extensions))
    refuse(`${root} is a partial clone, which lacks objects; clone it whole and name that clone.`)
}

const isGitTrue = async (gitDir: string, question: string): Promise<boolean> => {
  try {
    return (await runGitForLine({ gitDir, args: ['rev-parse', question] })) === 'true'
  } catch (cause) {
    if (!hasCode(cause, 'INTERNAL')) throw cause
    throw new RopewalkError('INVALID_ARGUMENT', `git cannot read the repository: ${cause.message}`, { cause })
  }
}

const readHead = async (root: string, gitDir: string): Promise<string> => {
  const args = ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']
  const answer = await runGit({ gitDir, args, okCodes: [1, 128] })
  const commit = answer.stdout.toString('utf8').trim()
  return /^[0-9a-f]{40}$/u.test(commit) ? commit : refuse(`${root} has no commit yet; make one first.`)
}

/** What a tree may hold that a run could not carry. Attributes are looked for where Git LFS writes its own. */
const checkTree = async (root: string, gitDir: string, commit: string): Promise<void> => {
  const listing = await runGit({ gitDir, args: ['ls-tree', '-r', '-z', '--full-tree', commit] })
  const entries = listing.stdout.toString('utf8').split('\0')
  const submodule = entries.find((entry) => entry.startsWith('160000 '))?.split('\t')[1]
  if (submodule !== undefined)
    refuse(`${root} has the submodule ${submodule}, and submodules are not supported.`, { submodule })
  for (const entry of entries) {
    const [head = '', file = ''] = entry.split('\t')
    if (path.posix.basename(file) !== '.gitattributes') continue
    const object = head.split(' ')[2] ?? ''
    const text = (await runGit({ gitDir, args: ['cat-file', 'blob', object] })).stdout.toString('utf8')
    if (/^[^#\n]*\bfilter=lfs\b/mu.test(text))
      refuse(`${root} keeps files in Git LFS (${file}), which is not supported.`, { file })
  }
}

const splitNames = (listing: Buffer): string[] =>
  listing
    .toString('utf8')
    .split('\0')
    .filter((name) => name !== '')

type IndexEntry = { readonly mode: string; readonly object: string; readonly path: string }

/**
 * Files that differ from the commit. The bytes are hashed here: git itself would start the filters that the
 * repository's own settings name to compare a file that it is not sure of.
 */
const listChanged = async (root: string, gitDir: string): Promise<string[]> => {
  const staged = await runGit({
    gitDir,
    args: ['diff-index', '--cached', '--name-only', '--no-ext-diff', '-z', 'HEAD'],
  })
  const changed = new Set(splitNames(staged.stdout))
  const hasModes = !/ false$/u.test(await readConfig(gitDir, String.raw`^core\.filemode$`))
  const plain: IndexEntry[] = []
  for (const entry of await listIndex(gitDir)) {
    const standing = await getStanding(root, entry, hasModes)
    if (standing === 'changed') changed.add(entry.path)
    else if (standing === 'to hash') plain.push(entry)
  }
  for (const file of await listOtherBytes(root, gitDir, plain)) changed.add(file)
  return [...changed].toSorted()
}

/** What git has taken down of the work tree; what it was told to leave out of the tree has no say. */
const listIndex = async (gitDir: string): Promise<IndexEntry[]> => {
  const listing = await runGit({ gitDir, args: ['ls-files', '--stage', '-v', '-z'] })
  return splitNames(listing.stdout).flatMap((line) => {
    const [, tag, mode = '', object = '', file = ''] = /^(\S) (\d+) ([0-9a-f]+) \d\t(.*)$/su.exec(line) ?? []
    return tag === 'S' ? [] : [{ mode, object, path: file }]
  })
}

/** Whether what stands at a path is of the kind that the index has, as far as can be seen without reading it. */
const getStanding = async (
  root: string,
  { mode, path: file }: IndexEntry,
  hasModes: boolean,
): Promise<'changed' | 'to hash'> => {
  const found = await lstat(path.join(root, file)).catch(() => undefined)
  if (found === undefined || /\p{Cc}/u.test(file)) return 'changed'
  if (mode === '120000') return found.isSymbolicLink() ? 'to hash' : 'changed'
  const isSameMode = !hasModes || ((found.mode & 0o100) !== 0) === (mode === '100755')
  return found.isFile() && isSameMode ? 'to hash' : 'changed'
}

const listOtherBytes = async (
  root: string,
  gitDir: string,
  entries: readonly IndexEntry[],
): Promise<string[]> => {
  const files = entries.filter(({ mode }) => mode !== '120000')
  const links = entries.filter(({ mode }) => mode === '120000')
  const args = ['hash-object', '--no-filters', '--stdin-paths']
  const stdin = files.map((entry) => `${quotePath(entry.path)}\n`).join('')
  const objects = (await runGitForLine({ gitDir, args, cwd: root, stdin })).split('\n')
  const suspects = files.filter(({ object }, index) => objects[index] !== object)
  const other: string[] = []
  for (const { object, path: file } of suspects) {
    // Line ends that git turns around on this machine are no change of anybody's.
    const bytes = await readFile(path.join(root, file), 'latin1')
    const turned = Buffer.from(bytes.replaceAll('\r\n', '\n'), 'latin1')
    if ((await hashBytes(gitDir, turned)) !== object) other.push(file)
  }
  for (const { object, path: file } of links)
    if ((await hashBytes(gitDir, await readlink(path.join(root, file)))) !== object) other.push(file)
  return other
}

const hashBytes = (gitDir: string, stdin: string | Uint8Array): Promise<string> =>
  runGitForLine({ gitDir, args: ['hash-object', '--no-filters', '--stdin'], stdin })

const listUntracked = async (root: string, gitDir: string): Promise<string[]> => {
  const listing = await runGit({
    gitDir,
    args: [
      '-c',
      'core.bare=false',
      `--work-tree=${root}`,
      'ls-files',
      '--others',
      '--exclude-standard',
      '--directory',
      '-z',
    ],
    cwd: root,
  })
  return splitNames(listing.stdout).toSorted()
}
