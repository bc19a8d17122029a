import type { JWK } from 'jose'
import { makeCoalescer } from '../../store/coalesce.ts'
import type { IdentityEngine, TokenKey } from './contract.ts'

/** The longest that a key which was retired elsewhere is still believed here. */
const FRESH_MS = 5000

/** Public keys of our own tokens, by their `kid`, from whichever process signs with them. */
export type OwnKeys = { find(kid: string): Promise<JWK | undefined> }

const toMap = (keys: readonly TokenKey[]): ReadonlyMap<string, JWK> =>
  new Map(keys.filter(({ retiredAt }) => retiredAt === null).map(({ kid, jwk }) => [kid, { ...jwk }]))

/**
 * Reads the published keys and keeps them for 5 s. A key that is not among them is asked for at once, so that one
 * that was just made serves in every process; many who ask at once share one query, also where they invent names.
 */
export const makeOwnKeys = (
  engine: Pick<IdentityEngine, 'listTokenKeys'>,
  getNowMs: () => number,
): OwnKeys => {
  let keys: ReadonlyMap<string, JWK> = new Map()
  let readAt = Number.NEGATIVE_INFINITY
  const read = makeCoalescer<null, void>({
    maxItems: 1000,
    run: async (asked) => {
      keys = toMap(await engine.listTokenKeys())
      readAt = getNowMs()
      return asked.map(() => undefined)
    },
  })
  return {
    find: async (kid) => {
      if (!keys.has(kid) || getNowMs() - readAt > FRESH_MS) await read(null)
      return keys.get(kid)
    },
  }
}
