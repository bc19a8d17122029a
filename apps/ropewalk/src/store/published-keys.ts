import { canonicalText } from '@ropewalk/core/canonical'
import { RopewalkError } from '@ropewalk/core/errors'
import { makeBegin, runTransaction, runWrite } from './open.ts'
import type { Store } from './open.ts'

/** A public key that tokens are verified with; of no workspace. */
export type PublishedKey = {
  readonly kid: string
  readonly jwk: Readonly<Record<string, unknown>>
  readonly createdAt: string
  readonly retiredAt: string | null
}

const SELECT = `SELECT t.kid, t.jwk, t.created_at AS "createdAt", t.retired_at AS "retiredAt" FROM ropewalk.token_keys t`

/** Adds a public key, once: the same again changes nothing. Throws CONFLICT when the id is another key's. */
export const appendTokenKey = async (
  store: Store,
  { kid, jwk }: Pick<PublishedKey, 'kid' | 'jwk'>,
): Promise<void> => {
  const [, found = []] = await runWrite(
    store,
    [],
    [
      {
        name: 'append_token_key',
        text: `INSERT INTO ropewalk.token_keys (kid, jwk, created_at) VALUES ($1, $2::json, ropewalk.now())
          ON CONFLICT (kid) DO NOTHING`,
        values: [kid, JSON.stringify(jwk)],
      },
      { name: 'find_token_key', text: `${SELECT} WHERE t.kid = $1`, values: [kid] },
    ],
  )
  const [stored] = found as readonly PublishedKey[]
  if (stored !== undefined && canonicalText(stored.jwk) === canonicalText(jwk)) return
  throw new RopewalkError('CONFLICT', `The id ${kid} is that of another key. Make a new key.`)
}

/** From now on tokens are not to be signed with it. It cannot be taken into use again; repeating is safe. */
export const retireTokenKey = async (store: Store, kid: string): Promise<void> => {
  await runWrite(
    store,
    [],
    [
      {
        name: 'retire_token_key',
        text: `UPDATE ropewalk.token_keys t SET retired_at = ropewalk.now()
          WHERE t.kid = $1 AND t.retired_at IS NULL`,
        values: [kid],
      },
    ],
  )
}

/** All keys, retired ones too, oldest first: few, since each is used for months. */
export const listTokenKeys = async (store: Store): Promise<readonly PublishedKey[]> => {
  const [rows = []] = await runTransaction(store.reader, makeBegin([], true), [
    { name: 'list_token_keys', text: `${SELECT} ORDER BY t.created_at, t.kid`, values: [] },
  ])
  return rows as readonly PublishedKey[]
}
