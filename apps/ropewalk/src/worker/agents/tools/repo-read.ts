import { z } from 'zod'
import { getWorktree } from './get-worktree.ts'
import { makeTool } from './tool.ts'
import { readTextFile } from './worktree-path.ts'

const MAX_LINES = 2000
const MAX_CHARS = 100_000

export const repoRead = makeTool({
  id: 'repo.read',
  version: '1.0.0',
  description: 'Reads a text file of the repository from a line on (1 is the first), at most 2000 lines.',
  input: z.strictObject({ path: z.string().min(1).max(500), from_line: z.int().min(1) }),
  run: async ({ path, from_line: from }, context) => {
    const lines = (await readTextFile(getWorktree(context), path)).split('\n')
    const shown = lines.slice(from - 1, from - 1 + MAX_LINES).join('\n')
    const isWhole = from === 1 && lines.length <= MAX_LINES && shown.length <= MAX_CHARS
    return isWhole
      ? shown
      : `${shown.slice(0, MAX_CHARS)}\n(part of ${path}, from line ${String(from)}; the file has ${String(lines.length)} lines)`
  },
})
