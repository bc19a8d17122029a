import { openTokenKeys, rotateTokenKey, type TokenKeys } from '../../store/keys/token-keys.ts'
import type { IdentityEngine } from './contract.ts'

type Keys = Pick<IdentityEngine, 'listTokenKeys' | 'publishTokenKey' | 'retireTokenKey'>

const publishNewest = async (engine: Keys, { kid, all }: TokenKeys): Promise<void> => {
  const newest = all.find((key) => key.kid === kid)
  if (newest !== undefined) await engine.publishTokenKey(newest)
}

/**
 * Makes the key that a home signs tokens with known to every process. Where it was retired, as after a backup
 * was put back, a new one is made. Safe to repeat. Throws STORE_UNAVAILABLE.
 */
export const publishTokenKey = async (engine: Keys, home: string): Promise<void> => {
  const keys = openTokenKeys(home)
  const known = await engine.listTokenKeys()
  const isRetired = known.some(({ kid, retiredAt }) => kid === keys.kid && retiredAt !== null)
  await publishNewest(engine, isRetired ? rotateTokenKey(home) : keys)
}

/**
 * Makes a new key for a home, which signs from now on. With `retireOlder` those before it count no more, in
 * every process within 5 s. Gives the ids of the new one and of those that were retired.
 */
export const rotatePublishedKey = async (
  engine: Keys,
  home: string,
  retireOlder: boolean,
): Promise<{ kid: string; retired: string[] }> => {
  const keys = rotateTokenKey(home)
  await publishNewest(engine, keys)
  const older = keys.all.map(({ kid }) => kid).filter((kid) => kid !== keys.kid)
  const retired = retireOlder ? older : []
  for (const kid of retired) await engine.retireTokenKey(kid)
  return { kid: keys.kid, retired }
}
