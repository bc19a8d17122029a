import type { Answered } from './report.ts'

/** Longer lists of one thing repeat themselves. */
const MAX_ITEMS = 5

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const getKind = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value

/** Where a value lacks what another of the same make had; undefined where a reader of the old one can read it. */
const findLoss = (old: unknown, now: unknown, at = ''): string | undefined => {
  // Null stands for what is not there yet, and may be anything later.
  if (old === null || now === null) return undefined
  if (getKind(old) !== getKind(now)) return `${at || 'the body'} was ${getKind(old)} and is ${getKind(now)}`
  if (Array.isArray(old) && Array.isArray(now)) {
    const [first] = now as unknown[]
    if (first === undefined) return undefined
    return (old as unknown[])
      .slice(0, MAX_ITEMS)
      .map((one) => findLoss(one, first, `${at}/*`))
      .find((loss) => loss !== undefined)
  }
  if (!isObject(old) || !isObject(now)) return undefined
  const gone = Object.keys(old).find((key) => !Object.hasOwn(now, key))
  if (gone !== undefined) return `${at}/${gone} is gone`
  return Object.keys(old)
    .map((key) => findLoss(old[key], now[key], `${at}/${key}`))
    .find((loss) => loss !== undefined)
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** What a caller of the old version would miss in the answer of the new one; null where nothing. */
export const compareAnswers = (old: Answered, now: Answered): string | null => {
  if (now.status >= 400) return `It was answered with ${old.status} and is answered with ${now.status}.`
  const getType = ({ headers }: Answered) => (headers['content-type'] ?? '').split(';')[0]?.trim() ?? ''
  if (getType(old) !== getType(now))
    return `It was ${getType(old) || 'nothing'} and is ${getType(now) || 'nothing'}.`
  if (!/json/u.test(getType(old)) || old.truncated || now.truncated) return null
  const loss = findLoss(parseJson(old.body), parseJson(now.body))
  return loss === undefined ? null : `In the answer, ${loss}.`
}
