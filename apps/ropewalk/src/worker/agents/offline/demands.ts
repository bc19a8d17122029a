import { clip, isVague, joinWords, listWords, withoutVague } from './words.ts'

/** What an idea says beyond the records of its subject, in its own words. */
export type Demands = {
  /** What the idea wants it made as, where that is no web service; `label` is a noun phrase with its article. */
  readonly form: {
    readonly label: string
    readonly words: string
    readonly isProduct: boolean
    /** Somebody else's code is to change. */
    readonly isChange?: boolean
  } | null
  /** Asked for, and no rule of the offline model builds it. */
  readonly wishes: readonly string[]
  /** Bounds such as `at most 200 items`. */
  readonly limits: readonly string[]
  /** Other figures, such as `family of five`. */
  readonly quantities: readonly string[]
  /** What the idea rules out, such as `accounts`. */
  readonly exclusions: readonly string[]
  /** Names of people, places and products. */
  readonly names: readonly string[]
  /** Qualities without a figure, such as `fast`. */
  readonly qualities: readonly string[]
}

/** Stands in every sentence about something that the idea asks for and the offline coder cannot build. */
export const NOT_BUILT = '(not built by rules)'

/** Whether a goal, a title or a statement says of itself that no rule builds it. */
export const isNotBuilt = (text: string): boolean => text.includes(NOT_BUILT)

const FORMS: readonly (readonly [RegExp, string, boolean])[] = [
  [/\b(?:command[- ]line|cli|terminal|shell script|console (?:tool|app|program))\b/iu, 'a command-line tool', true],
  [/\b(?:android|ios|iphone|ipad|(?:mobile|phone|native) app)s?\b/iu, 'an app on a phone', true],
  [/\b(?:desktop (?:app|program|tool|widget)|(?:mac|windows|linux) (?:app|program))\b/iu, 'a desktop program', true],
  [/\b(?:browser|chrome|firefox) (?:extension|plug-?in|add-?on)\b/iu, 'a browser extension', true],
  [/\b(?:(?:discord|slack|telegram|whatsapp|chat) ?bots?|chatbots?)\b/iu, 'a chat bot', true],
  [/\b(?:video ?game|platformer|multiplayer game|(?:2d|3d) game)\b/iu, 'a video game', true],
  [/\b(?:npm package|python package|code library|sdk)\b/iu, 'a package for programmers', true],
  [/\b(?:sensors?|arduino|raspberry ?pi|esp32|thermometers?|gpio|iot|hardware|bluetooth|drones?|robots?)\b/iu, 'hardware', false],
] // prettier-ignore

const BEYOND: readonly (readonly [RegExp, string])[] = [
  [/\b(?:log ?in|sign ?in|sign ?up|passwords?|accounts?|oauth|sso|authenticat\w*)\b/iu, 'Sign-in with accounts and passwords'],
  [/\b(?:e-?mail\w*|notif\w*|sms|push|remind\w*|alert\w*)/iu, 'Messages to people by mail, text message or push'],
  [/\b(?:payments?|pay online|checkout|stripe|paypal|credit cards?)\b/iu, 'Card payments'],
  [/\b(?:pdfs?|print(?:s|ed|ing|er|ers)?)\b/iu, 'Printed or PDF output'],
  [/\b(?:ai|gpt|llm|machine learning|recommend\w*|ocr)\b/iu, 'Text or pictures understood by a trained model'],
  [/\b(?:photos?|pictures?|images?|uploads?|videos?|attachments?)\b/iu, 'Pictures, videos and other files'],
  [/\b(?:maps?|gps|locations?)\b/iu, 'Maps and positions'],
  [/\b(?:real[- ]?time|live updates?|websockets?|sync\w*)\b/iu, 'Changes pushed to open browsers'],
] // prettier-ignore

const NUMBER_WORDS =
  `one two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty
  sixty hundred thousand dozen`.split(/\s+/u)
/** Words that end a phrase taken from the idea. */
const ENDS = new Set(
  `for with that which who whom whose where when while so and but to in on at by from via using if because it its is
  are be can could should would will must may might we i you they per please thanks as than then`.split(
    /\s+/u,
  ),
)
const NO_EXCLUSION = new Set(
  `only just idea matter more less fewer later sure need one longer yet even too very always necessarily`.split(
    ' ',
  ),
)

