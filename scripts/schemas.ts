// Writes the JSON Schemas that others build against, or with --check compares them with the contracts.
// Which contracts those are is listed in schema-lists/, one file for each kind.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { API_SCHEMAS } from './schema-lists/api.ts'
import { DOCUMENT_SCHEMAS } from './schema-lists/documents.ts'
import { EVENT_SCHEMAS } from './schema-lists/events.ts'

const root = path.join(import.meta.dirname, '..')
const target = path.join(root, 'schemas')

const wanted = new Map(
  [...DOCUMENT_SCHEMAS, ...EVENT_SCHEMAS, ...API_SCHEMAS].flatMap(({ folder, files }) =>
    Object.entries(files).map(([name, schema]) => [
      path.join(folder, name),
      `${JSON.stringify(schema, null, 2)}\n`,
    ]),
  ),
)

const listPresent = (): string[] =>
  existsSync(target)
    ? readdirSync(target, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(target, path.join(entry.parentPath, entry.name)))
    : []

if (process.argv.includes('--check')) {
  const present = new Set(listPresent())
  const stale = [...wanted].filter(
    ([file, text]) => !present.has(file) || readFileSync(path.join(target, file), 'utf8') !== text,
  )
  const extra = [...present].filter((file) => !wanted.has(file))
  for (const [file] of stale)
    console.error(`schemas/${file} is not what the contract says. Run: npm run schemas`)
  for (const file of extra) console.error(`schemas/${file} has no contract. Run: npm run schemas`)
  process.exitCode = stale.length + extra.length > 0 ? 1 : 0
} else {
  rmSync(target, { recursive: true, force: true })
  for (const [file, text] of wanted) {
    mkdirSync(path.dirname(path.join(target, file)), { recursive: true })
    writeFileSync(path.join(target, file), text)
  }
  console.log(`${wanted.size} schemas written`)
}
