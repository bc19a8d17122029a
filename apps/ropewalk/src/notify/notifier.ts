import type {
  Notification,
  NotificationBook,
  NotificationChannel,
  NotificationKey,
  NotificationSettlement,
} from '@ropewalk/core/contract/notification'
import { RopewalkError } from '@ropewalk/core/errors'
import type { QuestionId, WorkspaceId } from '@ropewalk/core/ids'
import type { Delivery } from './delivery.ts'
import type { GuardOptions } from './fetch-guarded.ts'
import { makeLimiter } from './limit.ts'
import { makeNotification, QuestionRow } from './make-notification.ts'
import { runHook } from './run-hook.ts'
import { sendWebhook } from './send-webhook.ts'

export type NotifySettings = {
  readonly notifyWebhook?: string | undefined
  readonly notifyWebhookSecret?: string | undefined
  readonly notifyAllowPrivate: boolean
  readonly notifyCommand?: readonly string[] | undefined
  readonly publicUrl?: string | undefined
  /** What a command hook is given of our environment. */
  readonly hookEnvironment: Readonly<Record<string, string>>
}

export type NotifierLog = Readonly<
  Record<'info' | 'warn' | 'error', (facts: object, message: string) => void>
>

export type NotifierOptions = {
  readonly book: NotificationBook
  readonly settings: NotifySettings
  readonly log: NotifierLog
  /** Where this server is reached when `publicUrl` says nothing else. */
  readonly serverUrl: string
  readonly lookup?: GuardOptions['lookup']
}

export type Notifier = {
  /** `version` is that of the question when the effect was made; without it, the present one. */
  notify(workspaceId: WorkspaceId, questionId: QuestionId, effectId: string, version?: number): Promise<void>
}

/** Longer than any channel takes for one try, so that only a crash lets another process have the claim. */
const LEASE_MS = 20_000
/** With these a receiver that is down for two hours is still told. */
const MAX_ATTEMPTS = 20
const FIRST_DELAY_MS = 1000
/** A hook is a process: a backlog that opens a hundred questions must not start a hundred at once. */
const MOST_AT_ONCE = 8
/** Effects that take longer are handed out anew. */
const MAX_WAIT_MS = 10_000
const MAX_DELAY_MS = 900_000

type Send = (notification: Notification, key: string) => Promise<Delivery>

const makeChannels = ({ settings, lookup }: NotifierOptions): ReadonlyMap<NotificationChannel, Send> => {
  const channels = new Map<NotificationChannel, Send>()
  const { notifyWebhook: url, notifyWebhookSecret: secret, notifyCommand: argv } = settings
  const isAllowed = settings.notifyAllowPrivate
  const guard = { allowLoopback: isAllowed, allowPrivate: isAllowed, lookup }
  if (url !== undefined)
    channels.set('webhook', (notification, key) => sendWebhook(notification, key, { url, secret, guard }))
  if (argv !== undefined && argv.length > 0)
    channels.set('command', (notification) =>
      runHook(notification, { argv, environment: settings.hookEnvironment }),
    )
  return channels
}

/** Doubles with every try, up to a quarter of an hour, and never less than the receiver asked for. */
const getDelayMs = (attempt: number, askedMs: number): number => {
  const backoff = Math.min(FIRST_DELAY_MS * 2 ** (attempt - 1), MAX_DELAY_MS)
  return Math.round(Math.max(askedMs, backoff * (1 + Math.random() / 4)))
}

const getSettlement = (delivery: Delivery, attempt: number): NotificationSettlement => {
  if (delivery.outcome === 'sent') return { status: 'sent' }
  const { reason } = delivery
  if (delivery.outcome === 'failed' || attempt >= MAX_ATTEMPTS) return { status: 'failed', reason }
  return { status: 'waiting', reason, afterMs: getDelayMs(attempt, delivery.afterMs) }
}

/**
 * Tells people, through every channel that the settings name, that a question or an approval waits for them: once
 * for each version of a question and each channel, as long as no process dies between sending and noting it;
 * then again, under the same key. What was decided in between is not told.
 *
 * `notify` throws AGENT_UNREACHABLE while a channel is still to be tried again, and OVERLOADED when its turn did
 * not come, so that whoever runs effects calls again; too early a call sends nothing. One try takes 13 s at most.
 */
export const makeNotifier = (options: NotifierOptions): Notifier => {
  const { book, log, settings } = options
  const channels = makeChannels(options)
  const limit = makeLimiter(MOST_AT_ONCE, MAX_WAIT_MS)
  const publicUrl = (settings.publicUrl ?? options.serverUrl).replace(/\/+$/u, '')

  /** Why this channel must be tried again, or undefined when it is done. */
  const tell = async (
    key: NotificationKey,
    notification: Notification,
    of: { readonly send: Send; readonly effectId: string },
  ): Promise<string | undefined> => {
    const claim = await book.claim(key, { effectId: of.effectId, leaseMs: LEASE_MS })
    if (claim.outcome === 'over') return undefined
    if (claim.outcome === 'later') return `${key.channel}: not before ${claim.dueAt}`
    const settlement = getSettlement(await of.send(notification, claim.effectId), claim.attempt)
    await book.settle(key, claim.attempt, settlement)
    const facts = { question: key.questionId, channel: key.channel, attempt: claim.attempt }
    switch (settlement.status) {
      case 'sent':
        log.info(facts, 'somebody was told that a question waits')
        return undefined
      case 'failed':
        log.error({ ...facts, reason: settlement.reason }, 'nobody could be told that a question waits')
        return undefined
      case 'waiting':
        log.warn({ ...facts, ...settlement }, 'a notification is tried again')
        return `${key.channel}: ${settlement.reason}`
    }
  }

  const tellAll = async (
    of: { readonly workspaceId: WorkspaceId; readonly questionId: QuestionId; readonly effectId: string },
    asked: number | undefined,
  ): Promise<void> => {
    const { workspaceId, questionId, effectId } = of
    const found = await book.findQuestion(workspaceId, questionId)
    if (found === undefined) return
    const row = QuestionRow.parse(found)
    if (row.status !== 'open') return
    const version = asked ?? row.version
    const notification = makeNotification(row, { workspaceId, version, publicUrl })
    const left = await Promise.all(
      [...channels].map(([channel, send]) =>
        tell({ workspaceId, questionId, version, channel }, notification, { send, effectId }),
      ),
    )
    const reasons = left.filter((reason) => reason !== undefined)
    if (reasons.length > 0)
      throw new RopewalkError('AGENT_UNREACHABLE', `Not everybody was told yet (${reasons.join('; ')}).`)
  }

  return {
    notify: async (workspaceId, questionId, effectId, asked) => {
      if (channels.size > 0) await limit(() => tellAll({ workspaceId, questionId, effectId }, asked))
    },
  }
}
