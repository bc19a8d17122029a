import type { WorkspaceId } from '@ropewalk/core/ids'
import type { EventView } from '../engine/contract.ts'
import type { EventFeed } from './event-feed.ts'
import { makeCloudEvent } from '../engine/views/cloud-event.ts'

export type StreamOptions = {
  readonly feed: EventFeed
  readonly workspaceId: WorkspaceId
  readonly after: number
  /** The run or project whose events these are; all of them without it. */
  readonly stream?: string | undefined
  /** Which events are sent; all without it. */
  readonly accept?: ((event: EventView) => boolean) | undefined
  /** A comment is sent when nothing else was for this long, so that no one between us hangs up. */
  readonly heartbeatMs: number
  /** A reader that takes nothing for this long is dropped; it may come back with its last position. */
  readonly stallMs: number
  readonly signal: AbortSignal
  readonly drop: () => void
}

/** How long a browser waits before it comes back. */
const RETRY_MS = 2000

/** Readers at the same place are sent the same text, written once. */
const texts = new WeakMap<readonly EventView[], string>()

const getText = (workspaceId: WorkspaceId, events: readonly EventView[]): string => {
  const kept = texts.get(events)
  if (kept !== undefined) return kept
  const text = events
    .map((event) => `id: ${event.position}\ndata: ${JSON.stringify(makeCloudEvent(workspaceId, event))}\n\n`)
    .join('')
  texts.set(events, text)
  return text
}

/**
 * The events after a position as server-sent events, without end. It is pulled: nothing is read for a
 * reader who does not take what he was sent.
 */
export async function* streamEvents(options: StreamOptions): AsyncGenerator<string> {
  const { feed, workspaceId, stream, accept, heartbeatMs, signal } = options
  let position = options.after
  let stall: NodeJS.Timeout | undefined
  let sentAt = performance.now()
  const arm = (): void => {
    stall = setTimeout(options.drop, options.stallMs)
    sentAt = performance.now()
  }
  try {
    arm()
    yield `retry: ${RETRY_MS}\n\n`
    clearTimeout(stall)
    while (!signal.aborted && !feed.isOver()) {
      const generation = feed.getGeneration()
      const events = await feed.list({ workspaceId, after: position, stream })
      const last = events.at(-1)
      const quietMs = performance.now() - sentAt
      if (last === undefined && quietMs < heartbeatMs) {
        await feed.wait(generation, heartbeatMs - quietMs, signal)
        continue
      }
      position = last?.position ?? position
      const wanted = accept === undefined ? events : events.filter(accept)
      if (last !== undefined && wanted.length === 0 && quietMs < heartbeatMs) continue
      arm()
      yield wanted.length === 0 ? ': still here\n\n' : getText(workspaceId, wanted)
      clearTimeout(stall)
    }
  } finally {
    clearTimeout(stall)
  }
}
