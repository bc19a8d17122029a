import { type AmbiguityInput, type Finding, getExcerpt } from './input.ts'

const NOBODY =
  /\b(?:someone|somebody|some\s+people|people\s+(?:should|must|need)|the\s+(?:responsible|right|relevant|appropriate|competent)\s+(?:person|people|team|department|party|parties|persons|colleagues?)|(?:relevant|all|key)\s+stakeholders|whoever|the\s+business|the\s+users?\s+in\s+charge|those\s+responsible)\b/giu

/** Whom a document that says what holds for all may speak of: "when somebody asks". */
const ANYBODY = /^(?:someone|somebody|whoever)$/iu

/** Something that has to be decided, with nobody to decide it. */
const PASSIVE =
  /\b(?:must|should|shall|has\s+to|have\s+to|needs?\s+to|will|is\s+to|are\s+to)\s+be\s+(?:approved|signed\s+off|reviewed|decided|confirmed|authori[sz]ed|checked|informed|notified|released)\b(?<rest>[^.;\n]*)/giu

const ROLE =
  /\b(?:the|our)\s+(?<who>(?:[\p{L}-]+\s+){0,2}(?:team|department|manager|owner|lead|board|committee|office|desk|group|officer|director))\b/giu

const normalise = (of: string): string => of.toLowerCase().replace(/\s+/gu, ' ').trim()

const isKnown = (who: string, actors: readonly string[]): boolean =>
  actors.some(
    (actor) => normalise(who).includes(normalise(actor)) || normalise(actor).includes(normalise(who)),
  )

/** Things to be done by nobody that anybody knows. */
export const findUnknownActors = ({
  request,
  actors,
  isDocument = false,
}: AmbiguityInput): readonly Finding[] => {
  const make = (match: RegExpExecArray, message: string): Finding => ({
    rule: 'unknown-actor',
    field: 'request',
    excerpt: getExcerpt(request, match.index, match[0].length),
    message,
  })
  const nobody = [...request.matchAll(NOBODY)]
    .filter((match) => !isDocument || !ANYBODY.test(match[0]))
    .map((match) => make(match, `"${match[0]}" names nobody.`))
  const passive = [...request.matchAll(PASSIVE)]
    .filter(
      ({ groups }) =>
        !/\bby\s+(?!\d|hand\b|mail\b|e-?mail\b|default\b|then\b|when\b|the\s+end\b)/iu.test(
          groups?.['rest'] ?? '',
        ),
    )
    .map((match) => make(match, `"${match[0].slice(0, 80).trim()}" does not say by whom.`))
  const roles =
    actors.length === 0
      ? []
      : [...request.matchAll(ROLE)]
          .filter(({ groups }) => !isKnown(groups?.['who'] ?? '', actors))
          .map((match) =>
            make(match, `"${match[0]}" is not known here; known are ${actors.join(', ').slice(0, 200)}.`),
          )
  return [...nobody, ...passive, ...roles]
}
