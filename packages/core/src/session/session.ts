import { z } from 'zod'
import { ManagementMode, SessionStatus } from '../contract/session.ts'
import { AgentId, SessionId, SessionKey, WorkspaceId } from '../ids.ts'
import { makeNamedId } from '../named-id.ts'
import { Name, text } from '../text.ts'

/** What an agent says of its session. */
export const SessionFacts = z.strictObject({
  sessionId: SessionId,
  runtime: Name,
  managementMode: ManagementMode,
  resumable: z.boolean(),
  status: SessionStatus,
})
export type SessionFacts = z.infer<typeof SessionFacts>

/**
 * The session of one agent in one workspace (row CX-05). When it was last heard of, and who writes into it at
 * the moment, are no history: the store has them beside this.
 */
export type Session = SessionFacts & {
  readonly id: SessionKey
  readonly agentId: AgentId
  readonly registeredAt: string
  readonly endedAt: string | null
}

/** The key of an agent's session: the same whichever session it has. */
export const makeSessionKey = (workspaceId: WorkspaceId, agentId: AgentId): SessionKey =>
  SessionKey.parse(makeNamedId('session', workspaceId, agentId))

const onSession = { workspaceId: WorkspaceId, sessionKey: SessionKey, agentId: AgentId }

export const SessionCommand = z.discriminatedUnion('type', [
  /** The first heartbeat of a session, or one that tells something new of it. */
  z.strictObject({ type: z.literal('RegisterSession'), ...onSession, facts: SessionFacts }),
  z.strictObject({ type: z.literal('EndSession'), ...onSession, reason: text(400, 1) }),
])
export type SessionCommand = z.infer<typeof SessionCommand>

export const SessionEvent = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('session.registered'),
    v: z.literal(1),
    data: z.strictObject({ agentId: AgentId, facts: SessionFacts }),
  }),
  z.strictObject({
    type: z.literal('session.ended'),
    v: z.literal(1),
    data: z.strictObject({ agentId: AgentId, reason: text(400, 1), by: text(120, 1) }),
  }),
])
export type SessionEvent = z.infer<typeof SessionEvent>
export type SessionEventAt = SessionEvent & { readonly at: string }
