import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { listFiles, type FoundFile } from './list-files.ts'
import { runGit, runGitForLine } from './run-git.ts'
import { checkPath, readTree, type TreeEntry } from './tree.ts'

/**
 * Every commit has the same author and date: then the same content on the same base is the same commit,
 * whichever attempt on whichever machine made it. When and by whom it was made is in the ledger.
 */
const WRITTEN_BY = {
  GIT_AUTHOR_NAME: 'Ropewalk',
  GIT_AUTHOR_EMAIL: 'ropewalk@localhost',
  GIT_AUTHOR_DATE: '2026-01-01T00:00:00Z',
  GIT_COMMITTER_NAME: 'Ropewalk',
  GIT_COMMITTER_EMAIL: 'ropewalk@localhost',
  GIT_COMMITTER_DATE: '2026-01-01T00:00:00Z',
}

/** The commit without files that every run begins with. */
export const makeFirstCommit = async (gitDir: string): Promise<string> => {
  const tree = await runGitForLine({ gitDir, args: ['mktree'] })
  return commitTree(gitDir, tree, null, 'Begin')
}

/**
 * Keeps the files of `dir` as a commit on `base` and gives it back; `base` itself where nothing changed.
 * Nothing in `dir` is followed, executed or taken as a setting. The objects are on disk when it returns.
 * Throws INVALID_ARGUMENT and PAYLOAD_TOO_LARGE for content that is not accepted.
 */
export const commitFiles = async (of: {
  readonly gitDir: string
  readonly dir: string
  readonly base: string
  readonly message: string
}): Promise<string> => {
  const base = await readTree(of.gitDir, of.base)
  const files = await listFiles(of.gitDir, of.dir, base)
  const tree = await writeTree(of.gitDir, await hashFiles(of.gitDir, of.dir, files), base)
  // What was written is looked at once more as git will give it back.
  await readTree(of.gitDir, tree)
  const baseTree = await runGitForLine({ gitDir: of.gitDir, args: ['rev-parse', `${of.base}^{tree}`] })
  return tree === baseTree ? of.base : commitTree(of.gitDir, tree, of.base, of.message)
}

/**
 * A commit on `base` in which some files have other bytes, or are new; `base` itself where none differs.
 * Everything else stays as it is there.
 */
export const commitTexts = async (of: {
  readonly gitDir: string
  readonly base: string
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly message: string
}): Promise<string> => {
  const { gitDir, base } = of
  const index = path.join(gitDir, `index-${randomUUID()}`)
  const env = { GIT_INDEX_FILE: index }
  try {
    await runGit({ gitDir, args: ['read-tree', base], env })
    const lines: string[] = []
    for (const [file, bytes] of of.files) {
      checkPath(file)
      const args = ['hash-object', '-w', '--no-filters', '--stdin']
      lines.push(`100644 ${await runGitForLine({ gitDir, args, stdin: bytes })}\t${file}\0`)
    }
    await runGit({ gitDir, args: ['update-index', '-z', '--index-info'], stdin: lines.join(''), env })
    const tree = await runGitForLine({ gitDir, args: ['write-tree'], env })
    const baseTree = await runGitForLine({ gitDir, args: ['rev-parse', `${base}^{tree}`] })
    return tree === baseTree ? base : await commitTree(gitDir, tree, base, of.message)
  } finally {
    await rm(index, { force: true })
  }
}

type HashedFile = FoundFile & { readonly object: string }

const hashFiles = async (
  gitDir: string,
  dir: string,
  files: readonly FoundFile[],
): Promise<readonly HashedFile[]> => {
  const plain = files.filter((file) => file.target === null)
  const answer = await runGitForLine({
    gitDir,
    args: ['hash-object', '-w', '--no-filters', '--stdin-paths'],
    cwd: dir,
    stdin: plain.map((file) => `${quotePath(file.path)}\n`).join(''),
  })
  const objects = answer.split('\n')
  const hashed = plain.map((file, index) => ({ ...file, object: objects[index] ?? '' }))
  for (const file of files) {
    if (file.target === null) continue
    const args = ['hash-object', '-w', '--no-filters', '--stdin']
    hashed.push({ ...file, object: await runGitForLine({ gitDir, args, stdin: file.target }) })
  }
  return hashed
}

/** git takes a line that begins with a double quote for a quoted path. */
export const quotePath = (file: string): string => (file.startsWith('"') ? `./${file}` : file)

const writeTree = async (
  gitDir: string,
  files: readonly HashedFile[],
  base: readonly TreeEntry[],
): Promise<string> => {
  const index = path.join(gitDir, `index-${randomUUID()}`)
  const env = { GIT_INDEX_FILE: index }
  // Links are checked out as plain files: one that nobody changed is still the link.
  const links = new Map(
    base.filter((entry) => entry.mode === '120000').map((entry) => [entry.path, entry.object]),
  )
  const lines = files.map((file) => {
    const mode = links.get(file.path) === file.object ? '120000' : file.mode
    return `${mode} ${file.object}\t${file.path}\0`
  })
  try {
    await runGit({ gitDir, args: ['update-index', '-z', '--index-info'], stdin: lines.join(''), env })
    return await runGitForLine({ gitDir, args: ['write-tree'], env })
  } finally {
    await rm(index, { force: true })
  }
}

const commitTree = async (
  gitDir: string,
  tree: string,
  parent: string | null,
  message: string,
): Promise<string> => {
  const parents = parent === null ? [] : ['-p', parent]
  const args = ['commit-tree', tree, ...parents, '-F', '-']
  const commit = await runGitForLine({ gitDir, args, stdin: message, env: WRITTEN_BY })
  // A name keeps it from being swept as unreachable by whoever runs git here by hand.
  await runGit({ gitDir, args: ['update-ref', `refs/ropewalk/${commit}`, commit] })
  return commit
}
