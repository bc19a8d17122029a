import { type FieldType } from '../../design.ts'
import type { Blueprint } from '../blueprint.ts'

/** How the written service reads each type: what it expects, in words, and the value or undefined. */
const READERS: Readonly<Record<FieldType, { readonly expected: string; readonly source: string }>> = {
  'short text': { expected: 'a text of 1 to 200 characters', source: '(value) => readText(value, 200)' },
  'long text': {
    expected: 'a text of 1 to 2000 characters',
    source: '(value, max) => readText(value, max ?? 2000)',
  },
  amount: { expected: 'a number of at least 0 with 2 decimals at most', source: 'readAmount' },
  'whole number': { expected: 'a whole number of at least 0', source: 'readWholeNumber' },
  date: { expected: 'a date such as 2026-01-31', source: 'readDate' },
  'date and time': { expected: 'a date and time such as 2026-01-31T09:30', source: 'readDateTime' },
  'web address': { expected: 'an address that begins with http:// or https://', source: 'readAddress' },
  'email address': { expected: 'an address such as name@example.org', source: 'readEmail' },
  'list of short texts': {
    expected: 'a list of 2 to 20 different texts of 1 to 200 characters',
    source: 'readList',
  },
}

const toKey = (type: FieldType): string => (type.includes(' ') ? `'${type}'` : type)

/** The functions behind them; a service gets those it uses. */
const PARTS: Readonly<Partial<Record<FieldType, string>>> = {
  amount: String.raw`
const readAmount = (value) => {
  const isAmount = typeof value === 'number' && value >= 0 && value <= 1e9
  return isAmount && Math.round(value * 100) / 100 === value ? value : undefined
}
`,
  'whole number': String.raw`
const readWholeNumber = (value, max) => {
  const least = max === undefined ? 0 : 1
  return Number.isInteger(value) && value >= least && value <= (max ?? 1e9) ? value : undefined
}
`,
  'email address': String.raw`
const readEmail = (value) => {
  const text = readText(value, 254)
  const isAddress = text !== undefined && /^[^\s@]+@[^\s@.][^\s@]*\.[^\s@.]+$/.test(text)
  return isAddress && !text.includes('..') ? text : undefined
}
`,
  date: String.raw`
/** A date that the calendar has. */
export const readDate = (value) => {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return undefined
  const time = new Date(value + 'T00:00:00Z')
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(value) ? value : undefined
}
`,
  'date and time': String.raw`
const readDateTime = (value) => {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(value)) return undefined
  const time = new Date(value + ':00Z')
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(value) ? value : undefined
}
`,
  'web address': String.raw`
const readAddress = (value) => {
  const text = readText(value, 2000)
  if (text === undefined || !URL.canParse(text)) return undefined
  const { protocol, href } = new URL(text)
  return protocol === 'http:' || protocol === 'https:' ? href : undefined
}
`,
  'list of short texts': String.raw`
const readList = (value) => {
  if (!Array.isArray(value) || value.length < 2 || value.length > 20) return undefined
  const texts = value.map((each) => readText(each, 200))
  return texts.includes(undefined) || new Set(texts).size < texts.length ? undefined : texts
}
`,
}

/** Types whose readers begin with a text. */
const TEXTS: ReadonlySet<FieldType> = new Set([
  'short text',
  'long text',
  'email address',
  'web address',
  'list of short texts',
])

const READ_TEXT = String.raw`const readText = (value, max) => {
  if (typeof value !== 'string' || !value.isWellFormed() || value.includes('\0')) return undefined
  const text = value.trim()
  return text.length > 0 && text.length <= max ? text : undefined
}`

const writeField = ({ name, type, required, max }: Blueprint['design']['fields'][number]): string =>
  `  { name: '${name}', type: '${type}', required: ${String(required)}${max === null ? '' : `, max: ${String(max)}`} },`

/** `src/fields.js`: which fields a record has, and which values they take. */
export const writeFieldsModule = ({ design }: Blueprint): string => {
  const types = [...new Set(design.fields.map(({ type }) => type))]
  // Overdue records ask for the date in a query, too.
  const parts =
    types.includes('date') || !design.features.includes('overdue') ? types : [...types, 'date' as const]
  const readers = types.map((type) => `  ${toKey(type)}: ${READERS[type].source},`)
  const expected = types.map((type) => `  ['${type}', '${READERS[type].expected}'],`)
  return [
    "import { HttpError } from './errors.js'\n",
    '/** The fields of a record, in the order in which they are shown. */',
    `export const FIELDS = [\n${design.fields.map(writeField).join('\n')}\n]\n`,
    'export const FIELD_NAMES = FIELDS.map(({ name }) => name)\n',
    types.some((type) => TEXTS.has(type)) ? READ_TEXT : '',
    ...parts.map((type) => PARTS[type]?.trimEnd() ?? ''),
    `\nconst READERS = {\n${readers.join('\n')}\n}\n`,
    `const EXPECTED = new Map([\n${expected.join('\n')}\n])\n`,
    String.raw`/** What a field takes, in words. */
export const describeField = ({ type, max }) => {
  if (max === undefined) return EXPECTED.get(type)
  return type === 'whole number' ? 'a whole number from 1 to ' + max : 'a text of 1 to ' + max + ' characters'
}

const readField = (field, value) => {
  if (value === undefined || value === null) {
    if (field.required) throw new HttpError(400, 'FIELD_MISSING', field.name + ' is required.', { field: field.name })
    return null
  }
  const read = READERS[field.type](value, field.max)
  if (read === undefined) {
    throw new HttpError(400, 'FIELD_INVALID', field.name + ' must be ' + describeField(field) + '.', { field: field.name })
  }
  return read
}

/** The fields of a body, checked one by one. With isPartial only those that are given. */
export const readFields = (body, { isPartial = false } = {}) => {
  const given = FIELDS.filter((field) => !isPartial || Object.hasOwn(body, field.name))
  return Object.fromEntries(given.map((field) => [field.name, readField(field, body[field.name])]))
}
`,
  ]
    .filter((part) => part !== '')
    .join('\n')
}
