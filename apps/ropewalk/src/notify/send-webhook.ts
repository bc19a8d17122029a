import { createHmac } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Notification } from '@ropewalk/core/contract/notification'
import { hasCode } from '@ropewalk/core/errors'
import type { Delivery } from './delivery.ts'
import { fetchGuarded, type GuardOptions } from './fetch-guarded.ts'

export type WebhookSettings = {
  readonly url: string
  /** Text as it is, or base64 behind `whsec_`. Undefined: nothing is signed. */
  readonly secret: string | undefined
  readonly guard: GuardOptions
}

const TIMEOUT_MS = 5000
/** A receiver that asks for more than this would be told when nobody waits any longer. */
const MAX_RETRY_AFTER_MS = 3_600_000

/** Answers of a receiver that may take the same message another time. */
const isPassing = (status: number): boolean =>
  status >= 500 || status === 408 || status === 425 || status === 429

const getKey = (secret: string): Buffer =>
  secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret, 'utf8')

/**
 * The value of `webhook-signature`: HMAC-SHA256 over id, time in seconds and body, as the Standard Webhooks
 * specification 1.0.0 has it, so that its libraries can check it.
 */
export const signWebhook = (
  of: { readonly id: string; readonly timestamp: number; readonly body: string },
  secret: string,
): string => {
  const hmac = createHmac('sha256', getKey(secret)).update(`${of.id}.${of.timestamp}.${of.body}`)
  return `v1,${hmac.digest('base64')}`
}

/** Milliseconds that `Retry-After` asks for, in either of its forms; 0 without one. */
export const parseRetryAfter = (value: string | undefined, now: number): number => {
  if (value === undefined) return 0
  const seconds = /^\s*\d{1,9}\s*$/u.test(value) ? Number(value) : (Date.parse(value) - now) / 1000
  return Number.isNaN(seconds) ? 0 : Math.min(Math.max(0, seconds * 1000), MAX_RETRY_AFTER_MS)
}

const judge = (status: number, headers: IncomingHttpHeaders): Delivery => {
  if (status >= 200 && status < 300) return { outcome: 'sent' }
  const reason = `it answered ${status}`
  if (isPassing(status))
    return { outcome: 'again', reason, afterMs: parseRetryAfter(headers['retry-after'], Date.now()) }
  const why = status >= 300 && status < 400 ? `${reason}, and redirects are not followed` : reason
  return { outcome: 'failed', reason: why }
}

/**
 * Posts a notification once. `key` is the same for every try, so that a receiver can tell a repetition.
 * Never throws for what a receiver or the network does.
 */
export const sendWebhook = async (
  notification: Notification,
  key: string,
  settings: WebhookSettings,
): Promise<Delivery> => {
  const body = JSON.stringify(notification)
  const timestamp = Math.floor(Date.now() / 1000)
  const { secret } = settings
  const signature =
    secret === undefined ? {} : { 'webhook-signature': signWebhook({ id: key, timestamp, body }, secret) }
  try {
    const { status, headers } = await fetchGuarded(
      settings.url,
      {
        method: 'POST',
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'content-length': String(Buffer.byteLength(body)),
          'user-agent': 'ropewalk',
          'idempotency-key': key,
          'webhook-id': key,
          'webhook-timestamp': String(timestamp),
          ...signature,
        },
        body,
        timeoutMs: TIMEOUT_MS,
        maxBodyBytes: 0,
      },
      settings.guard,
    )
    return judge(status, headers)
  } catch (error) {
    if (hasCode(error, 'FORBIDDEN')) return { outcome: 'failed', reason: error.message }
    if (hasCode(error, 'AGENT_UNREACHABLE')) return { outcome: 'again', reason: error.message, afterMs: 0 }
    throw error
  }
}
