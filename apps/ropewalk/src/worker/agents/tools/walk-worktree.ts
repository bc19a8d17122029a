import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isGitName } from './worktree-path.ts'

const SKIPPED_FOLDERS: ReadonlySet<string> = new Set(['node_modules', 'dist', 'coverage'])

/**
 * Paths of the files below `folder` of the worktree `root`, relative to `root`, sorted within each folder, at
 * most `limit`. Symbolic links, git's folder and what installs and builds leave behind are passed over.
 */
export const walkWorktree = async (
  root: string,
  folder: string,
  limit: number,
): Promise<readonly string[]> => {
  const found: string[] = []
  const pending = [folder]
  for (let at = pending.pop(); at !== undefined && found.length < limit; at = pending.pop()) {
    const entries = await readdir(join(root, at), { withFileTypes: true })
    const folders: string[] = []
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = at === '' ? entry.name : `${at}/${entry.name}`
      if (isGitName(entry.name)) continue
      if (entry.isDirectory() && !SKIPPED_FOLDERS.has(entry.name)) folders.push(path)
      else if (entry.isFile() && found.length < limit) found.push(path)
    }
    pending.push(...folders.toReversed())
  }
  return found
}
