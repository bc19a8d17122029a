import { z } from 'zod'
import { ItemId, ProjectId, QuestionId, RunId, WorkspaceId } from '../ids.ts'
import { Instant, text } from '../text.ts'
import { Risk } from './project-question.ts'

/** Why somebody is needed: an answer, an approval, or either of them again after its deadline. */
export const NotificationType = z.enum(['question', 'approval', 'escalation'])
export type NotificationType = z.infer<typeof NotificationType>

/**
 * What a webhook or a command hook is told when something waits for a person. The same question in the same
 * version gives the same bytes, however often it is sent.
 */
export const Notification = z.strictObject({
  type: NotificationType,
  /** The question's id, whole. */
  id: QuestionId,
  /** Counts how often this question was put: the first telling and an escalation differ in it. */
  version: z.int().min(1),
  workspace: WorkspaceId,
  run: RunId.nullable(),
  project: ProjectId.nullable(),
  /** The items that wait for it; none where the whole run or project does. */
  items: z.array(ItemId).max(50),
  /** What is asked, then how it is answered: the link, and the command for a terminal. */
  text: text(6000, 1),
  risk: Risk,
  /** What holds if nobody answers. */
  default: text(2400),
  deadline: Instant.nullable(),
  link: z.url({ protocol: /^https?$/u }),
  at: Instant,
})
export type Notification = z.infer<typeof Notification>

export type NotificationChannel = 'webhook' | 'command'

/** What is told once. */
export type NotificationKey = {
  readonly workspaceId: WorkspaceId
  readonly questionId: QuestionId
  readonly version: number
  readonly channel: NotificationChannel
}

/** What came of asking for the right to send: it is ours, it was used, or it is not to be had before `dueAt`. */
export type NotificationClaim =
  | { readonly outcome: 'claimed'; readonly attempt: number; readonly effectId: string }
  | { readonly outcome: 'over' }
  | { readonly outcome: 'later'; readonly dueAt: string }

export type NotificationSettlement =
  | { readonly status: 'sent' }
  | { readonly status: 'failed'; readonly reason: string }
  | { readonly status: 'waiting'; readonly reason: string; readonly afterMs: number }

/** What is remembered of who was told; the store keeps it, and whoever sends asks it first. */
export type NotificationBook = {
  /** The question's row as JSON; undefined when there is none. */
  findQuestion(workspaceId: WorkspaceId, questionId: QuestionId): Promise<unknown>
  claim(
    key: NotificationKey,
    of: { readonly effectId: string; readonly leaseMs: number },
  ): Promise<NotificationClaim>
  /** Whether the claim was still ours. */
  settle(key: NotificationKey, attempt: number, settlement: NotificationSettlement): Promise<boolean>
}
