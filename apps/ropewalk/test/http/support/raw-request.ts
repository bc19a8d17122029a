import { connect } from 'node:net'
import { request as httpRequest } from 'node:http'
import type { Answered } from './start-api.ts'

export type RawRequest = {
  readonly port: number
  readonly method?: string
  /** Sent as it is: `fetch` would mend what these tests break. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** One request with exactly these headers (and Node's own Host, when none is named). */
export const sendRaw = (raw: RawRequest): Promise<Answered> =>
  new Promise((resolve, reject) => {
    const { port, method = 'GET', path, headers, body } = raw
    const sent = httpRequest({ host: '127.0.0.1', port, method, path, headers: { ...headers }, agent: false })
    sent.on('error', reject)
    sent.on('upgrade', (_response, socket) => {
      socket.destroy()
      reject(new Error('the connection was upgraded'))
    })
    sent.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        const fields = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const)
        const all = new Headers(fields.map(([name, value]) => [name, value]))
        resolve({ status: response.statusCode ?? 0, headers: all, text, json: parse(text) })
      })
    })
    sent.end(body)
  })

/** What a server answers to bytes that need not be HTTP, until it hangs up. */
export const sendBytes = (port: number, bytes: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', reject)
    socket.on('close', () => {
      resolve(Buffer.concat(chunks).toString('utf8'))
    })
  })
