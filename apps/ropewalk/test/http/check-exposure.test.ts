import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { checkExposure, checkIssuer, isOpenToForgery } from '../../src/http/check-exposure.ts'

const TOKEN = randomBytes(32).toString('base64url')
const SAFE = 'postgres://app:Xk29-dkeWq@db.internal/ropewalk'

type Where = Parameters<typeof checkExposure>[0]

const findFault = (where: Partial<Where>, token = TOKEN): string | undefined => {
  try {
    checkExposure({ host: '0.0.0.0', databaseUrl: undefined, redisUrl: undefined, ...where }, token)
    return undefined
  } catch (error) {
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' })
    return (error as Error).message
  }
}

describe('reached from other machines', () => {
  test.each(['0.0.0.0', '::', '192.168.1.5', 'ropewalk.lan', '127.0.0.1.example'])(
    'on %s a server needs a token of full strength',
    (host) => {
      expect(findFault({ host })).toBeUndefined()
      for (const token of ['', 'owner-token-of-the-tests', 'a'.repeat(60), 'changeme'.repeat(5)])
        expect(findFault({ host }, token)).toMatch(/keys\/api-token/u)
    },
  )

  test.each(['127.0.0.1', '::1', 'localhost', 'LOCALHOST'])('on %s alone it may do without', (host) => {
    expect(
      findFault({ host, databaseUrl: 'postgres://postgres:postgres@localhost/x' }, 'short'),
    ).toBeUndefined()
  })

  test.each([
    'postgres://postgres:postgres@db/ropewalk',
    'postgresql://app:app@db/ropewalk',
    'postgres://app:PASSWORD@db/ropewalk',
    'postgres://app:change%2Dme@db/ropewalk',
    'postgres://app@db/ropewalk',
    'postgres://db/ropewalk',
    'postgres://app:@127.0.0.1/ropewalk',
  ])('a database at %s is not taken', (databaseUrl) => {
    expect(findFault({ databaseUrl })).toMatch(/DATABASE_URL has (?:no password|a password that everybody)/u)
  })

  test.each([
    SAFE,
    'postgres:///ropewalk?host=/var/run/postgresql',
    'postgres://app@localhost/ropewalk?host=/var/run/postgresql',
    'postgres://app@db/ropewalk?sslcert=/etc/app.crt&sslkey=/etc/app.key',
  ])('one at %s is', (databaseUrl) => {
    expect(findFault({ databaseUrl })).toBeUndefined()
  })

  test('a bus without a password is not taken either, and all faults are named at once, no value among them', () => {
    const message = findFault(
      { databaseUrl: 'postgres://app:hunter2@db/x', redisUrl: 'redis://bus' },
      'weak-token-xyz',
    )
    expect(message).toMatch(/keys\/api-token.*ROPEWALK_REDIS_URL has no password/u)
    expect(message).not.toMatch(/hunter2|weak-token-xyz/u)
  })
})

describe('another issuer', () => {
  test.each([
    [undefined, false],
    ['https://id.example/keys', false],
    ['http://127.0.0.1:9000/keys', false],
    ['http://[::1]:9000/keys', false],
    ['http://localhost/keys', false],
    ['http://id.example/keys', true],
    ['http://127.0.0.1.example/keys', true],
  ])('whose keys come from %s could have them exchanged on the way: %s', (url, open) => {
    expect(isOpenToForgery(url)).toBe(open)
  })

  test('is described whole or not at all, and has a name of its own', () => {
    const url = 'https://id.example/keys'
    const both = { authIssuer: 'https://id.example', authJwksUrl: url }
    expect(() => checkIssuer({ authIssuer: undefined, authJwksUrl: undefined })).not.toThrow()
    expect(() => checkIssuer(both)).not.toThrow()
    expect(() => checkIssuer({ ...both, authIssuer: undefined })).toThrow(/set both, or neither/u)
    expect(() => checkIssuer({ ...both, authJwksUrl: undefined })).toThrow(/set both, or neither/u)
    expect(() => checkIssuer({ ...both, authIssuer: 'ropewalk' })).toThrow(/AUTH_ISSUER is "ropewalk"/u)
  })
})
