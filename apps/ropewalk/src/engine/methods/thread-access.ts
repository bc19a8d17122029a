import type { Caller } from '@ropewalk/core/access/caller'
import type { AgentId, ThreadId } from '@ropewalk/core/ids'
import { makeNoThread } from '../threads/read-thread.ts'
import type { MethodSources } from './method.ts'

/** Whom lists are narrowed to: who only takes part sees what it takes part in. */
export const getReach = ({ role, agentId }: Caller): AgentId | null =>
  role === 'participant' ? agentId : null

/**
 * Whether the caller may see a thread: one who only takes part must be in it. Throws NOT_FOUND, the same for a thread
 * of others as for none; for the other roles the engine says whether it is there.
 */
export const checkInReach = async (
  { engine }: Pick<MethodSources, 'engine'>,
  { role, agentId, workspaceId }: Caller,
  threadId: ThreadId,
): Promise<void> => {
  if (role !== 'participant') return
  const participant = await engine.findParticipant({ workspaceId, threadId, agentId })
  if (participant === undefined) throw makeNoThread(threadId)
}
