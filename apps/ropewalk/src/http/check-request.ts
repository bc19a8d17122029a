import type { IncomingMessage } from 'node:http'
import { RopewalkError } from '@ropewalk/core/errors'

/** Of several, Node takes the first; whatever stands in front of us may have looked at the last. */
const SINGLE: ReadonlySet<string> = new Set(['host', 'authorization'])

/**
 * Refuses a request that could be read in two ways: one that names a whole address, as is sent to a proxy (its host
 * is not the one of the header that we check), or that has two hosts or tokens. Throws INVALID_ARGUMENT.
 */
export const checkRequest = ({ url = '', rawHeaders }: Pick<IncomingMessage, 'url' | 'rawHeaders'>): void => {
  if (!url.startsWith('/') && url !== '*')
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      'This is no proxy: send the path alone, as in "GET /v1/runs".',
    )
  const seen = new Set<string>()
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? ''
    if (!SINGLE.has(name)) continue
    if (seen.has(name))
      throw new RopewalkError('INVALID_ARGUMENT', `The header ${name} came twice; send it once.`)
    seen.add(name)
  }
}
