import type { Addressing } from '../contract/thread.ts'
import { type Refused, refuse } from '../decision.ts'
import type { AgentId } from '../ids.ts'
import { fitsEntry } from './draft.ts'
import type { MessageFacts, Participant, ThreadState } from './state.ts'

export const isPresent = ({ goneAt }: Participant): boolean => goneAt === null

/** Those who take part and are not gone. */
export const listPresent = ({ participants }: ThreadState): readonly Participant[] =>
  [...participants.values()].filter(isPresent)

/** Whether a message is for this one: nobody's own message is. Whether it is gone plays no part. */
export const isMessageFor = (
  { sender, to }: Pick<MessageFacts, 'sender' | 'to'>,
  { agentId, role }: { readonly agentId: string; readonly role: string | null },
): boolean => {
  if (sender === agentId) return false
  switch (to.kind) {
    case 'all':
      return true
    case 'agents':
      return to.agents.some((named) => named === agentId)
    case 'role':
      return to.role === role
  }
}

const checkAgents = (state: ThreadState, agents: readonly AgentId[]): Refused | undefined => {
  const unknown = agents.filter((agentId) => !state.participants.has(agentId))
  if (unknown.length > 0)
    return refuse(
      'INVALID_ARGUMENT',
      `Expected names of those who take part in this thread, got ${unknown.slice(0, 5).join(', ')}; add them first.`,
      { unknown },
    )
  if (!fitsEntry(agents))
    return refuse(
      'INVALID_ARGUMENT',
      'Expected fewer names in "to", or shorter ones; address a role or all instead.',
    )
  return undefined
}

const checkRole = (state: ThreadState, role: string): Refused | undefined => {
  const roles = [...new Set(listPresent(state).flatMap((of) => of.role ?? []))].toSorted()
  if (roles.includes(role)) return undefined
  const known = roles.length === 0 ? 'nobody has one' : `there are ${roles.join(', ')}`
  return refuse('INVALID_ARGUMENT', `Nobody in this thread has the role ${role}; ${known}.`, { role, roles })
}

/** The addressing with each name once, or why there is nobody of that kind here. */
export const checkAddressing = (state: ThreadState, to: Addressing): Addressing | Refused => {
  switch (to.kind) {
    case 'all':
      return to
    case 'agents': {
      const agents = [...new Set(to.agents)]
      return checkAgents(state, agents) ?? { kind: 'agents', agents }
    }
    case 'role':
      return checkRole(state, to.role) ?? to
  }
}

/** Those named who are gone: to them it is not delivered, and its sender is told so. */
export const listBounced = (state: ThreadState, to: Addressing): AgentId[] =>
  to.kind === 'agents' ? to.agents.filter((agentId) => state.participants.get(agentId)?.goneAt !== null) : []
