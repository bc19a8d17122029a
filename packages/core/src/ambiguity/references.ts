import { type AmbiguityInput, type Finding, getExcerpt } from './input.ts'

type Pattern = {
  readonly pattern: RegExp
  readonly message: (said: string) => string
  /** Whether records that came along are what is meant. */
  readonly isUpload?: boolean
}

const REFERENCES: readonly Pattern[] = [
  {
    pattern:
      /\b(?:as|like)\s+(?:we\s+)?(?:discussed|mentioned|agreed|described|said|usual|before|last\s+time|always)\b/giu,
    message: (said) => `"${said}" points at something that is not here.`,
  },
  {
    pattern:
      /\b(?:see|in|per|from)\s+(?:the|my|our)?\s*(?:above|earlier|previous|other|old|existing|last)\s+(?:e?mail|message|document|doc|ticket|meeting|call|system|report|file|version|request|thread)s?\b/giu,
    message: (said) => `"${said}" points at something that is not here.`,
  },
  {
    pattern:
      /\b(?:the\s+)?attached\s+\w+|\b(?:see|in)\s+(?:the\s+)?attachment\b|\b(?:the|this)\s+(?:uploaded\s+)?(?:csv|spreadsheet|excel(?:\s+file)?)\b/giu,
    message: (said) => `"${said}" was not attached.`,
    isUpload: true,
  },
  {
    pattern:
      /\b(?:TBD|TBC|to\s+be\s+(?:decided|defined|determined|confirmed))\b|\?{2,}|\bXX+\b|<[A-Za-z][^<>]{0,40}>|\{\{[^{}]{1,40}\}\}|\[(?:insert|name|date|amount)[^\]]{0,40}\]/gu,
    message: (said) => `"${said}" was left open.`,
  },
]

/** A request whose first words stand for something that was never named. */
const OPENING =
  /^\s*(?:(?:please|also|and)\s+)?(?:(?:fix|do|make|change|improve|finish|update|remove)\s+)?(?<word>it|this|that|these|those|they|them|he|she)(?=\s+(?:is|are|was|were|should|must|needs?|has|have|to|does|do|faster|better|again|properly)\b|\s*[.!?]?\s*$)/iu

/** Words that point at something which is not there to be seen. */
export const findReferences = ({
  request,
  uploads,
  isDocument = false,
}: AmbiguityInput): readonly Finding[] => {
  const named = REFERENCES.filter(
    ({ isUpload }) => isUpload !== true || (uploads.length === 0 && !isDocument),
  ).flatMap(({ pattern, message }) =>
    [...request.matchAll(pattern)].map((match) => ({
      rule: 'unresolved-reference' as const,
      field: 'request',
      excerpt: getExcerpt(request, match.index, match[0].length),
      message: message(match[0].replace(/\s+/gu, ' ')).slice(0, 400),
    })),
  )
  const opening = isDocument ? null : OPENING.exec(request)
  const word = opening?.groups?.['word']
  return word === undefined
    ? named
    : [
        ...named,
        {
          rule: 'unresolved-reference',
          field: 'request',
          excerpt: getExcerpt(request, 0, opening?.[0].length ?? 0),
          message: `Nothing before "${word}" says what it is.`,
        },
      ]
}
