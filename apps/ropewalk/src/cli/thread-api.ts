import type { AuditLine } from '@ropewalk/core/contract/api/audit'
import type { PolicyPatch, PolicyView } from '@ropewalk/core/contract/api/policy'
import type { SessionEntry } from '@ropewalk/core/contract/api/sessions'
import type { ThreadWake } from '@ropewalk/core/contract/api/threads'
import type * as methods from '@ropewalk/core/contract/methods/threads'
import type { z } from 'zod'
import type { Caller, Page, Query } from './api-call.ts'

/** What a method takes and gives, by its contract. */
type In<M extends { readonly input: z.ZodType }> = z.input<M['input']>
type Out<M extends { readonly output: z.ZodType }> = z.output<M['output']>

/** Longer than the server waits for a message. */
const WAIT_MS = 60_000

const at = (name: string): string => `/v1/mcp/${name}`

/** The part of the API that is about threads and who is in them: the methods that agents use, by HTTP. */
export const makeThreadApi = ({ call, get, post }: Caller) => ({
  createThread: (of: In<typeof methods.CREATE_THREAD>) =>
    post<Out<typeof methods.CREATE_THREAD>>(at('create_thread'), of),
  getThread: (threadId: string) =>
    post<Out<typeof methods.GET_THREAD>>(at('get_thread'), { thread_id: threadId }),
  listThreads: (of: In<typeof methods.LIST_THREADS>) =>
    post<Out<typeof methods.LIST_THREADS>>(at('list_threads'), of),
  addParticipant: (of: In<typeof methods.ADD_PARTICIPANT>) =>
    post<Out<typeof methods.ADD_PARTICIPANT>>(at('add_participant'), of),
  removeParticipant: (of: In<typeof methods.REMOVE_PARTICIPANT>) =>
    post<Out<typeof methods.REMOVE_PARTICIPANT>>(at('remove_participant'), of),
  postMessage: (of: In<typeof methods.POST_MESSAGE>) =>
    post<Out<typeof methods.POST_MESSAGE>>(at('post_message'), of),
  readMessages: (of: In<typeof methods.READ_MESSAGES>) =>
    post<Out<typeof methods.READ_MESSAGES>>(at('read_messages'), of),
  waitForMessages: async (of: In<typeof methods.WAIT_FOR_MESSAGES>, signal: AbortSignal) => {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(WAIT_MS)])
    const response = await call('POST', at('wait_for_messages'), { body: of, signal: patience })
    // The server's answer met this contract before it was sent.
    return (await response.json()) as Out<typeof methods.WAIT_FOR_MESSAGES>
  },
  listWakes: (threadId: string, query: Query) =>
    get<Page<ThreadWake>>(`/v1/threads/${encodeURIComponent(threadId)}/wakes`, query),
  getDeliveries: (threadId: string, seq: number) =>
    post<Out<typeof methods.GET_DELIVERIES>>(at('get_deliveries'), { thread_id: threadId, seq }),
  updateThreadStatus: (of: In<typeof methods.UPDATE_THREAD_STATUS>) =>
    post<Out<typeof methods.UPDATE_THREAD_STATUS>>(at('update_thread_status'), of),
  summarizeThread: (of: In<typeof methods.SUMMARIZE_THREAD>) =>
    post<Out<typeof methods.SUMMARIZE_THREAD>>(at('summarize_thread'), of),
  searchMessages: (of: In<typeof methods.SEARCH_MESSAGES>) =>
    post<Out<typeof methods.SEARCH_MESSAGES>>(at('search_messages'), of),
  triggerParticipant: (of: In<typeof methods.TRIGGER_PARTICIPANT>) =>
    post<Out<typeof methods.TRIGGER_PARTICIPANT>>(at('trigger_participant'), of),
  listSessions: (query: Query) => get<Page<SessionEntry>>('/v1/sessions', query),
  readSession: (agent: string) => get<SessionEntry>(`/v1/sessions/${encodeURIComponent(agent)}`),
  listAudit: (query: Query) => get<Page<AuditLine>>('/v1/audit', query),
  readPolicy: () => get<PolicyView>('/v1/policy'),
  changePolicy: async (body: PolicyPatch) =>
    // The server's answer met this contract before it was sent.
    (await (await call('PATCH', '/v1/policy', { body })).json()) as PolicyView,
})
