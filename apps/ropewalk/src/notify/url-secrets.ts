/** A part of a path shorter than this is a word, not a token. */
const MIN_TOKEN_LENGTH = 16

/**
 * What of an address must not be shown, for a redactor: the whole, and each part of its path and query that may
 * be a token, since libraries repeat such parts without the rest.
 */
export const listUrlSecrets = (url: string): readonly string[] => {
  if (!URL.canParse(url)) return [url]
  const { href, pathname, search, searchParams } = new URL(url)
  const parts = pathname.split('/').filter((part) => part.length >= MIN_TOKEN_LENGTH)
  const whole = pathname === '/' && search === '' ? [] : [url, href]
  return [...whole, ...parts, ...(search === '' ? [] : [search]), ...searchParams.values()]
}
