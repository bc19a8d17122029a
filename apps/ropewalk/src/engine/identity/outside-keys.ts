import { RopewalkError } from '@ropewalk/core/errors'
import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose'

/** An issuer answers from memory; one that takes longer would hold up every request. */
const TIMEOUT_MS = 4000

/** How long nobody is asked after an issuer could not be reached, so that tokens do not become a flood. */
const PAUSE_MS = 5000

/** How long fetched keys are believed: a key that the issuer withdrew ends here after this. */
const FRESH_MS = 300_000

/** What is said of a token whose key is none of the set, as opposed to a set that cannot be had. */
const isOfToken = (error: unknown): boolean =>
  error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys

const makeUnreachable = (url: URL, cause: unknown): RopewalkError =>
  new RopewalkError(
    'ISSUER_UNREACHABLE',
    `The keys of the token issuer cannot be had from ${url.host}; try again soon, or use a token that was issued here.`,
    { details: { retryAfterMs: PAUSE_MS }, cause },
  )

/**
 * Finds keys in the set at the address from the settings and nowhere else: what a token's header says of
 * addresses or keys (`jku`, `x5u`, `jwk`, `x5c`) is not looked at. Throws ISSUER_UNREACHABLE.
 */
export const makeOutsideKeys = (address: string, getNowMs: () => number): JWTVerifyGetKey => {
  const url = new URL(address)
  const find = createRemoteJWKSet(url, {
    timeoutDuration: TIMEOUT_MS,
    cooldownDuration: PAUSE_MS,
    cacheMaxAge: FRESH_MS,
  })
  let failedAt = Number.NEGATIVE_INFINITY
  let failure: unknown
  // Keys that are at hand go on to serve while the issuer is away.
  const isAtHand = (kid: string | undefined): boolean =>
    find.fresh && kid !== undefined && (find.jwks()?.keys ?? []).some((key) => key.kid === kid)
  return async (header, token) => {
    if (getNowMs() - failedAt < PAUSE_MS && !isAtHand(header.kid)) throw makeUnreachable(url, failure)
    try {
      return await find(header, token)
    } catch (error) {
      if (isOfToken(error)) throw error
      failedAt = getNowMs()
      failure = error
      throw makeUnreachable(url, error)
    }
  }
}
