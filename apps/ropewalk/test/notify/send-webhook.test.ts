import { createHmac } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { parseRetryAfter, sendWebhook, signWebhook } from '../../src/notify/send-webhook.ts'
import { listUrlSecrets } from '../../src/notify/url-secrets.ts'
import { startReceiver, type Receiver } from './support/receiver.ts'
import { SAMPLE } from './support/sample.ts'

const KEY = '5f0b3a52-0000-8000-a000-000000000001'
const GUARD = { allowLoopback: true, allowPrivate: true }

let receiver: Receiver | undefined
afterEach(async () => {
  await receiver?.stop()
  receiver = undefined
})

const send = async (
  answer?: (response: ServerResponse, count: number) => unknown,
  of: { secret?: string; path?: string; guard?: typeof GUARD } = {},
) => {
  receiver = await startReceiver(answer)
  const settings = { url: receiver.url, secret: of.secret, guard: of.guard ?? GUARD }
  return sendWebhook(SAMPLE, KEY, settings)
}

describe('a webhook', () => {
  test('is posted as JSON under its key, and unsigned without a secret', async () => {
    expect(await send()).toEqual({ outcome: 'sent' })
    const [got] = receiver?.received ?? []
    expect(JSON.parse(got?.body ?? '')).toEqual(SAMPLE)
    expect(got?.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'idempotency-key': KEY,
      'webhook-id': KEY,
    })
    expect(Math.abs(Number(got?.headers['webhook-timestamp']) - Date.now() / 1000)).toBeLessThan(5)
    expect(got?.headers['webhook-signature']).toBeUndefined()
  })

  test.each([
    ['a text', 'a secret of some length', Buffer.from('a secret of some length')],
    [
      'base64 behind its mark',
      'whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz',
      Buffer.from('012345678901234567890123'),
    ],
  ])('is signed with a secret that is %s, over the very bytes that arrive', async (_title, secret, key) => {
    await send(undefined, { secret })
    const [got] = receiver?.received ?? []
    const signed = `${KEY}.${String(got?.headers['webhook-timestamp'])}.${got?.body ?? ''}`
    expect(got?.headers['webhook-signature']).toBe(
      `v1,${createHmac('sha256', key).update(signed).digest('base64')}`,
    )
  })

  test('carries the signature that the specification gives for its example', () => {
    const of = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1614265330, body: '{"test": 2432232314}' }
    expect(signWebhook(of, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    )
  })

  test.each([200, 201, 202, 204, 299])('answered by %i is sent', async (status) => {
    expect(await send((response) => response.writeHead(status).end())).toEqual({ outcome: 'sent' })
  })

  test.each([408, 425, 429, 500, 502, 503, 599])('answered by %i is tried again', async (status) => {
    expect(await send((response) => response.writeHead(status).end('no'))).toEqual({
      outcome: 'again',
      reason: `it answered ${status}`,
      afterMs: 0,
    })
  })

  test.each([301, 302, 307, 308, 400, 401, 403, 404, 410, 413, 422])(
    'answered by %i has failed for good, and is posted to nobody else',
    async (status) => {
      const elsewhere = (response: ServerResponse) => response.writeHead(status, { location: '/other' }).end()
      expect(await send(elsewhere)).toMatchObject({ outcome: 'failed' })
      expect(receiver?.received).toHaveLength(1)
    },
  )

  test('waits as long as it is asked to', async () => {
    const busy = (response: ServerResponse) => response.writeHead(429, { 'retry-after': '7' }).end()
    expect(await send(busy)).toMatchObject({ outcome: 'again', afterMs: 7000 })
    const now = Date.parse('2026-01-01T00:00:00Z')
    expect(parseRetryAfter('Thu, 01 Jan 2026 00:00:30 GMT', now)).toBe(30_000)
    expect(parseRetryAfter('Wed, 31 Dec 2025 00:00:30 GMT', now)).toBe(0)
    expect(parseRetryAfter('99999999', now)).toBe(3_600_000)
    expect(parseRetryAfter('soon', now)).toBe(0)
    expect(parseRetryAfter(undefined, now)).toBe(0)
  })

  test('to a receiver that hangs up is tried again, and the reason names no path', async () => {
    const delivery = await send((response) => response.socket?.destroy())
    expect(delivery).toMatchObject({ outcome: 'again' })
    expect(JSON.stringify(delivery)).not.toContain('T0KEN')
  })

  test('to a receiver that says nothing is given up after five seconds, to be tried again', async () => {
    expect(await send(() => undefined)).toMatchObject({
      outcome: 'again',
      reason: expect.stringMatching(/5000 ms/u),
    })
  }, 15_000)

  test('answered by a flood is sent, and the flood is not read', async () => {
    const flood = (response: ServerResponse) => {
      response.writeHead(200)
      const pour = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
        response.once('drain', pour)
      }
      pour()
    }
    expect(await send(flood)).toEqual({ outcome: 'sent' })
  })

  test('into this machine has failed for good unless that is allowed', async () => {
    const delivery = await send(undefined, { guard: { allowLoopback: false, allowPrivate: false } })
    expect(delivery).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('loopback') })
    expect(JSON.stringify(delivery)).not.toContain('T0KEN')
    expect(receiver?.received).toHaveLength(0)
  })
})

test('what of an address may be a token is known to whoever masks it', () => {
  const secrets = listUrlSecrets(
    'https://hooks.example/services/T00000000/abcdefghijklmnopqrst?token=s3cret-value',
  )
  expect(secrets).toEqual(
    expect.arrayContaining([
      'https://hooks.example/services/T00000000/abcdefghijklmnopqrst?token=s3cret-value',
      'abcdefghijklmnopqrst',
      's3cret-value',
    ]),
  )
  expect(secrets).not.toContain('services')
  expect(listUrlSecrets('https://hooks.example')).toEqual([])
})
