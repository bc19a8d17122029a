import { RopewalkError } from '@ropewalk/core/errors'
import { ReservationId } from '@ropewalk/core/ids'
import type { Engine, TaskContext } from '../engine/contract.ts'
import { makeId } from '../engine/runs/make-id.ts'
import type { AgentJob, JobInput, JobReview } from './agent-runtime.ts'
import type { AttemptLog } from './attempt-log.ts'
import { getBaseCommit, type Workplace } from './attempt-workplace.ts'
import { getCleanText } from './failure.ts'
import type { HeldAttempt } from './held-attempt.ts'
import { listVersions } from './read-inputs.ts'
import { submitHeld, submitOnce, writeHeld } from './submit.ts'

export type JobParts = {
  readonly engine: Engine
  readonly attempt: HeldAttempt
  readonly context: TaskContext
  readonly inputs: readonly JobInput[]
  readonly workplace: Workplace
  readonly attemptLog: AttemptLog
}

/** Gives an agent its task: inputs, checkout, and the fenced ways to write. */
export const makeJob = async (parts: JobParts): Promise<AgentJob> => {
  const { attempt, context, workplace } = parts
  const { workspaceId, taskId, attempt: number } = attempt.task
  return {
    task: attempt.task,
    context,
    inputs: parts.inputs,
    worktree: await makeJobWorktree(parts),
    before: await makeBaseline(parts),
    review: await makeReview(parts),
    changedBefore: await listChangedBefore(parts),
    scratch: workplace.scratch,
    signal: attempt.signal,
    runConfined: workplace.runConfined,
    now: attempt.now,
    log: parts.attemptLog.add,
    saveCheckpoint: (token, data) =>
      writeHeld(attempt, () =>
        parts.engine.saveCheckpoint({ workspaceId, taskId, attempt: number, token, data }),
      ),
    progress: (pct, etaMs) => {
      attempt.progress = { pct: Math.min(100, Math.max(0, pct)), etaMs }
    },
    commit: workplace.commit,
    ...makeBudgetCalls(parts),
  }
}

const hasCode = ({ inputs }: TaskContext): boolean => inputs.some(({ artifact }) => artifact.commit !== null)

/** Coders write code, some models read it, and tools are given what they measure; nobody else pays for a checkout. */
const makeJobWorktree = async ({ attempt, context, workplace }: JobParts): Promise<AgentJob['worktree']> => {
  const { kind } = attempt.task.spec
  const needed =
    kind === 'coder' ||
    (kind === 'tool' && hasCode(context)) ||
    context.agent?.tools.some((tool) => tool.startsWith('repo.')) === true
  if (!needed) return null
  const baseCommit = getBaseCommit(context)
  const { dir } = await workplace.checkOut(baseCommit)
  return { dir, baseCommit, lacks: await workplace.findLack(dir) }
}

/** What is accepted while a phase runs is what was accepted before it: its own gate has not passed yet. */
const makeBaseline = async ({ attempt, context, workplace }: JobParts): Promise<AgentJob['before']> => {
  const commit = context.acceptedCommit
  if (attempt.task.spec.kind !== 'tool' || commit === null || !hasCode(context)) return null
  return { dir: (await workplace.checkOutBaseline(commit)).dir, commit }
}

/** Everything that has been made under this name counts: whoever wrote an earlier version is an author too. */
const makeReview = async ({
  engine,
  attempt,
  context,
  workplace,
}: JobParts): Promise<JobReview | undefined> => {
  const { workspaceId, runId, spec } = attempt.task
  if (spec.review === undefined) return undefined
  const { artifact, artifactId } = spec.review
  const subject = context.inputs.find((input) => input.artifactId === artifactId)?.artifact
  const versions = await listVersions(engine, { workspaceId, runId, name: artifact })
  const earlier = versions.filter(({ version }) => version <= (subject?.version ?? version))
  const commit = subject?.commit ?? null
  return {
    artifact,
    makers: [...new Set(earlier.map(({ lineage }) => lineage.maker.version))],
    diff: commit === null ? null : await workplace.diff(context.acceptedCommit, commit),
  }
}

const listChangedBefore = async ({
  attempt,
  context,
  workplace,
}: JobParts): Promise<readonly string[] | undefined> => {
  if (attempt.task.spec.kind !== 'coder') return undefined
  const base = getBaseCommit(context)
  return base === null || base === context.acceptedCommit
    ? []
    : workplace.listChanged(context.acceptedCommit, base)
}

const makeBudgetCalls = ({
  engine,
  attempt,
}: JobParts): Pick<AgentJob, 'reserve' | 'settle' | 'refuseTool'> => {
  const { workspaceId, runId, taskId, attempt: number } = attempt.task
  const onRun = { workspaceId, runId }
  let refusals = 0
  return {
    reserve: async (micros, tokens, deadlineMs) => {
      const reservationId = ReservationId.parse(makeId())
      const deadlineAt = new Date(Date.parse(attempt.now()) + deadlineMs).toISOString()
      const answer = await submitHeld(
        engine,
        attempt,
        {
          type: 'ReserveBudget',
          ...onRun,
          taskId,
          attempt: number,
          reservationId,
          micros,
          tokens,
          deadlineAt,
        },
        `reserve/${reservationId}`,
      )
      const throttleMs = answer['throttleMs']
      return { reservationId, throttleMs: typeof throttleMs === 'number' ? throttleMs : 0 }
    },
    settle: async (id, settlement) => {
      const reservationId = ReservationId.parse(id)
      const command = { type: 'SettleBudget', ...onRun, reservationId, ...settlement } as const
      // Not fenced: the money is gone, whether or not the attempt still counts.
      await submitOnce(engine, attempt, command, `settle/${reservationId}`)
    },
    refuseTool: async (tool, reason) => {
      refusals += 1
      const facts = { tool: getCleanText(tool, 120) || '?', reason: getCleanText(reason, 400) || '?' }
      await submitHeld(
        engine,
        attempt,
        { type: 'RefuseTool', ...onRun, taskId, attempt: number, ...facts },
        `refuse-tool/${refusals}`,
      )
    },
  }
}

/** Throws INVALID_ARGUMENT: an agent of this kind is not for a worker in this process. */
export const refuseKind = (kind: string): never => {
  throw new RopewalkError(
    'INVALID_ARGUMENT',
    `Tasks of kind ${kind} are claimed over HTTP, not by this worker.`,
  )
}
