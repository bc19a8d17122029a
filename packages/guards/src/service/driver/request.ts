import { request, type Agent } from 'node:http'
import { connect } from 'node:net'
import type { OrderedBody, RawStep, RequestStep } from '../orders.ts'
import type { Answered, StepResult } from '../report.ts'
import type { Address } from './service.ts'

/** Of an answer's body; a service that sends without end is cut off here. */
const MAX_BODY_BYTES = 256 * 1024

export type Answer = Pick<Answered, 'status' | 'headers' | 'body' | 'truncated' | 'ms'> & {
  readonly bytes: number
}

export type Call = {
  readonly address: Address
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly timeoutMs: number
  readonly agent?: Agent
}

/** Waits for the answer to one call, its body read to the end or to the limit. Rejects with what went wrong. */
export const callService = (call: Call): Promise<Answer> => {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const startedAt = performance.now()
  const body = call.body === undefined ? undefined : Buffer.from(call.body, 'utf8')
  let hasAnswer = false
  const sent = request(
    {
      ...call.address,
      method: call.method,
      path: call.path,
      headers: { ...call.headers, ...(body === undefined ? {} : { 'content-length': body.length }) },
      agent: call.agent ?? false,
    },
    (response) => {
      hasAnswer = true
      const chunks: Buffer[] = []
      let bytes = 0
      const finish = (truncated: boolean) => {
        clearTimeout(late)
        const headers = Object.fromEntries(
          Object.entries(response.headers).map(([name, value]) => [
            name,
            (Array.isArray(value) ? value.join(', ') : (value ?? '')).toWellFormed(),
          ]),
        )
        resolve({
          status: response.statusCode ?? 0,
          headers,
          body: Buffer.concat(chunks).toString('utf8'),
          truncated,
          ms: performance.now() - startedAt,
          bytes,
        })
      }
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes <= MAX_BODY_BYTES) chunks.push(chunk)
        else {
          finish(true)
          response.destroy()
        }
      })
      response.on('end', () => {
        finish(false)
      })
      response.on('error', (error) => {
        clearTimeout(late)
        reject(new Error(`the answer broke off: ${error.message}`))
      })
    },
  )
  const late = setTimeout(() => {
    reject(new Error(`no complete answer within ${call.timeoutMs} ms`))
    sent.destroy()
  }, call.timeoutMs)
  sent.on('error', (error) => {
    // A service may answer a long body before it has read all of it, and close: the answer counts.
    if (hasAnswer) return
    clearTimeout(late)
    reject(error)
  })
  sent.end(body)
  return promise
}

export type Saved = Map<string, string>

const getBody = (body: OrderedBody): string =>
  typeof body === 'string' ? body : `${body.before}${body.repeat.repeat(body.times)}${body.after}`

export const fill = (text: string, saved: Saved): string =>
  text.replaceAll(/\{\{([^{}]+)\}\}/gu, (_, names: string) => {
    const name = names.split('|').find((one) => saved.has(one))
    if (name === undefined) throw new Error(`it needs ${names}, which no earlier answer held`)
    return encodeURIComponent(saved.get(name) ?? '')
  })

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const keep = (prefix: string, answer: Answer, saved: Saved): void => {
  const json = parseJson(answer.body)
  if (answer.status >= 400 || !isObject(json)) return
  const nested = Object.values(json).filter(isObject)
  // What stands on top is kept last, so that it wins over a member of the same name further in.
  for (const [key, value] of [...nested, json].flatMap((object) => Object.entries(object)))
    if (typeof value === 'string' || typeof value === 'number') saved.set(`${prefix}.${key}`, String(value))
}

export const runRequest = async (
  step: RequestStep,
  address: Address,
  saved: Saved,
  timeoutMs: number,
): Promise<StepResult> => {
  const answer = await callService({
    address,
    method: step.method,
    path: fill(step.path, saved),
    ...(step.headers === undefined ? {} : { headers: step.headers }),
    ...(step.body === undefined ? {} : { body: getBody(step.body) }),
    timeoutMs,
  })
  if (step.saveAs !== undefined) keep(step.saveAs, answer, saved)
  const { status, headers, body, truncated, ms } = answer
  return { id: step.id, type: 'request', outcome: 'done', status, headers, body, truncated, ms }
}

/** Sends the bytes and takes what comes back until the other side closes or falls silent. */
export const runRaw = async (
  step: RawStep,
  { host, port }: Address,
  timeoutMs: number,
): Promise<StepResult> => {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const startedAt = performance.now()
  let text = ''
  const socket = connect(port, host, () => socket.write(step.text, 'latin1'))
  socket.setTimeout(Math.min(timeoutMs, 2000), () => socket.destroy())
  socket.on('data', (chunk) => {
    text = `${text}${chunk.toString('latin1')}`
    if (text.length > MAX_BODY_BYTES) socket.destroy()
  })
  socket.on('error', (error) => {
    if (text === '') reject(error)
  })
  socket.on('close', () => {
    resolve(text)
  })
  const answer = await promise
  const [head = '', ...rest] = answer.split('\r\n\r\n')
  return {
    id: step.id,
    type: 'raw',
    outcome: 'done',
    // A connection that was closed without a word is an answer too: status 0.
    status: Number(/^HTTP\/1\.[01] (\d{3})/u.exec(head)?.[1] ?? 0),
    headers: {},
    body: rest.join('\r\n\r\n'),
    truncated: answer.length > MAX_BODY_BYTES,
    ms: performance.now() - startedAt,
  }
}
