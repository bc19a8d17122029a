import { listReadings } from '../project/read-parameters.ts'
import { type AmbiguityInput, type Finding, getExcerpt } from './input.ts'

const WORD = String.raw`[\p{L}][\p{L}\p{N}-]*`
const ARTICLE = String.raw`(?:(?:the|a|an|any|all|our|its)\s+)?`

/** One number said twice and differently, in the request or in the request and beside it. */
const findNumbers = ({ request, parameters }: AmbiguityInput): readonly Finding[] => {
  const readings = listReadings(request)
  return [...new Set(readings.map(({ name }) => name))].flatMap((name) => {
    const said = readings.filter((of) => of.name === name)
    const given = parameters[name]
    const values = [...new Set([...said.map(({ value }) => value), ...(given === undefined ? [] : [given])])]
    return values.length < 2
      ? []
      : [
          {
            rule: 'conflicting-statements',
            field: name,
            excerpt: said
              .map(({ excerpt }) => excerpt)
              .join(' / ')
              .slice(0, 300),
            message: `${name} is said to be ${values.map(String).join(' and ')}.`,
          } as const,
        ]
  })
}

type Said = {
  readonly about: string
  readonly isDenied: boolean
  readonly index: number
  readonly text: string
}

const findDenied = (request: string, said: readonly Said[]): readonly Finding[] =>
  said.flatMap((one, position) => {
    const other = said
      .slice(position + 1)
      .find(({ about, isDenied }) => about === one.about && isDenied !== one.isDenied)
    return other
      ? [
          {
            rule: 'conflicting-statements',
            field: 'request',
            excerpt: getExcerpt(request, other.index, other.text.length),
            message: `"${one.text}" and "${other.text}" cannot both hold.`,
          } as const,
        ]
      : []
  })

const list = (
  request: string,
  pattern: string,
  isDenied: (match: RegExpExecArray) => boolean,
): readonly Said[] =>
  [...request.matchAll(new RegExp(pattern, 'giu'))].map((match) => ({
    about: (match.groups?.['about'] ?? '')
      .toLowerCase()
      .replace(/\b(?:the|a|an|any|all|our|its)\s+/gu, '')
      .replace(/\s+/gu, ' '),
    isDenied: isDenied(match),
    index: match.index,
    text: match[0].replace(/\s+/gu, ' '),
  }))

/** `must send mail` beside `must not send mail`; `with a login` beside `without a login`; more beside less of a thing. */
const findOpposites = ({ request }: AmbiguityInput): readonly Finding[] => {
  const must = list(
    request,
    String.raw`\b(?:must|should|shall|has\s+to|have\s+to|may|can|will)\s+(?<not>not\s+|never\s+)?(?<about>(?!not\b|never\b|be\b)${WORD}\s+${ARTICLE}${WORD})`,
    ({ groups }) => groups?.['not'] !== undefined,
  )
  const having = list(
    request,
    String.raw`\b(?<word>with|without)\s+(?<about>${ARTICLE}${WORD})\b`,
    ({ groups }) => groups?.['word']?.toLowerCase() === 'without',
  )
  const amount = list(
    request,
    String.raw`\b(?<word>increase|raise|grow|more|reduce|decrease|lower|less|fewer)\s+(?<about>${ARTICLE}${WORD})\b`,
    ({ groups }) => /^(?:reduce|decrease|lower|less|fewer)$/iu.test(groups?.['word'] ?? ''),
  )
  return [...findDenied(request, must), ...findDenied(request, having), ...findDenied(request, amount)]
}

/** `at least 10 rows` beside `at most 5 rows`. */
const findLimits = ({ request }: AmbiguityInput): readonly Finding[] => {
  const read = (words: string) =>
    [
      ...request.matchAll(
        new RegExp(String.raw`\b(?:${words})\s+(?<n>\d+(?:\.\d+)?)\s*(?<unit>%|${WORD})`, 'giu'),
      ),
    ].map((match) => ({
      n: Number(match.groups?.['n']),
      unit: (match.groups?.['unit'] ?? '').toLowerCase().replace(/s$/u, ''),
      text: match[0],
      index: match.index,
    }))
  const most = read('at most|no more than|less than|fewer than|below|under|maximum of|up to')
  return read('at least|no less than|more than|above|over|minimum of').flatMap((low) => {
    const high = most.find(({ unit, n }) => unit === low.unit && n < low.n)
    return high
      ? [
          {
            rule: 'conflicting-statements',
            field: 'request',
            excerpt: getExcerpt(request, low.index, low.text.length),
            message: `"${low.text}" and "${high.text}" cannot both hold.`,
          } as const,
        ]
      : []
  })
}

/** Statements that cannot hold together. */
export const findConflicts = (input: AmbiguityInput): readonly Finding[] => [
  ...findNumbers(input),
  ...findOpposites(input),
  ...findLimits(input),
]
