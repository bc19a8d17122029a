import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { importBundle, makeBundle } from './bundle.ts'
import { checkOutCommit } from './checkout.ts'
import { commitFiles, makeFirstCommit } from './commit-files.ts'
import { diffCommits, listChangedFiles } from './diff-commits.ts'
import { runGit } from './run-git.ts'

export type AttemptKey = {
  readonly workspaceId: string
  readonly runId: string
  readonly taskId: string
  readonly attempt: number
}

/** A checkout of one attempt. It holds no `.git`: the repository is elsewhere and no agent sees it. */
export type Worktree = {
  readonly runId: string
  readonly dir: string
  /** What the checkout was made from; the empty first commit where the run had none yet. */
  readonly base: string
}

/** The code of the runs on this machine: a cache, which the bundles in the store can always rebuild. */
export type RunRepositories = {
  readonly hasCommit: (runId: string, commit: string) => Promise<boolean>
  readonly importBundle: (runId: string, bytes: Uint8Array, commit: string) => Promise<void>
  readonly makeBundle: (runId: string, commit: string) => Promise<Buffer>
  /** A fresh checkout whose path ends in the attempt's number. Replaces what an earlier process left there. */
  readonly makeWorktree: (key: AttemptKey, commit: string | null) => Promise<Worktree>
  /** A second checkout of the attempt, of the code as it was before; never committed. */
  readonly makeBaseline: (key: AttemptKey, commit: string) => Promise<Worktree>
  readonly commitWorktree: (worktree: Worktree, message: string) => Promise<string>
  /** What changed between two commits, as a patch that may be cut between files; null stands for no files. */
  readonly diff: (runId: string, base: string | null, commit: string) => Promise<string>
  /** Paths of the files that changed between two commits. */
  readonly listChanged: (runId: string, base: string | null, commit: string) => Promise<readonly string[]>
  /** An empty folder of the attempt beside its checkout. */
  readonly makeScratch: (key: AttemptKey) => Promise<string>
  /** Removes checkouts and scratch folder of one attempt. */
  readonly removeAttempt: (key: AttemptKey) => Promise<void>
  /** The attempts that have folders here, whoever made them. */
  readonly listAttempts: () => Promise<readonly AttemptKey[]>
}

/**
 * Repositories under `<home>/repos/<run>.git`, checkouts under
 * `<home>/worktrees/<workspace>/<run>/<task>/<attempt>`, the code as it was before alike under
 * `<home>/baselines`, scratch folders under `<home>/scratch`.
 */
export const makeRunRepositories = (home: string): RunRepositories => {
  const trees = path.join(home, 'worktrees')
  const baselines = path.join(home, 'baselines')
  const scratches = path.join(home, 'scratch')
  const roots = [trees, baselines, scratches]
  const open = (runId: string) => openRepository(path.join(home, 'repos'), runId)
  const checkOut = async (root: string, key: AttemptKey, base: string): Promise<Worktree> => {
    const dir = await makeEmptyFolder(getFolder(root, key))
    await checkOutCommit(await open(key.runId), base, dir)
    return { runId: key.runId, dir, base }
  }
  return {
    hasCommit: async (runId, commit) => {
      const gitDir = await open(runId)
      const answer = await runGit({
        gitDir,
        args: ['cat-file', '-e', `${commit}^{commit}`],
        okCodes: [1, 128],
      })
      return answer.code === 0
    },
    importBundle: async (runId, bytes, commit) => importBundle(await open(runId), bytes, commit),
    makeBundle: async (runId, commit) => makeBundle(await open(runId), commit),
    makeWorktree: async (key, commit) => {
      const gitDir = await open(key.runId)
      const base = commit ?? (await makeFirstCommit(gitDir))
      return checkOut(trees, key, base)
    },
    makeBaseline: (key, commit) => checkOut(baselines, key, commit),
    commitWorktree: async ({ runId, dir, base }, message) =>
      commitFiles({ gitDir: await open(runId), dir, base, message }),
    diff: async (runId, base, commit) => diffCommits(await open(runId), base, commit),
    listChanged: async (runId, base, commit) => listChangedFiles(await open(runId), base, commit),
    makeScratch: (key) => makeEmptyFolder(getFolder(scratches, key)),
    removeAttempt: async (key) => {
      for (const root of roots) {
        await rm(getFolder(root, key), { recursive: true, force: true, maxRetries: 3 })
      }
    },
    listAttempts: async () => {
      const found = await Promise.all(roots.map(listFolders))
      const keys = new Map(found.flat().map((key) => [getFolder('', key), key]))
      return [...keys.values()]
    },
  }
}

const getFolder = (root: string, key: AttemptKey): string =>
  path.join(root, key.workspaceId, key.runId, key.taskId, String(key.attempt))

const makeEmptyFolder = async (folder: string): Promise<string> => {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return folder
}

const listFolders = async (root: string): Promise<AttemptKey[]> => {
  if (!existsSync(root)) return []
  const entries = await readdir(root, { recursive: false })
  const keys: AttemptKey[] = []
  for (const workspaceId of entries) {
    for (const runId of await readdir(path.join(root, workspaceId))) {
      for (const taskId of await readdir(path.join(root, workspaceId, runId))) {
        for (const attempt of await readdir(path.join(root, workspaceId, runId, taskId))) {
          keys.push({ workspaceId, runId, taskId, attempt: Number(attempt) })
        }
      }
    }
  }
  return keys
}

/** Made under another name and moved into place, so that no process ever sees half a repository. */
const openRepository = async (repos: string, runId: string): Promise<string> => {
  const gitDir = path.join(repos, `${runId}.git`)
  if (existsSync(gitDir)) return gitDir
  await mkdir(repos, { recursive: true, mode: 0o700 })
  const made = path.join(repos, `${runId}.${randomUUID()}.making`)
  await runGit({
    gitDir: made,
    args: ['init', '--bare', '--quiet', '--template=', '--initial-branch=main', made],
  })
  try {
    await rename(made, gitDir)
  } catch (error) {
    // Another process was first; its repository is as good.
    await rm(made, { recursive: true, force: true })
    if (!existsSync(gitDir)) throw error
  }
  return gitDir
}
