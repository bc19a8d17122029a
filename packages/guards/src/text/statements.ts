import { listByPattern } from './json-pointer.ts'

/** One sentence or paragraph that a document states, and where it stands. */
export type Statement = { readonly document: string; readonly pointer: string; readonly text: string }

const STATEMENT_PATTERNS: Readonly<Record<string, readonly string[]>> = {
  Idea: ['/text'],
  IdeaSpec: ['/summary', '/problem', '/users/*/need', '/goals/*/text', '/constraints/*/text'],
  PRD: [
    '/overview',
    '/requirements/*/statement',
    '/requirements/*/acceptance/*',
    '/nonfunctional/*/text',
    '/nonfunctional/*/measure',
  ],
  Constraints: ['/constraints/*/text'],
  NFRs: ['/requirements/*/statement', '/requirements/*/measure'],
  UserStories: ['/stories/*/want', '/stories/*/so_that', '/stories/*/acceptance/*'],
  ReleaseNotes: ['/summary', '/changes/*/text'],
}

/** What a document of a known name states, in the order of its contract; none for other names. */
export const listStatements = (document: string, json: unknown): Statement[] =>
  (Object.hasOwn(STATEMENT_PATTERNS, document) ? (STATEMENT_PATTERNS[document] ?? []) : []).flatMap(
    (pattern) =>
      listByPattern(json, pattern).flatMap(({ pointer, value }) =>
        typeof value === 'string' ? [{ document, pointer, text: value }] : [],
      ),
  )

const STOP_WORDS = new Set(
  `a an and any are as at be been being by do does for from has have if in into is it its of on only or our own
  so such than that the their them then there these they this those to up was were when where which while who
  with you your we us can will`.split(/\s+/u),
)

const getStem = (word: string): string => {
  if (word.length > 4 && word.endsWith('ies')) return `${word.slice(0, -3)}y`
  return word.length > 3 && word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word
}

/** The words that carry meaning: lower case, without plural s and without small words. */
export const getContentWords = (text: string): ReadonlySet<string> =>
  new Set(
    (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).filter((word) => !STOP_WORDS.has(word)).map(getStem),
  )

/** Sentences of a text, split at full stops, semicolons and line ends. */
export const listSentences = (text: string): string[] =>
  text
    .split(/(?<=[.!?;])\s+|\n+/u)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '')

/** How alike two sets are: shared members over all members; two empty sets are not alike. */
export const getLikeness = (a: ReadonlySet<string>, b: ReadonlySet<string>): number => {
  const all = a.union(b).size
  return all === 0 ? 0 : a.intersection(b).size / all
}
