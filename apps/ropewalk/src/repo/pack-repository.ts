import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { hasCode, RopewalkError } from '@ropewalk/core/errors'
import type { RepoContext } from '@ropewalk/core/contract/documents/repo-context'
import type { RepoManifest } from '@ropewalk/core/contract/documents'
import type { RunRepo } from '@ropewalk/core/contract/run-plan'
import type { EarlierSpec } from './context/earlier-specs.ts'
import { makeRepoContext } from './context/make-context.ts'
import { makeManifest } from './context/make-manifest.ts'
import { importBundle, makeBundle, MAX_BUNDLE_BYTES } from './git/bundle.ts'
import { runGit } from './git/run-git.ts'
import type { UserRepository } from './open-repository.ts'
import { openCommit } from './read-commit.ts'

/** What was read of a repository at the commit that a run starts from. */
export type ReadRepository = {
  readonly context: RepoContext
  /** Undefined where the checks of code have nothing to go by; the context says why. */
  readonly manifest: RepoManifest | undefined
  readonly specs: readonly EarlierSpec[]
}

/** What a repository goes by in a run, without where it lies. */
export type RepoNames = Pick<RunRepo, 'name' | 'commit' | 'branch'>

/**
 * The commit of a repository with its history as a git bundle. Writes under `scratch` alone.
 * Throws PAYLOAD_TOO_LARGE above what one blob holds.
 */
export const packRepository = async (
  { gitDir, commit, root }: UserRepository,
  scratch: string,
): Promise<Buffer> => {
  await mkdir(scratch, { recursive: true, mode: 0o700 })
  try {
    return await makeBundle(gitDir, commit, scratch)
  } catch (cause) {
    if (!hasCode(cause, 'PAYLOAD_TOO_LARGE')) throw cause
    throw new RopewalkError(
      'PAYLOAD_TOO_LARGE',
      `${root} with its history takes more than ${MAX_BUNDLE_BYTES / 1024 ** 2} MB, which is the most that a run carries. Start from a clone of less history, made by git checkout --orphan and one commit.`,
      { cause },
    )
  }
}

/** Reads the context, the manifest and the documents of a commit. Throws what `makeRepoContext` throws. */
export const readRepository = async (gitDir: string, names: RepoNames): Promise<ReadRepository> => {
  const files = await openCommit(gitDir, names.commit)
  const { context, specs } = await makeRepoContext(names, files)
  const made = await makeManifest(context, files)
  if ('manifest' in made) return { context, specs, manifest: made.manifest }
  const notes = [...context.notes, `${made.lack} The checks of code have no manifest to begin with.`]
  return { context: { ...context, notes: notes.slice(0, 40) }, specs, manifest: undefined }
}

/** Gives `work` a bare repository under `scratch` with the commit of a bundle, which is gone afterwards. */
export const withBundle = async <T>(
  of: { readonly scratch: string; readonly bundle: Uint8Array; readonly commit: string },
  work: (gitDir: string) => Promise<T>,
): Promise<T> => {
  await mkdir(of.scratch, { recursive: true, mode: 0o700 })
  const folder = await mkdtemp(path.join(of.scratch, 'repository-'))
  try {
    const gitDir = path.join(folder, 'code.git')
    const init = ['init', '--bare', '--quiet', '--template=', '--initial-branch=main', gitDir]
    await runGit({ gitDir, args: init })
    await importBundle(gitDir, of.bundle, of.commit)
    return await work(gitDir)
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}
