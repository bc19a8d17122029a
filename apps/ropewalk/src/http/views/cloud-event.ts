import { EVENT_SOURCE, type CloudEvent } from '@ropewalk/core/contract/api/events'
import { RunId, type WorkspaceId } from '@ropewalk/core/ids'
import type { EventView } from '../../engine/contract.ts'

/** Version of the envelope, raised when a field of it changes its meaning. */
const SCHEMA_VERSION = '1'

/** What inside its run or workspace an event is about, the narrowest first. */
const SUBJECTS = [
  ['taskId', 'tasks'],
  ['questionId', 'questions'],
  ['phase', 'phases'],
] as const

const getSubject = (event: EventView, owner: string): string => {
  for (const [key, folder] of SUBJECTS) {
    const id = event.data[key]
    if (typeof id === 'string') return `${owner}/${folder}/${id}`
  }
  return owner
}

/** A ledger event as CloudEvents 1.0. */
export const makeCloudEvent = (workspaceId: WorkspaceId, event: EventView): CloudEvent => {
  const run = RunId.safeParse(event.stream)
  const owner = run.success ? `runs/${run.data}` : event.stream
  return {
    specversion: '1.0',
    id: event.id,
    source: EVENT_SOURCE,
    type: event.type,
    time: event.at,
    subject: getSubject(event, owner),
    datacontenttype: 'application/json',
    data: { ...event.data },
    correlationid: event.correlationId,
    ...(event.causationId === null ? {} : { causationid: event.causationId }),
    workspaceid: workspaceId,
    ...(run.success ? { runid: run.data } : {}),
    eventversion: event.v,
    schemaversion: SCHEMA_VERSION,
    position: event.position,
  }
}
