import { z } from 'zod'
import { ThreadId } from '../../ids.ts'
import { Instant, text } from '../../text.ts'
import { pageQuery } from './paging.ts'

/** One line of the audit: who did what to what, why, and how it went. `result` is `ok` or an error code. */
export const AuditLine = z.strictObject({
  id: z.string(),
  at: Instant,
  actor: z.string(),
  actorKind: z.string(),
  actorRole: z.string(),
  operation: z.string(),
  resourceType: z.string().nullable(),
  resourceId: z.string().nullable(),
  threadId: z.string().nullable(),
  requestId: z.string(),
  result: z.string(),
  reason: z.string().nullable(),
  payload: z.record(z.string(), z.unknown()),
})
export type AuditLine = z.infer<typeof AuditLine>

/** Each is compared as a whole. */
export const AuditQuery = z.strictObject({
  ...pageQuery,
  actor: text(120, 1).optional(),
  operation: text(120, 1).optional(),
  threadId: ThreadId.optional(),
  result: text(60, 1).optional(),
})
