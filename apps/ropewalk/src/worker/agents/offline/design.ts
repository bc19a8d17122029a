/** What kind of value a field holds, as the documents write it. */
export type FieldType =
  | 'short text'
  | 'long text'
  | 'amount'
  | 'whole number'
  | 'date'
  | 'date and time'
  | 'web address'
  | 'email address'
  | 'list of short texts'

/** `max` bounds a whole number (from 1 on) or the characters of a long text; null is the type's own limit. */
export type Field = {
  readonly name: string
  readonly type: FieldType
  readonly required: boolean
  readonly max: number | null
}

/** The thing the service keeps. `path` is its place in addresses. */
export type Noun = { readonly one: string; readonly many: string; readonly path: string }

export const FEATURE_NAMES = [
  'create', 'refuse', 'list', 'redirect', 'visits', 'vote', 'results', 'apart', 'stock', 'low', 'status', 'overdue',
  'total', 'average', 'search', 'owner', 'tag', 'export', 'change', 'remove', 'keep', 'page',
] as const // prettier-ignore
export type FeatureName = (typeof FEATURE_NAMES)[number]

/** Everything that decides what is built; the documents write it out and the coder reads it back from them. */
export type Design = {
  readonly noun: Noun
  readonly fields: readonly Field[]
  readonly features: readonly FeatureName[]
  /** The steps of the status, first to last; read only with the feature `status`. */
  readonly steps: readonly string[]
  /** Whether an address that is stored already keeps its code. */
  readonly reuseCode: boolean
  /** Whether a voter has one vote in a poll. */
  readonly oneVote: boolean
  /** Whether stock may fall below zero. */
  readonly allowDebt: boolean
}

const RESERVED = new Set([
  '__proto__',
  'constructor',
  'prototype',
  'id',
  'code',
  'visits',
  'status',
  'votes',
  'code_url',
])
const TYPES: readonly FieldType[] = [
  'short text', 'long text', 'amount', 'whole number', 'date and time', 'date', 'web address', 'email address', 'list of short texts',
] // prettier-ignore

export const isFieldName = (name: string): boolean =>
  /^[a-z][a-z0-9_]{0,30}$/u.test(name) && !RESERVED.has(name)

const writeField = ({ name, type, required, max }: Field): string => {
  const limit =
    max === null
      ? ''
      : type === 'whole number'
        ? ` from 1 to ${String(max)}`
        : ` up to ${String(max)} characters`
  return `${name} (${type}${limit}, ${required ? 'required' : 'optional'})`
}

/** `url (web address, required) and note (short text, optional)`: how a sentence names fields. */
export const writeFields = (fields: readonly Field[]): string => {
  const parts = fields.map(writeField)
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`
}

/** The fields that a sentence names in that form, the first of each name; others are passed over. */
export const readFields = (sentence: string): Field[] => {
  const pattern = new RegExp(
    String.raw`([a-z][a-z0-9_]{0,30}) \((${TYPES.join('|')})(?: (?:from 1 to|up to) (\d{1,5})(?: characters)?)?, (required|optional)\)`,
    'gu',
  )
  const found = new Map<string, Field>()
  for (const [, name = '', type, limit, need] of sentence.matchAll(pattern)) {
    const known = TYPES.find((each) => each === type)
    if (known === undefined || !isFieldName(name) || found.has(name)) continue
    found.set(name, {
      name,
      type: known,
      required: need === 'required',
      max: limit === undefined ? null : Math.max(1, Number(limit)),
    })
  }
  return [...found.values()].slice(0, 12)
}

/** `draft, sent and paid` after the word steps: two to eight steps, or none. */
export const readSteps = (sentence: string): string[] => {
  const [, list = ''] = /\bsteps ([a-z][a-z-]*(?:(?:, | and )[a-z][a-z-]*)+)/u.exec(sentence) ?? []
  return readStepList(list)
}

/** The steps of a bare list such as `draft, sent, paid` or `open > done`; none where it is no list of two to eight. */
export const readStepList = (list: string): string[] => {
  const steps = list
    .toLowerCase()
    .replace(/^(?:yes|sure|ok)\b[,:; ]*/u, '')
    .split(/\s*(?:,|;|->|→|>|\bthen\b|\band\b)\s*/u)
    .map((step) => step.trim().replace(/[.!]$/u, ''))
    .filter((step) => step !== '')
  const isList =
    steps.length >= 2 && steps.length <= 8 && steps.every((step) => /^[a-z][a-z-]{0,29}$/u.test(step))
  return isList && new Set(steps).size === steps.length ? steps : []
}

export const hasFeature = (design: Design, name: FeatureName): boolean => design.features.includes(name)

export const getFieldOfType = (design: Design, type: FieldType): Field | undefined =>
  design.fields.find((field) => field.type === type)
