import { EVENT_SOURCE, SCHEMA_VERSION } from '@ropewalk/core/contract/events/envelope'
import {
  MAX_OFFERED_ROWS,
  TASK_OFFERED,
  type TaskOffer,
  type TaskOfferEvent,
} from '@ropewalk/core/contract/events/task-offer'
import { DeliverableBody, type WorkOrder } from '@ropewalk/core/contract/work-order'
import { hasCode } from '@ropewalk/core/errors'
import { TaskId, type WorkspaceId } from '@ropewalk/core/ids'
import type { Engine, EventView } from '../engine/contract.ts'
import { MAX_BODY_CHARS, type NewMessage } from './port.ts'

type OfferEngine = Pick<Engine, 'blobs' | 'readWork' | 'readWorkRows'>

/** The most that deliverables of others may take in an offer, so that rows still fit beside them. */
const MAX_INPUT_CHARS = 200_000

const readInputs = async (
  { blobs }: OfferEngine,
  workspaceId: WorkspaceId,
  { inputs }: WorkOrder,
): Promise<TaskOffer['inputs']> => {
  const all: TaskOffer['inputs'] = []
  let left = MAX_INPUT_CHARS
  for (const input of inputs) {
    const text = (await blobs.read(workspaceId, input.digest)).toString('utf8')
    const fits = text.length <= left
    if (fits) left -= text.length
    all.push({ ...input, body: fits ? DeliverableBody.parse(JSON.parse(text)) : null })
  }
  return all
}

const readOffer = async (
  engine: OfferEngine,
  workspaceId: WorkspaceId,
  of: { readonly taskId: TaskId; readonly attempt: number },
): Promise<TaskOffer | undefined> => {
  const { task, order } = await engine.readWork(workspaceId, of.taskId)
  // Taken already, by somebody who asked the queue itself, or given out anew since.
  if (task.status !== 'ready' || task.attempt >= of.attempt) return undefined
  const { total, rows } = await engine.readWorkRows(workspaceId, order, { after: 0, limit: MAX_OFFERED_ROWS })
  const fit = order.records !== null && total <= MAX_OFFERED_ROWS
  return {
    order,
    attempt: of.attempt,
    rows: fit ? [...rows] : null,
    rowsTotal: total,
    inputs: await readInputs(engine, workspaceId, order),
  }
}

const makeEvent = (
  workspaceId: WorkspaceId,
  { id, at, correlationId }: EventView,
  data: TaskOffer,
): TaskOfferEvent => {
  const { order, attempt } = data
  return {
    specversion: '1.0',
    id: `${order.id}/${attempt}`,
    source: EVENT_SOURCE,
    type: TASK_OFFERED,
    time: at,
    subject: `projects/${order.projectId}/items/${order.itemId}/tasks/${order.id}`,
    datacontenttype: 'application/json',
    data,
    correlationid: correlationId,
    causationid: id,
    workspaceid: workspaceId,
    projectid: order.projectId,
    eventversion: 1,
    schemaversion: SCHEMA_VERSION,
  }
}

const makeBody = (event: TaskOfferEvent): string => {
  const whole = JSON.stringify(event)
  return whole.length <= MAX_BODY_CHARS
    ? whole
    : JSON.stringify({ ...event, data: { ...event.data, rows: null } })
}

/**
 * The message for topic `tasks` that belongs to a WORK.ITEM_DISPATCHED: the whole order with its rows, so that
 * a worker over the bus needs nothing else. Its key is task and attempt. Undefined where nobody could
 * take the task any more.
 */
export const makeTaskOffer = async (
  engine: OfferEngine,
  workspaceId: WorkspaceId,
  event: EventView,
): Promise<NewMessage | undefined> => {
  const taskId = TaskId.parse(event.data['taskId'])
  const attempt = Number(event.data['attempt'])
  try {
    const offer = await readOffer(engine, workspaceId, { taskId, attempt })
    if (offer === undefined) return undefined
    return { key: `${taskId}/${attempt}`, body: makeBody(makeEvent(workspaceId, event, offer)) }
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND')) return undefined
    throw error
  }
}
