import { runGit } from './run-git.ts'

/** Lines added and removed in one file; null where it is no text. */
export type FileChange = {
  readonly path: string
  readonly added: number | null
  readonly removed: number | null
}

const parseCount = (text: string | undefined): number | null => (text === '-' ? null : Number(text))

/** The files in which two commits of a repository differ, in the order of paths. No program of the machine is asked. */
export const countChanges = async (
  gitDir: string,
  before: string,
  after: string,
): Promise<readonly FileChange[]> => {
  const args = [
    'diff',
    '--no-ext-diff',
    '--no-textconv',
    '--no-renames',
    '--numstat',
    '-z',
    before,
    after,
    '--',
  ]
  const { stdout } = await runGit({ gitDir, args })
  return stdout
    .toString('utf8')
    .split('\0')
    .filter((record) => record !== '')
    .map((record) => {
      const [added, removed, ...path] = record.split('\t')
      return { path: path.join('\t'), added: parseCount(added), removed: parseCount(removed) }
    })
}
