import type { FastifyRequest } from 'fastify'
import { describe, expect, test } from 'vitest'
import { makeOriginCheck } from '../../src/http/check-origin.ts'

const accepts = (
  host: string,
  headers: Record<string, string>,
  port = 18_080,
  localAddress = '127.0.0.1',
): boolean => {
  const request = { headers, socket: { localAddress } } as unknown as FastifyRequest
  try {
    makeOriginCheck(host, () => port)(request)
    return true
  } catch (error) {
    expect(error).toMatchObject({ code: 'FORBIDDEN' })
    return false
  }
}

describe('Host', () => {
  test.each([
    ['127.0.0.1', '127.0.0.1:18080', true],
    ['127.0.0.1', 'LOCALHOST:18080', true],
    ['127.0.0.1', '[::1]:18080', true],
    ['127.0.0.1', '127.0.0.1', false],
    ['127.0.0.1', '127.0.0.1:18081', false],
    ['127.0.0.1', 'localhost.evil.example:18080', false],
    ['127.0.0.1', '127.0.0.1:18080@evil.example', false],
    ['127.0.0.1', '192.168.1.5:18080', false],
    ['127.0.0.1', '', false],
    ['ropewalk.lan', 'ropewalk.lan:18080', true],
    ['fd00::1', '[fd00::1]:18080', true],
    ['fd00::1', 'fd00::1:18080', false],
  ])('on %s: %s is ours: %s', (host, header, ours) => {
    expect(accepts(host, { host: header })).toBe(ours)
  })

  test('may leave out port 80 alone', () => {
    expect(accepts('127.0.0.1', { host: 'localhost' }, 80)).toBe(true)
  })

  test('on every address is the one that was reached, never a name', () => {
    const reached = (header: string, address: string): boolean =>
      accepts('0.0.0.0', { host: header }, 18_080, address)
    expect(reached('192.168.1.5:18080', '::ffff:192.168.1.5')).toBe(true)
    expect(reached('192.168.1.6:18080', '192.168.1.5')).toBe(false)
    expect(reached('0.0.0.0:18080', '192.168.1.5')).toBe(false)
    expect(reached('evil.example:18080', '192.168.1.5')).toBe(false)
  })
})

describe('a page', () => {
  const host = '127.0.0.1:18080'
  test.each([
    ['http://127.0.0.1:18080', true],
    ['http://localhost:18080', true],
    ['https://127.0.0.1:18080', false],
    ['http://127.0.0.1:18080/', false],
    ['http://127.0.0.1', false],
    ['http://evil.example', false],
    ['null', false],
    ['', false],
  ])('of origin %s may call: %s', (origin, may) => {
    expect(accepts('127.0.0.1', { host, origin })).toBe(may)
  })

  test('of another site may not, whatever it says of its origin', () => {
    expect(accepts('127.0.0.1', { host, 'sec-fetch-site': 'cross-site' })).toBe(false)
    expect(accepts('127.0.0.1', { host, 'sec-fetch-site': 'same-origin' })).toBe(true)
  })
})
