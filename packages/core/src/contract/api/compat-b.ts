import { z } from 'zod'
import { ItemId } from '../../ids.ts'
import { text } from '../../text.ts'
import { makeNumberParam } from './paging.ts'

/** Organisations and agents of system B; each organisation is a project here. */
const Org = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$/u, 'expected a name: letters, digits, . _ or -, at most 50')

/** Row BX-01. `id` is the item's. */
export const OrgTask = z.strictObject({
  id: ItemId,
  org: z.string(),
  text: z.string(),
  status: z.enum(['scheduled', 'running', 'completed', 'failed', 'blocked', 'cancelled']),
  agentHint: z.string().nullable(),
  createdAt: z.string(),
  agentId: z.string().nullable(),
})
export type OrgTask = z.infer<typeof OrgTask>

/** Row BX-04; `text` and `task` are the same, since both names were in use. */
export const ScheduleRequest = z
  .strictObject({
    org: Org.default('default'),
    text: text(4000, 1).optional(),
    task: text(4000, 1).optional(),
    agentHint: Org.optional(),
  })
  .refine(({ text: given, task }) => (given === undefined) !== (task === undefined), {
    message: 'expected exactly one of text and task',
  })
export type ScheduleRequest = z.infer<typeof ScheduleRequest>

export const OrgTaskQuery = z.strictObject({
  org: Org.optional(),
  limit: makeNumberParam(1, 200).prefault('200'),
  cursor: text(400, 1).optional(),
})
export const OrgTaskList = z.strictObject({ tasks: z.array(OrgTask), nextCursor: z.string().nullable() })

/** Row BX-05. What is claimed is held for as long as a task may take; heartbeats of the agent renew it. */
export const OrgClaimRequest = z.strictObject({ org: Org, agentID: Org })
export const OrgClaimed = z.strictObject({ task: OrgTask.nullable() })

/** Row BX-06, without free text for the status: only these mean something. */
export const OrgTaskUpdate = z.strictObject({
  id: ItemId,
  status: z.enum(['completed', 'failed']),
  result: text(4000).default(''),
})
export const OrgTaskLog = z.strictObject({ id: ItemId, line: text(8000) })

export const OrgAgentRequest = z.strictObject({
  name: Org,
  org: Org,
  labels: z.record(text(60, 1), text(200)).default({}),
  status: z.enum(['idle', 'running']).default('idle'),
})
export const OrgAgent = z.strictObject({
  name: z.string(),
  org: z.string(),
  status: z.enum(['idle', 'running']),
  lastSeen: z.string(),
})
export type OrgAgent = z.infer<typeof OrgAgent>
export const OrgAgentList = z.strictObject({ agents: z.array(OrgAgent) })
