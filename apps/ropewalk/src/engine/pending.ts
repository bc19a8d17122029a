import { RopewalkError } from '@ropewalk/core/errors'
import type { AggregateKind, Command } from './aggregate.ts'
import type { SubmitOptions, Submitted } from './contract.ts'
import { makeRootKey } from './lane.ts'
import type { AnyAggregate } from './lane.ts'

/** `onlyIfOverdue`: a lost lease counts only while it is still run out when the task is locked. */
export type HandleSubmitOptions = SubmitOptions & { readonly onlyIfOverdue?: boolean }

/** A command that waits for its batch, and who waits for its answer. */
export type Pending = {
  readonly command: Command
  readonly options: HandleSubmitOptions
  readonly kind: AggregateKind
  readonly rootId: string
  /** The key of the root among all that the batch holds. */
  readonly rootKey: string
  /** Whether the command changes the workspace as well. */
  readonly locksWorkspace: boolean
  /** What it must lock, as keys: its root, its idempotency key, and for some the workspace. */
  readonly lockKeys: readonly string[]
  /** Undefined without an idempotency key. */
  readonly answerKey: string | undefined
  skips: number
  readonly resolve: (answer: Submitted) => void
  readonly reject: (error: unknown) => void
}

/** Throws INVARIANT_BROKEN for a command that is for none of the aggregates. */
export const makePending = (
  aggregates: readonly AnyAggregate[],
  command: Command,
  options: HandleSubmitOptions,
  done: Pick<Pending, 'resolve' | 'reject'>,
): Pending => {
  const aggregate = aggregates.find((one) => one.isFor(command))
  if (aggregate === undefined)
    throw new RopewalkError('INVARIANT_BROKEN', `There is no aggregate for ${command.type}.`)
  const { workspaceId } = command
  const { idempotency } = options
  const answerKey =
    idempotency === undefined ? undefined : JSON.stringify([workspaceId, idempotency.route, idempotency.key])
  const rootId = aggregate.getId(command)
  const locksWorkspace = aggregate.locksWorkspace(command)
  const lockKeys = [`${aggregate.kind}/${rootId}`]
  if (locksWorkspace) lockKeys.push(`workspace/${workspaceId}`)
  if (answerKey !== undefined) lockKeys.push(`answer/${answerKey}`)
  return {
    command,
    options,
    kind: aggregate.kind,
    rootId,
    rootKey: makeRootKey(aggregate.kind, workspaceId, rootId),
    locksWorkspace,
    lockKeys,
    answerKey,
    skips: 0,
    ...done,
  }
}
