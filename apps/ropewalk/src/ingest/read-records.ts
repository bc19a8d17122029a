import { sha256 } from '@ropewalk/core/canonical'
import {
  FileName,
  RECORD_LIMITS,
  type RecordSource,
  type Records,
  type RecordWarning,
} from '@ropewalk/core/contract/records'
import { RopewalkError } from '@ropewalk/core/errors'
import { makeRecords } from '@ropewalk/core/ingest/make-records'
import { tooLarge } from './clean-cell.ts'
import { detectFile, type FileKind } from './detect-file.ts'
import { readCsv } from './read-csv.ts'
import { readXlsx } from './read-xlsx.ts'

const MEDIA_TYPES: Readonly<Record<FileKind, RecordSource['mediaType']>> = {
  csv: 'text/csv',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
}

const EXTENSIONS: Readonly<Record<FileKind, RegExp>> = {
  csv: /\.(?:csv|tsv|tab|txt|text)$/iu,
  xlsx: /\.(?:xlsx|xltx)$/iu,
}

const checkName = (name: string): string => {
  const parsed = FileName.safeParse(name)
  if (parsed.success) return parsed.data
  throw new RopewalkError(
    'INVALID_ARGUMENT',
    `The name of the file is not valid: ${parsed.error.issues[0]?.message ?? 'unknown'}.`,
  )
}

const tellName = (name: string, kind: FileKind): RecordWarning[] =>
  !name.includes('.') || EXTENSIONS[kind].test(name)
    ? []
    : [
        {
          code: 'NAME_DIFFERS',
          message: `The name ends otherwise, but the content is ${kind === 'csv' ? 'CSV text' : 'an .xlsx workbook'} and was read as such.`,
        },
      ]

/**
 * The records of a CSV or XLSX file, told apart by content. `name` is kept and never used as a path. Runs
 * nothing of the file. Throws INVALID_ARGUMENT, PAYLOAD_TOO_LARGE or UNSUPPORTED_MEDIA_TYPE, saying what to do.
 */
export const readRecords = async (bytes: Buffer, name: string): Promise<Records> => {
  const known = checkName(name)
  if (bytes.length > RECORD_LIMITS.bytes) {
    throw new RopewalkError(
      'PAYLOAD_TOO_LARGE',
      `Expected a file of at most ${RECORD_LIMITS.bytes} bytes, got ${bytes.length}. Split it, or leave out what is not needed.`,
    )
  }
  const kind = detectFile(bytes)
  const table = kind === 'csv' ? await readCsv(bytes) : await readXlsx(bytes)
  const warnings = [...tellName(known, kind), ...table.warnings]
  const records = makeRecords(
    { ...table, warnings },
    { name: known, digest: sha256(bytes), mediaType: MEDIA_TYPES[kind] },
  )
  if (records.rows.length > RECORD_LIMITS.rows)
    throw tooLarge(`Expected at most ${RECORD_LIMITS.rows} records, got ${records.rows.length}.`)
  return records
}
