import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { RECORD_LIMITS } from '@ropewalk/core/contract/records'
import { RopewalkError } from '@ropewalk/core/errors'
import { makeWarnings, type Table, type TableRow } from '@ropewalk/core/ingest/table'
import { CsvError, parse } from 'csv-parse'
import { cleanCell, makeMeter, tooLarge, type Meter } from './clean-cell.ts'
import { decodeText } from './decode-text.ts'
import { DELIMITERS, findDelimiter, type Delimiter } from './find-delimiter.ts'

/** Small enough that requests and heartbeats in between never wait long. */
const CHUNK = 16_384

async function* cut(text: string): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += CHUNK) {
    yield text.slice(at, at + CHUNK)
    await setImmediate()
  }
}

/** A first line sep=; is what Excel writes and reads to name the delimiter. */
const findNamedDelimiter = (
  text: string,
): { readonly delimiter: Delimiter; readonly length: number } | undefined => {
  const match = /^sep=(.)\n/iu.exec(text)
  const delimiter = DELIMITERS.find((each) => each === match?.[1])
  return match === null || delimiter === undefined ? undefined : { delimiter, length: match[0].length }
}

type Parsed = { readonly record: readonly string[]; readonly info: { readonly lines: number } }

/** The parser knows the line where a record ends; quoted cells may hold line ends of their own. */
const getFirstLine = ({ record, info }: Parsed): number =>
  record.reduce((line, cell) => line - (cell.match(/\n/gu)?.length ?? 0), info.lines)

const translate = (error: unknown, line: number): unknown => {
  if (!(error instanceof CsvError)) return error
  if (error.code === 'CSV_QUOTE_NOT_CLOSED') {
    return new RopewalkError(
      'INVALID_ARGUMENT',
      `A quote that opens after line ${line} is never closed; close it, or write two quotes where one is meant.`,
      { cause: error, details: { line: line + 1 } },
    )
  }
  if (error.code === 'CSV_MAX_RECORD_SIZE') {
    return tooLarge(
      `The record after line ${line} is larger than any that is read; perhaps a quote is never closed.`,
    )
  }
  return new RopewalkError(
    'INVALID_ARGUMENT',
    `The CSV cannot be read after line ${line}: ${error.message}.`,
    {
      cause: error,
      details: { line: line + 1 },
    },
  )
}

const makeParser = (delimiter: Delimiter) =>
  parse({
    delimiter,
    info: true,
    record_delimiter: '\n',
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: RECORD_LIMITS.columns * RECORD_LIMITS.cellCharacters,
  })

/**
 * The rows of CSV text, whatever its delimiter, encoding and line ends; short, long and empty rows are as
 * they are. Lets other work run in between. Throws INVALID_ARGUMENT with the line for an open quote,
 * UNSUPPORTED_MEDIA_TYPE for what is no text, PAYLOAD_TOO_LARGE past a limit.
 */
export const readCsv = async (bytes: Uint8Array, meter: Meter = makeMeter()): Promise<Table> => {
  const { text: decoded, encoding } = decodeText(bytes)
  // The parser counts a CR and an LF inside quotes as two lines, and every line is cited later.
  const text = decoded.replace(/\r\n?/gu, '\n')
  const named = findNamedDelimiter(text)
  const delimiter = named?.delimiter ?? findDelimiter(text)
  const warnings = makeWarnings()
  if (encoding === 'windows-1252') {
    warnings.add({ code: 'ENCODING_GUESSED', message: 'The file is not UTF-8; it was read as Windows-1252.' })
  }
  const rows: TableRow[] = []
  let last = named === undefined ? 0 : 1
  const skipped = last
  const source = Readable.from(cut(text.slice(named?.length ?? 0)))
  try {
    const parser = source.pipe(makeParser(delimiter))
    for await (const parsed of parser as AsyncIterable<Parsed>) {
      meter.countRow()
      const line = getFirstLine(parsed) + skipped
      const cells = parsed.record.map((cell, column) => {
        if (cell === '') return ''
        meter.countCell(cell, { line, column })
        return cleanCell(cell, { line, column }, warnings)
      })
      if (cells.some((cell) => cell.trim() !== '')) rows.push({ line, cells })
      last = parsed.info.lines + skipped
    }
  } catch (error) {
    throw translate(error, last)
  } finally {
    source.destroy()
  }
  return { rows, warnings: warnings.list(), delimiter }
}
