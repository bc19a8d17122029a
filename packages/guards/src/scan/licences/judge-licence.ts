/** What a licence means under a list of allowed and a list of denied ones. */
export type LicenceVerdict = 'allowed' | 'denied' | 'unlisted' | 'unknown'

export type LicenceLists = { readonly allow: readonly string[]; readonly deny: readonly string[] }

/** Longer than any expression in use; what is longer is not read. */
const MAX_LENGTH = 500
const MAX_DEPTH = 20

/** `GPL-*` stands for every licence whose id begins so; nothing else in a pattern is special. */
const matches = (id: string, pattern: string): boolean => {
  const [a, b] = [id.toLowerCase(), pattern.toLowerCase()]
  return b.endsWith('*') ? a.startsWith(b.slice(0, -1)) : a === b
}

const judgeId = (id: string, { allow, deny }: LicenceLists): LicenceVerdict => {
  if (deny.some((pattern) => matches(id, pattern))) return 'denied'
  if (allow.length === 0 || allow.some((pattern) => matches(id, pattern))) return 'allowed'
  return 'unlisted'
}

const BEST_FIRST: readonly LicenceVerdict[] = ['allowed', 'unlisted', 'denied', 'unknown']

const pick = (verdicts: readonly LicenceVerdict[], best: boolean): LicenceVerdict => {
  const order = best ? BEST_FIRST : BEST_FIRST.toReversed()
  return order.find((verdict) => verdicts.includes(verdict)) ?? 'unknown'
}

/**
 * Judges a licence expression of SPDX: of an OR the best alternative counts, of an AND the worst part. Text that
 * is no expression is `unknown`. Source: https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/
 */
export const judgeLicence = (expression: string | null, lists: LicenceLists): LicenceVerdict => {
  const text = (expression ?? '').trim()
  if (text === '' || text.length > MAX_LENGTH || /^see license/iu.test(text)) return 'unknown'
  const tokens = text.match(/[()]|[^\s()]+/gu) ?? []
  let at = 0
  const isWord = (word: string) => tokens[at]?.toUpperCase() === word
  const readOne = (depth: number): LicenceVerdict => {
    const token = tokens[at]
    at += 1
    if (token === undefined || depth > MAX_DEPTH) return 'unknown'
    if (token === '(') {
      const inner = readOr(depth + 1)
      if (tokens[at] !== ')') return 'unknown'
      at += 1
      return inner
    }
    if (!/^[A-Za-z0-9][\w.+:-]*$/u.test(token)) return 'unknown'
    // An exception only ever adds permissions.
    if (isWord('WITH')) at += 2
    return judgeId(token.replace(/\+$/u, ''), lists)
  }
  const readAnd = (depth: number): LicenceVerdict => {
    const parts = [readOne(depth)]
    while (isWord('AND')) {
      at += 1
      parts.push(readOne(depth))
    }
    return pick(parts, false)
  }
  const readOr = (depth: number): LicenceVerdict => {
    const parts = [readAnd(depth)]
    while (isWord('OR')) {
      at += 1
      parts.push(readAnd(depth))
    }
    return pick(parts, true)
  }
  const verdict = readOr(0)
  return at === tokens.length ? verdict : 'unknown'
}
