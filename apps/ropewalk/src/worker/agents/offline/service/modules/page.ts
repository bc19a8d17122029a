import { hasFeature } from '../../design.ts'
import type { Blueprint } from '../blueprint.ts'

/** `src/page.js`: the routes of the page and what a sent form means. */
export const writePage = ({ design: { noun } }: Blueprint): string => `import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { addEntry, listEntries, show } from './entries.js'
import { HttpError } from './errors.js'
import { FIELDS } from './fields.js'
import { renderPage } from './html.js'
import { readForm } from './http.js'

const STYLE = readFileSync(join(import.meta.dirname, 'page.css'), 'utf8')

/** Nothing but our own style may load, and the form may go nowhere but here. */
const CONTENT_POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  'img-src data:',
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

const reply = (status, page) => ({
  status,
  text: renderPage(page),
  type: 'text/html; charset=utf-8',
  headers: { 'content-security-policy': CONTENT_POLICY },
})

/** What was typed into an input, as the value of its field; undefined where nothing was. */
const toValue = ({ type }, text) => {
  if (text.trim() === '') return undefined
  if (type === 'amount' || type === 'whole number') return Number(text)
  if (type !== 'list of short texts') return text
  return text.split('\\n').map((line) => line.trim()).filter((line) => line !== '')
}

export const pageRoutes = [
  {
    method: 'GET',
    path: '/',
    handle: ({ query, store }) => reply(200, { entries: listEntries(store, query).map(show), typed: {}, problem: null }),
  },
  {
    method: 'GET',
    path: '/page.css',
    handle: () => ({ status: 200, text: STYLE, type: 'text/css; charset=utf-8' }),
  },
  {
    method: 'POST',
    path: '/',
    handle: async ({ request, query, store }) => {
      const form = await readForm(request)
      const typed = Object.fromEntries(FIELDS.map(({ name }) => [name, form.get(name) ?? '']))
      const body = Object.fromEntries(FIELDS.map((field) => [field.name, toValue(field, typed[field.name])]))
      try {
        await addEntry(store, body)
      } catch (error) {
        if (!(error instanceof HttpError)) throw error
        // What was typed stays in the form, with the reason above it.
        return reply(error.status, { entries: listEntries(store, query).map(show), typed, problem: error })
      }
      return { status: 303, headers: { location: '/#${noun.path}' } }
    },
  },
]
`

/** `src/html.js`: the page as text. Everything that was stored passes through `escapeHtml`. */
export const writeHtml = ({ design }: Blueprint): string => {
  const { noun } = design
  const extras = [
    ...(hasFeature(design, 'redirect')
      ? [
          "  { label: 'Short code', cell: (entry) => '<a href=\"/' + entry.code + '\">' + entry.code + '</a>' },",
        ]
      : []),
    ...(hasFeature(design, 'visits')
      ? ["  { label: 'Visits', cell: (entry) => String(entry.visits) },"]
      : []),
    ...(hasFeature(design, 'status')
      ? ["  { label: 'Status', cell: (entry) => escapeHtml(entry.status) },"]
      : []),
  ]
  return String.raw`import { about } from './about.js'
import { describeField, FIELDS } from './fields.js'

const ENTITIES = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
])

/** Text that means itself, between tags and inside quoted attributes. */
export const escapeHtml = (text) => String(text).replace(/[&<>"']/g, (character) => ENTITIES.get(character))

const INPUT_TYPES = new Map([
  ['amount', 'type="number" step="0.01" min="0"'],
  ['whole number', 'type="number" step="1"'],
  ['date', 'type="date"'],
  ['date and time', 'type="datetime-local"'],
  ['web address', 'type="url"'],
  ['email address', 'type="email"'],
])

const toLabel = (name) => name[0].toUpperCase() + name.slice(1).replaceAll('_', ' ')

const renderInput = (field, typed, problem) => {
  const { name, type, required } = field
  const isList = type === 'list of short texts'
  const isWrong = problem !== null && problem.field === name
  const attributes = [
    'id="field-' + name + '" name="' + name + '" aria-describedby="hint-' + name + '"',
    required ? 'required' : '',
    isWrong ? 'aria-invalid="true"' : '',
  ]
    .filter((part) => part !== '')
    .join(' ')
  const value = escapeHtml(typed[field.name] ?? '')
  const input =
    type === 'long text' || isList
      ? '<textarea rows="4" ' + attributes + '>' + value + '</textarea>'
      : '<input ' + (INPUT_TYPES.get(type) ?? 'type="text"') + ' ' + attributes + ' value="' + value + '">'
  const hint = (required ? 'Required: ' : 'Optional: ') + describeField(field) + (isList ? ', one on each line' : '') + '.'
  return [
    '<label for="field-' + name + '">' + escapeHtml(toLabel(name)) + '</label>',
    input,
    '<div class="hint" id="hint-' + name + '">' + escapeHtml(hint) + '</div>',
  ].join('\n')
}

const renderValue = (value) => {
  if (value === null || value === undefined) return ''
  return escapeHtml(Array.isArray(value) ? value.join(', ') : value)
}

const COLUMNS = [
  ...FIELDS.map((field) => ({ label: toLabel(field.name), cell: (entry) => renderValue(entry[field.name]) })),
${extras.join('\n')}
]

const renderTable = (entries) => {
  if (entries.length === 0) return '<p>There are no ' + about.many + ' yet.</p>'
  const head = COLUMNS.map(({ label }) => '<th scope="col">' + escapeHtml(label) + '</th>').join('')
  const rows = entries.map((entry) => '<tr>' + COLUMNS.map(({ cell }) => '<td>' + cell(entry) + '</td>').join('') + '</tr>')
  return [
    '<div class="scroll" role="group" aria-label="Table of ' + escapeHtml(about.many) + '" tabindex="0">',
    '<table>',
    '<caption>Stored ' + about.many + ', oldest first: ' + entries.length + '</caption>',
    '<thead><tr>' + head + '</tr></thead>',
    '<tbody>',
    ...rows,
    '</tbody>',
    '</table>',
    '</div>',
  ].join('\n')
}

/** The page with its list and its form; problem is the refusal of the form sent last, or null. */
export const renderPage = ({ entries, typed, problem }) =>
  [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<link rel="icon" href="data:,">',
    '<title>' + escapeHtml((problem === null ? '' : 'Not stored: ') + about.title) + '</title>',
    '<link rel="stylesheet" href="/page.css">',
    '</head>',
    '<body>',
    '<header>',
    '<h1>' + escapeHtml(about.title) + '</h1>',
    '</header>',
    '<main>',
    '<section aria-labelledby="${noun.path}">',
    '<h2 id="${noun.path}">' + escapeHtml(toLabel(about.many)) + '</h2>',
    renderTable(entries),
    '</section>',
    '<section class="panel" aria-labelledby="add">',
    '<h2 id="add">Add ' + escapeHtml(about.one) + '</h2>',
    problem === null ? '' : '<p class="problem" role="alert">Nothing was stored: ' + escapeHtml(problem.message) + '</p>',
    '<form method="post" action="/">',
    ...FIELDS.map((field) => renderInput(field, typed, problem)),
    '<button type="submit">Add ' + escapeHtml(about.one) + '</button>',
    '</form>',
    '</section>',
    '</main>',
    '</body>',
    '</html>',
    '',
  ].join('\n')
`
}
