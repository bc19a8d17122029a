import { setTimeout as sleep } from 'node:timers/promises'
import type { CloudEvent } from '@ropewalk/core/contract/api/events'
import type { Api } from './api.ts'
import { ServerGone } from './server-gone.ts'

/** What events are of, as the API asks for it. */
export type EventOwner = { readonly run?: string; readonly project?: string }

export type FollowOptions = {
  /** The server to read from at this moment; asked again after it went away. */
  readonly getApi: () => Api
  /** Finds or becomes another server. */
  readonly recover: () => Promise<void>
  /** Whose events: a run's, a project's, or with neither all. */
  readonly of: EventOwner
  readonly after: number
  readonly signal: AbortSignal
}

/** The server sends at least a comment every 15 s; silence for this long is a connection that broke unnoticed. */
const SILENCE_MS = 45_000
const PAUSE_MS = 300

/** The events in a stream of server-sent events; comments and fields nobody needs are passed over. */
export async function* parseEventStream(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<CloudEvent> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n\r?\n/u)
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const data = block
        .split(/\r?\n/u)
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice('data:'.length).trimStart())
      if (data.length > 0) yield JSON.parse(data.join('\n')) as CloudEvent
    }
  }
}

/** Passes chunks on, and ends the connection when none came for too long. */
async function* watchSilence(
  body: AsyncIterable<Uint8Array>,
  onSilence: () => void,
): AsyncGenerator<Uint8Array> {
  let timer = setTimeout(onSilence, SILENCE_MS)
  try {
    for await (const chunk of body) {
      clearTimeout(timer)
      timer = setTimeout(onSilence, SILENCE_MS)
      yield chunk
    }
  } finally {
    clearTimeout(timer)
  }
}

/**
 * The events of a run, a project or a workspace after a position, each once and in order, until `signal` is aborted or the reader stops. A
 * connection that breaks is taken up where it broke, also with another server of the same home.
 */
export async function* followEvents(options: FollowOptions): AsyncGenerator<CloudEvent> {
  let position = options.after
  while (!options.signal.aborted) {
    const connection = new AbortController()
    const end = () => {
      connection.abort()
    }
    options.signal.addEventListener('abort', end, { once: true })
    try {
      const response = await options
        .getApi()
        .openEventStream({ after: position, ...options.of }, connection.signal)
      if (response.body === null) throw new ServerGone('the event stream has no body')
      for await (const event of parseEventStream(watchSilence(response.body, end))) {
        if (event.position <= position) continue
        position = event.position
        yield event
      }
      // The server ended the stream: it is stopping.
      await sleep(PAUSE_MS)
    } catch (error) {
      if (options.signal.aborted) return
      if (!isLostConnection(error)) throw error
      await sleep(PAUSE_MS)
      await options.recover()
    } finally {
      options.signal.removeEventListener('abort', end)
      end()
    }
  }
}

/** What fetch throws for a connection that broke: a TypeError, or an AbortError of our own watch for silence. */
const isLostConnection = (error: unknown): boolean =>
  error instanceof ServerGone ||
  error instanceof TypeError ||
  (error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError'))
