import { setTimeout as sleep } from 'node:timers/promises'
import type { WorkspaceId } from '@ropewalk/core/ids'
import { getBackoffMs, RETRY_RULES } from '@ropewalk/core/retry-policy'
import type { Log } from '../log.ts'
import { describeError, isGivenUp, isPassing, isRefusal, MAX_DELIVERIES } from './failures.ts'
import { getOrderKey, type HandleInbound } from './handle-inbound.ts'
import type { BatchHandler, Bus, BusMessage, Consumer } from './port.ts'
import { parseRedriveKey, type PublishDeadLetter } from './publish-dead-letter.ts'
import { validateMessage, type ValidMessage, type Verdict } from './validate-message.ts'
import { mayBeEarly, waitForOlder } from './wait-for-older.ts'

/** The group that reads what comes from outside, on every topic that takes any. */
export const VALIDATORS = 'validators'

/** What comes in from outside comes on these. */
export const INBOUND_TOPICS = ['commands', 'heartbeats'] as const

/** Read at once: several times what the engine commits together, so that it always has enough. */
const BATCH = 500
/** Deeds under way at once. More only wait for a connection, and give up when that takes too long. */
const SIDE_BY_SIDE = 200

export type ValidatorOptions = {
  readonly bus: Bus
  readonly workspaceId: WorkspaceId
  readonly handle: HandleInbound
  readonly publishDeadLetter: PublishDeadLetter
  readonly log: Log
  /** This process, among the others of the group. */
  readonly consumer: string
  /** See ConsumeOptions; for tests. */
  readonly reclaimMs?: number | undefined
}

type Judged = { readonly message: BusMessage; readonly valid: ValidMessage }

type Outcome = 'done' | 'left' | 'left-for-now'

/**
 * Whether a deed hands its command to the engine without looking at anything first. The engine keeps the order
 * of commands on one project, so such messages may be under way together and are committed together.
 */
const isDirect = ({ valid }: Judged): boolean => valid.event.type === 'BACKLOG.ITEM_PROPOSED'

/** A project's messages in order, in steps of those that may be under way together. */
const makeSteps = (group: readonly Judged[]): readonly Judged[][] => {
  const steps: Judged[][] = []
  let wasDirect = false
  for (const judged of group) {
    const last = steps.at(-1)
    if (wasDirect && isDirect(judged) && last !== undefined) last.push(judged)
    else steps.push([judged])
    wasDirect = isDirect(judged)
  }
  return steps
}

/** Runs jobs side by side, at most SIDE_BY_SIDE of them. */
const runAll = async (jobs: readonly (() => Promise<void>)[]): Promise<void> => {
  const waiting = jobs[Symbol.iterator]()
  const work = async () => {
    for (const job of waiting) await job()
  }
  await Promise.all(Array.from({ length: Math.min(SIDE_BY_SIDE, jobs.length) }, work))
}

/** Tries again, by the table of retries, what may go well in a moment. */
const withPatience = async (work: () => Promise<void>): Promise<void> => {
  const rule = RETRY_RULES.bus.handler
  for (let failures = 1; ; failures += 1) {
    try {
      await work()
      return
    } catch (error) {
      if (!isPassing(error) || failures >= rule.tries) throw error
      await sleep(getBackoffMs(rule, failures))
    }
  }
}

/** Names the second try of a message that overtook another, by which its first refusal does not answer it. */
const AGAIN = 'again'

/**
 * The one door for messages from outside: what breaks its contract, or is for another workspace, becomes a dead
 * letter at once; what keeps it is done by the engine. What the engine refuses for good becomes a dead letter
 * as well. What fails otherwise stays in hand and comes again; when it has failed five times by itself, it is a
 * dead letter too. Messages of one project keep their order within a batch, the others run side by side; one that
 * is refused is tried once more when all that came before it, also in other processes, is done.
 */
export const makeValidator = (options: ValidatorOptions, topic: string): BatchHandler => {
  const { bus, workspaceId, handle, publishDeadLetter, log } = options

  const rest = async (message: BusMessage, verdict: Verdict): Promise<Outcome> => {
    try {
      await publishDeadLetter({ message, topic, group: VALIDATORS, ...verdict })
      return 'done'
    } catch (error) {
      log.warn({ err: error, topic, messageId: message.id }, 'a dead letter could not be written yet')
      return 'left'
    }
  }

  const doInTurn = async ({ message, valid }: Judged, batch: ReadonlySet<string>): Promise<Outcome> => {
    const redriveKey = parseRedriveKey(message.key) === undefined ? null : message.key
    try {
      await withPatience(() => handle(valid, redriveKey))
    } catch (error) {
      if (!isRefusal(error) || !mayBeEarly(error)) throw error
      const isInTurn = await waitForOlder(bus, { topic, group: VALIDATORS, message }, batch)
      if (!isInTurn && message.deliveries < MAX_DELIVERIES) return 'left-for-now'
      await withPatience(() => handle(valid, redriveKey === null ? AGAIN : `${redriveKey}:${AGAIN}`))
    }
    return 'done'
  }

  const act = async (judged: Judged, batch: ReadonlySet<string>): Promise<Outcome> => {
    const { message, valid } = judged
    try {
      return await doInTurn(judged, batch)
    } catch (error) {
      const { envelope, schemaId } = valid
      const verdict = {
        eventId: envelope.id,
        eventType: envelope.type,
        schemaId,
        problems: [],
        ...describeError(error),
      }
      if (isRefusal(error)) return rest(message, { reason: 'REFUSED', ...verdict })
      if (isGivenUp(error, message.deliveries)) return rest(message, { reason: 'HANDLER_FAILED', ...verdict })
      const about = { err: error, topic, eventId: envelope.id, deliveries: message.deliveries }
      log.warn(about, 'a message could not be worked on; it comes again')
      return isPassing(error) ? 'left-for-now' : 'left'
    }
  }

  return async (messages) => {
    const done: string[] = []
    const note = (message: BusMessage, outcome: Outcome) => {
      if (outcome === 'done') done.push(message.id)
    }
    const bad: (() => Promise<void>)[] = []
    const good: Judged[] = []
    for (const message of messages) {
      const valid = validateMessage(message, { workspaceId, topic })
      if (valid.type === 'ok') good.push({ message, valid })
      else bad.push(async () => note(message, await rest(message, valid.verdict)))
    }
    const batch = new Set(messages.map(({ id }) => id))
    const groups = Map.groupBy(good, ({ valid }) => getOrderKey(workspaceId, valid))
    const work = [...groups.values()].map((group) => async () => {
      for (const step of makeSteps(group)) {
        const outcomes = await Promise.all(step.map((judged) => act(judged, batch)))
        for (const [index, { message }] of step.entries()) note(message, outcomes[index] ?? 'left')
        // What follows upon a message that must wait, waits with it.
        if (outcomes.includes('left-for-now')) return
      }
    })
    await runAll([...bad, ...work])
    return done
  }
}

/** Starts this process's part of the group `validators`, on every topic that outsiders write. */
export const startValidators = (options: ValidatorOptions): Consumer => {
  const { bus, consumer, reclaimMs } = options
  const consumers = INBOUND_TOPICS.map((topic) =>
    bus.consume(
      topic,
      { group: VALIDATORS, consumer, from: 'start', batch: BATCH, reclaimMs },
      makeValidator(options, topic),
    ),
  )
  return {
    stop: async () => {
      await Promise.all(consumers.map((one) => one.stop()))
    },
  }
}
