import type { UploadView } from '@ropewalk/core/contract/api/claims'
import type { Comparison } from '@ropewalk/core/contract/api/comparison'
import type { PastUseList } from '@ropewalk/core/contract/api/estimates'
import type { EditPreview } from '@ropewalk/core/contract/api/edits'
import type { CloudEvent } from '@ropewalk/core/contract/api/events'
import type { GateDetail } from '@ropewalk/core/contract/api/gates'
import type { AnyQuestionView, AnswerRequest } from '@ropewalk/core/contract/api/questions'
import type { Readiness, ReadinessList } from '@ropewalk/core/contract/api/readiness'
import type { WaiverBody, WaiverList, WaiverRequested } from '@ropewalk/core/contract/api/waivers'
import type { StoryLine } from '@ropewalk/core/contract/api/story'
import type { CostDetail, DossierSummary, LogLineView } from '@ropewalk/core/contract/api/records'
import type { PlanView, RunDetail, RunStarted, RunSummary, Signal } from '@ropewalk/core/contract/api/runs'
import type { TaskSummary } from '@ropewalk/core/contract/api/tasks'
import type { Artifact } from '@ropewalk/core/contract/artifact'
import type { RunRequest } from '@ropewalk/core/contract/run-request'
import type { z } from 'zod'
import { makeCaller, readLines, type Answer, type Page, type Slice } from './api-call.ts'
import { makeBacklogApi } from './backlog-api.ts'
import type { EventOwner } from './follow.ts'
import { makeThreadApi } from './thread-api.ts'
import { makeTokenApi } from './token-api.ts'

export type Api = ReturnType<typeof makeApi>

/** The HTTP API of one server, typed by its contracts. Problems are thrown as errors with their code. */
export const makeApi = (server: { readonly url: string; readonly token: string }) => {
  const caller = makeCaller(server)
  const { call, get, post } = caller
  const at = (runId: string) => `/v1/runs/${encodeURIComponent(runId)}`
  return {
    ...makeBacklogApi(caller),
    ...makeThreadApi(caller),
    ...makeTokenApi(caller),
    url: server.url,
    plan: (request: RunRequest) => post<PlanView>('/v1/plans', request),
    uploadBundle: async (bytes: Uint8Array<ArrayBuffer>): Promise<UploadView> =>
      // The server's answer met this contract before it was sent.
      (await (await call('POST', '/v1/bundles', { bytes })).json()) as UploadView,
    startRun: (request: RunRequest, key: string) =>
      post<z.infer<typeof RunStarted>>('/v1/runs', request, key),
    listRuns: (query: { limit?: number; cursor?: string | undefined; status?: string | undefined }) =>
      get<Page<RunSummary>>('/v1/runs', query),
    readRun: (runId: string) => get<RunDetail>(at(runId)),
    signal: (runId: string, body: { signal: z.infer<typeof Signal>; target?: string; targetId?: string }) =>
      post<Answer>(`${at(runId)}/signals`, body),
    fork: (runId: string, body: unknown, key?: string) =>
      post<z.infer<typeof RunStarted>>(`${at(runId)}/fork`, body, key),
    topUp: (runId: string, addUsd: number) => post<Answer>(`${at(runId)}/budget`, { addUsd }),
    listTasks: (runId: string, query: { limit?: number; cursor?: string | undefined }) =>
      get<Page<TaskSummary>>(`${at(runId)}/tasks`, query),
    listArtifacts: (runId: string, query: { limit?: number; cursor?: string | undefined }) =>
      get<Page<Artifact>>(`${at(runId)}/artifacts`, query),
    readArtifactBytes: async (artifactId: string) =>
      Buffer.from(
        await (await call('GET', `/v1/artifacts/${encodeURIComponent(artifactId)}/content`)).arrayBuffer(),
      ),
    editArtifact: (runId: string, body: { name: string; content: unknown }) =>
      post<Answer>(`${at(runId)}/artifacts`, body),
    previewEdit: (runId: string, body: { name: string; content: unknown }) =>
      post<EditPreview>(`${at(runId)}/artifacts/preview`, body),
    readGate: (runId: string, phase: string) =>
      get<GateDetail>(`${at(runId)}/gates/${encodeURIComponent(phase)}`),
    listWaivers: (runId: string) => get<WaiverList>(`${at(runId)}/waivers`),
    requestWaiver: (runId: string, body: WaiverBody) => post<WaiverRequested>(`${at(runId)}/waivers`, body),
    approveWaiver: (id: string) => post<Answer>(`/v1/waivers/${encodeURIComponent(id)}/approve`),
    rejectWaiver: (id: string, reason: string) =>
      post<Answer>(`/v1/waivers/${encodeURIComponent(id)}/reject`, { reason }),
    revokeWaiver: (id: string, reason: string) =>
      post<Answer>(`/v1/waivers/${encodeURIComponent(id)}/revoke`, { reason }),
    listReadiness: (runId: string) => get<ReadinessList>(`${at(runId)}/readiness`),
    readReadiness: (runId: string, phase: string) =>
      get<Readiness>(`${at(runId)}/gates/${encodeURIComponent(phase)}/readiness`),
    listLogs: (runId: string, query: { after: number; limit: number; task?: string | undefined }) =>
      get<Slice<LogLineView>>(`${at(runId)}/logs`, query),
    readCost: (runId: string) => get<CostDetail>(`${at(runId)}/cost`),
    listPastUse: () => get<PastUseList>('/v1/past-use'),
    compareRuns: (a: string, b: string) => get<Comparison>(`${at(a)}/compare/${encodeURIComponent(b)}`),
    /** Lines of a story as they come; `signal` ends it. */
    openStory: async function* (
      runId: string,
      query: { from?: string | undefined },
      signal: AbortSignal,
    ): AsyncGenerator<StoryLine> {
      const response = await call('GET', `${at(runId)}/story`, { query, signal })
      for await (const line of readLines(response)) yield JSON.parse(line) as StoryLine
    },
    readDossier: (runId: string) => get<DossierSummary>(`${at(runId)}/dossier`),
    listQuestions: (query: {
      run?: string | undefined
      project?: string | undefined
      status?: string | undefined
      limit?: number
      cursor?: string | undefined
    }) => get<Page<AnyQuestionView>>('/v1/questions', query),
    readQuestion: (questionId: string) =>
      get<AnyQuestionView>(`/v1/questions/${encodeURIComponent(questionId)}`),
    answer: (questionId: string, body: AnswerRequest) =>
      post<Answer>(`/v1/questions/${encodeURIComponent(questionId)}/answer`, body),
    listEvents: (query: EventOwner & { after: number; limit?: number }) =>
      get<Slice<CloudEvent>>('/v1/events', query),
    openEventStream: (query: EventOwner & { after: number }, signal: AbortSignal) =>
      call('GET', '/v1/events/stream', { query, signal, headers: { accept: 'text/event-stream' } }),
  }
}

/** All items of a paged list, a page at a time. */
export async function* listAll<T>(read: (cursor: string | undefined) => Promise<Page<T>>): AsyncGenerator<T> {
  let cursor: string | undefined
  do {
    const page = await read(cursor)
    yield* page.items
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
}
