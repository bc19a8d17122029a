import { RopewalkError } from '@ropewalk/core/errors'

/** Deeper documents only serve to exhaust those who walk them. */
const MAX_DEPTH = 64

/** Bounds the memory of what is parsed: an empty array is one byte to send and fifty to keep. */
const MAX_VALUES = 250_000

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPENERS = new Set([0x5b, 0x7b])
const CLOSERS = new Set([0x5d, 0x7d])
const COMMA = 0x2c

const refuse = (message: string): never => {
  throw new RopewalkError('INVALID_ARGUMENT', message)
}

/** Looks at the raw bytes before anything is built from them. */
const checkShape = (bytes: Uint8Array): void => {
  let depth = 0
  let values = 0
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0
    if (byte === QUOTE) {
      index += 1
      while (index < bytes.length && bytes[index] !== QUOTE) index += bytes[index] === BACKSLASH ? 2 : 1
    } else if (OPENERS.has(byte)) {
      depth += 1
      values += 1
      if (depth > MAX_DEPTH) refuse(`The body is nested deeper than ${MAX_DEPTH} levels.`)
    } else if (CLOSERS.has(byte)) depth -= 1
    else if (byte === COMMA) values += 1
    if (values > MAX_VALUES) refuse(`The body has more than ${MAX_VALUES} values.`)
  }
}

const checkText = (value: string): void => {
  if (!value.isWellFormed() || value.includes('\u0000'))
    refuse('Text may hold neither NUL characters nor lone surrogates.')
}

/** Depth is bounded by then, so that this may call itself. */
const checkValue = (value: unknown): void => {
  if (typeof value === 'string') checkText(value)
  else if (Array.isArray(value)) for (const item of value) checkValue(item)
  else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      checkText(key)
      // Copied into another object, such a key would change what that object inherits.
      if (key === '__proto__') refuse('A key may not be named __proto__.')
      checkValue(item)
    }
  }
}

/** The JSON value of a body. Throws INVALID_ARGUMENT for what is not UTF-8, not JSON, too deep or not storable. */
export const readJson = (bytes: Uint8Array): unknown => {
  checkShape(bytes)
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw new RopewalkError('INVALID_ARGUMENT', 'The body is not valid JSON in UTF-8.', { cause: error })
  }
  checkValue(value)
  return value
}

/** Whether a content type is JSON that we can read: any parameter but a UTF-8 charset is refused. */
export const isReadableJson = (contentType: string): boolean =>
  /^application\/json(;\s*charset="?utf-8"?)?\s*$/iu.test(contentType.trim())

/** Refuses an address with broken escapes, NUL or what is not UTF-8 (a lone surrogate, say). */
export const checkAddress = (address: string): void => {
  let decoded: string
  try {
    decoded = decodeURIComponent(address)
  } catch (error) {
    throw new RopewalkError('INVALID_ARGUMENT', 'The address holds an escape that is not UTF-8.', {
      cause: error,
    })
  }
  checkText(decoded)
}
