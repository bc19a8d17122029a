import { sha256 } from './canonical.ts'

/**
 * An id that follows from names alone: the same names in the same order give the same id, on every machine. It is
 * SHA-256 of the names as a JSON array, so that ["ab", "c"] and ["a", "bc"] differ, written as a UUID of version 8
 * (RFC 9562, section 5.8). Start with what the id is for, so that ids of different kinds differ too.
 */
export const makeNamedId = (...parts: readonly string[]): string => {
  const hex = sha256(JSON.stringify(parts))
  const variant = ((Number.parseInt(hex.slice(15, 16), 16) & 0x3) | 0x8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(12, 15)}-${variant}${hex.slice(16, 19)}-${hex.slice(19, 31)}`
}
