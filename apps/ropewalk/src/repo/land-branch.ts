import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { hasCode, RopewalkError } from '@ropewalk/core/errors'
import { makeBundle } from './git/bundle.ts'
import { commitTexts } from './git/commit-files.ts'
import { runGit, runGitForLine } from './git/run-git.ts'
import type { UserRepository } from './open-repository.ts'
import { withBundle } from './pack-repository.ts'

/** How much of a repository has changed. */
export type DiffStat = { readonly files: number; readonly insertions: number; readonly deletions: number }

/** What a branch holds: the accepted code, and on top of it a commit with the documents where they differ. */
export type Landed = { readonly branch: string; readonly commit: string; readonly diff: DiffStat }

export type Landing = {
  /** A bundle with the accepted commit and its history. */
  readonly bundle: Uint8Array
  readonly commit: string
  /** The commit that the run started from. */
  readonly base: string
  /** Documents by their paths in the repository. */
  readonly specs: ReadonlyMap<string, Uint8Array>
  readonly branch: string
  readonly scratch: string
}

/**
 * Puts the work of a run on a branch of a repository by a fetch. The work tree, its index and the branch that is
 * checked out stay as they are. Repeating it changes nothing. Throws INVALID_ARGUMENT for a name that no branch
 * may have, CONFLICT where the branch is checked out or has gone another way.
 */
export const landBranch = async (landing: Landing, target: UserRepository): Promise<Landed> => {
  const { bundle, commit, base, specs, branch, scratch } = landing
  await checkBranchName(target.gitDir, branch)
  return withBundle({ scratch, bundle, commit }, async (gitDir) => {
    const tip = await commitTexts({
      gitDir,
      base: commit,
      files: specs,
      message: 'Keep the documents of the run',
    })
    const diff = await readDiffStat(gitDir, base, tip)
    const found = await findBranch(target.gitDir, branch)
    if (found === tip) return { branch, commit: tip, diff }
    await checkFree(target, branch)
    const folder = await mkdtemp(path.join(scratch, 'landing-'))
    try {
      const file = path.join(folder, 'code.bundle')
      await writeFile(file, await makeBundle(gitDir, tip))
      await fetchBranch(target, file, branch)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
    return { branch, commit: tip, diff }
  })
}

/** Files and lines by which two commits differ. */
export const readDiffStat = async (gitDir: string, from: string, to: string): Promise<DiffStat> => {
  const args = [
    'diff-tree',
    '-r',
    '--numstat',
    '--no-renames',
    '--no-ext-diff',
    '--no-textconv',
    '-z',
    from,
    to,
  ]
  const rows = (await runGit({ gitDir, args })).stdout
    .toString('utf8')
    .split('\0')
    .filter((row) => row !== '')
  // A binary file has dashes for its lines.
  const sum = (column: number) =>
    rows.reduce((total, row) => total + (Number(row.split('\t')[column]) || 0), 0)
  return { files: rows.length, insertions: sum(0), deletions: sum(1) }
}

const checkBranchName = async (gitDir: string, branch: string): Promise<void> => {
  const { code } = await runGit({
    gitDir,
    args: ['check-ref-format', `refs/heads/${branch}`],
    okCodes: [1, 128],
  })
  if (code === 0 && !branch.startsWith('-')) return
  throw new RopewalkError('INVALID_ARGUMENT', `${JSON.stringify(branch)} is no name for a branch.`)
}

const findBranch = async (gitDir: string, branch: string): Promise<string | undefined> => {
  const args = ['rev-parse', '--verify', '--quiet', `refs/heads/${branch}`]
  const answer = await runGit({ gitDir, args, okCodes: [1, 128] })
  return answer.code === 0 ? answer.stdout.toString('utf8').trim() : undefined
}

const checkFree = async ({ gitDir, root }: UserRepository, branch: string): Promise<void> => {
  const trees = await runGitForLine({ gitDir, args: ['worktree', 'list', '--porcelain'] })
  if (!trees.split('\n').includes(`branch refs/heads/${branch}`)) return
  throw new RopewalkError(
    'CONFLICT',
    `The branch ${branch} of ${root} is checked out, and a branch somebody works on is not moved; name another.`,
  )
}

const fetchBranch = async ({ gitDir, root }: UserRepository, file: string, branch: string): Promise<void> => {
  const args = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--no-auto-maintenance']
  try {
    await runGit({ gitDir, args: [...args, '--', file, `refs/heads/main:refs/heads/${branch}`] })
  } catch (cause) {
    if (!hasCode(cause, 'INTERNAL')) throw cause
    throw new RopewalkError(
      'CONFLICT',
      `The branch ${branch} of ${root} could not be set: ${cause.message} Name another branch.`,
      { cause },
    )
  }
}