/** Up to `max` words of a phrase in order, without praise, up to where the phrase ends. */
const takePhrase = (text: string, max: number): string => {
  const words = listWords(text)
  const end = words.findIndex((word) => ENDS.has(word))
  return (end < 0 ? words : words.slice(0, end))
    .slice(0, max)
    .filter((word) => !isVague(word))
    .join(' ')
}

const listDistinct = (items: readonly string[], max: number): readonly string[] =>
  [...new Set(items.filter((item) => item !== ''))].slice(0, max)

/** Whether a match stands behind "no", "not" or "without". */
export const isRuledOut = (text: string, index: number): boolean =>
  /\b(?:no|not|without|never|don't|doesn't|nor)(?:\s+\p{L}+(?:\s+(?:or|and))?)?\s+$/iu.test(
    text.slice(Math.max(0, index - 40), index),
  )

/** Whether a pattern occurs, and not only ruled out; the words that were found. */
export const findAsked = (text: string, pattern: RegExp): string | undefined => {
  const flags = new RegExp(pattern.source, 'giu')
  return [...text.matchAll(flags)].find(({ index }) => !isRuledOut(text, index))?.[0]
}

const findForm = (text: string): Demands['form'] => {
  for (const [pattern, label, isProduct] of FORMS) {
    const words = findAsked(text, pattern)
    if (words !== undefined) return { label, words: words.toLowerCase(), isProduct }
  }
  return null
}

const BOUND =
  'at most|at least|no more than|no fewer than|no less than|not more than|up to|a maximum of|a minimum of|maximum of|max|less than|fewer than|more than|within|under|over|exactly|only'
const FIGURE = `\\d{1,9}(?:[.,]\\d{1,3})?|${NUMBER_WORDS.join('|')}`
const MEASURED = new RegExp(
  `(?:\\b(${BOUND})\\s+)?(?<![\\p{L}\\p{N}./:-])((?:\\p{L}{2,24}\\s+of\\s+)?)(${FIGURE})(?![\\p{N}/:])\\b((?:[\\s-]+\\p{L}{1,24}){0,3})`,
  'giu',
)

const listFigures = (text: string): { readonly limits: string[]; readonly quantities: string[] } => {
  const limits: string[] = []
  const quantities: string[] = []
  for (const [, bound = '', group = '', figure = '', after = ''] of text.matchAll(MEASURED)) {
    const unit = takePhrase(after.split('-').join(' '), 3)
    const named = `${listWords(group).join(' ')} ${figure.toLowerCase()} ${unit}`
    const phrase = named.replaceAll(/\s+/gu, ' ').trim()
    // "one place" is an article more than a figure.
    if (bound === '' && /^(?:one|two)?$/u.test(phrase.split(' ')[0] ?? '') && group === '') continue
    if (bound !== '' && unit !== '') limits.push(`${bound.toLowerCase()} ${phrase}`)
    else if (unit !== '' || group !== '') quantities.push(phrase)
  }
  return { limits, quantities }
}

