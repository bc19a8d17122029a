import { isUtf8 } from 'node:buffer'
import { RopewalkError } from '@ropewalk/core/errors'

export type DecodedText = {
  readonly text: string
  readonly encoding: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252'
}

const findMark = (bytes: Uint8Array): DecodedText['encoding'] | undefined => {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 'utf-8' : undefined
}

const decode = (bytes: Uint8Array, encoding: DecodedText['encoding']): DecodedText => {
  try {
    return { text: new TextDecoder(encoding, { fatal: true }).decode(bytes), encoding }
  } catch (error) {
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      `The file begins as ${encoding} and is not; save it as CSV in UTF-8 and send it again.`,
      { cause: error },
    )
  }
}

/** More than one control character in this many is no text that a person wrote. */
const TEXT_PER_CONTROL = 200

const checkIsText = (text: string): void => {
  const nul = text.indexOf('\u0000')
  const controls = text.match(/[\u0001-\u0008\u000b\u000e-\u001f\u007f]/gu)?.length ?? 0
  if (nul < 0 && controls * TEXT_PER_CONTROL <= text.length) return
  throw new RopewalkError(
    'UNSUPPORTED_MEDIA_TYPE',
    nul < 0
      ? 'Expected text; this file is full of control characters. Send CSV or an .xlsx workbook.'
      : `Expected text; character ${nul + 1} is NUL, which no text holds. Send CSV in UTF-8, or an .xlsx workbook.`,
  )
}

/**
 * The text of a file: by its byte order mark, else UTF-8, else Windows-1252, which older programs write and
 * in which every byte means something. Throws UNSUPPORTED_MEDIA_TYPE for what is no text.
 */
export const decodeText = (bytes: Uint8Array): DecodedText => {
  const encoding = findMark(bytes) ?? (isUtf8(bytes) ? 'utf-8' : 'windows-1252')
  const decoded = decode(bytes, encoding)
  checkIsText(decoded.text)
  return decoded
}
