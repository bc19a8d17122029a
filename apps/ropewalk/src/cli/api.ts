import { randomUUID } from 'node:crypto'
import type { UploadView } from '@ropewalk/core/contract/api/claims'
import type { Comparison } from '@ropewalk/core/contract/api/comparison'
import type { PastUseList } from '@ropewalk/core/contract/api/estimates'
import type { EditPreview } from '@ropewalk/core/contract/api/edits'
import type { CloudEvent } from '@ropewalk/core/contract/api/events'
import type { GateDetail } from '@ropewalk/core/contract/api/gates'
import { Problem } from '@ropewalk/core/contract/api/problem'
import type { QuestionView } from '@ropewalk/core/contract/api/questions'
import type { Readiness, ReadinessList } from '@ropewalk/core/contract/api/readiness'
import type { WaiverBody, WaiverList, WaiverRequested } from '@ropewalk/core/contract/api/waivers'
import type { StoryLine } from '@ropewalk/core/contract/api/story'
import type { CostDetail, DossierSummary, LogLineView } from '@ropewalk/core/contract/api/records'
import type { PlanView, RunDetail, RunStarted, RunSummary, Signal } from '@ropewalk/core/contract/api/runs'
import type { TaskSummary } from '@ropewalk/core/contract/api/tasks'
import type { Artifact } from '@ropewalk/core/contract/artifact'
import type { RunRequest } from '@ropewalk/core/contract/run-request'
import { ERRORS, RopewalkError, type ErrorCode } from '@ropewalk/core/errors'
import type { z } from 'zod'

type Page<T> = { readonly items: readonly T[]; readonly nextCursor: string | null }
type Slice<T> = { readonly items: readonly T[]; readonly nextAfter: number }
type Answer = Readonly<Record<string, unknown>> & { readonly version: number }
type Query = Readonly<Record<string, string | number | undefined>>

/** The server went away or was never there; another may take its place. */
export class ServerGone extends Error {
  override readonly name = 'ServerGone'
}

/** Long for a server on the same machine, so that a busy one is not given up. */
const TIMEOUT_MS = 30_000

const isCode = (code: string): code is ErrorCode => Object.hasOwn(ERRORS, code)

const readProblem = async (response: Response): Promise<RopewalkError> => {
  const body: unknown = await response.json().catch(() => undefined)
  const parsed = Problem.safeParse(body)
  if (!parsed.success) {
    return new RopewalkError('INTERNAL', `The server answered ${response.status} without saying why.`, {
      details: { status: response.status },
    })
  }
  const { code, detail, details, request_id } = parsed.data
  return new RopewalkError(isCode(code) ? code : 'INTERNAL', detail, {
    details: { ...details, requestId: request_id },
  })
}

/** The lines of a body, without their ends, as they arrive. */
async function* readLines(response: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    const lines = `${rest}${decoder.decode(bytes, { stream: true })}`.split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') yield rest
}

export type Api = ReturnType<typeof makeApi>

/** The HTTP API of one server, typed by its contracts. Problems are thrown as errors with their code. */
export const makeApi = (server: { readonly url: string; readonly token: string }) => {
  const call = async (
    method: string,
    path: string,
    options: {
      query?: Query
      body?: unknown
      bytes?: Uint8Array<ArrayBuffer>
      headers?: Record<string, string>
      signal?: AbortSignal | undefined
    } = {},
  ) => {
    const url = new URL(path, server.url)
    for (const [name, value] of Object.entries(options.query ?? {}))
      if (value !== undefined) url.searchParams.set(name, String(value))
    const headers: Record<string, string> = { authorization: `Bearer ${server.token}`, ...options.headers }
    if (method === 'POST') headers['idempotency-key'] ??= randomUUID()
    if (options.body !== undefined) headers['content-type'] = 'application/json'
    if (options.bytes !== undefined) headers['content-type'] = 'application/octet-stream'
    let response: Response
    try {
      response = await fetch(url, {
        method,
        headers,
        redirect: 'error',
        signal: options.signal ?? AbortSignal.timeout(TIMEOUT_MS),
        ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
        ...(options.bytes === undefined ? {} : { body: options.bytes }),
      })
    } catch (error) {
      if (options.signal?.aborted === true) throw error
      throw new ServerGone(`${server.url} does not answer`, { cause: error })
    }
    if (!response.ok) throw await readProblem(response)
    return response
  }
  // The server's answers met these contracts before they were sent.
  const get = async <T>(path: string, query?: Query): Promise<T> =>
    (await (await call('GET', path, query === undefined ? {} : { query })).json()) as T
  const post = async <T>(path: string, body: unknown = {}, key?: string): Promise<T> =>
    (await (
      await call('POST', path, {
        body,
        ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
      })
    ).json()) as T
  const at = (runId: string) => `/v1/runs/${encodeURIComponent(runId)}`
  return {
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
      status?: string | undefined
      limit?: number
      cursor?: string | undefined
    }) => get<Page<QuestionView>>('/v1/questions', query),
    answer: (questionId: string, body: { answer: string; change?: boolean }) =>
      post<Answer>(`/v1/questions/${encodeURIComponent(questionId)}/answer`, body),
    listEvents: (query: { after: number; run?: string; limit?: number }) =>
      get<Slice<CloudEvent>>('/v1/events', query),
    openEventStream: (query: { after: number; run?: string }, signal: AbortSignal) =>
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
