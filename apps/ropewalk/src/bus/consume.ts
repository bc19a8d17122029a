import { setTimeout as sleep } from 'node:timers/promises'
import { ERRORS, RopewalkError } from '@ropewalk/core/errors'
import type { Log } from '../log.ts'
import { RECLAIM_MS, checkNames } from './port.ts'
import type { BatchHandler, Bus, BusDriver, BusMessage, ConsumeOptions, Consumer } from './port.ts'

/** A driver with the consuming loop that all drivers share. */
export const makeBus = (driver: BusDriver, log: Log): Bus => ({
  ...driver,
  consume: (topic, options, handler) => startConsumer({ driver, log, topic, options, handler }),
})

type Given = {
  readonly driver: BusDriver
  readonly log: Log
  readonly topic: string
  readonly options: ConsumeOptions
  readonly handler: BatchHandler
}

type Settings = { readonly [K in keyof ConsumeOptions]-?: NonNullable<ConsumeOptions[K]> }

const FIRST_PAUSE_MS = 100
const LAST_PAUSE_MS = 5_000
/** What our own mistakes wait for: nothing mends them but a new release, and the log must not fill. */
const BAD_PAUSE_MS = 30_000

const resolveOptions = (options: ConsumeOptions): Settings => ({
  ...options,
  batch: options.batch ?? 10,
  blockMs: options.blockMs ?? 2_000,
  reclaimMs: options.reclaimMs ?? RECLAIM_MS,
})

const startConsumer = ({ options, ...given }: Given): Consumer => {
  checkNames(given.topic, options.group, options.consumer)
  const stopped = new AbortController()
  const running = run({ ...given, options: resolveOptions(options), signal: stopped.signal })
  return {
    stop: async () => {
      stopped.abort()
      await running
    },
  }
}

type Loop = Omit<Given, 'options'> & { readonly options: Settings; readonly signal: AbortSignal }

const run = async (loop: Loop): Promise<void> => {
  const { driver, topic, options, signal } = loop
  const next = makeNext(loop)
  await untilDone(loop, 'a group could not be made', () =>
    driver.ensureGroup(topic, options.group, options.from),
  )
  while (!signal.aborted) {
    await untilDone(loop, 'the bus could not be read', async () => {
      const messages = await next()
      if (messages.length > 0) await handle(loop, messages)
    })
  }
}

/** What comes next: messages that others gave up, when it is time to look for them, else new ones. */
const makeNext = ({ driver, topic, options, signal }: Loop): (() => Promise<readonly BusMessage[]>) => {
  const { group, consumer, batch, blockMs, reclaimMs } = options
  // Often enough that what was given up waits little longer than it must.
  const pauseMs = Math.max(100, reclaimMs / 6)
  let reclaimAt = 0
  return async () => {
    if (performance.now() >= reclaimAt) {
      const found = await driver.reclaim(topic, { group, consumer, idleMs: reclaimMs, limit: batch })
      // A full batch may mean that there are more.
      if (found.length < batch) reclaimAt = performance.now() + pauseMs
      if (found.length > 0) return found
    }
    // Never waits past the moment to reclaim.
    const left = Math.max(0, reclaimAt - performance.now())
    return driver.read(topic, { group, consumer, batch, blockMs: Math.min(blockMs, left), signal })
  }
}

const handle = async (loop: Loop, messages: readonly BusMessage[]): Promise<void> => {
  const { driver, log, topic, options, handler } = loop
  const { group } = options
  const stopTouching = startTouching(loop, messages)
  try {
    const done = await handler(messages)
    // Forgetting an ack means doing the work again, so it is sent until the bus takes it.
    if (done.length > 0) {
      await untilDone(loop, 'finished messages could not be acked', async () => {
        await driver.ack(topic, group, done)
      })
    }
  } catch (error) {
    log.warn({ err: error, topic, group }, 'a handler failed; its messages come again')
  } finally {
    await stopTouching()
  }
}

/** Tells the bus in good time that the batch is still being worked on; gives what ends it. */
const startTouching = (
  { driver, log, topic, options }: Loop,
  messages: readonly BusMessage[],
): (() => Promise<void>) => {
  const ids = messages.map(({ id }) => id)
  const over = new AbortController()
  const touch = async () => {
    for (;;) {
      await sleep(options.reclaimMs / 3, undefined, { signal: over.signal, ref: false })
      try {
        await driver.touch(topic, options, ids)
      } catch (error) {
        log.debug({ err: error, topic }, 'the bus was not told of work under way; it may be given to another')
      }
    }
  }
  // Ends by the abort of its sleep and by nothing else.
  const touching = touch().catch(() => undefined)
  return async () => {
    over.abort()
    await touching
  }
}

/** Does `work` until it succeeds or the consumer is stopped; after it was stopped, once. */
const untilDone = async (
  { log, topic, signal }: Loop,
  what: string,
  work: () => Promise<void>,
): Promise<void> => {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LAST_PAUSE_MS)) {
    try {
      await work()
      return
    } catch (error) {
      if (signal.aborted) {
        log.debug({ err: error, topic }, `${what}, and the consumer is stopping`)
        return
      }
      const isPassing = error instanceof RopewalkError && ERRORS[error.code].retryable
      if (isPassing) log.debug({ err: error, topic }, `${what}; it is tried again`)
      else log.error({ err: error, topic }, `${what}; it is tried again, though that will hardly help`)
      await sleep(isPassing ? pauseMs : BAD_PAUSE_MS, undefined, { signal }).catch(() => undefined)
    }
  }
}
