import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogle } from '@ai-sdk/google'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { RopewalkError } from '@ropewalk/core/errors'
import type { wrapLanguageModel } from 'ai'

/** A model as the AI SDK sees one; the SDK names this type in a package we do not depend on. */
export type LanguageModel = ReturnType<typeof wrapLanguageModel>
export type CallOptions = Parameters<LanguageModel['doGenerate']>[0]
export type CallResult = Awaited<ReturnType<LanguageModel['doGenerate']>>

export type Provider = 'openai' | 'anthropic' | 'google' | 'compatible'

/**
 * What models may be called and with what. `list` is `ROPEWALK_MODEL`, split; keys and base URLs are
 * given by whoever read the configuration, so that nothing here looks at the environment.
 */
export type ModelAccess = {
  readonly list: readonly string[]
  readonly keys: Readonly<Partial<Record<Provider, string>>>
  readonly baseUrls: Readonly<Partial<Record<Provider, string>>>
}

/** One entry of the list: the offline model, or a model of a provider. `entry` is as it was written. */
export type ModelEntry =
  | { readonly provider: 'offline'; readonly entry: 'offline' }
  | { readonly provider: Provider; readonly name: string; readonly entry: string }

export type UnusableEntry = { readonly entry: string; readonly reason: string }

/** The variable that a person sets to give a provider its key; named in messages only. */
export const KEY_VARIABLES: Readonly<Record<Provider, string>> = {
  openai: 'OPENAI_API_KEY',
  anthropic: 'ANTHROPIC_API_KEY',
  google: 'GOOGLE_GENERATIVE_AI_API_KEY',
  compatible: 'ROPEWALK_COMPATIBLE_API_KEY',
}

const BASE_URLS: Readonly<Record<Exclude<Provider, 'compatible'>, string>> = {
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com/v1',
  google: 'https://generativelanguage.googleapis.com/v1beta',
}

const ENTRY = /^(openai|anthropic|google|compatible)\/([A-Za-z0-9][A-Za-z0-9._:/@-]{0,99})$/u

/** The entry that `text` writes. Throws INVALID_ARGUMENT for what is no entry of `ROPEWALK_MODEL`. */
export const parseModelEntry = (text: string): ModelEntry => {
  if (text === 'offline') return { provider: 'offline', entry: 'offline' }
  const [, provider, name] = ENTRY.exec(text) ?? []
  if (provider === undefined || name === undefined)
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      `ROPEWALK_MODEL has the entry ${JSON.stringify(text.slice(0, 120))}; expected offline, openai/NAME, anthropic/NAME, google/NAME or compatible/NAME.`,
      { details: { entry: text.slice(0, 120) } },
    )
  return { provider: provider as Provider, name, entry: text }
}

/** The entries of a comma-separated list, in order. Throws INVALID_ARGUMENT for an empty list too. */
export const parseModelList = (text: string): readonly ModelEntry[] => {
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
  if (entries.length === 0)
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      'ROPEWALK_MODEL is empty; write offline, or a model such as openai/NAME.',
    )
  return entries.map(parseModelEntry)
}

/** Which entries of the list can be called with what was given, in order, and why the others cannot. */
export const getUsableEntries = (
  access: ModelAccess,
): { readonly usable: readonly ModelEntry[]; readonly unusable: readonly UnusableEntry[] } => {
  const usable: ModelEntry[] = []
  const unusable: UnusableEntry[] = []
  for (const entry of access.list.map(parseModelEntry)) {
    const reason = getReasonUnusable(access, entry)
    if (reason === undefined) usable.push(entry)
    else unusable.push({ entry: entry.entry, reason })
  }
  return { usable, unusable }
}

const getReasonUnusable = (access: ModelAccess, entry: ModelEntry): string | undefined => {
  if (entry.provider === 'offline') return undefined
  if (entry.provider === 'compatible')
    return access.baseUrls.compatible === undefined ? 'ROPEWALK_COMPATIBLE_BASE_URL is not set' : undefined
  // A server of one's own (a base URL was given) may ask for no key.
  return (access.keys[entry.provider] ?? '') === '' && access.baseUrls[entry.provider] === undefined
    ? `${KEY_VARIABLES[entry.provider]} is not set`
    : undefined
}

/** Our keys travel in headers that fetch keeps on a redirect to another host, so a redirect is an error. */
const fetchWithoutRedirect: typeof fetch = (input, init) => fetch(input, { ...init, redirect: 'error' })

/**
 * The AI SDK's model for an entry. Key and base URL are always given outright: left out, the SDK would
 * take them from the environment of this process.
 */
export const makeLanguageModel = (
  access: ModelAccess,
  entry: Exclude<ModelEntry, { provider: 'offline' }>,
): LanguageModel => {
  const apiKey = access.keys[entry.provider] ?? ''
  switch (entry.provider) {
    case 'openai':
      return createOpenAI({
        apiKey: apiKey || 'none',
        baseURL: access.baseUrls.openai ?? BASE_URLS.openai,
        fetch: fetchWithoutRedirect,
      }).responses(entry.name)
    case 'anthropic':
      return createAnthropic({
        apiKey: apiKey || 'none',
        baseURL: access.baseUrls.anthropic ?? BASE_URLS.anthropic,
        fetch: fetchWithoutRedirect,
      })(entry.name)
    case 'google':
      return createGoogle({
        apiKey: apiKey || 'none',
        baseURL: access.baseUrls.google ?? BASE_URLS.google,
        fetch: fetchWithoutRedirect,
      })(entry.name)
    case 'compatible': {
      const baseURL = access.baseUrls.compatible
      if (baseURL === undefined)
        throw new RopewalkError(
          'INVALID_ARGUMENT',
          `${entry.entry} needs ROPEWALK_COMPATIBLE_BASE_URL; it is not set.`,
        )
      return createOpenAICompatible({
        name: 'compatible',
        baseURL,
        ...(apiKey === '' ? {} : { apiKey }),
        includeUsage: true,
        supportsStructuredOutputs: true,
        fetch: fetchWithoutRedirect,
      }).chatModel(entry.name)
    }
  }
}
