import { randomUUID } from 'node:crypto'
import { Problem } from '@ropewalk/core/contract/api/problem'
import { ERRORS, RopewalkError, type ErrorCode } from '@ropewalk/core/errors'
import { ServerGone } from './server-gone.ts'

export type Page<T> = { readonly items: readonly T[]; readonly nextCursor: string | null }
export type Slice<T> = { readonly items: readonly T[]; readonly nextAfter: number }
export type Answer = Readonly<Record<string, unknown>> & { readonly version: number }
export type Query = Readonly<Record<string, string | number | undefined>>

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
export async function* readLines(response: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    const lines = `${rest}${decoder.decode(bytes, { stream: true })}`.split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') yield rest
}

export type CallOptions = {
  readonly query?: Query
  readonly body?: unknown
  readonly bytes?: Uint8Array<ArrayBuffer>
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

/** One server's HTTP. Problems are thrown as errors with their code, a server that is not there as ServerGone. */
export type Caller = {
  call(method: string, path: string, options?: CallOptions): Promise<Response>
  get<T>(path: string, query?: Query): Promise<T>
  /** A repeated `key` gives the first answer again. */
  post<T>(path: string, body?: unknown, key?: string): Promise<T>
}

export const makeCaller = (server: { readonly url: string; readonly token: string }): Caller => {
  const call = async (method: string, path: string, options: CallOptions = {}): Promise<Response> => {
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
  return {
    call,
    // The server's answers met these contracts before they were sent.
    get: async <T>(path: string, query?: Query): Promise<T> =>
      (await (await call('GET', path, query === undefined ? {} : { query })).json()) as T,
    post: async <T>(path: string, body: unknown = {}, key?: string): Promise<T> =>
      (await (
        await call('POST', path, {
          body,
          ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
        })
      ).json()) as T,
  }
}
