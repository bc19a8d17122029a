import type { Caller, TaskClaim } from '@ropewalk/core/access/caller'
import { RESERVED_CAPABILITIES, type ClaimedTaskView } from '@ropewalk/core/contract/api/claims'
import { INLINE_ROWS, type ClaimedWork } from '@ropewalk/core/contract/api/work'
import { RopewalkError } from '@ropewalk/core/errors'
import { RunId } from '@ropewalk/core/ids'
import { ORG_CAPABILITY } from '../backlog/schedule.ts'
import type { ClaimRequest, ClaimedTask, ClaimedWork as WorkClaimed, Engine } from '../contract.ts'
import type { TaskSigner } from './task-tokens.ts'

type Sources = { readonly engine: Engine; readonly taskTokens: TaskSigner }

/** Who asks, and for what; always of one workspace. */
export type AgentClaim = ClaimRequest & {
  readonly workspaceId: NonNullable<ClaimRequest['workspaceId']>
  /** With which token, so that the one of the task ends with it. */
  readonly origin: Pick<TaskClaim, 'grantId' | 'foreign'>
}

type Doer = Pick<AgentClaim, 'worker' | 'origin'>

/**
 * The token of a task speaks for its worker, in threads too: so nobody but the owner names a worker as other than
 * who they are. Throws CLAIM_MISMATCH.
 */
export const checkWorker = ({ kind, agentId }: Caller, worker: string): void => {
  if (kind === 'owner' || worker === agentId) return
  throw new RopewalkError(
    'CLAIM_MISMATCH',
    `This token is of ${agentId}, which claims as that worker alone.`,
    {
      details: { worker: agentId },
    },
  )
}

const makeTaskView = async (
  { engine, taskTokens }: Sources,
  claimed: ClaimedTask,
  { worker, origin }: Doer,
): Promise<ClaimedTaskView> => {
  const { workspaceId, runId, taskId, attempt, claimedAt } = claimed
  const { context, agent, inputs, acceptedCommit } = await engine.readTaskContext(workspaceId, taskId)
  return {
    task: claimed.spec,
    attempt,
    leaseUntil: claimed.leaseUntil,
    context,
    prompt: agent?.prompt ?? null,
    inputs: inputs.map(({ artifactId, name, digest, artifact }) => ({
      artifactId,
      name,
      digest,
      mediaType: artifact.mediaType,
      bytes: artifact.bytes,
      commit: artifact.commit,
      url: `/v1/artifacts/${artifactId}/content`,
    })),
    acceptedCommit,
    checkpoint: claimed.checkpoint,
    token: taskTokens.sign({ workspaceId, runId, taskId, attempt, worker, claimedAt, ...origin }),
  }
}

const makeWorkView = async (
  { engine, taskTokens }: Sources,
  claimed: WorkClaimed,
  { worker, origin }: Doer,
): Promise<ClaimedWork> => {
  const { workspaceId, taskId, attempt, claimedAt, leaseUntil, checkpoint, spec: order } = claimed
  const count = order.records === null ? 0 : order.records.rows.to - order.records.rows.from
  const rows =
    order.records === null || count > INLINE_ROWS
      ? null
      : [...(await engine.readWorkRows(workspaceId, order, { after: 0, limit: INLINE_ROWS })).rows]
  return {
    order,
    attempt,
    claimedAt,
    leaseUntil,
    checkpoint,
    rows,
    recordsUrl: order.records === null ? null : `/v1/work/${taskId}/records`,
    inputs: order.inputs.map((input) => ({
      ...input,
      url: `/v1/work/${taskId}/inputs/${input.deliverableId}`,
    })),
    // The stream that owns the task is the project: that is what the token's run stands for.
    token: taskTokens.sign({
      workspaceId,
      runId: RunId.parse(order.projectId),
      taskId,
      attempt,
      worker,
      claimedAt,
      ...origin,
    }),
  }
}

/**
 * Due tasks of runs for an agent outside, with what each is to be done with. Throws FORBIDDEN for capabilities
 * of our own worker.
 */
export const claimRunTasks = async (sources: Sources, claim: AgentClaim): Promise<ClaimedTaskView[]> => {
  const reserved = claim.capabilities.find((capability) => RESERVED_CAPABILITIES.includes(capability))
  if (reserved !== undefined) {
    throw new RopewalkError(
      'FORBIDDEN',
      `The capability ${reserved} belongs to our own worker. Agents outside have names of their own.`,
      { details: { reserved: RESERVED_CAPABILITIES } },
    )
  }
  const claimed = await sources.engine.claimTasks(claim)
  return Promise.all(claimed.map((task) => makeTaskView(sources, task, claim)))
}

/** Due tasks of items, likewise. Throws FORBIDDEN for the capabilities of organisations. */
export const claimItemTasks = async (sources: Sources, claim: AgentClaim): Promise<ClaimedWork[]> => {
  const reserved = claim.capabilities.find((capability) => capability.startsWith(ORG_CAPABILITY))
  if (reserved !== undefined)
    throw new RopewalkError(
      'FORBIDDEN',
      `The capability ${reserved} is an organisation's own: its agents take work at /tasks/claim.`,
      { details: { reserved } },
    )
  const claimed = await sources.engine.claimWork(claim)
  return Promise.all(claimed.map((task) => makeWorkView(sources, task, claim)))
}
