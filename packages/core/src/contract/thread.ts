import { z } from 'zod'
import { AgentId, ItemId, RunId } from '../ids.ts'
import { Name, text } from '../text.ts'

/** What a thread is for (row CX-01). */
export const ThreadType = z.enum(['conversation', 'workflow', 'incident'])
export type ThreadType = z.infer<typeof ThreadType>

/** Section 9 of the requirements; `closed` is the end, `resolved` may be taken up again. */
export const ThreadStatus = z.enum(['active', 'blocked', 'resolved', 'closed'])
export type ThreadStatus = z.infer<typeof ThreadStatus>

/** Why a thread was blocked: too many turns without progress, the same finding again, or somebody asked for help. */
export const BlockCause = z.enum(['turns', 'findings', 'asked'])
export type BlockCause = z.infer<typeof BlockCause>

/** What a thread is about; a run and an item may have any number of threads. */
export const ThreadSubject = z.strictObject({ runId: RunId.nullable(), itemId: ItemId.nullable() })
export type ThreadSubject = z.infer<typeof ThreadSubject>

/** Who takes part, and as what: messages can be addressed to all who have a role. */
export const ParticipantDraft = z.strictObject({ agentId: AgentId, role: Name.nullable() })
export type ParticipantDraft = z.infer<typeof ParticipantDraft>

/** `chat` is said by somebody, `event` is something that happened, `system` is written by Ropewalk itself. */
export const MessageKind = z.enum(['chat', 'event', 'system'])
export type MessageKind = z.infer<typeof MessageKind>

/** What an event message tells (row CX-25). The last two are Ropewalk's own, with one exception: anyone may escalate. */
export const MessageEventType = z.enum([
  'finding_reported',
  'fix_pushed',
  're_review_requested',
  'finding_verified',
  'finding_rejected',
  'thread_escalated',
  'thread_resolved',
])
export type MessageEventType = z.infer<typeof MessageEventType>

/** For whom a message is; all who take part can read it all the same. */
export const Addressing = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('all') }),
  z.strictObject({ kind: z.literal('agents'), agents: z.array(AgentId).min(1).max(50) }),
  z.strictObject({ kind: z.literal('role'), role: Name }),
])
export type Addressing = z.infer<typeof Addressing>

/** Characters of a message; longer things are artifacts, and a message names them. */
export const MAX_BODY_CHARS = 65_536
export const MessageBody = text(MAX_BODY_CHARS, 1)

/** How a message stands with one of those it is for. `waiting`: nobody has fetched it yet. */
export const DeliveryState = z.enum(['waiting', 'delivered', 'read', 'bounced', 'expired'])
export type DeliveryState = z.infer<typeof DeliveryState>
