import { z } from 'zod'
import { AgentId, SessionId } from '../../ids.ts'
import { Instant } from '../../text.ts'
import { ManagementMode, SessionStatus } from '../session.ts'

/** The session of one agent. `isStale`: it was not heard of for so long that it is not resumed any more. */
export const SessionEntry = z.strictObject({
  agentId: AgentId,
  sessionId: SessionId,
  runtime: z.string(),
  managementMode: ManagementMode,
  resumable: z.boolean(),
  status: SessionStatus,
  registeredAt: Instant,
  endedAt: Instant.nullable(),
  lastHeartbeatAt: Instant,
  isStale: z.boolean(),
  /** Who may write into the session at present, and until when. */
  writer: z.string().nullable(),
  writerUntil: Instant.nullable(),
})
export type SessionEntry = z.infer<typeof SessionEntry>
