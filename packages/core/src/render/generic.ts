import { type Block, list, paragraph, table } from './blocks.ts'

type Plain = Readonly<Record<string, unknown>>

/** Deeper than this, values are shown as JSON: headings have no more levels. */
const MAX_LEVEL = 4

/** A table with more columns than this, or with longer cells, is harder to read than entries below each other. */
const MAX_COLUMNS = 6
const MAX_CELL = 160

const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isScalar = (value: unknown): value is string | number | boolean | null =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value)

const isScalarList = (value: unknown): value is readonly (string | number | boolean | null)[] =>
  Array.isArray(value) && value.every(isScalar)

/** A member's name as words: `planned_testers` is “Planned testers”, `UXFlows` is “UX flows”. */
export const getWords = (key: string): string => {
  const words = key
    .replaceAll(/([a-z])([A-Z])/gu, '$1 $2')
    .replaceAll(/([A-Z0-9])([A-Z][a-z]{2,})/gu, '$1 $2')
    .replaceAll(/[_-]+/gu, ' ')
    .replace(/^is /u, '')
    .trim()
  const lower = words.split(' ').map((word) => (/^[A-Z][A-Z0-9]+s?$/u.test(word) ? word : word.toLowerCase()))
  const all = lower.join(' ')
  return all === '' ? key : all.charAt(0).toUpperCase() + all.slice(1)
}

const getScalarText = (value: string | number | boolean | null): string =>
  value === null ? '–' : typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value)

const getCell = (value: unknown): string =>
  isScalar(value)
    ? getScalarText(value)
    : isScalarList(value)
      ? value.map(getScalarText).join(', ')
      : JSON.stringify(value)

const NAMES = ['id', 'title', 'name', 'section', 'rule', 'metric', 'path', 'version', 'text', 'statement']

/** What an entry is called: its id with its title, or whichever of both it has. */
const getLabel = (value: unknown, index: number): string => {
  if (!isPlain(value)) return String(index + 1)
  const id = typeof value.id === 'string' ? value.id : undefined
  const named = NAMES.slice(1)
    .map((key) => value[key])
    .find((one) => typeof one === 'string' && one !== '' && one.length <= 120)
  const parts = [id, named].filter((one) => typeof one === 'string')
  return parts.length === 0 ? String(index + 1) : parts.join(': ')
}

const heading = (level: number, text: string, anchor: string | null = null): Block => ({
  type: 'heading',
  level: level <= 1 ? 1 : level === 2 ? 2 : level === 3 ? 3 : 4,
  text,
  anchor,
})

const isFlat = (items: readonly Plain[]): boolean => {
  const keys = new Set(items.flatMap((item) => Object.keys(item)))
  return (
    keys.size <= MAX_COLUMNS &&
    items.every((item) =>
      Object.values(item).every(
        (value) => (isScalar(value) || isScalarList(value)) && getCell(value).length <= MAX_CELL,
      ),
    )
  )
}

const renderEntries = (items: readonly unknown[], level: number): Block[] =>
  items.flatMap((item, index) => {
    const anchor = isPlain(item) && typeof item.id === 'string' ? item.id : null
    return [heading(level, getLabel(item, index), anchor), ...renderValue(item, level + 1)]
  })

const renderList = (items: readonly unknown[], level: number): Block[] => {
  if (items.length === 0) return [paragraph('None.')]
  if (isScalarList(items)) return [list(items.map(getScalarText))]
  if (items.every(isPlain) && isFlat(items)) {
    const keys = [...new Set(items.flatMap((item) => Object.keys(item)))]
    return [
      table(
        keys.map(getWords),
        items.map((item) => keys.map((key) => getCell(item[key] ?? null))),
      ),
    ]
  }
  if (level > MAX_LEVEL) return [{ type: 'code', language: 'json', text: JSON.stringify(items, null, 2) }]
  return renderEntries(items, level)
}

const isLong = (value: unknown): boolean => typeof value === 'string' && value.length > 200

/**
 * Blocks of any JSON value by its shape alone: members in the order they are in, short ones as lines, lists as
 * lists or tables, the rest under headings from `level` on. Nothing of the value is left out.
 */
export const renderValue = (value: unknown, level = 2): Block[] => {
  if (isScalar(value)) return [paragraph(getScalarText(value))]
  if (Array.isArray(value)) return renderList(value, level)
  if (!isPlain(value)) return [paragraph(String(value))]
  const members = Object.entries(value)
  if (members.length === 0) return [paragraph('None.')]
  const isLine = ([, one]: [string, unknown]): boolean =>
    (isScalar(one) && !isLong(one)) ||
    (isScalarList(one) && one.length > 0 && getCell(one).length <= MAX_CELL)
  const lines = members.filter(isLine).map(([key, one]) => `${getWords(key)}: ${getCell(one)}`)
  const rest = members.filter((member) => !isLine(member))
  const blocks = lines.length === 0 ? [] : [list(lines)]
  if (level > MAX_LEVEL)
    return [
      ...blocks,
      ...rest.flatMap(([key, one]) => [paragraph(`${getWords(key)}:`), ...renderList([one].flat(), level)]),
    ]
  return [
    ...blocks,
    ...rest.flatMap(([key, one]) => [heading(level, getWords(key)), ...renderValue(one, level + 1)]),
  ]
}
