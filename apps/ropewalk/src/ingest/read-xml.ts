import { RopewalkError } from '@ropewalk/core/errors'
import sax, { type Tag } from 'sax'

/** Names come without their prefix: workbooks may use any, and ours has no two vocabularies in one part. */
export type XmlHandlers = {
  readonly open?: (name: string, attributes: Readonly<Record<string, string>>) => void
  readonly text?: (text: string) => void
  readonly close?: (name: string) => void
}

/** A workbook nests about ten deep; without a bound, open elements alone could fill the memory. */
const MAX_DEPTH = 64

const getLocal = (name: string): string => name.slice(name.indexOf(':') + 1)

const broken = (why: string, cause?: unknown): RopewalkError =>
  new RopewalkError(
    'INVALID_ARGUMENT',
    `The workbook holds XML that is not read: ${why}. Save it anew, or send CSV.`,
    {
      ...(cause === undefined ? {} : { cause }),
    },
  )

const getLocals = ({ attributes }: Tag): Record<string, string> =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => [getLocal(name), value]))

const makeXmlParser = (handlers: XmlHandlers) => {
  // Only the five entities of XML itself: no table of HTML names, and none that a document declares.
  const options = { trim: false, strictEntities: true, position: false }
  const parser = sax.parser(true, options)
  let depth = 0
  parser.onerror = (error) => {
    throw broken(error.message.split('\n')[0] ?? 'not well-formed', error)
  }
  parser.ondoctype = () => {
    throw broken('it declares a document type, with which files are read and text is multiplied')
  }
  parser.onsgmldeclaration = () => {
    throw broken('it declares something')
  }
  parser.onopentag = (tag) => {
    depth += 1
    if (depth > MAX_DEPTH) throw broken('it is nested without end')
    handlers.open?.(getLocal(tag.name), getLocals(tag as Tag))
  }
  parser.ontext = (text) => handlers.text?.(text)
  parser.oncdata = (text) => handlers.text?.(text)
  parser.onclosetag = (name) => {
    depth -= 1
    handlers.close?.(getLocal(name))
  }
  return parser
}

/**
 * Reads XML in UTF-8 as it comes, never holding the whole. Document types, and with them all declared
 * entities, are refused. Throws INVALID_ARGUMENT; what a handler throws comes out as it is.
 */
export const readXml = async (chunks: AsyncIterable<Buffer>, handlers: XmlHandlers): Promise<void> => {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const parser = makeXmlParser(handlers)
  const decode = (chunk?: Buffer): string => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true })
    } catch (error) {
      throw broken('it is not UTF-8', error)
    }
  }
  for await (const chunk of chunks) parser.write(decode(chunk))
  parser.write(decode()).close()
}
