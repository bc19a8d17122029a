import type { EffectKind } from '@ropewalk/core/decision'
import { ERRORS, RopewalkError } from '@ropewalk/core/errors'
import {
  ProjectId,
  QuestionId,
  ReservationId,
  RunId,
  ThreadId,
  WaiverId,
  WorkspaceId,
} from '@ropewalk/core/ids'
import type { Job, JobResult, PgBoss } from 'pg-boss'
import { z } from 'zod'
import type { Command, SubmitOptions } from '../engine/contract.ts'
import { listUnreadBy } from '../engine/threads/read-deliveries.ts'
import { EFFECT_QUEUES } from '../store/job-queues.ts'
import type { Log } from '../log.ts'
import type { Store } from '../store/open.ts'
import { makeFindHead } from '../store/read-ledger.ts'

/** The id of the aggregate that had the effect goes by its own name. */
const RunRef = z.looseObject({ workspaceId: WorkspaceId, runId: RunId })
const ProjectRef = z.looseObject({ workspaceId: WorkspaceId, projectId: ProjectId })
const ThreadRef = z.looseObject({ workspaceId: WorkspaceId, threadId: ThreadId })
const Ref = z.union([RunRef, ProjectRef, ThreadRef])
type RunRef = z.infer<typeof RunRef>
type ProjectRef = z.infer<typeof ProjectRef>
type ThreadRef = z.infer<typeof ThreadRef>
type Ref = z.infer<typeof Ref>

const isOfRun = (ref: Ref): ref is RunRef => 'runId' in ref
const isOfProject = (ref: Ref): ref is ProjectRef => 'projectId' in ref

/** Where the chain of a stream stands. */
export type HeadToSign = {
  readonly workspaceId: WorkspaceId
  readonly stream: string
  readonly seq: number
  readonly hash: string
  readonly at: string
}

/** What effects ask of the world outside the engine. Each may be called again for the same effect. */
export type Doers = {
  /** Signs where a run's history stands, outside the database. */
  signHead(head: HeadToSign): Promise<void>
  /** Makes the dossier and submits RecordDossier. */
  buildDossier(workspaceId: WorkspaceId, runId: RunId): Promise<void>
  /** Builds the final report of a project and submits PublishReport; the engine's own where none is given. */
  publishReport?(workspaceId: WorkspaceId, projectId: ProjectId): Promise<void>
  /** Tells people that a question waits for them. Throws what may be retried while somebody is still to be told. */
  notify?(workspaceId: WorkspaceId, questionId: QuestionId, effectId: string, version: number): Promise<void>
}

type Submit = (command: Command, options: SubmitOptions) => Promise<unknown>

const ENGINE = { kind: 'engine', id: 'timers' } as const

/** Polling is the truth; the hint of a commit only shortens the wait. */
const POLL_SECONDS = 0.5
const BATCH = 200

/** Kinds of which each takes seconds; they are done few at a time. */
const LONG: ReadonlySet<EffectKind> = new Set(['build-dossier', 'publish-report'])

/** The command that an effect stands for, or undefined where a doer does it. */
const makeCommand = (kind: EffectKind, ref: Ref): Command | undefined => {
  if (isOfRun(ref)) return makeRunCommand(kind, ref)
  return isOfProject(ref) ? makeProjectCommand(kind, ref) : undefined
}

const makeRunCommand = (kind: EffectKind, ref: RunRef): Command | undefined => {
  const { workspaceId, runId } = ref
  const on = { workspaceId, runId }
  const version = Number(ref['version'])
  switch (kind) {
    case 'phase-clock':
      return { type: 'FirePhaseClock', ...on, phase: z.string().parse(ref['phase']), version }
    case 'question-deadline':
      return {
        type: 'DecideQuestionByPolicy',
        ...on,
        questionId: QuestionId.parse(ref['questionId']),
        version,
      }
    case 'reservation-deadline':
      return { type: 'AssumeReservation', ...on, reservationId: ReservationId.parse(ref['reservationId']) }
    case 'expire-waiver':
      return { type: 'ExpireWaiver', ...on, waiverId: WaiverId.parse(ref['waiverId']), version }
    case 'close-run':
      return { type: 'CloseRun', ...on }
    case 'notify-question':
    case 'expire-message':
    case 'build-dossier':
    case 'publish-report':
    case 'sign-head':
      return undefined
  }
}

const makeProjectCommand = (kind: EffectKind, ref: ProjectRef): Command | undefined => {
  if (kind !== 'question-deadline') return undefined
  const { workspaceId, projectId } = ref
  const questionId = QuestionId.parse(ref['questionId'])
  const version = Number(ref['version'])
  return { type: 'DecideProjectQuestionByPolicy', workspaceId, projectId, questionId, version }
}

const getStream = (ref: Ref): string => {
  if (isOfRun(ref)) return ref.runId
  return isOfProject(ref) ? ref.projectId : ref.threadId
}

