import type { Readable } from 'node:stream'
import { RopewalkError } from '@ropewalk/core/errors'
import { fromBufferPromise, type Entry } from 'yauzl'

/** Workbooks of people stay far below; each bound stops one kind of zip bomb before it is unpacked. */
export const ZIP_LIMITS = {
  entries: 1000,
  /** All that is unpacked from one file together. */
  unpackedBytes: 100 * 1024 * 1024,
  /** Unpacked over packed, for entries of more than a megabyte: repeated rows reach thirty, bombs a thousand. */
  ratio: 100,
} as const

const RATIO_FREE_BYTES = 1024 * 1024

export type Zip = {
  /** Names in lower case, as part names of a workbook are compared. */
  readonly names: ReadonlySet<string>
  /** The bytes of one entry as they are unpacked; throws PAYLOAD_TOO_LARGE midway past a limit. */
  readonly read: (name: string) => AsyncIterable<Buffer>
}

const bomb = (why: string): RopewalkError =>
  new RopewalkError(
    'PAYLOAD_TOO_LARGE',
    `The workbook unpacks to more than is read: ${why}. Save it anew, or send CSV.`,
  )

const broken = (why: string, cause?: unknown): RopewalkError =>
  new RopewalkError(
    'INVALID_ARGUMENT',
    `The workbook is not a sound zip file: ${why}. Save it anew, or send CSV.`,
    {
      ...(cause === undefined ? {} : { cause }),
    },
  )

const ARCHIVE = /\.(?:zip|7z|rar|gz|bz2|xz|jar|cab|iso|tar|docx?|xlsx?|xlsm|xlsb|pptx?)$/iu

const isLink = ({ externalFileAttributes }: Entry): boolean =>
  ((externalFileAttributes >>> 16) & 0xf000) === 0xa000

const checkEntry = (entry: Entry, key: string, known: ReadonlyMap<string, Entry>): void => {
  const { fileName, compressedSize, uncompressedSize } = entry
  if (/\p{Cc}/u.test(fileName) || isLink(entry))
    throw broken('it holds an entry with a name or kind that no workbook has')
  if (known.has(key)) throw broken('two entries have one name')
  if (entry.isEncrypted()) throw broken('it is encrypted; take the password away')
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8)
    throw broken('it is packed in an unknown way')
  if (ARCHIVE.test(fileName)) {
    throw new RopewalkError(
      'UNSUPPORTED_MEDIA_TYPE',
      'The workbook holds another archive or document; take embedded files out, or send CSV.',
    )
  }
  if (uncompressedSize > RATIO_FREE_BYTES && uncompressedSize > compressedSize * ZIP_LIMITS.ratio)
    throw bomb('an entry is packed more than a hundredfold')
}

const listEntries = async (bytes: Buffer) => {
  const zip = await fromBufferPromise(bytes, {
    lazyEntries: true,
    strictFileNames: true,
    validateEntrySizes: true,
  })
  if (zip.entryCount > ZIP_LIMITS.entries) throw bomb(`it has ${zip.entryCount} entries`)
  const entries = new Map<string, Entry>()
  let declared = 0
  for await (const entry of zip.eachEntry()) {
    const key = entry.fileName.toLowerCase()
    checkEntry(entry, key, entries)
    declared += entry.uncompressedSize
    if (declared > ZIP_LIMITS.unpackedBytes) throw bomb(`more than ${ZIP_LIMITS.unpackedBytes} bytes`)
    entries.set(key, entry)
  }
  return { zip, entries }
}

/**
 * Opens a zip in memory: names and sizes are checked here, and what is unpacked is counted again while it
 * comes, since sizes in a zip are claims. Throws INVALID_ARGUMENT, PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE.
 */
export const openZip = async (bytes: Buffer): Promise<Zip> => {
  let opened
  try {
    opened = await listEntries(bytes)
  } catch (error) {
    throw error instanceof RopewalkError ? error : broken((error as Error).message, error)
  }
  const { zip, entries } = opened
  let unpacked = 0
  async function* read(name: string): AsyncGenerator<Buffer> {
    const entry = entries.get(name)
    if (entry === undefined) throw broken(`it has no ${name}`)
    let own = 0
    let stream: Readable | undefined
    try {
      stream = await zip.openReadStreamPromise(entry)
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        own += chunk.length
        unpacked += chunk.length
        if (unpacked > ZIP_LIMITS.unpackedBytes) throw bomb(`more than ${ZIP_LIMITS.unpackedBytes} bytes`)
        if (own > RATIO_FREE_BYTES && own > entry.compressedSize * ZIP_LIMITS.ratio)
          throw bomb('an entry is packed more than a hundredfold')
        yield chunk
      }
    } catch (error) {
      throw error instanceof RopewalkError ? error : broken((error as Error).message, error)
    } finally {
      stream?.destroy()
    }
  }
  return { names: new Set(entries.keys()), read }
}
