import type { Answered, TestApi } from '../start-api.ts'
import { PLACES, type Sample } from './samples.ts'
import type { Ids } from './seed.ts'

/** One operation as the description of the running server tells it. */
export type Described = { readonly name: string; readonly method: string; readonly path: string }

type Paths = Readonly<Record<string, Readonly<Record<string, { readonly operationId: string }>>>>

/** Every operation that the server describes. */
export const listOperations = async (api: TestApi): Promise<Described[]> => {
  const { json } = await api.ask('/v1/openapi.json')
  return Object.entries((json as { paths: Paths }).paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId: name }]) => ({
      name,
      method: method.toUpperCase(),
      path,
    })),
  )
}

/** Whether a sample names something by its id. */
export const hasPlaces = (sample: Sample): boolean => {
  const text = JSON.stringify([sample.in ?? [], sample.body ?? {}])
  return PLACES.some((place) => text.includes(`"${place}"`))
}

export type Request = {
  readonly path: string
  readonly method: string
  readonly raw?: string | Uint8Array<ArrayBuffer>
  readonly headers: Readonly<Record<string, string>>
}

const fill = (text: string, ids: Ids, self: string): string =>
  PLACES.reduce((done, place) => done.replaceAll(`"${place}"`, `"${ids[place]}"`), text).replaceAll(
    '"SELF"',
    `"${self}"`,
  )

const makePath = ({ path }: Described, sample: Sample, ids: Ids): string => {
  const places = [...(sample.in ?? [])]
  const filled = path.replaceAll(/\{([A-Za-z]+)\}/gu, (_whole, name: string) => {
    const place = sample.names?.[name] ?? places.shift()
    if (place === undefined) throw new Error(`The sample of ${path} says nothing of ${name}.`)
    return encodeURIComponent(place in ids ? ids[place as keyof Ids] : place)
  })
  return sample.query === undefined ? filled : `${filled}?${sample.query}`
}

/** A sample as it is sent: every id filled in. */
export const makeRequest = (operation: Described, sample: Sample, ids: Ids, self: string): Request => {
  const { body, raw } = sample
  const type = raw?.type ?? (body === undefined ? undefined : 'application/json')
  const text = raw?.text ?? (body === undefined ? undefined : fill(JSON.stringify(body), ids, self))
  return {
    path: makePath(operation, sample, ids),
    method: operation.method,
    ...(text === undefined ? {} : { raw: text }),
    headers: type === undefined ? {} : { 'content-type': type },
  }
}

/** Sends a request; of a stream without end only how it begins is waited for. */
export const send = async (api: TestApi, request: Request, token: string | null): Promise<Answered> => {
  const end = new AbortController()
  const response = await fetch(`${api.url}${request.path}`, {
    method: request.method,
    headers: { ...request.headers, ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
    ...(request.raw === undefined ? {} : { body: request.raw }),
    signal: end.signal,
  })
  const { status, headers } = response
  if (headers.get('content-type')?.startsWith('text/event-stream') === true) {
    end.abort()
    return { status, headers, text: '', json: undefined }
  }
  const text = await response.text()
  const isJson = /^application\/(problem\+)?json/u.test(headers.get('content-type') ?? '')
  return { status, headers, text, json: isJson ? (JSON.parse(text) as unknown) : undefined }
}
