import type { JWK } from 'jose'
import type { IdentityEngine, TokenKey } from './contract.ts'

/** The longest that a key which was retired elsewhere is still believed here. */
const FRESH_MS = 5000

/** Tokens with invented names of keys make us ask the database no more often than this. */
const COOLDOWN_MS = 1000

/** Public keys of our own tokens, by their `kid`, from whichever process signs with them. */
export type OwnKeys = { find(kid: string): Promise<JWK | undefined> }

const toMap = (keys: readonly TokenKey[]): ReadonlyMap<string, JWK> =>
  new Map(keys.filter(({ retiredAt }) => retiredAt === null).map(({ kid, jwk }) => [kid, { ...jwk }]))

/** Reads the published keys, keeps them for 5 s, and asks again at once for one that is new. */
export const makeOwnKeys = (
  engine: Pick<IdentityEngine, 'listTokenKeys'>,
  getNowMs: () => number,
): OwnKeys => {
  let keys: ReadonlyMap<string, JWK> = new Map()
  let readAt = Number.NEGATIVE_INFINITY
  let reading: Promise<void> | undefined
  const read = (): Promise<void> => {
    reading ??= engine
      .listTokenKeys()
      .then((listed) => {
        keys = toMap(listed)
        readAt = getNowMs()
      })
      .finally(() => {
        reading = undefined
      })
    return reading
  }
  return {
    find: async (kid) => {
      if (getNowMs() - readAt > (keys.has(kid) ? FRESH_MS : COOLDOWN_MS)) await read()
      return keys.get(kid)
    },
  }
}
