import { RopewalkError } from '@ropewalk/core/errors'

/**
 * The topics of the product. `events` is the ledger going out and is written by the relay alone; `commands`
 * and `heartbeats` come in; `tasks` hands work to those outside; `dlq` is where messages rest at last.
 */
export const TOPICS = ['events', 'commands', 'tasks', 'heartbeats', 'dlq'] as const

/** How long a key is remembered, so that publishing it again adds nothing. */
export const KEY_MEMORY_MS = 86_400_000

/** After this long without a sign of life a message in hand is taken to be given up (AX-24). */
export const RECLAIM_MS = 60_000

/** The most messages of one call of `publish`; the caller cuts more into several. */
export const MAX_PUBLISH = 1_000

/** The most a body may have. An envelope is a few kilobytes; what is larger travels as a blob's digest. */
export const MAX_BODY_CHARS = 1_000_000

export type NewMessage = {
  /** The event's id. A key names one message per topic: published again within 24 h it adds nothing. */
  readonly key: string
  /** JSON text. The bus does not look into it. */
  readonly body: string
}

/** What became of a message that was published. */
export type Published = {
  /** The bus's own id of it, or of the message with its key that was there before. */
  readonly id: string
  readonly isNew: boolean
}

export type BusMessage = {
  /** The bus's own name for it, unique in its topic; ids say nothing to those outside the driver. */
  readonly id: string
  /** As it was published; null for what somebody put on the bus without going through `publish`. */
  readonly key: string | null
  /** As it was published. Outsiders may send anything: it may be no JSON, or empty. */
  readonly body: string
  /** What came beside key and body when an outsider sent it; for dead letters, which keep the original whole. */
  readonly headers: Readonly<Record<string, string>>
  /** How often this group was given it, this time included. */
  readonly deliveries: number
  /** ISO 8601, milliseconds, by the clock of the bus. */
  readonly publishedAt: string
}

export type PendingMessage = {
  readonly id: string
  readonly consumer: string
  readonly deliveries: number
  /** Since it was given to its consumer, or since that one last said it still works on it. */
  readonly idleMs: number
}

export type Pending = {
  /** How many were given out and not acked. */
  readonly total: number
  /** Up to `limit` of them, oldest message first. */
  readonly messages: readonly PendingMessage[]
}

export type TopicState = {
  /** Messages stored now. */
  readonly length: number
  /** The id of the newest ever published, null when there is none. It outlives trimming, not a loss of the bus. */
  readonly lastId: string | null
  readonly groups: readonly { readonly name: string; readonly pending: number }[]
  /** Names the life of all that the bus keeps. Another one than before: what was stored then is lost. */
  readonly life: string
}

export type PublishOptions = {
  /** Adds nothing, and throws BUS_UNAVAILABLE, when the bus has another life than this: then it has lost what came before. */
  readonly life?: string | undefined
}

/** The holder of messages: one consumer of one group. Names are the caller's; a consumer's is unique in its group. */
export type Holder = { readonly group: string; readonly consumer: string }

export type ReadOptions = Holder & {
  /** The most messages to get. */
  readonly batch: number
  /** How long to wait for the first when there is none; 0 does not wait. */
  readonly blockMs: number
  /** Ends the wait early; what was given out by then is still returned. */
  readonly signal?: AbortSignal | undefined
}

export type ReclaimOptions = Holder & { readonly idleMs: number; readonly limit: number }

export type TrimOptions = {
  /** Removes what was published longer ago than this. */
  readonly olderThanMs?: number | undefined
  /** Removes the oldest beyond this many. */
  readonly maxLength?: number | undefined
}

/**
 * What a driver does. All drivers keep the same promises:
 *
 * - **At least once.** What `publish` has answered for is stored as safely as the bus stores anything, and each
 *   group gets it until it is acked. A group may get a message twice; consumers bear that.
 * - **Order.** A topic has one order, that of publishing. A group's first deliveries follow it, with any number
 *   of publishers and of readers, and none is left out. What is delivered again comes when it comes.
 * - **Groups** are independent: each sees every message from where it was made. Within a group a message is in
 *   one consumer's hands, from `read` or `reclaim` until it is acked, or until it was idle for `idleMs` and
 *   somebody reclaimed it. The count of deliveries survives consumers and restarts.
 * - **Acks count for the group**, whoever sends them: work that was done after its message was taken away is
 *   done all the same. An ack may be repeated.
 * - A group that existed and has gone (the bus lost its data) is made anew at the start of what there is.
 *
 * All throw BUS_UNAVAILABLE (Redis) or STORE_UNAVAILABLE (Postgres) within some seconds when the bus cannot be
 * reached, STORAGE_FULL when it takes no more, INVALID_ARGUMENT for names and bodies that break their form, and
 * NOT_FOUND for a group that was never made. All may be called again after a failure.
 */
