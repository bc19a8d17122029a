import { RopewalkError } from '@ropewalk/core/errors'
import { z } from 'zod'
import { getWorktree } from './get-worktree.ts'
import { makeTool } from './tool.ts'
import { walkWorktree } from './walk-worktree.ts'
import { readTextFile } from './worktree-path.ts'

const MAX_FILES = 5000
const MAX_HITS = 200

/** Plain text, never a pattern: a regular expression of a model's making can run for ever. */
export const repoSearch = makeTool({
  id: 'repo.search',
  version: '1.0.0',
  description:
    'Finds a plain text (no pattern, case ignored) in the files of the repository: path:line: text.',
  input: z.strictObject({ text: z.string().min(1).max(200) }),
  run: async ({ text }, context) => {
    const root = getWorktree(context)
    const wanted = text.toLowerCase()
    const hits: string[] = []
    for (const path of await walkWorktree(root, '', MAX_FILES)) {
      for (const [index, line] of (await readLines(root, path)).entries())
        if (hits.length < MAX_HITS && line.toLowerCase().includes(wanted))
          hits.push(`${path}:${String(index + 1)}: ${line.trim().slice(0, 300)}`)
      if (hits.length === MAX_HITS) break
    }
    return hits.length === 0 ? 'Nothing found.' : hits.join('\n')
  },
})

const readLines = async (root: string, path: string): Promise<readonly string[]> => {
  try {
    return (await readTextFile(root, path)).split('\n')
  } catch (error) {
    // A binary, too large or vanished file has no lines to search.
    if (error instanceof RopewalkError) return []
    throw error
  }
}
