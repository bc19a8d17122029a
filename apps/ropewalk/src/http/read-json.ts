import { RopewalkError } from '@ropewalk/core/errors'
import { findShapeFault } from '@ropewalk/core/json-shape'

const refuse = (message: string): never => {
  throw new RopewalkError('INVALID_ARGUMENT', message)
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
  const fault = findShapeFault(bytes)
  if (fault !== undefined) refuse(`The body ${fault}.`)
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
