import { hash } from 'node:crypto'
import canonicalize from 'canonicalize'
import { RopewalkError } from './errors.ts'

/** The RFC 8785 form of a JSON value. Throws INVARIANT_BROKEN for what JSON cannot say. */
export const canonicalText = (value: unknown): string => {
  const out = canonicalize(value)
  if (out === undefined)
    throw new RopewalkError('INVARIANT_BROKEN', 'Only JSON values have a canonical form.')
  return out
}

/** SHA-256 in lower-case hex, over bytes or the UTF-8 of a text. */
export const sha256 = (data: string | Uint8Array): string => hash('sha256', data)

/** SHA-256 over the RFC 8785 form of a JSON value. */
export const digestOf = (value: unknown): string => sha256(canonicalText(value))
