import { createPublicKey, type KeyObject } from 'node:crypto'
import { getKeyId } from '@ropewalk/core/dossier/keys'
import { addNumberedKey, type NumberedKeys, openNumberedKeys } from './numbered-keys.ts'

/** The public half of a key, as it is published. */
export type PublicTokenKey = { readonly kid: string; readonly jwk: Readonly<Record<string, unknown>> }

/** The Ed25519 keys with which one home signs access tokens: the newest signs, oldest first in `all`. */
export type TokenKeys = {
  readonly kid: string
  readonly privateKey: KeyObject
  readonly all: readonly PublicTokenKey[]
}

const makePublic = (key: KeyObject): PublicTokenKey => {
  const kid = getKeyId(key)
  const { kty, crv, x } = createPublicKey(key).export({ format: 'jwk' })
  return { kid, jwk: { kty, crv, x, kid, alg: 'EdDSA', use: 'sig' } }
}

const toTokenKeys = ({ newest, all }: NumberedKeys): TokenKeys => ({
  kid: getKeyId(newest),
  privateKey: newest,
  all: all.map(makePublic),
})

/**
 * The token keys in `<home>/keys`. They are others than those that sign the ledger, so that a token never passes for
 * a signature of history.
 */
export const openTokenKeys = (home: string): TokenKeys => toTokenKeys(openNumberedKeys(home, 'token'))

/** Adds a new key, which signs from now on. Whether older ones still verify stands in the database. */
export const rotateTokenKey = (home: string): TokenKeys => toTokenKeys(addNumberedKey(home, 'token'))
