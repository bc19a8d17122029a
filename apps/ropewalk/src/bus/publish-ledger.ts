import { setTimeout as sleep } from 'node:timers/promises'
import type { WorkspaceId } from '@ropewalk/core/ids'
import type { Engine, EventView } from '../engine/contract.ts'
import { makeCloudEvent } from '../engine/views/cloud-event.ts'
import type { Log } from '../log.ts'
import { findRelayPlace, moveRelayPlace } from '../store/bus/relay-position.ts'
import type { RelayPlace } from '../store/bus/relay-position.ts'
import type { Store } from '../store/open.ts'
import { isPassing } from './failures.ts'
import { makeTaskOffer } from './make-task-offers.ts'
import type { Bus, NewMessage } from './port.ts'

/** The name of the relay's place in the ledger. */
const NAME = 'events'
/** Events of one round: what is published between two notes of the place, and again after a crash. */
const BATCH = 200
/** Events that are published anew on a bus that has lost all: what some reader may not have got to yet. */
const AGAIN = 10_000
/** Hints may be lost; this is how late an event may then be. */
const POLL_MS = 1_000
/** Hints come in bursts; what comes within this is published together. */
const GATHER_MS = 20
const LAST_PAUSE_MS = 5_000

export type LedgerRelayOptions = {
  readonly engine: Pick<Engine, 'blobs' | 'listEvents' | 'onCommit' | 'readWork' | 'readWorkRows'>
  readonly store: Store
  readonly bus: Pick<Bus, 'describe' | 'name' | 'publish'>
  readonly workspaceId: WorkspaceId
  readonly log: Log
}

export type LedgerRelay = { stop(): Promise<void> }

const makeOffers = async (
  { engine, workspaceId }: LedgerRelayOptions,
  events: readonly EventView[],
): Promise<readonly NewMessage[]> => {
  const offers: NewMessage[] = []
  for (const event of events) {
    if (event.type !== 'WORK.ITEM_DISPATCHED') continue
    const offer = await makeTaskOffer(engine, workspaceId, event)
    if (offer !== undefined) offers.push(offer)
  }
  return offers
}

/**
 * Where to go on, and in which life of the bus. A Redis that came back empty has lost events that nobody had read
 * yet: then the place is set back, for all relays, so that the newest events are published once more before any
 * other.
 */
const findPlace = async ({ store, bus, workspaceId, log }: LedgerRelayOptions): Promise<RelayPlace> => {
  const { life } = await bus.describe('events')
  const of = { workspaceId, name: NAME }
  const place = await findRelayPlace(store, of)
  if (place === undefined) return { position: 0, life }
  if (place.life === life || bus.name !== 'redis') return { ...place, life }
  const to = Math.max(0, place.position - AGAIN)
  const isOurs = await moveRelayPlace(store, { ...of, from: place.position, to, life })
  if (isOurs)
    log.warn(
      { workspaceId, from: to },
      'the bus has none of the events that were published; the newest are published again',
    )
  return { position: (await findRelayPlace(store, of))?.position ?? to, life }
}

/**
 * Publishes the next events of the ledger, in order, and notes the place; how many there were, at most `limit`.
 *
 * The place is noted after the bus has answered: a crash in between publishes the same events again, and their
 * keys, which are their ids, make that nothing. Several relays may do this at once and keep the order: each
 * publishes from a place up to which everything is on the bus, one batch at a time, and a batch goes on the bus
 * in its order or a first part of it does. So nobody publishes an event before those ahead of it are there, and
 * whoever comes second adds nothing. What is sent to a bus that has lost all meanwhile is refused by it. Throws STORE_UNAVAILABLE and BUS_UNAVAILABLE; repeat it then.
 */
export const publishLedger = async (options: LedgerRelayOptions, limit = BATCH): Promise<number> => {
  const { engine, store, bus, workspaceId } = options
  const { position: after, life } = await findPlace(options)
  const events = await engine.listEvents(workspaceId, { after, limit })
  const last = events.at(-1)
  if (last === undefined) return 0
  await bus.publish(
    'events',
    events.map((event) => ({ key: event.id, body: JSON.stringify(makeCloudEvent(workspaceId, event)) })),
    { life },
  )
  // One at a time: an offer carries its rows, and may be large.
  for (const offer of await makeOffers(options, events)) await bus.publish('tasks', [offer])
  await moveRelayPlace(store, { workspaceId, name: NAME, from: after, to: last.position, life })
  return events.length
}

/** Starts publishing the ledger of a workspace on topic `events`, as it grows. */
export const startLedgerRelay = (options: LedgerRelayOptions): LedgerRelay => {
  const { engine, workspaceId, log } = options
  const stopped = new AbortController()
  let isWoken = false
  let wakeUp: (() => void) | undefined
  const wake = () => {
    isWoken = true
    wakeUp?.()
  }
  const wait = async (ms: number) => {
    if (isWoken || stopped.signal.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, ms)
    wakeUp = resolve
    await promise
    clearTimeout(timer)
    wakeUp = undefined
  }
  const pause = (ms: number) => sleep(ms, undefined, { signal: stopped.signal }).catch(() => undefined)
  const run = async () => {
    let pauseMs = 100
    while (!stopped.signal.aborted) {
      isWoken = false
      try {
        const count = await publishLedger(options)
        pauseMs = 100
        if (count < BATCH) {
          await wait(POLL_MS)
          await pause(GATHER_MS)
        }
      } catch (error) {
        log[isPassing(error) ? 'debug' : 'error'](
          { err: error, workspaceId },
          'events could not be published yet',
        )
        // No hint shortens this: what is not there now is not there in a millisecond either.
        await pause(pauseMs)
        pauseMs = Math.min(2 * pauseMs, LAST_PAUSE_MS)
      }
    }
  }
  const forget = engine.onCommit(({ workspaceIds }) => {
    if (workspaceIds.includes(workspaceId)) wake()
  })
  const running = run()
  return {
    stop: async () => {
      forget()
      stopped.abort()
      wake()
      await running
    },
  }
}
