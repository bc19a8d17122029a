import type { RunCommand } from '@ropewalk/core/run/commands'
import type { Answer, SubmitOptions } from './contract.ts'

/** `onlyIfOverdue`: a LoseAttempt holds only while the lease is still run out when the task is locked. */
export type HandleSubmitOptions = SubmitOptions & { readonly onlyIfOverdue?: boolean }

/** A command that waits for its batch, and who waits for its answer. */
export type Pending = {
  readonly command: RunCommand
  readonly options: HandleSubmitOptions
  /** What it must lock, as keys: `run/<id>`, and for those that move money between them `workspace/<id>`. */
  readonly lockKeys: readonly string[]
  /** Undefined without an idempotency key. */
  readonly answerKey: string | undefined
  skips: number
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

/** Whether the command changes the workspace as well as the run. */
const LOCKS_WORKSPACE: readonly RunCommand['type'][] = ['StartRun', 'TopUpRun', 'RecordDossier', 'CloseRun']

export const locksWorkspace = (command: RunCommand): boolean => LOCKS_WORKSPACE.includes(command.type)

export const makePending = (
  command: RunCommand,
  options: HandleSubmitOptions,
  done: Pick<Pending, 'resolve' | 'reject'>,
): Pending => {
  const { workspaceId, runId } = command
  const { idempotency } = options
  const answerKey =
    idempotency === undefined ? undefined : JSON.stringify([workspaceId, idempotency.route, idempotency.key])
  const lockKeys = [`run/${runId}`]
  if (locksWorkspace(command)) lockKeys.push(`workspace/${workspaceId}`)
  if (answerKey !== undefined) lockKeys.push(`answer/${answerKey}`)
  return { command, options, lockKeys, answerKey, skips: 0, ...done }
}