export type BusDriver = {
  readonly name: 'postgres' | 'redis'
  /**
   * Adds messages at the end of a topic, in the order given and next to each other as far as the driver can, all
   * or a first part of them; what became of each, in order. Up to MAX_PUBLISH. A key that was published within
   * 24 h, in an earlier call or in this one, adds nothing: a call whose answer was lost is simply repeated.
   */
  publish(
    topic: string,
    messages: readonly NewMessage[],
    options?: PublishOptions,
  ): Promise<readonly Published[]>
  /** Makes the group if there is none of that name; at the start it gets all that is stored, at the end only what comes. */
  ensureGroup(topic: string, group: string, from: 'start' | 'end'): Promise<void>
  /** Forgets a group and what it had in hand. A forgotten group that nobody reads keeps `trim` from trimming. */
  dropGroup(topic: string, group: string): Promise<void>
  /** The next messages that the group has not yet been given, oldest first; none when the wait was in vain. */
  read(topic: string, options: ReadOptions): Promise<readonly BusMessage[]>
  /** Done with these, for the whole group. Gives how many were in somebody's hands until now. */
  ack(topic: string, group: string, ids: readonly string[]): Promise<number>
  /** Says that this consumer still works on these, so that they are not reclaimed; gives those that are still its own. */
  touch(topic: string, holder: Holder, ids: readonly string[]): Promise<readonly string[]>
  /** Takes over up to `limit` messages that nobody touched for `idleMs`, oldest first; counts as a delivery. */
  reclaim(topic: string, options: ReclaimOptions): Promise<readonly BusMessage[]>
  /** What the group's consumers have in hand. `limit` defaults to 100. */
  pending(topic: string, group: string, limit?: number): Promise<Pending>
  /** The topic as it stands; an empty one when nobody ever published. */
  describe(topic: string): Promise<TopicState>
  /** Removes old messages that every group has acked, and never another; gives how many went. */
  trim(topic: string, options: TrimOptions): Promise<number>
  /** Ends waits and connections of this driver; calls under way fail or end, none hangs. */
  close(): Promise<void>
}

export type ConsumeOptions = Holder & {
  /** Where the group begins if this call makes it. */
  readonly from: 'start' | 'end'
  /** Default 10. */
  readonly batch?: number | undefined
  /** How long one read waits; longer means fewer questions to an idle bus. Default 2,000. */
  readonly blockMs?: number | undefined
  /** Idle for this long, a message of the group is taken over. Default RECLAIM_MS. */
  readonly reclaimMs?: number | undefined
}

/**
 * Works on messages and resolves to the ids of those that are done. Those it does not name, and all of them when
 * it throws, stay in hand and come again after `reclaimMs`, to this consumer or another of the group.
 */
export type BatchHandler = (messages: readonly BusMessage[]) => Promise<readonly string[]>

export type Consumer = {
  /** Resolves when the batch in hand is through and nothing more will be asked for. */
  stop(): Promise<void>
}

export type Bus = BusDriver & {
  /**
   * Starts reading a topic, a batch at a time, new messages and those that others gave up. While the handler
   * works its messages are touched, so that long work is not taken away; whoever wants a limit sets it inside.
   * A bus that cannot be reached is asked again, ever more seldom up to every 5 s; nothing is thrown.
   */
  consume(topic: string, options: ConsumeOptions, handler: BatchHandler): Consumer
}

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,99}$/u

/** Refuses names of topics, groups and consumers that some driver could not keep. Throws INVALID_ARGUMENT. */
export const checkNames = (...names: readonly string[]): void => {
  const bad = names.find((name) => !NAME.test(name))
  if (bad === undefined) return
  throw new RopewalkError(
    'INVALID_ARGUMENT',
    `Expected a name of 1 to 100 letters, digits, dots, dashes and underscores, got ${JSON.stringify(bad.slice(0, 120))}.`,
  )
}

/** Refuses what some driver could not keep as it is. Throws INVALID_ARGUMENT naming the message. */
export const checkMessages = (messages: readonly NewMessage[]): void => {
  if (messages.length > MAX_PUBLISH) {
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      `Expected at most ${MAX_PUBLISH} messages at once, got ${messages.length}.`,
    )
  }
  for (const [index, { key, body }] of messages.entries()) {
    const isKept = (text: string) => text.isWellFormed() && !text.includes('\0')
    if (key.length === 0 || key.length > 200 || !isKept(key)) {
      throw new RopewalkError(
        'INVALID_ARGUMENT',
        `Message ${index}: expected a key of 1 to 200 characters of text.`,
      )
    }
    if (body.length > MAX_BODY_CHARS || !isKept(body)) {
      throw new RopewalkError(
        'INVALID_ARGUMENT',
        `Message ${index} (${key}): expected up to ${MAX_BODY_CHARS} characters of well-formed text without NUL.`,
      )
    }
  }
}
