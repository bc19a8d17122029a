import { randomUUID } from 'node:crypto'
import { EVENT_SOURCE, type CloudEvent } from '@ropewalk/core/contract/events/envelope'
import type { InboundData, InboundType } from '@ropewalk/core/contract/events/inbound'
import type { DeadLetter } from '@ropewalk/core/contract/api/dead-letters'
import type { z } from 'zod'
import type { INBOUND } from '@ropewalk/core/contract/events/inbound'
import { makeBuses, type Buses } from '../../../src/bus/buses.ts'
import { makeDeadLetterDesk, type DeadLetterDesk } from '../../../src/bus/dead-letters.ts'
import type { StartProject } from '../../../src/bus/handle-inbound.ts'
import type { Bus, BusMessage } from '../../../src/bus/port.ts'
import { startRelay, type Relay } from '../../../src/bus/relay.ts'
import type { Config } from '../../../src/config.ts'
import { startProject } from '../../../src/engine/backlog/start-project.ts'
import type { RunningEngine } from '../../../src/engine/start.ts'
import { makeLog } from '../../../src/log.ts'
import { startStage, waitUntil, WORKSPACE, type Stage } from '../../engine/support/stage.ts'

/** Sources of the tests that count as persons. */
export const BUS_PERSON = '/tests/anna'

export const makeStartProjectUse = (engine: RunningEngine): StartProject => {
  const config = { clarification: 'autonomous', questionDeadlineSeconds: 60 } as const
  return (of, options) => startProject({ engine, config, templates: [] }, of, options)
}

type Inbound<T extends InboundType> = z.input<(typeof INBOUND)[T]>

export const makeInbound = <T extends InboundType>(
  type: T,
  data: Inbound<T>,
  rest: Partial<CloudEvent> = {},
) => ({ specversion: '1.0', id: randomUUID(), source: '/tests/one', type, data, ...rest })

export type RelayWorld = {
  readonly stage: Stage
  readonly bus: Bus
  readonly buses: Buses
  readonly desk: DeadLetterDesk
  /** A relay as one process has it; stopped with the world. */
  start(options?: {
    readonly engine?: RunningEngine
    readonly startProject?: StartProject
    readonly isEager?: boolean
  }): Relay
  /** Puts an event on a topic as an outsider does; gives the id of the message. */
  send(event: unknown, topic?: string): Promise<string>
  /** Everything a topic holds, in its order. */
  readTopic(topic: string): Promise<readonly BusMessage[]>
  listDeadLetters(eventId?: string): Promise<readonly DeadLetter[]>
  /** Waits until this event rests, and gives its dead letter. */
  awaitDeadLetter(eventId: string, status?: string): Promise<DeadLetter>
  /** Events of ours that an event from outside brought about. */
  listCaused(eventId: string): Promise<readonly string[]>
  stop(): Promise<void>
}

/** How soon a message that was left comes again; the product waits for a minute. */
const RECLAIM_MS = 300

export const startRelayWorld = async (
  settings: Pick<Config, 'bus' | 'redisUrl' | 'busNamespace'>,
): Promise<RelayWorld> => {
  const stage = await startStage()
  const { store } = stage.engine
  const log = makeLog({ level: 'silent' })
  const config = { ...settings, busPeople: [BUS_PERSON] }
  const buses = makeBuses({ config, store, log })
  const bus = await buses.get(WORKSPACE)
  const desk = makeDeadLetterDesk({ store, openBus: buses.get, log })
  const relays: Relay[] = []

  const listDeadLetters = async (eventId?: string) => {
    const page = await desk.list(WORKSPACE, { limit: 200 })
    const found = page.items.filter((letter) => eventId === undefined || letter.eventId === eventId)
    return Promise.all(found.map(({ id }) => desk.read(WORKSPACE, id)))
  }
  return {
    stage,
    bus,
    buses,
    desk,
    start: ({ engine = stage.engine, ...rest } = {}) => {
      const relay = startRelay({
        engine,
        store,
        buses,
        config,
        log,
        isEager: true,
        reclaimMs: RECLAIM_MS,
        startProject: makeStartProjectUse(engine),
        ...rest,
      })
      relays.push(relay)
      return relay
    },
    send: async (event, topic = 'commands') => {
      const body = typeof event === 'string' ? event : JSON.stringify(event)
      const [published] = await bus.publish(topic, [{ key: randomUUID(), body }])
      return published?.id ?? ''
    },
    readTopic: async (topic) => {
      const group = `reader-${randomUUID()}`
      await bus.ensureGroup(topic, group, 'start')
      const all: BusMessage[] = []
      for (;;) {
        const found = await bus.read(topic, { group, consumer: 'one', batch: 500, blockMs: 0 })
        if (found.length === 0) break
        all.push(...found)
      }
      await bus.dropGroup(topic, group)
      return all
    },
    listDeadLetters,
    awaitDeadLetter: async (eventId, status = 'open') => {
      let found: DeadLetter | undefined
      await waitUntil(`a dead letter of ${eventId} that is ${status}`, async () => {
        found = (await listDeadLetters(eventId)).find((letter) => letter.status === status)
        return found !== undefined
      })
      if (found === undefined) throw new Error('There is no dead letter.')
      return found
    },
    listCaused: async (eventId) => {
      const rows = await stage.query<{ body: string }>(
        `SELECT body FROM ropewalk.ledger WHERE body LIKE '%"causationId":' || to_json($1::text)::text || '%' ORDER BY position`,
        [eventId],
      )
      return rows.flatMap(({ body }) =>
        (JSON.parse(body) as { events: { type: string }[] }).events.map(({ type }) => type),
      )
    },
    stop: async () => {
      await Promise.all(relays.map((relay) => relay.stop()))
      await buses.close()
      await stage.stop()
    },
  }
}

export const isOurs = ({ body }: BusMessage): boolean =>
  (JSON.parse(body) as { source: string }).source === EVENT_SOURCE

export type { InboundData }
