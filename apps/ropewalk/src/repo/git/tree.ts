import path from 'node:path'
import { RopewalkError } from '@ropewalk/core/errors'
import { runGit } from './run-git.ts'

/** One file of a commit. A link's content is the path it leads to. */
export type TreeEntry = {
  readonly mode: '100644' | '100755' | '120000'
  readonly object: string
  readonly bytes: number
  readonly path: string
}

/** Limits of one checkout: what a worker can hold and a bundle blob can carry. */
export const MAX_FILES = 20_000
export const MAX_TREE_BYTES = 256 * 1024 ** 2
export const MAX_FILE_BYTES = 32 * 1024 ** 2

/**
 * The files of a commit, checked: no submodule, no `.git` or `..` in a path, no control character, and no
 * link that leads out. Throws INVALID_ARGUMENT naming the path, PAYLOAD_TOO_LARGE above the limits.
 */
export const readTree = async (gitDir: string, commit: string): Promise<readonly TreeEntry[]> => {
  const listing = await runGit({ gitDir, args: ['ls-tree', '-r', '-z', '-l', '--full-tree', commit] })
  const entries = listing.stdout
    .toString('utf8')
    .split('\0')
    .filter((line) => line !== '')
    .map(parseEntry)
  checkSize(entries)
  for (const entry of entries) checkPath(entry.path)
  await checkLinks(gitDir, entries)
  return entries
}

const parseEntry = (line: string): TreeEntry => {
  const found = /^(\d{6}) (\w+) ([0-9a-f]{40}) +(\d+|-)\t(.+)$/su.exec(line)
  const [, mode, type, object, bytes, name] = found ?? []
  if (mode === undefined || object === undefined || name === undefined) {
    throw new RopewalkError('INVALID_ARGUMENT', `Not an entry of a git tree: ${JSON.stringify(line)}.`)
  }
  if (type !== 'blob' || (mode !== '100644' && mode !== '100755' && mode !== '120000')) {
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      `${JSON.stringify(name)} is a ${type} of mode ${mode}; only files and links are accepted.`,
    )
  }
  return { mode, object, bytes: Number(bytes), path: name }
}

export const checkSize = (entries: readonly { readonly bytes: number; readonly path: string }[]): void => {
  const large = entries.find((entry) => entry.bytes > MAX_FILE_BYTES)
  if (large !== undefined) {
    throw new RopewalkError(
      'PAYLOAD_TOO_LARGE',
      `${large.path} has ${large.bytes} of at most ${MAX_FILE_BYTES} bytes.`,
    )
  }
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0)
  if (entries.length > MAX_FILES || bytes > MAX_TREE_BYTES) {
    throw new RopewalkError(
      'PAYLOAD_TOO_LARGE',
      `The tree has ${entries.length} files and ${bytes} bytes; at most ${MAX_FILES} and ${MAX_TREE_BYTES} are kept.`,
    )
  }
}

/** `.git` in the spellings that some file systems take for it. */
const GIT_NAMES = /^(\.git|git~\d+)[. ]*$/iu
const IGNORABLE = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/gu

/** Whether a file name could stand for a repository's own folder. */
export const isGitName = (name: string): boolean => GIT_NAMES.test(name.replaceAll(IGNORABLE, ''))

/** Throws INVALID_ARGUMENT for a path that could be written elsewhere, or spoil a terminal. */
export const checkPath = (file: string): void => {
  const parts = file.split('/')
  const bad =
    /[\u0000-\u001f\u007f\\]|\ufffd/u.test(file) ||
    file.length > 1000 ||
    parts.some((part) => part === '' || part === '.' || part === '..' || isGitName(part))
  if (bad) throw new RopewalkError('INVALID_ARGUMENT', `The path ${JSON.stringify(file)} is not accepted.`)
}

const checkLinks = async (gitDir: string, entries: readonly TreeEntry[]): Promise<void> => {
  const links = new Map<string, string>()
  for (const entry of entries) {
    if (entry.mode !== '120000') continue
    const target = await runGit({ gitDir, args: ['cat-file', 'blob', entry.object], maxBytes: 4096 })
    links.set(entry.path, target.stdout.toString('utf8'))
  }
  for (const [link, target] of links) checkLink(link, target, links)
}

/**
 * Throws INVALID_ARGUMENT for a link that leads out of the tree, or through another link: what `a/..`
 * means then depends on the other one, and is not worth finding out.
 */
export const checkLink = (link: string, target: string, links: ReadonlyMap<string, string>): void => {
  const steps = path.posix
    .dirname(link)
    .split('/')
    .filter((step) => step !== '.')
  let out = target === '' || path.posix.isAbsolute(target) || target.includes('\0')
  for (const step of target.split('/')) {
    if (step === '..') out ||= steps.pop() === undefined
    else if (step !== '.' && step !== '') steps.push(step)
    out ||= steps.some(isGitName) || isLinkOnTheWay(steps, links)
  }
  if (out) {
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      `The link ${link} leads out of the tree or through another link.`,
    )
  }
}

const isLinkOnTheWay = (steps: readonly string[], links: ReadonlyMap<string, string>): boolean =>
  steps.some((_, index) => links.has(steps.slice(0, index + 1).join('/')))
