import { FINGERPRINT_LENGTH, STOP_WORDS } from './fingerprint.ts'

/** What recognises one kind of work. */
export type Rule = { readonly id: string; readonly fingerprint: string; readonly example: string }

/** A file of a program, by a plain name. */
export type SourceFile = { readonly path: string; readonly text: string }

const json = (value: unknown): string => JSON.stringify(value, null, 2)

/** The module itself. Its fingerprint is ours, written out once more so that it runs without us. */
const writeRules = (
  rules: readonly Rule[],
): string => `// Recognises recurring work by rule and counts its minutes. Needs nothing but Node.

export const RULES = ${json(rules)}

const STOP_WORDS = new Set(${JSON.stringify(STOP_WORDS)})

/** The text without case, accents, digits, punctuation and stop words, cut at ${FINGERPRINT_LENGTH} characters. */
export function fingerprint(text) {
  const words = text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\\p{M}+/gu, '')
    .replaceAll(/[^\\p{L}]+/gu, ' ')
    .split(' ')
    .filter((word) => word !== '' && !STOP_WORDS.has(word))
  return Array.from(words.join(' ')).slice(0, ${FINGERPRINT_LENGTH}).join('').trim()
}

const BY_FINGERPRINT = new Map(RULES.map((rule) => [rule.fingerprint, rule.id]))

/** The id of the rule that the text falls under, or null. */
export function recognise(text) {
  return BY_FINGERPRINT.get(fingerprint(text)) ?? null
}

/**
 * Minutes in whole hundredths: of all records, by category and by rule. A record is { text, category, minutes }.
 */
export function countMinutes(records) {
  const categories = new Map()
  const rules = new Map()
  const add = (sums, key, hundredths) => {
    const sum = sums.get(key) ?? { rows: 0, hundredths: 0 }
    sums.set(key, { rows: sum.rows + 1, hundredths: sum.hundredths + hundredths })
  }
  let total = 0
  for (const { text, category, minutes } of records) {
    const hundredths = Math.round(minutes * 100)
    total += hundredths
    add(categories, category, hundredths)
    const id = recognise(text)
    if (id !== null) add(rules, id, hundredths)
  }
  const list = (sums) => [...sums].map(([key, sum]) => ({ key, ...sum })).sort((a, b) => (a.key < b.key ? -1 : 1))
  return { rows: records.length, hundredths: total, categories: list(categories), rules: list(rules) }
}
`

const writeTests = (rules: readonly Rule[]): string => `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countMinutes, fingerprint, recognise, RULES } from './rules.mjs'

const EXAMPLES = ${json(rules.map(({ id, example }) => [example, id]))}

for (const [example, id] of EXAMPLES) {
  test(\`\${id} recognises its example\`, () => {
    assert.equal(recognise(example), id)
  })
}

test('case, accents, digits and punctuation make no difference', () => {
  assert.equal(fingerprint('Re-send INVOICE 4711!'), fingerprint('re send invoice'))
  assert.equal(fingerprint('Fa\\u00e7ade'), fingerprint('facade'))
})

test('a text that no rule is about is not recognised', () => {
  assert.equal(recognise(''), null)
  assert.equal(recognise('qqqq zzzz xxxx wwww'), null)
})

test('no two rules are about the same thing', () => {
  assert.equal(new Set(RULES.map((rule) => rule.fingerprint)).size, RULES.length)
})

test('minutes are added up exactly, by category and by rule', () => {
  const records = EXAMPLES.map(([text]) => ({ text, category: 'c', minutes: 0.1 }))
  const counted = countMinutes([...records, { text: '', category: 'd', minutes: 0.2 }])
  assert.equal(counted.rows, records.length + 1)
  assert.equal(counted.hundredths, records.length * 10 + 20)
  assert.equal(
    counted.rules.reduce((sum, each) => sum + each.hundredths, 0),
    records.length * 10,
  )
  assert.deepEqual(counted.categories.at(-1), { key: 'd', rows: 1, hundredths: 20 })
})
`

const COUNT = `// Counts the records in the JSON file named on the command line and prints what they come to.
import { readFileSync } from 'node:fs'
import { countMinutes } from './rules.mjs'

const [file = 'records.json'] = process.argv.slice(2)
process.stdout.write(JSON.stringify(countMinutes(JSON.parse(readFileSync(file, 'utf8')))) + '\\n')
`

/** A small Node program without dependencies, and its tests. The same rules give the same bytes. */
export const makeProgram = (rules: readonly Rule[]): readonly SourceFile[] => [
  { path: 'rules.mjs', text: writeRules(rules) },
  { path: 'rules.test.mjs', text: writeTests(rules) },
  { path: 'count.mjs', text: COUNT },
]
