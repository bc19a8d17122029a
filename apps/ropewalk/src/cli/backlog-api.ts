import type { DeadLetter, DeadLetterSummary, RedriveRequest } from '@ropewalk/core/contract/api/dead-letters'
import type { InboxEntry } from '@ropewalk/core/contract/api/inbox'
import type {
  AddItemsRequest,
  ApprovalVote,
  ImportRequest,
  ItemDetail,
  ItemsAdded,
  ItemTreeRow,
  ItemView,
} from '@ropewalk/core/contract/api/items'
import type {
  ProjectDetail,
  ProjectPatch,
  ProjectStarted,
  ProjectSummary,
  ReportView,
  StartProjectRequest,
  TemplateList,
} from '@ropewalk/core/contract/api/projects'
import type { UploadedRecords } from '@ropewalk/core/contract/api/uploads'
import type { WorkerList } from '@ropewalk/core/contract/api/work'
import type { z } from 'zod'
import type { Answer, Caller, Page, Query } from './api-call.ts'

type Paged = { readonly limit?: number; readonly cursor?: string | undefined }

/** What is done to an item by `POST /v1/items/{id}/VERB`. */
export type ItemVerb =
  'move' | 'split' | 'dependencies' | 'dispatch' | 'cancel' | 'retry' | 'block' | 'unblock' | 'review'

const at = (kind: 'projects' | 'items' | 'approvals' | 'dead-letters', id: string): string =>
  `/v1/${kind}/${encodeURIComponent(id)}`

/** The part of the API that is about backlogs: projects, items, the inbox, approvals, dead letters. */
export const makeBacklogApi = ({ call, get, post }: Caller) => {
  const change = async (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
    (await (await call('PATCH', path, { body, headers })).json()) as Answer
  const remove = async (path: string, query: Query = {}): Promise<Answer> =>
    (await (await call('DELETE', path, { query })).json()) as Answer
  return {
    uploadRecords: async (name: string, bytes: Uint8Array<ArrayBuffer>): Promise<UploadedRecords> =>
      // The server's answer met this contract before it was sent.
      (await (await call('POST', '/v1/uploads', { query: { name }, bytes })).json()) as UploadedRecords,
    startProject: (request: z.input<typeof StartProjectRequest>, key: string) =>
      post<ProjectStarted>('/v1/projects', request, key),
    listTemplates: () => get<TemplateList>('/v1/templates'),
    listProjects: (query: Paged & { readonly status?: string | undefined }) =>
      get<Page<ProjectSummary>>('/v1/projects', query),
    readProject: (projectId: string) => get<ProjectDetail>(at('projects', projectId)),
    changeProject: (projectId: string, body: ProjectPatch) => change(at('projects', projectId), body),
    readReport: (projectId: string) => get<ReportView>(`${at('projects', projectId)}/report`),
    listItemTree: (projectId: string, query: Paged) =>
      get<Page<ItemTreeRow>>(`${at('projects', projectId)}/tree`, query),
    listAllItems: (query: Paged & Readonly<Record<string, string | number | undefined>>) =>
      get<Page<ItemView>>('/v1/items', query),
    readItem: (itemId: string) => get<ItemDetail>(at('items', itemId)),
    addItems: (projectId: string, body: z.input<typeof AddItemsRequest>) =>
      post<ItemsAdded>(`${at('projects', projectId)}/items`, body),
    importItems: (projectId: string, body: ImportRequest) =>
      post<ItemsAdded>(`${at('projects', projectId)}/import`, body),
    doToItem: (itemId: string, verb: ItemVerb, body: unknown = {}) =>
      post<Answer>(`${at('items', itemId)}/${verb}`, body),
    /** With `version`, only while nobody else has changed it since. */
    changeItem: (itemId: string, body: unknown, version?: number) =>
      change(at('items', itemId), body, version === undefined ? {} : { 'if-match': `"${version}"` }),
    deleteItem: (itemId: string, reason: string | undefined) => remove(at('items', itemId), { reason }),
    removeDependency: (itemId: string, onId: string) =>
      remove(`${at('items', itemId)}/dependencies/${encodeURIComponent(onId)}`),
    vote: (questionId: string, body: ApprovalVote) => post<Answer>(at('approvals', questionId), body),
    listInbox: (query: Paged & { readonly kind?: string | undefined }) =>
      get<Page<InboxEntry>>('/v1/inbox', query),
    listDeadLetters: (query: Paged & { readonly status?: string | undefined }) =>
      get<Page<DeadLetterSummary>>('/v1/dead-letters', query),
    readDeadLetter: (id: string) => get<DeadLetter>(at('dead-letters', id)),
    redriveDeadLetter: (id: string, body: RedriveRequest) =>
      post<DeadLetter>(`${at('dead-letters', id)}/redrive`, body),
    dropDeadLetter: (id: string, reason: string) =>
      post<DeadLetter>(`${at('dead-letters', id)}/drop`, { reason }),
    listWorkers: () => get<WorkerList>('/v1/workers'),
  }
}
