import { unescape } from 'node:querystring'
import type { Config } from '../config.ts'
import { listUrlSecrets } from '../notify/url-secrets.ts'
import { makeRedactor } from '../secrets/secrets.ts'
import type { ModelAccess } from '../worker/agents/providers.ts'
import { makeTrouble } from './trouble.ts'

const withoutAbsent = <K extends string>(
  values: Readonly<Record<K, string | undefined>>,
): Partial<Record<K, string>> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<
    Record<K, string>
  >

/** Models, keys and servers as the configuration has them. */
export const getModelAccess = (config: Config): ModelAccess => ({
  list: config.models,
  keys: withoutAbsent({
    openai: config.openaiApiKey,
    anthropic: config.anthropicApiKey,
    google: config.googleApiKey,
    compatible: config.compatibleApiKey,
  }),
  baseUrls: withoutAbsent({
    openai: config.openaiBaseUrl,
    anthropic: config.anthropicBaseUrl,
    google: config.googleBaseUrl,
    compatible: config.compatibleBaseUrl,
  }),
})

/** The url as it is and its password alone, which the client may repeat. */
const listRedisSecrets = (url: string): readonly string[] => {
  const { password } = new URL(url)
  return [url, password, unescape(password)]
}

/** Takes what the configuration keeps secret out of a text. */
export const makeSettingsRedactor = (config: Config): ((text: string) => string) =>
  makeRedactor([
    ...Object.values(getModelAccess(config).keys),
    ...(config.databaseUrl === undefined ? [] : [config.databaseUrl]),
    ...(config.redisUrl === undefined ? [] : listRedisSecrets(config.redisUrl)),
    ...(config.notifyWebhookSecret === undefined ? [] : [config.notifyWebhookSecret]),
    ...(config.token === undefined ? [] : [config.token]),
    ...(config.notifyWebhook === undefined ? [] : listUrlSecrets(config.notifyWebhook)),
  ])

/** The configuration, unless the offline model would work in production. Throws FORBIDDEN. */
export const refuseSimulated = (config: Config): Config => {
  if (!config.production || !config.models.includes('offline')) return config
  throw makeTrouble({
    code: 'FORBIDDEN',
    what: 'the offline model may not work here',
    why: 'ROPEWALK_PRODUCTION is on, and what that model writes is simulated',
    next: 'Name models without offline: ROPEWALK_MODEL=anthropic/NAME,openai/NAME, each with its key.',
  })
}
