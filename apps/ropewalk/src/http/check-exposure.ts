import { RopewalkError } from '@ropewalk/core/errors'
import type { Config } from '../config.ts'

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost'])

/** What comes with examples and images, and so is known to everybody. */
const KNOWN_WORDS = new Set([
  'admin',
  'change-me',
  'changeit',
  'changeme',
  'default',
  'example',
  'guest',
  'letmein',
  'pass',
  'password',
  'postgres',
  'redis',
  'root',
  'ropewalk',
  'secret',
  'test',
  'token',
])

/** One that our own program made has 43; shorter ones of somebody's own can be guessed from outside in time. */
const MIN_TOKEN_CHARS = 32

/** Random text of that length has more different characters than this; a word that is repeated has not. */
const MIN_DIFFERENT = 10

type Exposed = Pick<Config, 'host' | 'databaseUrl' | 'redisUrl'>

/** What is wrong with the password of an address, in words; undefined where nothing is. */
const findPasswordFault = (address: string): string | undefined => {
  if (!URL.canParse(address)) return undefined
  const url = new URL(address)
  const password = decodeURIComponent(url.password)
  const isSocket = url.hostname === '' || (url.searchParams.get('host') ?? '').startsWith('/')
  // The server then knows who calls by the system's user, or by a certificate.
  if (password === '' && (isSocket || url.searchParams.has('sslcert'))) return undefined
  if (password === '') return 'has no password'
  const isKnown = KNOWN_WORDS.has(password.toLowerCase()) || password === decodeURIComponent(url.username)
  return isKnown ? 'has a password that everybody knows' : undefined
}

const listFaults = ({ databaseUrl, redisUrl }: Exposed, token: string): string[] => [
  ...(token.length < MIN_TOKEN_CHARS || new Set(token).size < MIN_DIFFERENT
    ? [
        `the token of the API (keys/api-token of the home) is not a random one of ${MIN_TOKEN_CHARS} characters or more: remove the file and start again, and one is made`,
      ]
    : []),
  ...Object.entries({ DATABASE_URL: databaseUrl, ROPEWALK_REDIS_URL: redisUrl }).flatMap(
    ([name, address]) => {
      const fault = address === undefined ? undefined : findPasswordFault(address)
      return fault === undefined ? [] : [`${name} ${fault}: give its user one of your own`]
    },
  ),
]

/**
 * Refuses to be reached from other machines without secrets of its own. Throws INVALID_ARGUMENT that names each
 * thing to set, and none of the values.
 */
export const checkExposure = (config: Exposed, token: string): void => {
  if (LOOPBACK.has(config.host.toLowerCase())) return
  const faults = listFaults(config, token)
  if (faults.length === 0) return
  throw new RopewalkError(
    'INVALID_ARGUMENT',
    `On ${config.host} other machines could reach this server, and it has no real secrets: ${faults.join('; ')}. Or listen on 127.0.0.1.`,
    { details: { faults } },
  )
}

/** Throws INVALID_ARGUMENT unless another issuer is described whole, or not at all. */
export const checkIssuer = ({
  authIssuer,
  authJwksUrl,
}: Pick<Config, 'authIssuer' | 'authJwksUrl'>): void => {
  if ((authIssuer === undefined) !== (authJwksUrl === undefined))
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      'AUTH_JWKS_URL and AUTH_ISSUER belong together: set both, or neither.',
    )
  if (authIssuer === 'ropewalk')
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      'AUTH_ISSUER is "ropewalk", which is what the tokens issued here say. Set it to the name of the other issuer.',
    )
}

/** Whether keys that are fetched from this address could be exchanged on the way. */
export const isOpenToForgery = (jwksUrl: string | undefined): boolean => {
  if (jwksUrl === undefined) return false
  const { protocol, hostname } = new URL(jwksUrl)
  return protocol === 'http:' && !LOOPBACK.has(hostname.replace(/^\[|\]$/gu, ''))
}
