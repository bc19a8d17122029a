import { runGit } from './git/run-git.ts'
import { readTree, type TreeEntry } from './git/tree.ts'

/** The files of one commit, to be read and never run. */
export type CommitFiles = {
  readonly commit: string
  /** Every file and link, by path. */
  readonly entries: readonly TreeEntry[]
  /**
   * The text of a plain file; undefined where there is none of that name, it is a link, larger than
   * `MAX_READ_BYTES`, or no UTF-8 text.
   */
  readonly readText: (path: string) => Promise<string | undefined>
  readonly readBytes: (path: string) => Promise<Buffer | undefined>
}

/** A manifest, a README, an API description: what is larger is not read for its meaning. */
export const MAX_READ_BYTES = 2 * 1024 ** 2

/** Opens a commit for reading. Throws what `readTree` throws, for a tree that is not accepted. */
export const openCommit = async (gitDir: string, commit: string): Promise<CommitFiles> => {
  const entries = await readTree(gitDir, commit)
  const byPath = new Map(entries.map((entry) => [entry.path, entry]))
  const readBytes = async (path: string): Promise<Buffer | undefined> => {
    const entry = byPath.get(path)
    if (entry === undefined || entry.mode === '120000' || entry.bytes > MAX_READ_BYTES) return undefined
    return (await runGit({ gitDir, args: ['cat-file', 'blob', entry.object] })).stdout
  }
  return { commit, entries, readBytes, readText: async (path) => toText(await readBytes(path)) }
}

const toText = (bytes: Buffer | undefined): string | undefined => {
  if (bytes === undefined || bytes.includes(0)) return undefined
  const text = bytes.toString('utf8')
  return text.includes('\uFFFD') ? undefined : text.replace(/^\uFEFF/u, '').replaceAll('\r\n', '\n')
}
