import path from 'node:path'
import { RopewalkError } from '@ropewalk/core/errors'
import type { RunPlan } from '@ropewalk/core/contract/run-plan'
import type { RunConfined } from '@ropewalk/guards/guard'
import type { Engine, TaskContext } from '../engine/contract.ts'
import { makeRunConfined } from './confine/run-confined.ts'
import { MAX_BUNDLE_BYTES } from '../repo/git/bundle.ts'
import type { AttemptKey, RunRepositories, Worktree } from '../repo/git/run-repositories.ts'
import type { HeldAttempt } from './held-attempt.ts'
import { lendModules } from './lend-modules.ts'
import { ensureCommit } from './read-inputs.ts'
import type { WorkerLog } from './worker-log.ts'

/** What all attempts of one worker share. */
export type WorkerParts = {
  readonly engine: Engine
  readonly home: string
  readonly repositories: RunRepositories
  readonly log: WorkerLog
}

/** The folders of one attempt, and the way to run commands in them. */
export type Workplace = {
  readonly scratch: string
  readonly runConfined: RunConfined
  /** Why packages that the code in a folder needs are not to be had; undefined where they are, or none is needed. */
  readonly findLack: (dir: string) => Promise<string | undefined>
  readonly checkOut: (commit: string | null) => Promise<Worktree>
  /** A checkout beside the other, of the code as it was before. */
  readonly checkOutBaseline: (commit: string) => Promise<Worktree>
  /** Throws INVALID_ARGUMENT where nothing was checked out. */
  readonly commit: (message: string) => Promise<string>
  readonly makeBundle: (commit: string) => Promise<Buffer>
  /** What changed between two commits of the run, as text; null stands for no files. */
  readonly diff: (base: string | null, commit: string) => Promise<string>
  readonly listChanged: (base: string | null, commit: string) => Promise<readonly string[]>
  readonly remove: () => Promise<void>
}

/** What lies in the home and no command on agent-written code may be shown. */
const PROTECTED = [
  'keys',
  'repos',
  'modules',
  'origins',
  'postgres',
  'logs',
  'config.yaml',
  'mcp-servers.yaml',
]

export const getProtectedDirs = (home: string): readonly string[] =>
  PROTECTED.map((name) => path.join(home, name))

const getKey = ({ task }: HeldAttempt): AttemptKey => ({
  workspaceId: task.workspaceId,
  runId: task.runId,
  taskId: task.taskId,
  attempt: task.attempt,
})

/** The one way to run commands, and for code of a repository the packages it needs. */
const makeConfinement = (
  { home, log }: WorkerParts,
  { signal }: HeldAttempt,
  { plan }: TaskContext,
): Pick<Workplace, 'runConfined' | 'findLack'> => {
  const runConfined = makeRunConfined({
    mode: mayRunUnconfined(plan) ? 'allowed-without' : 'required',
    protectedDirs: getProtectedDirs(home),
    log,
    signal,
  })
  if (plan.repo !== null) return lendModules(home, runConfined)
  return { runConfined, findLack: () => Promise.resolve(undefined) }
}

export const makeWorkplace = async (
  parts: WorkerParts,
  attempt: HeldAttempt,
  context: TaskContext,
): Promise<Workplace> => {
  const { repositories } = parts
  const key = getKey(attempt)
  const { workspaceId, runId } = attempt.task
  let worktree: Worktree | undefined
  const fetchCommits = async (...commits: readonly (string | null)[]): Promise<void> => {
    for (const commit of commits)
      if (commit !== null) await ensureCommit({ ...parts, workspaceId, runId, commit })
  }
  const { runConfined, findLack } = makeConfinement(parts, attempt, context)
  return {
    scratch: await repositories.makeScratch(key),
    runConfined,
    findLack,
    checkOut: async (commit) => {
      if (commit !== null) await ensureCommit({ ...parts, workspaceId, runId, commit })
      worktree = await repositories.makeWorktree(key, commit)
      return worktree
    },
    checkOutBaseline: async (commit) => {
      await ensureCommit({ ...parts, workspaceId, runId, commit })
      return repositories.makeBaseline(key, commit)
    },
    commit: async (message) => {
      if (worktree === undefined)
        throw new RopewalkError('INVALID_ARGUMENT', 'This task has no checkout to commit.')
      attempt.assertHeld()
      return repositories.commitWorktree(worktree, message)
    },
    makeBundle: async (commit) => {
      const bundle = await repositories.makeBundle(runId, commit)
      if (bundle.length <= MAX_BUNDLE_BYTES) return bundle
      throw new RopewalkError(
        'PAYLOAD_TOO_LARGE',
        `The code has ${bundle.length} of ${MAX_BUNDLE_BYTES} bytes.`,
      )
    },
    diff: async (base, commit) => {
      await fetchCommits(base, commit)
      return repositories.diff(runId, base, commit)
    },
    listChanged: async (base, commit) => {
      await fetchCommits(base, commit)
      return repositories.listChanged(runId, base, commit)
    },
    remove: () => repositories.removeAttempt(key),
  }
}

/**
 * Whether code may run without a sandbox where there is none: when a person said so, or when every line of
 * it can only be the offline model's own.
 */
export const mayRunUnconfined = (plan: RunPlan): boolean =>
  plan.policies.unconfined ||
  (plan.models.every((model) => model === 'offline') &&
    plan.repo === null &&
    plan.agents.every((agent) => agent.kind !== 'external'))

/**
 * The commit that a task's work stands on: the newest code among its inputs (in a fix round newer than what
 * a gate has accepted), else the last accepted one.
 */
export const getBaseCommit = (context: TaskContext): string | null => {
  const code = context.inputs
    .filter((input) => input.artifact.commit !== null)
    .toSorted((a, b) => b.artifact.version - a.artifact.version)
  return code[0]?.artifact.commit ?? context.acceptedCommit
}
