import { isIPv4 } from 'node:net'
import { RopewalkError } from '@ropewalk/core/errors'

const refuse = (why: string): never => {
  // The URL may carry a token in its path: it is not repeated here.
  throw new RopewalkError('FORBIDDEN', `The address is refused: ${why}.`)
}

/** What stands between `//` and the path, as it was written. */
const getWrittenHost = (url: string): string => {
  const authority = /^[a-z]+:\/\/([^/?#\\]*)/iu.exec(url)?.[1] ?? ''
  return authority.replace(/:\d*$/u, '')
}

/**
 * A URL that may be asked on somebody's word, as far as its text tells. Throws FORBIDDEN for anything but http
 * and https, for a name or password in it, for ports below 1024 other than 80 and 443, and for an IPv4 address in
 * another spelling than four decimal numbers: `http://2130706433/` and `http://0x7f.1/` are 127.0.0.1.
 */
export const parseGuardedUrl = (given: string): URL => {
  const written = given.trim()
  if (!URL.canParse(written)) return refuse('it is not a URL')
  const url = new URL(written)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return refuse('only http and https are spoken')
  if (url.username !== '' || url.password !== '') return refuse('it carries a user name or a password')
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
  if (port < 1024 && port !== 80 && port !== 443)
    return refuse(`port ${port} is below 1024 and neither 80 nor 443`)
  if (isIPv4(url.hostname) && getWrittenHost(written) !== url.hostname)
    return refuse('its host is a number in disguise; write it as four decimal numbers')
  return url
}
