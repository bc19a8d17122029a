import { z } from 'zod'
import { Count } from '../../text.ts'
import { RecordRow } from '../records.ts'
import { DeliverableBody, WorkInput, WorkOrder } from '../work-order.ts'
import { CloudEvent } from './envelope.ts'

/** The type of what topic `tasks` carries. It is in no ledger: WORK.ITEM_DISPATCHED tells the same, shorter. */
export const TASK_OFFERED = 'WORK.TASK_OFFERED'

export const TASK_OFFER_SCHEMA_ID = `urn:ropewalk:tasks:${TASK_OFFERED}:1`

/** The most rows of records that come with an offer. */
export const MAX_OFFERED_ROWS = 2_000

/**
 * Work for whoever answers WORK.ITEM_STARTED first, with all that it takes. `attempt` is the one to name in
 * answers. `rows` are those of the order, null where there are none or where they are more than fit; then
 * `rowsTotal` says how many, and they are read over HTTP. A `body` that does not fit is null as well.
 */
export const TaskOffer = z.strictObject({
  order: WorkOrder,
  attempt: z.int().min(1),
  rows: z.array(RecordRow).max(MAX_OFFERED_ROWS).nullable(),
  rowsTotal: Count,
  inputs: z.array(WorkInput.extend({ body: DeliverableBody.nullable() })),
})
export type TaskOffer = z.infer<typeof TaskOffer>

/** What topic `tasks` carries. */
export const TaskOfferEvent = CloudEvent.omit({ position: true }).extend({
  type: z.literal(TASK_OFFERED),
  data: TaskOffer,
})
export type TaskOfferEvent = z.infer<typeof TaskOfferEvent>
