import { RopewalkError } from '@ropewalk/core/errors'
import { checkText } from '../engine/inputs/read-json.ts'

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
