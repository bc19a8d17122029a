import { toLiteral } from './service/literal.ts'

/** Where a reproduction stands; below `test/` so that the project's own runner finds it. */
export const REPRODUCTION_PATH = 'test/ropewalk-reproduction.test.mjs'

/** A wrong answer that a request describes so precisely that it can be asked for. */
export type Described = {
  readonly path: string
  readonly name: string
  readonly args: readonly unknown[]
  readonly expected: unknown
}

const VALUE = String.raw`-?\d+(?:\.\d+)?|true|false|null|undefined|"[^"\n]{0,200}"|'[^'\n]{0,200}'|\[[^\]\n]{0,200}\]`
const EXPECTED = new RegExp(
  String.raw`\b(?:should (?:return|give|be|equal)|must (?:return|give|be|equal)|expected|instead of|rather than)[:\s]+\x60?(${VALUE})`,
  'giu',
)
const CALL = /([A-Za-z_$][\w$]{0,60})\(([^()\n]{0,200})\)/gu

/** A value as JavaScript writes it, where JSON can say the same; undefined for what is no plain value. */
const parseValues = (text: string): readonly unknown[] | undefined => {
  const quoted = text.replaceAll(/'([^'"\\\n]*)'/gu, '"$1"')
  try {
    const value: unknown = JSON.parse(`[${quoted}]`)
    return Array.isArray(value) ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const escape = (name: string): string => name.replaceAll('$', String.raw`\$`)

/** Whether a module gives out a function of this name, as far as its text tells. */
const isGivenOut = (text: string, name: string): boolean =>
  new RegExp(
    String.raw`\bexport\s+(?:async\s+)?(?:function\s*\*?|const|let|class)\s+${escape(name)}\b|\bexport\s*\{[^}]*\b${escape(name)}\b|\bexports\.${escape(name)}\s*=|\bmodule\.exports\s*=\s*\{[^}]*\b${escape(name)}\b`,
    'u',
  ).test(text)

/**
 * The call that a request names, the answer that it says is right, and the one file it names that gives the
 * function out; undefined where any of them is missing or could be read in two ways.
 */
export const findDescribed = (
  request: string,
  files: readonly { readonly path: string; readonly text: string }[],
): Described | undefined => {
  const calls = [...request.matchAll(CALL)].flatMap(([, name = '', inner = '']) => {
    const args = parseValues(inner)
    const givers = files.filter(({ text }) => isGivenOut(text, name))
    return args === undefined ? [] : givers.map(({ path }) => ({ path, name, args }))
  })
  const answers = new Set([...request.matchAll(EXPECTED)].map(([, value = '']) => value))
  const [call, ...otherCalls] = calls
  const [answer, ...otherAnswers] = answers
  if (call === undefined || answer === undefined || otherCalls.length > 0 || otherAnswers.length > 0)
    return undefined
  const expected = parseValues(answer)
  return expected?.length === 1 ? { ...call, expected: expected[0] } : undefined
}

/** A test that fails as long as the described answer is wrong. */
export const writeReproduction = ({ path, name, args, expected }: Described): string => {
  const call = `${name}(${args.map((arg) => JSON.stringify(arg)).join(', ')})`
  return `import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as subject from '../${path}'

test(${toLiteral(`${call} of ${path} gives ${JSON.stringify(expected)}, as the request says`)}, async () => {
  const { ${name} } = { ...subject.default, ...subject }
  assert.deepEqual(await ${call}, ${JSON.stringify(expected)})
})
`
}
