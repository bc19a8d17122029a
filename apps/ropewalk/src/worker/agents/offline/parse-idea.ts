import { findAsked, isBeyond, readDemands, type Demands } from './demands.ts'
import type { Design, FeatureName, Field, Noun } from './design.ts'
import { CONTACT, field, GENERIC, SUBJECTS, type Subject } from './subjects.ts'
import {
  capitalise,
  getArticle,
  getPlainLine,
  getPlural,
  getSingular,
  isVague,
  listWords,
  withoutVague,
} from './words.ts'

/** What the rules read out of an idea. */
export type ParsedIdea = {
  readonly subject: Subject
  readonly design: Design
  /** Such as `Invoice register for plumbers`. Letters, digits, spaces and dashes only. */
  readonly title: string
  /** The group the idea names, or one made from the noun. */
  readonly users: string
  readonly namesUsers: boolean
  /** What the idea asks for, limits and rules out beyond its subject. */
  readonly demands: Demands
  /** The idea's first words, without praise and signs: letters, digits, spaces and dashes only. */
  readonly words: string
  /** Whether a subject or at least a noun was found in it. */
  readonly isRead: boolean
}

/** Words that end a noun phrase. */
const STOPS = new Set(
  `for with that which who whom whose where when while so and or but to in on at by from via using of about as if because
  it its is are be can could should would will shall must may might we i you they he she lets let allows allow helps help
  keeps keep stores store tracks track manages manage shows show has have where without no not than then`.split(
    /\s+/u,
  ),
)
/** What the thing is made as, not what it is about. */
const CONTAINERS = new Set(
  `app apps application tracker tool website site web service system platform manager management list log logger board
  database organizer organiser planner registry register catalog catalogue directory dashboard api page pages portal
  program programme software thing solution product bot collection library keeper tracking counter server backend
  online internet mobile desktop cloud digital book sheet overview archive project mvp prototype demo shared personal
  private public small team my our your own the a an some me us please build make create write develop want need new
  just one want would like something anything really very quite i im idea place watchlist wishlist saas bitte`.split(
    /\s+/u,
  ),
)
/** Nouns that are names of ours in addresses or rules; a resource of that name would read as something else. */
const TAKEN = new Set(
  `id healthz status step total average result search owner tag export page list visit vote code one new entry test
  string object class function constructor prototype property value null undefined true false`.split(/\s+/u),
)
const ENGLISH = /\b(?:a|an|the|for|with|that|to|of|and|my|our)\b/iu
const FOREIGN =
  /\b(?:eine?[nmrs]?|der|die|das|und|zum|zur|une|les?|des|du|pour|avec|una?|para|con|los|las|het|een|voor|met|di|il)\b/iu

