import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { RopewalkError } from '@ropewalk/core/errors'
import { runGit, runGitForLine } from './run-git.ts'
import { readTree } from './tree.ts'

/** As much as a blob holds. */
export const MAX_BUNDLE_BYTES = 32 * 1024 ** 2

/**
 * A git bundle with the whole history of `commit` as branch `main`, so that `git clone FILE` works.
 * Throws PAYLOAD_TOO_LARGE above 32 MB.
 */
export const makeBundle = async (
  gitDir: string,
  commit: string,
  /** Where a folder may be made for it; the repository itself unless that is somebody else's. */
  scratch: string = gitDir,
): Promise<Buffer> => {
  // A repository of its own that borrows the objects: the names inside depend on nothing else of the run.
  const lender = await mkdtemp(path.join(scratch, 'bundle-'))
  try {
    await runGit({
      gitDir: lender,
      args: ['init', '--bare', '--quiet', '--template=', '--initial-branch=main', lender],
    })
    await mkdir(path.join(lender, 'objects', 'info'), { recursive: true })
    const objects = await runGitForLine({ gitDir, args: ['rev-parse', '--git-path', 'objects'] })
    await writeFile(path.join(lender, 'objects', 'info', 'alternates'), `${objects}\n`)
    await runGit({ gitDir: lender, args: ['update-ref', 'refs/heads/main', commit] })
    const args = ['bundle', 'create', '--quiet', '-', 'HEAD', 'refs/heads/main']
    return (await runGit({ gitDir: lender, args, maxBytes: MAX_BUNDLE_BYTES })).stdout
  } finally {
    await rm(lender, { recursive: true, force: true })
  }
}

/**
 * Takes `commit` and its history out of a bundle into the run's repository. Safe to repeat.
 * Throws INVALID_ARGUMENT when the bundle is broken, lacks the commit, or holds what is not accepted.
 */
export const importBundle = async (gitDir: string, bytes: Uint8Array, commit: string): Promise<void> => {
  const folder = await mkdtemp(path.join(gitDir, 'import-'))
  const file = path.join(folder, 'code.bundle')
  const staging = `refs/import/${commit}`
  try {
    await writeFile(file, bytes)
    const args = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--no-auto-maintenance']
    await runGit({ gitDir, args: [...args, '--', file, `+refs/heads/*:${staging}/*`] })
    await readTree(gitDir, commit)
    await runGit({ gitDir, args: ['update-ref', `refs/ropewalk/${commit}`, commit] })
  } catch (error) {
    if (error instanceof RopewalkError && error.code !== 'INTERNAL') throw error
    throw new RopewalkError('INVALID_ARGUMENT', `The bundle does not give commit ${commit}.`, {
      cause: error,
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
    await dropRefs(gitDir, staging)
  }
}

const dropRefs = async (gitDir: string, prefix: string): Promise<void> => {
  const refs = await runGit({ gitDir, args: ['for-each-ref', '--format=delete %(refname)', `${prefix}/`] })
  if (refs.stdout.length > 0) await runGit({ gitDir, args: ['update-ref', '--stdin'], stdin: refs.stdout })
}
