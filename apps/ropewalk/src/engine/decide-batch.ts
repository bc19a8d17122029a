import { randomUUID } from 'node:crypto'
import type { Stamp } from '@ropewalk/core/decision'
import { ERRORS, RopewalkError } from '@ropewalk/core/errors'
import { decide } from '@ropewalk/core/run/decide'
import type { RunEventOf } from '@ropewalk/core/run/events'
import type { RunState } from '@ropewalk/core/run/state'
import { evolveWorkspace } from '@ropewalk/core/workspace/evolve'
import type { Workspace } from '@ropewalk/core/workspace/workspace'
import type { Answer } from './contract.ts'
import { makeEffectJob } from './effect-jobs.ts'
import type { EffectJob } from './effect-jobs.ts'
import { getRunKey } from './load-batch.ts'
import type { LoadedBatch } from './load-batch.ts'
import { locksWorkspace } from './pending.ts'
import type { Pending } from './pending.ts'
import type { PlanCache } from './plan-cache.ts'
import type { RunInHand } from './run-in-hand.ts'
import { sealEvents } from './seal-events.ts'
import type { SealedRow } from './seal-events.ts'
import { repeatAnswer } from './stored-answer.ts'
import type { KeptAnswer } from './stored-answer.ts'
import { EVENT_FORMAT } from './upgrade-event.ts'

export type AnswerRow = {
  readonly workspaceId: string
  readonly route: string
  readonly key: string
  readonly bodyDigest: string
  readonly answer: KeptAnswer
  readonly createdAt: string
}

/** A dossier that was published, and where it belongs. */
export type DossierRow = RunEventOf<'dossier.published'>['data'] & {
  readonly workspaceId: string
  readonly runId: string
  readonly createdAt: string
}

/** What a batch decided: rows to write, and who is told what once they are committed. */
export type DecidedBatch = {
  readonly now: string
  readonly runs: readonly RunInHand[]
  readonly workspaces: readonly Workspace[]
  readonly entries: readonly SealedRow[]
  readonly dossiers: readonly DossierRow[]
  readonly jobs: readonly EffectJob[]
  readonly answers: readonly AnswerRow[]
  readonly plans: readonly { readonly workspaceId: string; readonly hash: string; readonly plan: unknown }[]
  readonly namedDigests: readonly { readonly workspaceId: string; readonly digest: string }[]
  readonly outcomes: readonly Outcome[]
}

export type Outcome =
  | { readonly pending: Pending; readonly answer: Answer }
  | { readonly pending: Pending; readonly error: unknown }

type Draft = {
  readonly entries: SealedRow[]
  readonly dossiers: DossierRow[]
  readonly jobs: EffectJob[]
  readonly answers: AnswerRow[]
  readonly plans: Map<string, { workspaceId: string; hash: string; plan: unknown }>
  readonly digests: Map<string, { workspaceId: string; digest: string }>
}

/**
 * Decides commands one after another, each on the state the one before it left. A command that is refused,
 * or whose decider fails, leaves no trace in the others. Writes nothing.
 */
export const decideBatch = (batch: LoadedBatch, plans: PlanCache): DecidedBatch => {
  const draft: Draft = {
    entries: [],
    dossiers: [],
    jobs: [],
    answers: [],
    plans: new Map(),
    digests: new Map(),
  }
  const before = new Map(batch.workspaces)
  const outcomes = batch.ready.map((pending): Outcome => {
    try {
      return { pending, answer: answerOne(batch, pending, draft, plans) }
    } catch (error) {
      return { pending, error }
    }
  })
  return {
    now: batch.now,
    runs: [...batch.runs.values()].filter((run) => run.state !== run.stored),
    workspaces: [...batch.workspaces.values()].filter((one) => before.get(one.id) !== one),
    entries: draft.entries,
    dossiers: draft.dossiers,
    jobs: draft.jobs,
    answers: draft.answers,
    plans: [...draft.plans.values()],
    namedDigests: [...draft.digests.values()],
    outcomes,
  }
}

/** The answer to one command, kept under its idempotency key when it has one. Throws its refusal. */
const answerOne = (batch: LoadedBatch, pending: Pending, draft: Draft, plans: PlanCache): Answer => {
  const { command, options, answerKey } = pending
  const { idempotency } = options
  if (answerKey === undefined || idempotency === undefined) return decideOne(batch, pending, draft, plans)
  const stored = batch.answers.get(answerKey)
  if (stored !== undefined) return repeatAnswer(stored, idempotency.bodyDigest)
  const keep = (answer: KeptAnswer) => {
    const row = { ...idempotency, answer }
    batch.answers.set(answerKey, row)
    draft.answers.push({ ...row, workspaceId: command.workspaceId, createdAt: batch.now })
  }
  try {
    const answer = decideOne(batch, pending, draft, plans)
    keep({ type: 'answer', answer })
    return answer
  } catch (error) {
    // What may go well another time, or was our own fault, is not kept: the same key may try again.
    if (error instanceof RopewalkError && !ERRORS[error.code].retryable && ERRORS[error.code].status < 500) {
      keep({ type: 'refused', code: error.code, message: error.message, details: error.details })
    }
    throw error
  }
}