const isEnglish = (text: string, words: readonly string[]): boolean =>
  !FOREIGN.test(text) &&
  (ENGLISH.test(text) || (words.length <= 5 && words.every((word) => /^[a-z'-]+$/u.test(word))))

const EXTRAS: readonly (readonly [RegExp, FeatureName])[] = [
  [/(?:click|visit|hit|view|open)s?\b.{0,12}\b(?:count|stat|track|analytic|number)|count.{0,20}\b(?:click|visit|hit|view|open)|\b(?:analytics|statistics|stats|klicks?)\b/iu, 'visits'],
  [/\b(?:search|find|look(?:ing)? up|filter)/iu, 'search'],
  [/\b(?:due|deadline|overdue|expir)/iu, 'overdue'],
  [/\b(?:owner|assign|assignee|per[- ](?:person|user|member)|each (?:person|user|member)|team ?mates?|responsible)/iu, 'owner'],
  [/\b(?:tag|label|categor|categories|topic)/iu, 'tag'],
  [/\b(?:csv|export|download|spreadsheet|excel)/iu, 'export'],
  [/\b(?:total|sum|summar|revenue|turnover|balance|how much)/iu, 'total'],
  [/\b(?:status|workflow|approv|stage|progress|mark(?:ed|ing)? (?:\w+ )?(?:as )?done)/iu, 'status'],
  [/\b(?:ratings?|rate[sd]?|stars?|average)\b/iu, 'average'],
  [/\b(?:edit|chang|updat)/iu, 'change'],
] // prettier-ignore

/**
 * Reads an idea by fixed rules: the same text gives the same result. Anything the rules do not recognise
 * becomes a record with a name, a day and a remark, so that every idea gives a service.
 */
export const parseIdea = (idea: string): ParsedIdea => {
  // Ideas may be 20,000 characters long; what a product is about stands at the beginning.
  const text = getPlainLine(idea).slice(0, 4000)
  const words = listWords(text)
  const found = findSubject(words) ?? findSubjectByVerb(text)
  const subject = found?.subject ?? GENERIC
  const noun = makeNoun(found?.noun ?? findNoun(text, words))
  const group = findUsers(text)
  const extras = EXTRAS.filter(([pattern]) => isAskedFor(text, pattern)).map(([, name]) => name)
  const design = makeDesign(subject, noun, extras)
  const plain = withoutVague(words.slice(0, 24).join(' '))
  const isKnown = makeKnown(subject, design)
  const isRead = found !== undefined || (noun.one !== 'entry' && (words.length < 3 || RECORDS.test(text)))
  const unread = isEnglish(text, words) ? listUnread(text, design.features, isKnown) : []
  const whole = isRead && isEnglish(text, words) ? [] : listWhole(plain)
  const demands = readDemands(text, { isKnown, unread: [...whole, ...(subject.implied ?? []), ...unread] })
  const isProduct = demands.form?.isProduct === true
  const title = isProduct ? getOwnTitle(plain) : subject.title(capitalise(noun.one))
  return {
    subject,
    design: withoutExcluded(design, demands.exclusions),
    title: group === undefined || title.endsWith(` for ${group}`) ? title : `${title} for ${group}`,
    users: group ?? (isProduct ? 'people who run it' : `people who keep ${noun.many}`),
    namesUsers: group !== undefined,
    demands,
    words: plain,
    isRead,
  }
}

/** Words by which an idea asks for records of things, of whatever kind. */
const RECORDS =
  /\b(?:track\w*|log|logs|list|lists|register|registry|catalogue?|collection|library|director(?:y|ies)|databases?|inventory|archive|board|diary|journal|record\w*|keep\w*|stor(?:e|es|ing)|manag\w*|organi[sz]\w*|collect\w*|planner|app|tool|website)\b/iu

/** The first ten words of the idea without what leads up to them. */
const getOwnTitle = (plain: string): string =>
  capitalise(
    plain
      .replace(/^(?:(?:an?|the|my|our|i|we|want|need|please|build|make|me)\s+)+/u, '')
      .split(' ')
      .slice(0, 12)
      .join(' ')
      // A title that is cut ends with a word that can end one.
      .replace(/(?: (?:and|or|the|an?|of|by|for|to|in|on|at|with|that|which|they|were|are|is))+$/u, ''),
  )

/** What every service has unless the idea rules it out. */
const EXCLUDABLE: readonly (readonly [RegExp, FeatureName])[] = [
  [/\b(?:web ?pages?|browsers?|ui|user interface|frontend|gui)\b/u, 'page'],
  [/\b(?:delet\w*|remov\w*)/u, 'remove'],
  [/\b(?:edit\w*|chang\w*|updat\w*)/u, 'change'],
]

const withoutExcluded = (design: Design, exclusions: readonly string[]): Design => {
  const out = EXCLUDABLE.filter(([pattern]) => exclusions.some((each) => pattern.test(each)))
  return { ...design, features: design.features.filter((name) => !out.some(([, each]) => each === name)) }
}

const findSubject = (
  words: readonly string[],
): { readonly subject: Subject; readonly noun: string } | undefined => {
  // Further on, a customer or a guest is for whom it is and not what it is about.
  const searched: readonly (readonly [readonly Subject[], readonly string[]])[] = [
    [SUBJECTS, words],
    [[CONTACT], getPhrase(words)],
  ]
  for (const [group, among] of searched)
    for (const word of among)
      for (const part of [word, ...word.split('-')])
        for (const subject of group) {
          const noun = getOwn(subject.words, part) ?? getOwn(subject.words, getSingular(part))
          if (noun !== undefined) return { subject, noun }
        }
  return undefined
}

/** "to book rooms" names no booking, yet is about nothing else. */
const findSubjectByVerb = (
  text: string,
): { readonly subject: Subject; readonly noun: string } | undefined => {
  for (const subject of SUBJECTS) {
    const [noun] = Object.values(subject.words)
    if (subject.verb?.test(text) === true && noun !== undefined) return { subject, noun }
  }
  return undefined
}

const getOwn = (record: Readonly<Record<string, string>>, key: string): string | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined

/** The object of "to track books", else the last word of the first phrase that says what it is about. */
const findNoun = (text: string, words: readonly string[]): string => {
  if (!isEnglish(text, words)) return 'entry'
  const object =
    /\b(?:track|manag|stor|record|collect|organi[sz]|keep(?:s|ing)? track|log|catalogu?|list|count)(?:s|e|es|ing)?\s+(?:(?:of|my|the|all|our|their|your|every)\s+)*([\p{L}' -]{3,80})/iu.exec(
      text,
    )?.[1]
  const acted =
    /\b(?:that|which) [a-z]{3,20}s (?:(?:my|the|all|our|their|your|every) )*([\p{L}' -]{3,80})/iu.exec(
      text,
    )?.[1]
  const phrases = [words, listWords(object ?? ''), listWords(acted ?? '')].map(getPhrase)
  for (const phrase of phrases) {
    const candidate = phrase.findLast(
      (word) => !CONTAINERS.has(word) && !isVague(word) && isNounLike(getSingular(word)),
    )
    if (candidate !== undefined) return getSingular(candidate)
  }
  return 'entry'
}

const getPhrase = (words: readonly string[]): readonly string[] => {
  // "i want to build an app …": what leads up to the thing is passed over.
  const start = words.findIndex((word) => !CONTAINERS.has(word) && !['we', 'to', 'is', 'of'].includes(word))
  if (start < 0) return []
  const rest = words.slice(start)
  const end = rest.findIndex((word) => STOPS.has(word))
  return end < 0 ? rest.slice(0, 8) : rest.slice(0, end)
}

const isNounLike = (word: string): boolean =>
  /^[a-z]{3,24}$/u.test(word) && !TAKEN.has(word) && !/(?<!fami|rep|supp|assemb|^f)ly$/u.test(word)

const makeNoun = (one: string): Noun => {
  const many = getPlural(one)
  return { one, many, path: many.replaceAll(/[^a-z]/gu, '') }
}

const DETERMINERS = new Set(['the', 'a', 'an', 'my', 'our', 'their', 'all'])
const NO_GROUP = new Set(['me', 'us', 'example', 'free', 'instance', 'each', 'every', 'now'])

const isFigure = (word = ''): boolean =>
  /^(?:\d{1,6}|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|fifty|hundred)$/u.test(
    word,
  )

/** The group after "for", without praise; undefined where "for" leads to a purpose or nothing. */
const findUsers = (text: string): string | undefined => {
  for (const [, after = ''] of text.matchAll(/\b(?:for|helps)\s+([\p{L}'’ -]{2,80})/giu)) {
    const all = listWords(after)
    const end = all.findIndex(
      (word, index) => STOPS.has(word) && index > 0 && !(word === 'of' && isFigure(all[index + 1])),
    )
    const named = (end < 0 ? all : all.slice(0, end)).filter((word) => !isVague(word))
    const group = named.filter((word) => !DETERMINERS.has(word))
    const [first = ''] = group
    if (first === '' || STOPS.has(first) || first.endsWith('ing') || NO_GROUP.has(first) || group.length > 4)
      continue
    const [before = ''] = named
    const determiner =
      before === 'a' || before === 'an'
        ? `${getArticle(first)} `
        : ['the', 'my', 'our', 'their'].includes(before)
          ? 'the '
          : ''
    return `${determiner}${group.join(' ')}`
  }
  return undefined
}

const isAskedFor = (text: string, pattern: RegExp): boolean => findAsked(text, pattern) !== undefined

const BASE: readonly FeatureName[] = ['create', 'refuse', 'list']

const makeDesign = (subject: Subject, noun: Noun, extras: readonly FeatureName[]): Design => {
  let fields: readonly Field[] = subject.fields
  const features = new Set<FeatureName>([...BASE, ...subject.features])
  const need = (name: string, made: Field) => {
    if (!fields.some((each) => each.name === name)) fields = [...fields, made]
  }
  for (const extra of extras) {
    if (extra === 'visits' && subject.name !== 'link') continue
    // Where a record is no promise for a day, a list of overdue ones would be something else than was asked for.
    if (extra === 'overdue' && ['link', 'poll', 'booking', 'feedback'].includes(subject.name)) continue
    if (extra === 'average' && !['feedback', 'note', 'generic'].includes(subject.name)) continue
    if (extra === 'overdue') need('due', field('due', 'date', false))
    if (extra === 'owner') need('owner', field('owner', 'short text', false))
    if (extra === 'tag') need('tag', field('tag', 'short text', false))
    if (extra === 'total') need('amount', field('amount', 'amount', false))
    if (extra === 'average') need('rating', field('rating', 'whole number', false, 5))
    features.add(extra)
  }
  if (subject.name === 'task' && !features.has('overdue'))
    fields = fields.filter(({ name }) => name !== 'due')
  for (const last of ['remove', 'keep', 'page'] as const) features.add(last)
  return {
    noun,
    fields,
    features: [...features],
    steps: subject.steps.length > 0 ? subject.steps : ['open', 'done'],
    reuseCode: false,
    oneVote: true,
    allowDebt: false,
  }
}

/** Words that the subject and the extras have rules for. */
const makeKnown = (subject: Subject, { noun, fields }: Design): ((word: string) => boolean) => {
  const known = new Set([
    ...Object.keys(subject.words),
    ...fields.map(({ name }) => name),
    noun.one,
    noun.many,
  ])
  return (word) => known.has(word) || known.has(getSingular(word))
}

/** The clauses after "with", "and" and commas of which no rule understood a word, at most five. */
const listUnread = (
  text: string,
  features: readonly FeatureName[],
  isKnown: (word: string) => boolean,
): string[] => {
  const read = EXTRAS.filter(([, name]) => features.includes(name))
  const clauses = text
    .split(/[,.;:!?()\n]|\b(?:with|and|plus|including)\b/iu)
    .slice(1)
    .map((clause) =>
      listWords(clause).filter((word) => !isVague(word) && !CONTAINERS.has(word) && !STOPS.has(word)),
    )
    .filter((clause) => clause.length <= 12 && clause.some((word) => /\p{L}{3}/u.test(word)))
    .filter((clause) => !clause.some(isKnown))
    .map((clause) => clause.join(' '))
    .filter((clause) => !isBeyond(clause) && !read.some(([pattern]) => pattern.test(clause)))
    .filter((clause) => !/^(?:please|thanks|thank|hello|hi)\b/u.test(clause))
  return [...new Set(clauses)].slice(0, 5)
}

/** What a text says that no rule could read at all: its words are the wish. */
const listWhole = (words: string): string[] => (words === '' ? [] : [words])
