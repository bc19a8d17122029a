import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { TokenKey } from '../../../src/engine/identity/contract.ts'
import { makeOwnKeys } from '../../../src/engine/identity/own-keys.ts'
import { publishTokenKey, rotatePublishedKey } from '../../../src/engine/identity/publish-key.ts'
import { openSigningKeys } from '../../../src/store/keys/signing-keys.ts'
import { openTokenKeys, rotateTokenKey } from '../../../src/store/keys/token-keys.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'ropewalk-keys-'))
})
afterEach(() => {
  rmSync(home, { recursive: true, force: true })
})

const listFiles = (): string[] =>
  readdirSync(path.join(home, 'keys'))
    .filter((name) => name.startsWith('token-'))
    .toSorted()

/** The table of published keys, in memory; counts how often it is read. */
const makeTable = () => {
  const keys = new Map<string, TokenKey>()
  let reads = 0
  return {
    keys,
    getReads: () => reads,
    listTokenKeys: () => {
      reads += 1
      return Promise.resolve([...keys.values()])
    },
    publishTokenKey: ({ kid, jwk }: Pick<TokenKey, 'kid' | 'jwk'>) => {
      if (!keys.has(kid)) keys.set(kid, { kid, jwk, createdAt: '2026-01-01T00:00:00.000Z', retiredAt: null })
      return Promise.resolve()
    },
    retireTokenKey: (kid: string) => {
      const key = keys.get(kid)
      if (key !== undefined) keys.set(kid, { ...key, retiredAt: '2026-01-02T00:00:00.000Z' })
      return Promise.resolve()
    },
  }
}

describe('the keys of a home', () => {
  test('are made once, for their owner alone, and are others than those of the ledger', () => {
    const first = openTokenKeys(home)
    expect(openTokenKeys(home).kid).toBe(first.kid)
    expect(listFiles()).toEqual(['token-0001.pem'])
    expect(statSync(path.join(home, 'keys', 'token-0001.pem')).mode & 0o777).toBe(0o600)
    expect(openSigningKeys(home).keyId).not.toBe(first.kid)
  })

  test('are told without their private half', () => {
    const [key] = openTokenKeys(home).all
    expect(key?.jwk).toEqual({
      kty: 'OKP',
      crv: 'Ed25519',
      x: expect.stringMatching(/^[\w-]{43}$/u) as string,
      kid: key?.kid,
      alg: 'EdDSA',
      use: 'sig',
    })
  })

  test('get a newer one, which signs from then on, in this and in every process of the home', () => {
    const first = openTokenKeys(home)
    const second = rotateTokenKey(home)
    expect(listFiles()).toEqual(['token-0001.pem', 'token-0002.pem'])
    expect(second.kid).not.toBe(first.kid)
    expect(openTokenKeys(home).kid).toBe(second.kid)
    expect(second.all.map(({ kid }) => kid)).toEqual([first.kid, second.kid])
  })
})

describe('publishing', () => {
  test('makes the newest key known, as often as one likes', async () => {
    const table = makeTable()
    await publishTokenKey(table, home)
    await publishTokenKey(table, home)
    expect([...table.keys.keys()]).toEqual([openTokenKeys(home).kid])
  })

  test('makes a new key where the newest was retired, as after a backup was put back', async () => {
    const table = makeTable()
    await publishTokenKey(table, home)
    const old = openTokenKeys(home).kid
    await table.retireTokenKey(old)
    await publishTokenKey(table, home)
    const { kid } = openTokenKeys(home)
    expect(kid).not.toBe(old)
    expect(table.keys.get(kid)?.retiredAt).toBeNull()
    expect(table.keys.get(old)?.retiredAt).not.toBeNull()
  })

  test('of a new one retires those before it only when asked, and never that of another home', async () => {
    const table = makeTable()
    await publishTokenKey(table, home)
    await table.publishTokenKey({ kid: 'of-another-home', jwk: {} })
    const first = openTokenKeys(home).kid
    expect(await rotatePublishedKey(table, home, false)).toMatchObject({ retired: [] })
    const second = openTokenKeys(home).kid
    const { kid, retired } = await rotatePublishedKey(table, home, true)
    expect(retired).toEqual([first, second])
    const live = [...table.keys.values()].filter(({ retiredAt }) => retiredAt === null)
    expect(live.map((key) => key.kid)).toEqual(['of-another-home', kid])
  })
})

describe('finding a key by its name', () => {
  test('reads the table once for many, and again when it may have changed', async () => {
    const table = makeTable()
    await table.publishTokenKey({ kid: 'a', jwk: { kty: 'OKP' } })
    let nowMs = 0
    const keys = makeOwnKeys(table, () => nowMs)
    const found = await Promise.all(Array.from({ length: 50 }, () => keys.find('a')))
    expect(found.every(Boolean)).toBe(true)
    expect(table.getReads()).toBeLessThanOrEqual(2)
    const before = table.getReads()
    nowMs = 4900
    expect(await keys.find('a')).toBeDefined()
    expect(table.getReads()).toBe(before)
    await table.retireTokenKey('a')
    nowMs = 5100
    expect(await keys.find('a')).toBeUndefined()
  })

  test('learns of a new key at once; many invented names at a time are few queries', async () => {
    const table = makeTable()
    const keys = makeOwnKeys(table, () => 0)
    expect(await keys.find('new')).toBeUndefined()
    await table.publishTokenKey({ kid: 'new', jwk: {} })
    expect(await keys.find('new')).toBeDefined()
    const before = table.getReads()
    await Promise.all(Array.from({ length: 500 }, (_, count) => keys.find(`invented-${count}`)))
    expect(table.getReads() - before).toBeLessThanOrEqual(2)
  })

  test('is tried again after the table could not be read', async () => {
    const table = makeTable()
    await table.publishTokenKey({ kid: 'a', jwk: {} })
    let isDown = true
    const listTokenKeys = () => (isDown ? Promise.reject(new Error('down')) : table.listTokenKeys())
    const keys = makeOwnKeys({ listTokenKeys }, () => 0)
    await expect(keys.find('a')).rejects.toThrow('down')
    isDown = false
    expect(await keys.find('a')).toBeDefined()
  })
})
