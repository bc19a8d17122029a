import { RopewalkError } from '@ropewalk/core/errors'

/** What a file is, told by its bytes; its name is never asked. */
export type FileKind = 'csv' | 'xlsx'

/** What people upload by mistake, by the bytes it begins with, and what to do about it. */
const OTHERS: readonly (readonly [magic: string, what: string, advice: string])[] = [
  [
    'd0cf11e0a1b11ae1',
    'an old .xls workbook or one with a password',
    'Save it as .xlsx without a password, or as CSV.',
  ],
  ['504b0506', 'an empty zip archive', 'Send the .xlsx or CSV itself.'],
  ['25504446', 'a PDF', 'Send the table it was made from as .xlsx or CSV.'],
  ['1f8b', 'compressed with gzip', 'Unpack it and send the file inside.'],
  ['377abcaf271c', 'a 7z archive', 'Unpack it and send the file inside.'],
  ['52617221', 'a RAR archive', 'Unpack it and send the file inside.'],
  ['89504e47', 'a picture', 'Send the table as .xlsx or CSV.'],
  ['ffd8ff', 'a picture', 'Send the table as .xlsx or CSV.'],
  ['7f454c46', 'a program', 'Send a table as .xlsx or CSV.'],
]

const refuse = (what: string, advice: string): never => {
  throw new RopewalkError(
    'UNSUPPORTED_MEDIA_TYPE',
    `Expected CSV text or an .xlsx workbook; this is ${what}. ${advice}`,
  )
}

/**
 * Tells CSV from XLSX by the first bytes; the readers look further. Throws UNSUPPORTED_MEDIA_TYPE for what
 * is known to be something else, INVALID_ARGUMENT for an empty file.
 */
export const detectFile = (bytes: Uint8Array): FileKind => {
  if (bytes.length === 0)
    throw new RopewalkError('INVALID_ARGUMENT', 'The file is empty; expected CSV text or an .xlsx workbook.')
  const start = Buffer.from(bytes.subarray(0, 16)).toString('hex')
  if (start.startsWith('504b0304')) return 'xlsx'
  for (const [magic, what, advice] of OTHERS) if (start.startsWith(magic)) refuse(what, advice)
  const text = Buffer.from(bytes.subarray(0, 200))
    .toString('latin1')
    .replace(/^\u00ef\u00bb\u00bf/u, '')
    .trimStart()
  if (/^<(?:\?xml|!doctype|html|table|\?mso)/iu.test(text)) {
    refuse('HTML or XML', 'Open it in a spreadsheet program and save it as .xlsx or CSV.')
  }
  return 'csv'
}