const decideOne = (batch: LoadedBatch, pending: Pending, draft: Draft, plans: PlanCache): Answer => {
  const { command, options } = pending
  const run = batch.runs.get(getRunKey(command))
  if (run === undefined) throw new RopewalkError('INVARIANT_BROKEN', 'A command came without its run.')
  if (run.eventFormat > EVENT_FORMAT) {
    throw new RopewalkError('STREAM_TOO_NEW', 'A newer release wrote this run. Use that release.', {
      details: { found: run.eventFormat, known: EVENT_FORMAT },
    })
  }
  const workspace = findWorkspace(batch, pending)
  const state = withPlan(run, pending, plans)
  const stamp: Stamp = {
    // Clocks may step back; along one run time does not.
    at: run.headAt > batch.now ? run.headAt : batch.now,
    seed: randomUUID(),
    by: options.by,
  }
  refuseRenewed(state, pending, batch.now)
  const decision = decide(state, workspace, command, stamp)
  if (decision.type === 'refused') {
    throw new RopewalkError(decision.code, decision.message, { details: decision.details })
  }
  const sealed = sealEvents(run, decision.events, stamp, options)
  let paying = workspace
  for (const event of decision.events) {
    if (paying !== undefined) paying = evolveWorkspace(paying, event)
    if (event.type === 'dossier.published')
      draft.dossiers.push({
        workspaceId: run.workspaceId,
        runId: run.runId,
        createdAt: stamp.at,
        ...event.data,
      })
  }
  if (decision.events.length > 0) run.state = decision.state
  run.version = sealed.head.version
  run.headHash = sealed.head.headHash
  run.headAt = stamp.at
  if (paying !== undefined) batch.workspaces.set(paying.id, paying)
  draft.entries.push(...sealed.rows)
  draft.jobs.push(...decision.effects.map((effect, index) => makeEffectJob(run, effect, index)))
  if (command.type === 'StartRun') keepPlan(pending, draft, plans)
  keepDigests(pending, draft)
  return { ...decision.answer, version: run.version }
}

/** A heartbeat may have come between the look at the leases and the lock on the task. */
const refuseRenewed = (state: RunState, { command, options }: Pending, now: string): void => {
  if (options.onlyIfOverdue !== true || command.type !== 'LoseAttempt' || command.outcome !== 'lost') return
  const leaseUntil = state.tasks.get(command.taskId)?.leaseUntil ?? null
  if (leaseUntil === null || leaseUntil <= now) return
  throw new RopewalkError('CONFLICT', 'The lease was renewed in the meantime.', { details: { leaseUntil } })
}

const findWorkspace = (batch: LoadedBatch, { command }: Pending): Workspace | undefined => {
  if (!locksWorkspace(command)) return undefined
  const workspace = batch.workspaces.get(command.workspaceId)
  if (workspace !== undefined) return workspace
  throw new RopewalkError('NOT_FOUND', `There is no workspace ${command.workspaceId}.`)
}

const withPlan = (run: RunInHand, { command }: Pending, plans: PlanCache): RunState => {
  if (command.type !== 'StartRun' || run.state.plan !== undefined) return run.state
  return { ...run.state, plan: plans.verify(command.planHash, command.plan) }
}

const keepPlan = ({ command }: Pending, draft: Draft, plans: PlanCache): void => {
  if (command.type !== 'StartRun' || plans.isStored(command.workspaceId, command.planHash)) return
  const { workspaceId, planHash: hash, plan } = command
  draft.plans.set(`${workspaceId}/${hash}`, { workspaceId, hash, plan })
}

/** Blobs that the ledger now names, directly or through a report, must outlive the sweep. */
const keepDigests = ({ command }: Pending, draft: Draft): void => {
  const { workspaceId } = command
  const add = (digest: string) => draft.digests.set(`${workspaceId}/${digest}`, { workspaceId, digest })
  switch (command.type) {
    case 'CompleteTask':
      for (const output of command.outputs) add(output.digest)
      for (const report of command.reports) {
        add(report.digest)
        for (const digest of [...report.inputDigests, ...report.outputDigests]) add(digest)
      }
      break
    case 'StartRun':
      add(command.idea.digest)
      break
    case 'EditArtifact':
      add(command.output.digest)
      break
    case 'RecordDossier':
      add(command.digest)
      break
    default:
      break
  }
}
