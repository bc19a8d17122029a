import { z } from 'zod'
import { AgentId, WorkspaceId } from '../../ids.ts'
import { text } from '../../text.ts'

/** Who the caller says it is: a hint that must agree with the token (row CX-20). */
export const hint = { workspace_id: WorkspaceId.optional(), agent_id: AgentId.optional() }

export const key = {
  idempotency_key: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/u, 'expected 1 to 200 visible ASCII characters')
    .optional()
    .describe('Your own name for this call: repeating it with the same key changes nothing.'),
}

export const page = {
  limit: z.int().min(1).max(200).default(50),
  cursor: text(400, 1).optional().describe('next_cursor of the page before; leave it out for the first.'),
}
