import { hash } from 'node:crypto'
import { RopewalkError } from './errors.ts'

const fail = (what: string): never => {
  throw new RopewalkError('INVARIANT_BROKEN', `Only JSON has a canonical form; found ${what}.`)
}

/** Text that JSON writes as it stands. Most of a ledger is such text, and looking is cheaper than escaping. */
const PLAIN = /^[ !#-[\]-~]*$/u

const writeText = (value: string): string => {
  if (PLAIN.test(value)) return `"${value}"`
  return value.isWellFormed() ? JSON.stringify(value) : fail('text with a lone surrogate')
}

const writeObject = (value: object): string => {
  if (Object.getPrototypeOf(value) !== Object.prototype) return fail('an object that is not plain')
  let out = '{'
  // The order of RFC 8785 is that of UTF-16 code units, which is how sort compares by default.
  const keys = Object.keys(value)
  for (const key of keys.length > 1 ? keys.sort() : keys) {
    const member: unknown = (value as Record<string, unknown>)[key]
    if (member === undefined) continue
    out += `${out === '{' ? '' : ','}${writeText(key)}:${write(member)}`
  }
  return `${out}}`
}

const write = (value: unknown): string => {
  switch (typeof value) {
    case 'string':
      return writeText(value)
    case 'number':
      return Number.isFinite(value) ? JSON.stringify(value) : fail('a number that is not finite')
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      if (value === null) return 'null'
      return Array.isArray(value) ? `[${value.map(write).join(',')}]` : writeObject(value)
    default:
      return fail(typeof value)
  }
}

/**
 * The RFC 8785 form of a JSON value. That standard writes numbers and text as ECMAScript does, so only the
 * order of keys and the refusals are ours; members that are undefined are left out.
 * Throws INVARIANT_BROKEN for what JSON cannot say. See docs/decisions/0003-canonical-form.md.
 */
export const canonicalText = (value: unknown): string => write(value)

/** SHA-256 in lower-case hex, over bytes or the UTF-8 of a text. */
export const sha256 = (data: string | Uint8Array): string => hash('sha256', data, 'hex')

/** SHA-256 over the RFC 8785 form of a JSON value. */
export const digestOf = (value: unknown): string => sha256(canonicalText(value))