/** A refusal that trying again cannot change: the question was answered, the run is closed, the clock was stopped. */
const isTooLate = (error: unknown): boolean =>
  error instanceof RopewalkError && !ERRORS[error.code].retryable && ERRORS[error.code].status < 500

export type EffectWorkers = {
  /** Looks for due effects of these kinds now. */
  wake(kinds: readonly string[]): void
  /** Takes no more, and resolves when those in hand are done. */
  stop(): Promise<void>
}

/** Runs `work` over `items`, at most `width` at once. */
const forEachLimited = async <T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> => {
  const rest = items.values()
  const lane = async () => {
    for (const item of rest) await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane))
}

/**
 * Starts a worker for each kind of effect on `boss`. An effect may be done
 * twice (its job was lost in between), so each is idempotent: a command refused as too late counts as done.
 */
export const startEffectWorkers = async (of: {
  readonly boss: PgBoss
  readonly store: Store
  readonly submit: Submit
  readonly doers: Doers
  readonly log: Log
  readonly dossiersAtOnce: number
}): Promise<EffectWorkers> => {
  const { boss, submit, doers, log } = of
  const findHead = makeFindHead(of.store)

  // Whatever came after the gate or the end is under the signature as well.
  const sign = async (ref: Ref): Promise<void> => {
    const stream = getStream(ref)
    const head = await findHead({ workspaceId: ref.workspaceId, stream })
    if (head !== undefined) await doers.signHead({ workspaceId: ref.workspaceId, ...head })
  }

  const notify = (ref: Ref, effectId: string): Promise<void> | undefined =>
    doers.notify?.(ref.workspaceId, QuestionId.parse(ref['questionId']), effectId, Number(ref['version']))

  const expireMessage = async (ref: Ref, effectId: string): Promise<void> => {
    const { workspaceId, threadId } = ThreadRef.parse(ref)
    const seq = Number(ref['seq'])
    const unread = [...(await listUnreadBy(of.store, { workspaceId, threadId, seq }))]
    await submit(
      { type: 'ExpireMessage', workspaceId, threadId, seq, unread },
      { by: ENGINE, causationId: effectId },
    )
  }

  /** What is no command: a long piece of work, after which the history is signed. */
  const finish = async (kind: EffectKind, ref: Ref): Promise<void> => {
    await sign(ref)
    try {
      if (kind === 'build-dossier') await doers.buildDossier(ref.workspaceId, RunRef.parse(ref).runId)
      if (kind === 'publish-report')
        await doers.publishReport?.(ref.workspaceId, ProjectRef.parse(ref).projectId)
    } finally {
      if (kind !== 'sign-head') await sign(ref)
    }
  }

  const doOne = async (kind: EffectKind, job: Job): Promise<void> => {
    const ref = Ref.parse(job.data)
    if (kind === 'notify-question') return notify(ref, job.id)
    if (kind === 'expire-message') return expireMessage(ref, job.id)
    const command = makeCommand(kind, ref)
    if (command === undefined) return finish(kind, ref)
    const by = kind === 'question-deadline' ? ({ kind: 'policy', id: 'deadline' } as const) : ENGINE
    try {
      await submit(command, { by, causationId: job.id })
    } finally {
      if (kind === 'close-run') await sign(ref)
    }
  }

  const doAll = async (kind: EffectKind, jobs: readonly Job[]): Promise<JobResult[]> => {
    const results: JobResult[] = []
    const width = LONG.has(kind) ? of.dossiersAtOnce : jobs.length
    await forEachLimited(jobs, width, async (job) => {
      try {
        await doOne(kind, job)
        results.push({ id: job.id, status: 'completed' })
      } catch (error) {
        const isDone = isTooLate(error)
        if (!isDone) log.warn({ err: error, kind, job: job.id }, 'an effect failed and is tried again')
        results.push({ id: job.id, status: isDone ? 'completed' : 'failed' })
      }
    })
    return results
  }

  const workers = new Map<string, string>()
  for (const [kind, queue] of Object.entries(EFFECT_QUEUES) as [EffectKind, string][]) {
    // A job is lost after 60 s; a dossier or report takes seconds, so few are taken at a time.
    const batchSize = LONG.has(kind) ? Math.min(BATCH, of.dossiersAtOnce * 4) : BATCH
    const options = {
      batchSize,
      pollingIntervalSeconds: POLL_SECONDS,
      burstWhenBatchFull: true,
      perJobResults: true,
    } as const
    workers.set(kind, await boss.work(queue, options, (jobs: Job[]) => doAll(kind, jobs)))
  }
  return {
    wake: (kinds) => {
      for (const kind of kinds) {
        const worker = workers.get(kind)
        if (worker !== undefined) boss.notifyWorker(worker)
      }
    },
    stop: async () => {
      await Promise.all(Object.values(EFFECT_QUEUES).map((queue) => boss.offWork(queue, { wait: true })))
    },
  }
}
