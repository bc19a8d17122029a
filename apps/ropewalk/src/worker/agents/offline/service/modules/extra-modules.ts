import { hasFeature, type FeatureName } from '../../design.ts'
import type { Blueprint } from '../blueprint.ts'
import { writeApart, writeLow, writeResults, writeStock, writeVote } from './subject-modules.ts'

const writeStatus = ({
  design: { noun, steps },
}: Blueprint): string => `import { HttpError } from './errors.js'
import { readJson } from './http.js'

/** The steps of the status, first to last. */
export const STEPS = [${steps.map((step) => `'${step}'`).join(', ')}]

const moveOn = (entry, wanted) => {
  const next = STEPS[STEPS.indexOf(entry.status) + 1]
  if (!STEPS.includes(wanted)) {
    throw new HttpError(400, 'FIELD_INVALID', 'status must be one of ' + STEPS.join(', ') + '.', { field: 'status' })
  }
  if (wanted !== next) {
    const expected = next === undefined ? 'it is at its last step' : 'the next step is ' + next
    const message = 'The status is ' + entry.status + '; ' + expected + '.'
    throw new HttpError(409, 'NOT_THE_NEXT_STEP', message, { field: 'status' })
  }
  return { ...entry, status: wanted }
}

export const statusFeature = {
  complete: (entry) => ({ ...entry, status: STEPS[0] }),
  routes: [
    {
      method: 'POST',
      path: '/${noun.path}/:id/status',
      handle: async ({ params, request, store, show }) => {
        const { status } = await readJson(request, ['status'])
        const entry = await store.update(params.id, (old) => moveOn(old, status))
        return { status: 200, json: show(entry) }
      },
    },
  ],
}
`

const writeOverdue = ({ design }: Blueprint): string => {
  const hasStatus = hasFeature(design, 'status')
  return `import { HttpError } from './errors.js'
import { readDate } from './fields.js'
${hasStatus ? "import { STEPS } from './status.js'\n" : ''}
/** Whether the due date is over and the record is not at its end. Dates in this form sort as text. */
const isOverdue = (entry, day) => entry.due !== null && entry.due < day${hasStatus ? ' && entry.status !== STEPS.at(-1)' : ''}

export const overdueFeature = {
  routes: [
    {
      method: 'GET',
      path: '/${design.noun.path}/overdue',
      handle: ({ query, store, show }) => {
        const day = readDate(query.get('on') ?? new Date().toISOString().slice(0, 10))
        if (day === undefined) {
          throw new HttpError(400, 'FIELD_INVALID', 'on must be a date such as 2026-01-31.', { field: 'on' })
        }
        const items = store.list().filter((entry) => isOverdue(entry, day))
        return { status: 200, json: { on: day, items: items.map(show) } }
      },
    },
  ],
}
`
}

const writeTotal = ({ design }: Blueprint): string => {
  const hasStatus = hasFeature(design, 'status')
  const bySteps = `        const steps = STEPS.map((step) => [step, addUp(entries.filter(({ status }) => status === step))])
`
  return `${hasStatus ? "import { STEPS } from './status.js'\n\n" : ''}/** The sum in hundredths first: 0.1 and 0.2 are no whole parts of the numbers a computer adds. */
const addUp = (entries) => entries.reduce((sum, { amount }) => sum + Math.round((amount ?? 0) * 100), 0) / 100

export const totalFeature = {
  routes: [
    {
      method: 'GET',
      path: '/${design.noun.path}/total',
      handle: ({ store }) => {
        const entries = store.list()
${hasStatus ? bySteps : ''}        return { status: 200, json: { count: entries.length, total: addUp(entries)${hasStatus ? ', steps: Object.fromEntries(steps)' : ''} } }
      },
    },
  ],
}
`
}

const writeSearch = ({ design }: Blueprint): string => {
  const names = design.fields
    .filter(({ type }) => type === 'short text' || type === 'long text')
    .map(({ name }) => name)
  return `/** The fields whose words are searched. */
const SEARCHED = [${names.map((name) => `'${name}'`).join(', ')}]

const holds = (entry, word) =>
  Object.entries(entry).some(([name, value]) => SEARCHED.includes(name) && (value ?? '').toLowerCase().includes(word))

export const searchFeature = {
  select: (entries, query) => {
    const word = (query.get('q') ?? '').trim().toLowerCase()
    return word === '' ? entries : entries.filter((entry) => holds(entry, word))
  },
}
`
}

const writeFilter =
  (name: 'owner' | 'tag') => (): string => `/** Lists of one ${name}, where a query names it. */
export const ${name}Feature = {
  select: (entries, query) => {
    const ${name} = query.get('${name}')
    return ${name} === null ? entries : entries.filter((entry) => entry.${name} === ${name})
  },
}
`

