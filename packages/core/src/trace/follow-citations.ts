/** Where a citation leads, step by step: `path` are citations, `text` is what stands at the last of them. */
export type Origin = { readonly path: string[]; readonly text: string }

/** Longer chains than this are no longer evidence that a person would follow. */
const MAX_STEPS = 8
const MAX_ORIGINS = 40
const MAX_TEXT = 2000

type Found = { readonly value: unknown; readonly cites: readonly string[] }

const listCites = (value: unknown): readonly string[] =>
  typeof value === 'object' && value !== null && 'cites' in value && Array.isArray(value.cites)
    ? value.cites.filter((one): one is string => typeof one === 'string')
    : []

const getMember = (value: unknown, part: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, part)
    ? (Object.entries(value).find(([key]) => key === part)?.[1] as unknown)
    : undefined

/** What a JSON pointer names, with the citations of the closest thing around it that has any. */
const findCited = (root: unknown, pointer: string): Found | undefined => {
  let value = root
  let cites = listCites(root)
  for (const part of pointer === '' ? [] : pointer.slice(1).split('/')) {
    value = getMember(value, part.replaceAll('~1', '/').replaceAll('~0', '~'))
    if (value === undefined) return undefined
    const own = listCites(value)
    if (own.length > 0) cites = own
  }
  return { value, cites }
}

/** What a cited thing says, in one text: itself, or the member that says it. */
const getText = (value: unknown): string => {
  const said =
    typeof value === 'string'
      ? value
      : ['text', 'statement', 'summary', 'title', 'name']
          .map((key) => getMember(value, key))
          .find((one) => typeof one === 'string' && one.trim() !== '')
  const all = typeof said === 'string' && said.trim() !== '' ? said : JSON.stringify(value)
  return all.slice(0, MAX_TEXT).toWellFormed()
}

/** Whether one citation is another or stands inside it. */
export const isWithin = (citation: string, whole: string): boolean =>
  citation === whole || citation.startsWith(whole.endsWith('#') ? whole : `${whole}/`)

/**
 * Follows citations from document to document to where they end: at something that cites nothing more.
 * `documents` are JSON values by artifact name. What leads nowhere or in a circle gives no origin. At most 40.
 */
export const followCitations = (
  documents: ReadonlyMap<string, unknown>,
  cites: readonly string[],
): Origin[] => {
  const origins: Origin[] = []
  const walk = (citation: string, before: readonly string[]): void => {
    if (before.length >= MAX_STEPS || origins.length >= MAX_ORIGINS) return
    if (before.some((one) => isWithin(one, citation) || isWithin(citation, one))) return
    const at = citation.indexOf('#')
    const name = citation.slice(0, at)
    const found =
      at > 0 && documents.has(name) ? findCited(documents.get(name), citation.slice(at + 1)) : undefined
    if (found === undefined) return
    const path = [...before, citation]
    if (found.cites.length === 0) origins.push({ path, text: getText(found.value) })
    for (const next of found.cites) walk(next, path)
  }
  for (const citation of cites) walk(citation, [])
  return origins
}
