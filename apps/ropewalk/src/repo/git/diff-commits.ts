import { runGit } from './run-git.ts'

/** The tree without files; every git knows it, whether or not a repository holds it. */
const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904'

/** Characters of a diff at most: what a reader of code can be shown beside the requirements. */
const MAX_DIFF_CHARS = 110_000
const MAX_DIFF_BYTES = 64 * 1024 ** 2

/** No program of the machine and no attribute of the repository has a say in how files are compared. */
const DIFF = [
  'diff',
  '--no-ext-diff',
  '--no-textconv',
  '--no-color',
  '--no-renames',
  '--src-prefix=a/',
  '--dst-prefix=b/',
]

/** Paths of the files in which two commits differ, sorted; `base` null stands for no files. */
export const listChangedFiles = async (
  gitDir: string,
  base: string | null,
  commit: string,
): Promise<readonly string[]> => {
  const args = [...DIFF, '--name-only', '-z', base ?? EMPTY_TREE, commit, '--']
  const answer = await runGit({ gitDir, args })
  return answer.stdout
    .toString('utf8')
    .split('\0')
    .filter((path) => path !== '')
}

/**
 * What changed from `base` (null: no files) to `commit`, as a patch in the order of paths. A patch that is too
 * long is cut between files, and ends with a note of the files that are not shown.
 * Throws PAYLOAD_TOO_LARGE above 64 MB.
 */
export const diffCommits = async (gitDir: string, base: string | null, commit: string): Promise<string> => {
  const args = [...DIFF, '--unified=5', base ?? EMPTY_TREE, commit, '--']
  const { stdout } = await runGit({ gitDir, args, maxBytes: MAX_DIFF_BYTES })
  return cutBetweenFiles(stdout.toString('utf8'), MAX_DIFF_CHARS)
}

/** The whole files of a patch that fit into `max` characters, smaller ones behind a large one too, and what is left out. */
export const cutBetweenFiles = (patch: string, max: number): string => {
  const parts = patch.split(/^(?=diff --git )/mu).filter((part) => part !== '')
  const shown: string[] = []
  const left: string[] = []
  let room = max
  for (const part of parts) {
    if (part.length <= room) {
      shown.push(part)
      room -= part.length
    } else left.push(`${getPath(part)} (${String(part.length)} characters)`)
  }
  if (left.length === 0) return patch
  return `${shown.join('')}\n(${String(left.length)} of ${String(parts.length)} files are not shown, for want of room: ${left.join(', ')})\n`
}

/** The path in a part's first line; git puts odd ones in quotes, which stay. */
const getPath = (part: string): string =>
  / "?b\/(.+)$/mu.exec(part.slice(0, part.indexOf('\n')))?.[1] ?? 'a file'