const writeExport = ({
  design: { noun },
}: Blueprint): string => String.raw`import { FIELD_NAMES } from './fields.js'

const COLUMNS = ['id', ...FIELD_NAMES]

const toRow = (entry) => {
  const values = new Map(Object.entries(entry))
  return COLUMNS.map((name) => values.get(name))
}

/** A cell in quotes. A spreadsheet would run what begins like a formula, so an apostrophe stands before it. */
const toCell = (value) => {
  const text = Array.isArray(value) ? value.join('; ') : String(value ?? '')
  const isFormula = typeof value !== 'number' && /^[=+\-@\t\r]/.test(text)
  return '"' + (isFormula ? "'" : '') + text.replaceAll('"', '""') + '"'
}

const toCsv = (rows) => rows.map((row) => row.map(toCell).join(',') + '\r\n').join('')

export const exportFeature = {
  routes: [
    {
      method: 'GET',
      path: '/${noun.path}/export.csv',
      handle: ({ store, show }) => {
        const rows = store.list().map((entry) => toRow(show(entry)))
        return { status: 200, text: toCsv([COLUMNS, ...rows]), type: 'text/csv; charset=utf-8' }
      },
    },
  ],
}
`

const writeRedirect = ({ design }: Blueprint): string => {
  const field = design.fields.find(({ type }) => type === 'web address')?.name ?? 'url'
  const counts = hasFeature(design, 'visits')
  const handle = counts
    ? `      handle: async ({ params, request, store }) => {
        // A HEAD only asks where the code leads.
        const { id } = findByCode(store, params.code)
        const entry = request.method === 'GET' ? await store.update(String(id), countVisit) : store.get(String(id))
        return { status: 302, headers: { location: entry.${field} } }
      },`
    : `      handle: ({ params, store }) => ({ status: 302, headers: { location: findByCode(store, params.code).${field} } }),`
  return `import { randomInt } from 'node:crypto'
import { HttpError } from './errors.js'
${counts ? "import { countVisit } from './visits.js'\n" : ''}
const SIGNS = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'
const CODE_LENGTH = 7

/** A code that cannot be guessed from the one before it and that no record has. */
const makeCode = (entries) => {
  const code = Array.from({ length: CODE_LENGTH }, () => SIGNS.charAt(randomInt(SIGNS.length))).join('')
  return entries.some((entry) => entry.code === code) ? makeCode(entries) : code
}

const findByCode = (store, code) => {
  const entry = store.list().find((each) => each.code === code)
  if (entry === undefined) throw new HttpError(404, 'NOT_FOUND', 'This short code was not given out.')
  return entry
}

export const redirectFeature = {
  complete: (entry, entries) => ({ ...entry, code: makeCode(entries) }),
${design.reuseCode ? `  findSame: (fields, entries) => entries.find((entry) => entry.${field} === fields.${field}),\n` : ''}  lastRoutes: [
    {
      method: 'GET',
      path: '/:code',
${handle}
    },
  ],
}
`
}

const writeVisits = (): string => `/** Counts one visit of a record's short code. */
export const countVisit = (entry) => ({ ...entry, visits: entry.visits + 1 })

export const visitsFeature = {
  complete: (entry) => ({ ...entry, visits: 0 }),
}
`

const writeAverage = ({ design: { noun } }: Blueprint): string => `const average = (ratings) => {
  if (ratings.length === 0) return null
  const sum = ratings.reduce((all, rating) => all + rating, 0)
  return Math.round((sum / ratings.length) * 100) / 100
}

export const averageFeature = {
  routes: [
    {
      method: 'GET',
      path: '/${noun.path}/average',
      handle: ({ store }) => {
        const ratings = store.list().map(({ rating }) => rating).filter((rating) => rating !== null)
        return { status: 200, json: { count: ratings.length, average: average(ratings) } }
      },
    },
  ],
}
`

/** Features with a module of their own, in the order in which they fill in a record. */
export const EXTRA_MODULES: readonly {
  readonly name: FeatureName
  readonly write: (blueprint: Blueprint) => string
}[] = [
  { name: 'redirect', write: writeRedirect },
  { name: 'visits', write: writeVisits },
  { name: 'status', write: writeStatus },
  { name: 'vote', write: writeVote },
  { name: 'results', write: writeResults },
  { name: 'apart', write: writeApart },
  { name: 'stock', write: writeStock },
  { name: 'low', write: writeLow },
  { name: 'overdue', write: writeOverdue },
  { name: 'total', write: writeTotal },
  { name: 'average', write: writeAverage },
  { name: 'search', write: writeSearch },
  { name: 'owner', write: writeFilter('owner') },
  { name: 'tag', write: writeFilter('tag') },
  { name: 'export', write: writeExport },
]
