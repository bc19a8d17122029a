import { z } from 'zod'
import { getWorktree } from './get-worktree.ts'
import { makeTool } from './tool.ts'
import { writeTextFile } from './worktree-path.ts'

export const repoWrite = makeTool({
  id: 'repo.write',
  version: '1.0.0',
  description:
    'Writes a whole text file of the repository, making its folders; an older content is replaced.',
  input: z.strictObject({ path: z.string().min(1).max(500), content: z.string().max(1_000_000) }),
  run: async ({ path, content }, context) => {
    await writeTextFile(getWorktree(context), path, content)
    context.noteChanged(path)
    return `Wrote ${path}, ${String(Buffer.byteLength(content))} bytes.`
  },
})
