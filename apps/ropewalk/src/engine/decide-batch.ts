import { randomUUID } from 'node:crypto'
import { makeStampedId } from '@ropewalk/core/decision'
import type { Stamp } from '@ropewalk/core/decision'
import { ERRORS, RopewalkError } from '@ropewalk/core/errors'
import type { Workspace } from '@ropewalk/core/workspace/workspace'
import type { Answer, ClaimedTask, Submitted } from './contract.ts'
import { makeEffectJob } from './effect-jobs.ts'
import type { EffectJob } from './effect-jobs.ts'
import type { InHand } from './lane.ts'
import type { LoadedBatch } from './load-batch.ts'
import type { Pending } from './pending.ts'
import { sealEvents } from './seal-events.ts'
import type { SealedRow } from './seal-events.ts'
import { repeatAnswer } from './stored-answer.ts'
import type { KeptAnswer } from './stored-answer.ts'
import { EVENT_FORMAT } from './upgrade-event.ts'
import { makeRows } from './writes.ts'
import type { Rows } from './writes.ts'

/** What a batch decided: rows to write, and who is told what once they are committed. */
export type DecidedBatch = {
  /** The aggregates that the batch changed. */
  readonly changed: readonly InHand[]
  readonly rows: Rows
  readonly entries: readonly SealedRow[]
  readonly jobs: readonly EffectJob[]
  readonly outcomes: readonly Outcome[]
}

export type Outcome =
  | { readonly pending: Pending; readonly answer: Submitted }
  | { readonly pending: Pending; readonly error: unknown }

type Draft = { readonly entries: SealedRow[]; readonly jobs: EffectJob[]; readonly rows: Rows }

type Decided = { readonly answer: Answer; readonly next: ClaimedTask | undefined }

/**
 * Decides commands one after another, each on the state the one before it left. A command that is refused,
 * or whose decider fails, leaves no trace in the others. Writes nothing.
 */
export const decideBatch = (batch: LoadedBatch): DecidedBatch => {
  const draft: Draft = { entries: [], jobs: [], rows: makeRows() }
  const before = new Map(batch.workspaces)
  const outcomes = batch.ready.map((pending): Outcome => {
    try {
      return { pending, answer: answerOne(batch, pending, draft) }
    } catch (error) {
      return { pending, error }
    }
  })
  const changed = [...batch.hands.values()].filter((hand) => hand.isChanged())
  for (const hand of changed) hand.addRows(draft.rows)
  for (const of of batch.workspaces.values())
    if (before.get(of.id) !== of) draft.rows.updateWorkspaces.push({ workspaceId: of.id, of })
  return { ...draft, changed, outcomes }
}

/** The answer to one command, kept under its idempotency key when it has one. Throws its refusal. */
const answerOne = (batch: LoadedBatch, pending: Pending, draft: Draft): Submitted => {
  const { command, options, answerKey } = pending
  const { idempotency } = options
  if (answerKey === undefined || idempotency === undefined) return withNext(decideOne(batch, pending, draft))
  const stored = batch.answers.get(answerKey)
  if (stored !== undefined) return repeatAnswer(stored, idempotency.bodyDigest)
  const keep = (answer: KeptAnswer) => {
    const row = { ...idempotency, answer }
    batch.answers.set(answerKey, row)
    const { workspaceId } = command
    draft.rows.insertAnswers.push({ workspaceId, of: row, and: { createdAt: batch.now } })
  }
  try {
    const decided = decideOne(batch, pending, draft)
    // A claim is not part of what is kept: who asks again may have lost its lease by then.
    keep({ type: 'answer', answer: decided.answer })
    return withNext(decided)
  } catch (error) {
    // What may go well another time, or was our own fault, is not kept: the same key may try again.
    if (error instanceof RopewalkError && !ERRORS[error.code].retryable && ERRORS[error.code].status < 500) {
      keep({ type: 'refused', code: error.code, message: error.message, details: error.details })
    }
    throw error
  }
}

const withNext = ({ answer, next }: Decided): Submitted => (next === undefined ? answer : { ...answer, next })

const decideOne = (batch: LoadedBatch, pending: Pending, draft: Draft): Decided => {
  const { command, options } = pending
  const { now } = batch
  const hand = batch.hands.get(pending.rootKey)
  if (hand === undefined) throw new RopewalkError('INVARIANT_BROKEN', 'A command came without its root.')
  if (hand.eventFormat > EVENT_FORMAT) {
    throw new RopewalkError(
      'STREAM_TOO_NEW',
      `A newer release wrote this ${pending.kind}. Use that release.`,
      {
        details: { found: hand.eventFormat, known: EVENT_FORMAT },
      },
    )
  }
  const workspace = findWorkspace(batch, pending)
  const stamp: Stamp = {
    // Clocks may step back; along one stream time does not.
    at: hand.headAt > now ? hand.headAt : now,
    seed: randomUUID(),
    by: options.by,
  }
  const onlyIfOverdue = options.onlyIfOverdue === true
  const decision = hand.decide(command, { stamp, now, workspace, onlyIfOverdue }, options.next)
  if (decision.type === 'refused') {
    throw new RopewalkError(decision.code, decision.message, { details: decision.details })
  }
  const sealed = sealEvents(hand, decision.events, stamp, options)
  decision.take({ ...sealed.head, headAt: stamp.at }, draft.rows)
  if (decision.workspace !== undefined) batch.workspaces.set(decision.workspace.id, decision.workspace)
  if (options.audit !== undefined) addAuditRow(draft.rows, pending, stamp, hand.version)
  draft.entries.push(...sealed.rows)
  draft.jobs.push(...decision.effects.map((effect, index) => makeEffectJob(hand, effect, index)))
  return { answer: { ...decision.answer, version: hand.version }, next: decision.claimed }
}

/** Deciders count the ids they make from 1, so that 0 is left for this one. */
const addAuditRow = (rows: Rows, { command, options }: Pending, stamp: Stamp, version: number): void => {
  const { type, workspaceId } = command
  const { at, by } = stamp
  rows.insertAudit.push({
    workspaceId,
    of: { ...options.audit, id: makeStampedId(stamp, 0), at, actor: by.id, actorKind: by.kind },
    and: { result: 'ok', payload: { command: type, version } },
  })
}

const findWorkspace = (batch: LoadedBatch, { command, locksWorkspace }: Pending): Workspace | undefined => {
  if (!locksWorkspace) return undefined
  const workspace = batch.workspaces.get(command.workspaceId)
  if (workspace !== undefined) return workspace
  throw new RopewalkError('NOT_FOUND', `There is no workspace ${command.workspaceId}.`)
}
