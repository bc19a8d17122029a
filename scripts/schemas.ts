// Writes the JSON Schemas that others build against, or with --check compares them with the contracts.
// Which contracts those are is listed in schema-lists/, one file for each kind. A schema that names the version
// of its event only ever gets wider within that version, and so does what a method takes: anything else is refused, unless --unreleased says that
// nobody has written or sent that form yet. The tables of docs/access.md go the same way.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fillAccessPage } from './access-page.ts'
import { findBreaks } from './find-breaks.ts'
import { API_SCHEMAS } from './schema-lists/api.ts'
import { DOCUMENT_SCHEMAS } from './schema-lists/documents.ts'
import { EVENT_SCHEMAS } from './schema-lists/events.ts'
import { METHOD_SCHEMAS } from './schema-lists/methods.ts'

const root = path.join(import.meta.dirname, '..')
const target = path.join(root, 'schemas')

type Schema = Readonly<Record<string, unknown>>

const schemas = new Map(
  [...DOCUMENT_SCHEMAS, ...EVENT_SCHEMAS, ...API_SCHEMAS, ...METHOD_SCHEMAS].flatMap(({ folder, files }) =>
    Object.entries(files).map(([name, schema]) => [path.join(folder, name), schema as Schema]),
  ),
)

const wanted = new Map([...schemas].map(([file, schema]) => [file, `${JSON.stringify(schema, null, 2)}\n`]))

/** What in the files is valid and by the contracts is not, for events whose version stayed the same. */
const listBreaks = (): string[] =>
  [...schemas].flatMap(([file, schema]) => {
    const present = path.join(target, file)
    const isInput = file.startsWith(path.join('methods', path.sep)) && file.endsWith('.input.schema.json')
    if ((schema['x_event_version'] === undefined && !isInput) || !existsSync(present)) return []
    const before = JSON.parse(readFileSync(present, 'utf8')) as Schema
    if (before['x_event_version'] !== schema['x_event_version']) return []
    return findBreaks(before, schema).map((problem) => `schemas/${file} ${problem}`)
  })

const listPresent = (): string[] =>
  existsSync(target)
    ? readdirSync(target, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(target, path.join(entry.parentPath, entry.name)))
    : []

const accessPage = path.join(root, 'docs', 'access.md')
const accessText = readFileSync(accessPage, 'utf8')

if (process.argv.includes('--check')) {
  const present = new Set(listPresent())
  const stale = [...wanted].filter(
    ([file, text]) => !present.has(file) || readFileSync(path.join(target, file), 'utf8') !== text,
  )
  const extra = [...present].filter((file) => !wanted.has(file))
  for (const [file] of stale)
    console.error(`schemas/${file} is not what the contract says. Run: npm run schemas`)
  for (const file of extra) console.error(`schemas/${file} has no contract. Run: npm run schemas`)
  const isPageOld = fillAccessPage(accessText) !== accessText
  if (isPageOld) console.error('docs/access.md is not what the tables of access say. Run: npm run schemas')
  process.exitCode = stale.length + extra.length > 0 || isPageOld ? 1 : 0
} else {
  const breaks = process.argv.includes('--unreleased') ? [] : listBreaks()
  for (const problem of breaks) console.error(problem)
  if (breaks.length > 0) {
    console.error(
      'Nothing was written: what was valid would be no more. Give the new form a higher version, with an upgrade; or, if no release has this form, run it again with --unreleased.',
    )
    process.exit(1)
  }
  rmSync(target, { recursive: true, force: true })
  for (const [file, text] of wanted) {
    mkdirSync(path.dirname(path.join(target, file)), { recursive: true })
    writeFileSync(path.join(target, file), text)
  }
  writeFileSync(accessPage, fillAccessPage(accessText))
  console.log(`${wanted.size} schemas written, and the tables of docs/access.md`)
}
