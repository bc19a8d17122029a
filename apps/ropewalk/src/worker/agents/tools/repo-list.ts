import { relative } from 'node:path'
import { realpath } from 'node:fs/promises'
import { z } from 'zod'
import { getWorktree } from './get-worktree.ts'
import { makeTool } from './tool.ts'
import { walkWorktree } from './walk-worktree.ts'
import { findStat, resolveInWorktree } from './worktree-path.ts'

const LIMIT = 1000

export const repoList = makeTool({
  id: 'repo.list',
  version: '1.0.0',
  description: 'Lists the files of the repository, one path a line. Give a folder, or "" for all.',
  input: z.strictObject({ folder: z.string().max(500) }),
  run: async ({ folder }, context) => {
    const root = await realpath(getWorktree(context))
    const absolute = await resolveInWorktree(root, folder)
    if (!(await findStat(absolute))?.isDirectory()) return `There is no folder ${folder}.`
    const paths = await walkWorktree(root, relative(root, absolute), LIMIT)
    if (paths.length === 0) return 'The folder holds no files.'
    return [
      ...paths,
      ...(paths.length === LIMIT ? [`(the first ${String(LIMIT)}; list a folder for more)`] : []),
    ].join('\n')
  },
})
