import { mkdir, open } from 'node:fs/promises'
import path from 'node:path'
import { RopewalkError } from '@ropewalk/core/errors'
import { runGit } from './run-git.ts'
import { MAX_TREE_BYTES, readTree } from './tree.ts'

/** Room for the header line that git puts before each file. */
const HEADER_BYTES = 64

/**
 * Writes the files of a commit into `dir`, which must be empty. Links become plain files that hold their
 * target, so that nothing written later goes through one. Attributes, filters and line ends of the
 * repository have no effect. Throws what `readTree` throws.
 */
export const checkOutCommit = async (gitDir: string, commit: string, dir: string): Promise<void> => {
  const entries = await readTree(gitDir, commit)
  const answer = await runGit({
    gitDir,
    args: ['cat-file', '--batch'],
    stdin: entries.map((entry) => `${entry.object}\n`).join(''),
    maxBytes: MAX_TREE_BYTES + entries.length * HEADER_BYTES,
  })
  let offset = 0
  for (const entry of entries) {
    const headerEnd = answer.stdout.indexOf('\n', offset)
    const header = answer.stdout.toString('latin1', offset, headerEnd)
    if (header !== `${entry.object} blob ${entry.bytes}`) {
      throw new RopewalkError('INTERNAL', `The repository lacks ${entry.path} of ${commit}: ${header}.`)
    }
    const content = answer.stdout.subarray(headerEnd + 1, headerEnd + 1 + entry.bytes)
    await writeNew(path.join(dir, entry.path), content, entry.mode === '100755' ? 0o755 : 0o644)
    offset = headerEnd + 1 + entry.bytes + 1
  }
}

/** `wx`: a path that two entries share (by case, on some file systems) is an error, not an overwrite. */
const writeNew = async (file: string, content: Uint8Array, mode: number): Promise<void> => {
  await mkdir(path.dirname(file), { recursive: true })
  const handle = await open(file, 'wx', mode)
  try {
    await handle.writeFile(content)
  } finally {
    await handle.close()
  }
}
