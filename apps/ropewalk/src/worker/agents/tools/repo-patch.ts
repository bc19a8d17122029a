import { RopewalkError } from '@ropewalk/core/errors'
import { rm } from 'node:fs/promises'
import { z } from 'zod'
import { applyEdits, applyHunks, parseUnifiedDiff, type FileDiff } from './apply-edits.ts'
import { getWorktree } from './get-worktree.ts'
import { makeTool } from './tool.ts'
import { findStat, readTextFile, resolveInWorktree, writeTextFile } from './worktree-path.ts'

/** One object rather than a union: some providers refuse a tool whose input is not an object at its root. */
const PatchInput = z.strictObject({
  path: z.string().max(500).nullish(),
  edits: z
    .array(z.strictObject({ search: z.string().min(1).max(100_000), replace: z.string().max(100_000) }))
    .max(100)
    .nullish(),
  diff: z.string().max(500_000).nullish(),
})

type Change = { readonly path: string; readonly content: string | null }

export const repoPatch = makeTool({
  id: 'repo.patch',
  version: '1.0.0',
  description:
    'Changes files of the repository. Either path with edits (each search text must stand in the file exactly once), or a unified diff (new files from /dev/null, removed files to /dev/null). All or nothing.',
  input: PatchInput,
  run: async (input, context) => {
    const root = getWorktree(context)
    const changes = await planChanges(root, input)
    for (const { path, content } of changes) {
      if (content === null) await rm(await resolveInWorktree(root, path))
      else await writeTextFile(root, path, content)
      context.noteChanged(path)
    }
    return changes
      .map(({ path, content }) => (content === null ? `Removed ${path}.` : `Changed ${path}.`))
      .join('\n')
  },
})

/** Everything is worked out before anything is written. */
const planChanges = async (
  root: string,
  { path, edits, diff }: z.infer<typeof PatchInput>,
): Promise<readonly Change[]> => {
  const hasEdits = typeof path === 'string' && Array.isArray(edits) && edits.length > 0
  const hasDiff = typeof diff === 'string' && diff !== ''
  if (hasEdits && !hasDiff) return [{ path, content: applyEdits(await readTextFile(root, path), edits) }]
  if (hasDiff && !hasEdits) {
    const changes: Change[] = []
    for (const file of parseUnifiedDiff(diff)) changes.push(...(await planFileDiff(root, file)))
    if (new Set(changes.map((change) => change.path)).size !== changes.length)
      throw new RopewalkError(
        'INVALID_ARGUMENT',
        'The diff names one file more than once; nothing was changed.',
      )
    return changes
  }
  throw new RopewalkError(
    'INVALID_ARGUMENT',
    'Give either path with edits, or diff; not both and not neither.',
  )
}

const planFileDiff = async (root: string, { from, to, hunks }: FileDiff): Promise<readonly Change[]> => {
  if (from === null) {
    if (to === null)
      throw new RopewalkError('INVALID_ARGUMENT', 'A file of the diff is /dev/null on both sides.')
    if ((await findStat(await resolveInWorktree(root, to))) !== undefined)
      throw new RopewalkError(
        'INVALID_ARGUMENT',
        `${to} is there already; the diff makes it anew. Nothing was changed.`,
      )
    return [{ path: to, content: applyHunks('', hunks) }]
  }
  const changed = applyHunks(await readTextFile(root, from), hunks)
  if (to === null) {
    if (changed !== '')
      throw new RopewalkError(
        'INVALID_ARGUMENT',
        `The diff removes ${from}, but not all of its lines. Nothing was changed.`,
      )
    return [{ path: from, content: null }]
  }
  return to === from
    ? [{ path: to, content: changed }]
    : [
        { path: to, content: changed },
        { path: from, content: null },
      ]
}
