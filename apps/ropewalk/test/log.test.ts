import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { RopewalkError } from '@ropewalk/core/errors'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { makeLog, type Log } from '../src/log.ts'

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ropewalk-log-'))
  file = path.join(folder, 'logs', 'ropewalk.log')
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** The one line that `write` leaves in a log. */
const readLine = async (write: (log: Log) => void, redact?: (line: string) => string) => {
  write(makeLog({ level: 'info', file, redact }))
  const text = await vi.waitFor(
    () => {
      const found = readFileSync(file, 'utf8')
      expect(found).toMatch(/\n$/u)
      return found
    },
    { timeout: 10_000 },
  )
  return JSON.parse(text) as Readonly<Record<string, unknown>>
}

describe('the log', () => {
  test('keeps code, message and stack of an error of a library, and nothing that hangs on it', async () => {
    const failure = Object.assign(new TypeError('the connection broke'), {
      code: '57P01',
      client: { connectionParameters: { host: 'somewhere' } },
      detail: 'Key (idea)=(a private thing)',
    })
    const { err } = await readLine((log) => {
      log.warn({ err: failure }, 'it broke')
    })
    expect(err).toEqual({
      type: 'TypeError',
      code: '57P01',
      message: 'the connection broke',
      stack: expect.stringContaining('log.test.ts') as string,
    })
  })

  test('tells details and cause of an error of ours', async () => {
    const cause = Object.assign(new Error('no route'), { code: 'EHOSTUNREACH', port: 1 })
    const { err } = await readLine((log) => {
      log.error(
        { err: new RopewalkError('STORE_UNAVAILABLE', 'Gone.', { details: { tries: 3 }, cause }) },
        'x',
      )
    })
    expect(err).toMatchObject({
      type: 'RopewalkError',
      code: 'STORE_UNAVAILABLE',
      details: { tries: 3 },
      cause: { code: 'EHOSTUNREACH', message: 'no route' },
    })
    expect(JSON.stringify(err)).not.toContain('"port"')
  })

  test('does not follow a circle of causes for ever', async () => {
    const first = new Error('first')
    first.cause = new Error('second', { cause: first })
    const line = await readLine((log) => {
      log.warn({ err: first }, 'round')
    })
    expect(line['msg']).toBe('round')
  })

  test('takes secrets out, by name and by value', async () => {
    const secret = 'hunter2-and-more'
    const cause = new RopewalkError('FORBIDDEN', 'no', { details: { apiKey: secret } })
    const line = await readLine(
      (log) => {
        log.warn(
          {
            token: secret,
            login: { password: secret },
            err: new RopewalkError('FORBIDDEN', `not with ${secret}`, { details: { url: secret }, cause }),
          },
          'refused',
        )
      },
      (text) => text.replaceAll(`not with ${secret}`, 'not with ***'),
    )
    expect(JSON.stringify(line)).not.toContain(secret)
    expect(line).toMatchObject({ token: '[redacted]', login: { password: '[redacted]' }, level: 'warn' })
  })
})
