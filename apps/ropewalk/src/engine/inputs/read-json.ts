import { RopewalkError } from '@ropewalk/core/errors'
import { findShapeFault, MAX_DEPTH } from '@ropewalk/core/json-shape'

const refuse = (message: string): never => {
  throw new RopewalkError('INVALID_ARGUMENT', message)
}

/** Refuses text that Postgres or RFC 8785 cannot keep. */
export const checkText = (value: string): void => {
  if (!value.isWellFormed() || value.includes('\u0000'))
    refuse('Text may hold neither NUL characters nor lone surrogates.')
}

/** Refuses a parsed value that is nested too deep, or that holds text or keys which cannot be kept. */
export const checkJson = (value: unknown, depth = 0): void => {
  if (typeof value === 'string') {
    checkText(value)
    return
  }
  if (typeof value !== 'object' || value === null) return
  if (depth === MAX_DEPTH) refuse(`The body is nested deeper than ${MAX_DEPTH} levels.`)
  if (Array.isArray(value)) {
    for (const item of value) checkJson(item, depth + 1)
    return
  }
  for (const [key, item] of Object.entries(value)) {
    checkText(key)
    // Copied into another object, such a key would change what that object inherits.
    if (key === '__proto__') refuse('A key may not be named __proto__.')
    checkJson(item, depth + 1)
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
  checkJson(value)
  return value
}
