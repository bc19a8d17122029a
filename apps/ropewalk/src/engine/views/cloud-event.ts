import { EVENT_SOURCE, SCHEMA_VERSION, type CloudEvent } from '@ropewalk/core/contract/events/envelope'
import { findEventOwner } from '@ropewalk/core/contract/events/registry'
import { ProjectId, RunId, type WorkspaceId } from '@ropewalk/core/ids'
import type { EventView } from '../contract.ts'

type Folder = readonly [key: string, folder: string]

/** What inside its run or workspace an event is about, the narrowest first. */
const SUBJECTS: readonly Folder[] = [
  ['taskId', 'tasks'],
  ['questionId', 'questions'],
  ['phase', 'phases'],
]

/** The same of a project. A question may be about several items, so it stands beside them. */
const PROJECT_SUBJECTS: readonly Folder[] = [
  ['questionId', 'questions'],
  ['itemId', 'items'],
  ['deliverableId', 'deliverables'],
]

/** What stands below an item. */
const ITEM_SUBJECTS: readonly Folder[] = [
  ['deliverableId', 'deliverables'],
  ['taskId', 'tasks'],
]

const THREAD_SUBJECTS: readonly Folder[] = [
  ['messageId', 'messages'],
  ['wakeId', 'wakes'],
]

/** Where streams of other owners stand, and what inside them an event may be about. */
const OTHERS: ReadonlyMap<string, { readonly folder: string; readonly subjects: readonly Folder[] }> =
  new Map([
    ['thread', { folder: 'threads', subjects: THREAD_SUBJECTS }],
    ['session', { folder: 'sessions', subjects: [] }],
    ['grant', { folder: 'grants', subjects: [] }],
    ['policy', { folder: 'policies', subjects: [] }],
  ])

const getSubject = ({ data }: EventView, owner: string, folders: readonly Folder[]): string => {
  for (const [key, folder] of folders) {
    const id = data[key]
    if (typeof id === 'string') return `${owner}/${folder}/${id}`
  }
  return owner
}

const getProjectSubject = (event: EventView, project: string): string => {
  const subject = getSubject(event, project, PROJECT_SUBJECTS)
  return subject.startsWith(`${project}/items/`) ? getSubject(event, subject, ITEM_SUBJECTS) : subject
}

/** Ids of all streams look alike: the type of an event says whose it is. */
const describeStream = (event: EventView): Pick<CloudEvent, 'subject' | 'runid' | 'projectid'> => {
  const owner = findEventOwner(event.type, event.v, event.data)
  const other = OTHERS.get(owner ?? '')
  if (other !== undefined)
    return { subject: getSubject(event, `${other.folder}/${event.stream}`, other.subjects) }
  if (owner === 'project') {
    const project = ProjectId.safeParse(event.stream)
    if (project.success) {
      return { subject: getProjectSubject(event, `projects/${project.data}`), projectid: project.data }
    }
  }
  const run = RunId.safeParse(event.stream)
  if (run.success) return { subject: getSubject(event, `runs/${run.data}`, SUBJECTS), runid: run.data }
  return { subject: getSubject(event, event.stream, SUBJECTS) }
}

/** A ledger event as CloudEvents 1.0. */
export const makeCloudEvent = (workspaceId: WorkspaceId, event: EventView): CloudEvent => ({
  specversion: '1.0',
  id: event.id,
  source: EVENT_SOURCE,
  type: event.type,
  time: event.at,
  datacontenttype: 'application/json',
  data: { ...event.data },
  correlationid: event.correlationId,
  ...(event.causationId === null ? {} : { causationid: event.causationId }),
  workspaceid: workspaceId,
  ...describeStream(event),
  eventversion: event.v,
  schemaversion: SCHEMA_VERSION,
  position: event.position,
})