const listExclusions = (text: string): string[] =>
  [
    ...text.matchAll(
      /\b(?:no|without|never|not|don't|doesn't|do not|does not|must not)\s+((?:[\p{L}'’-]+(?:\s+|(?=[,.;:!?]|$))){1,8})/giu,
    ),
  ].flatMap(([, after = '']) => {
    const [first = ''] = listWords(after)
    return NO_EXCLUSION.has(first) || NUMBER_WORDS.includes(first) ? [] : [takePhrase(after, 6)]
  })

/** Capitalised words inside a sentence; at its beginning a capital says nothing. */
const listNames = (text: string): string[] =>
  [...text.matchAll(/(?<=[\p{Ll}\p{N},;] )\p{Lu}[\p{L}\p{N}-]{1,30}(?: \p{Lu}[\p{L}\p{N}-]{1,30}){0,2}/gu)]
    .map(([name]) => name)
    // What looks like an id of ours would be taken for one.
    .filter((name) => !/[A-Z]{2,6}-\d{3}/u.test(name))

/** Verbs of keeping records, which every service here does. */
const KEPT =
  /^(?:keep|store|track|record|list|show|manage|help|let|allow|collect|organi[sz]e|log|count|save|hold|remember|write|is|are|can|has|have|run|work|make|use|do|does|need)(?:s|es|ed|ing)?$/u

/** "a tool that renames photos": what it does, where that is more than keeping records. */
const listActs = (text: string): string[] =>
  [...text.matchAll(/\b(?:that|which)\s+((?:[\p{L}'’-]+(?:\s+|(?=[,.;:!?]|$))){2,12})/giu)].flatMap(
    ([, after = '']) => {
      const words = listWords(after)
      const [verb = ''] = words
      if (KEPT.test(verb) || !/^[a-z]{3,20}(?:s|es)$/u.test(verb)) return []
      return [words.slice(0, 12).join(' ')]
    },
  )

const listBeyond = (text: string, isKnown: (word: string) => boolean): string[] =>
  BEYOND.flatMap(([pattern, label]) => {
    const found = findAsked(text, pattern)?.toLowerCase()
    return found === undefined || isKnown(found) ? [] : [`${label} ("${takePhrase(found, 4) || found}")`]
  })

/** Whether the words are about something that has a name among what no rule builds. */
export const isBeyond = (clause: string): boolean => BEYOND.some(([pattern]) => pattern.test(clause))

/** The qualities that the idea praises without a figure. */
const listQualities = (text: string): string[] =>
  listWords(text.replaceAll(/\bat most\b/giu, ' ')).filter((word) => isVague(word))

/**
 * Reads what an idea says beyond its subject. `text` is one plain line of English; `isKnown` tells the words
 * that the subject has rules for, and `unread` are the clauses that nothing else understood.
 */
export const readDemands = (
  text: string,
  { isKnown, unread }: { readonly isKnown: (word: string) => boolean; readonly unread: readonly string[] },
): Demands => {
  const form = findForm(text)
  const { limits, quantities } = listFigures(text)
  const acts = listActs(text)
  const exclusions = listExclusions(text)
  const told = [...acts, ...limits, ...quantities, ...exclusions]
  const rest = unread.filter((clause) => !told.some((each) => each.includes(clause)))
  return {
    form,
    wishes: listDistinct([...acts, ...listBeyond(text, isKnown), ...rest], 6).map((wish) =>
      clip(withoutVague(wish), 160),
    ),
    limits: listDistinct(limits, 5),
    quantities: listDistinct(quantities, 5),
    exclusions: listDistinct(exclusions, 5),
    names: listDistinct(listNames(text), 5),
    qualities: listDistinct(listQualities(text), 5),
  }
}

/** Goals for what the idea asks for and no rule builds, first what it wants it made as. */
export const listDemandGoals = ({ form, wishes, limits }: Demands): string[] => [
  ...(form === null
    ? []
    : [
        form.isProduct
          ? `The product is ${form.label}, which the idea names as "${form.words}" ${NOT_BUILT}.`
          : `Values and acts of ${form.label} reach the product, which the idea names as "${form.words}" ${NOT_BUILT}.`,
      ]),
  ...wishes.map((wish) => `The idea asks for this: ${wish} ${NOT_BUILT}.`),
  ...limits.map((limit) => `The idea sets this limit: ${limit} ${NOT_BUILT}.`),
]

/** What a goal that no rule builds asks for, without the words around it. */
export const getBareWish = (goal: string): string =>
  goal
    .replace(/^The idea (?:asks for this|sets this limit): /u, '')
    .replaceAll(NOT_BUILT, '')
    .replaceAll(/\s+/gu, ' ')
    .replace(/[.\s]+$/u, '')

/** Constraints that the idea itself sets, in its own words. */
export const listDemandConstraints = ({ limits, quantities, exclusions, names }: Demands): string[] => [
  ...(limits.length === 0 ? [] : [`The idea sets limits: ${joinWords(limits)}.`]),
  ...(quantities.length === 0 ? [] : [`The idea names figures: ${joinWords(quantities)}.`]),
  ...exclusions.map((each) => `The idea rules this out: ${each}.`),
  ...(names.length === 0 ? [] : [`The idea names ${joinWords(names)}, and the words are kept as they are.`]),
]
