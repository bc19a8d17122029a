import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { getKeyId } from '@ropewalk/core/dossier/keys'
import { RopewalkError } from '@ropewalk/core/errors'
import { makePrivateFolder, writeNewFile } from './home-folder.ts'

/** The public half of a key, as it is published. */
export type PublicTokenKey = { readonly kid: string; readonly jwk: Readonly<Record<string, unknown>> }

/** The Ed25519 keys with which one home signs access tokens: the newest signs, oldest first in `all`. */
export type TokenKeys = {
  readonly kid: string
  readonly privateKey: KeyObject
  readonly all: readonly PublicTokenKey[]
}

const KEY_FILE = /^token-(\d{4})\.pem$/u

const listKeyFiles = (dir: string): string[] =>
  readdirSync(dir)
    .filter((name) => KEY_FILE.test(name))
    .toSorted()

const makeKeyFile = (dir: string, number: number): void => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
  writeNewFile(path.join(dir, `token-${String(number).padStart(4, '0')}.pem`), pem)
}

const makePublic = (key: KeyObject): PublicTokenKey => {
  const kid = getKeyId(key)
  const { kty, crv, x } = createPublicKey(key).export({ format: 'jwk' })
  return { kid, jwk: { kty, crv, x, kid, alg: 'EdDSA', use: 'sig' } }
}

const readKeys = (dir: string): TokenKeys => {
  const keys = listKeyFiles(dir).map((name) => createPrivateKey(readFileSync(path.join(dir, name))))
  const newest = keys.at(-1)
  if (newest === undefined) throw new RopewalkError('INVARIANT_BROKEN', `There is no token key in ${dir}.`)
  return { kid: getKeyId(newest), privateKey: newest, all: keys.map(makePublic) }
}

/**
 * The token keys in `<home>/keys`, the first of them made on first use (0600, durable). They are others than
 * those that sign the ledger, so that a token never passes for a signature of history.
 * Two processes that start at once end with the same key.
 */
export const openTokenKeys = (home: string): TokenKeys => {
  makePrivateFolder(home)
  const dir = makePrivateFolder(path.join(home, 'keys'))
  if (listKeyFiles(dir).length === 0) makeKeyFile(dir, 1)
  return readKeys(dir)
}

/** Adds a new key, which signs from now on. Whether older ones still verify stands in the database. */
export const rotateTokenKey = (home: string): TokenKeys => {
  const dir = makePrivateFolder(path.join(home, 'keys'))
  const last = listKeyFiles(dir).at(-1)
  makeKeyFile(dir, last === undefined ? 1 : Number(KEY_FILE.exec(last)?.[1]) + 1)
  return readKeys(dir)
}
