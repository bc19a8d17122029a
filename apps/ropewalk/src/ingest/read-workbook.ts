import { RECORD_LIMITS } from '@ropewalk/core/contract/records'
import { RopewalkError } from '@ropewalk/core/errors'
import { getBuiltInKind, getKind, type NumberKind } from './number-formats.ts'
import type { Zip } from './open-zip.ts'
import { readXml } from './read-xml.ts'

/** What is needed of a workbook to read its first sheet. */
export type Workbook = {
  readonly sheetName: string
  readonly sheetPart: string
  /** Sheets beside the one that is read. */
  readonly otherSheets: readonly string[]
  readonly is1904: boolean
  readonly strings: readonly string[]
  /** The kind of number that each cell style shows, by its index. */
  readonly kinds: readonly NumberKind[]
}

const CONTENT_TYPES = '[content_types].xml'

const refuse = (why: string): RopewalkError => new RopewalkError('UNSUPPORTED_MEDIA_TYPE', why)

const broken = (why: string): RopewalkError =>
  new RopewalkError('INVALID_ARGUMENT', `The workbook is not complete: ${why}. Save it anew, or send CSV.`)

/** The part that is the workbook. Throws UNSUPPORTED_MEDIA_TYPE for other zips, and for workbooks with macros. */
const findWorkbookPart = async (zip: Zip): Promise<string> => {
  if (!zip.names.has(CONTENT_TYPES)) {
    throw refuse(
      'Expected CSV text or an .xlsx workbook; this is another zip archive. Send the file inside it.',
    )
  }
  const types = new Map<string, string>()
  await readXml(zip.read(CONTENT_TYPES), {
    open: (name, { PartName = '', Extension = '', ContentType = '' }) => {
      if (name === 'Override') types.set(PartName.replace(/^\//u, '').toLowerCase(), ContentType)
      if (name === 'Default') types.set(`*.${Extension.toLowerCase()}`, ContentType)
    },
  })
  const all = [...types.values()]
  const hasMacros =
    all.some((type) => /macroEnabled|vbaProject/iu.test(type)) ||
    [...zip.names].some((name) => /vbaproject|(?:^|\/)(?:macrosheets|activex)\//u.test(name))
  if (hasMacros) {
    throw refuse(
      'The workbook holds macros or active content, which are never taken. Save it as .xlsx without them, or as CSV.',
    )
  }
  const part = [...types].find(([, type]) =>
    /spreadsheetml\.(?:sheet|template)\.main\+xml$/iu.test(type),
  )?.[0]
  if (part === undefined) {
    throw refuse(
      'Expected CSV text or an .xlsx workbook; this is an Office file of another kind. Save the table as .xlsx or CSV.',
    )
  }
  // Where the type is given by the extension alone, the workbook stands at its usual place.
  return part.startsWith('*') ? 'xl/workbook.xml' : part
}

const getFolder = (part: string): string => part.slice(0, part.lastIndexOf('/') + 1)

/** The address of a part relative to another, without a way out of the archive. */
const resolvePart = (from: string, target: string): string => {
  const path = target.startsWith('/') ? target : `${getFolder(from)}${target}`
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts.join('/').toLowerCase()
}

type Relation = { readonly type: string; readonly part: string }

const readRelations = async (zip: Zip, part: string): Promise<ReadonlyMap<string, Relation>> => {
  const relations = new Map<string, Relation>()
  const name = `${getFolder(part)}_rels/${part.slice(part.lastIndexOf('/') + 1)}.rels`
  await readXml(zip.read(name), {
    open: (element, { Id = '', Type = '', Target = '', TargetMode }) => {
      if (element !== 'Relationship' || TargetMode?.toLowerCase() === 'external') return
      relations.set(Id, { type: Type.slice(Type.lastIndexOf('/') + 1), part: resolvePart(part, Target) })
    },
  })
  return relations
}

type Sheet = { readonly name: string; readonly id: string; readonly isHidden: boolean }

const readSheetList = async (zip: Zip, part: string) => {
  const sheets: Sheet[] = []
  let is1904 = false
  await readXml(zip.read(part), {
    open: (element, attributes) => {
      if (element === 'workbookPr') is1904 = /^(?:1|true)$/iu.test(attributes['date1904'] ?? '')
      if (element !== 'sheet') return
      const { name = '', id = '', state = 'visible' } = attributes
      sheets.push({
        name:
          name
            .replace(/\p{Cc}/gu, ' ')
            .slice(0, 200)
            .toWellFormed() || 'Sheet',
        id,
        isHidden: state !== 'visible',
      })
    },
  })
  return { sheets, is1904 }
}

/** A character that XML cannot hold stands as _x000D_ in the texts of a workbook. */
export const decodeEscapes = (text: string): string =>
  text.replace(/_x([0-9A-Fa-f]{4})_/gu, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))

/** The texts that cells name by number: each may be in several runs; hints on pronunciation are left out. */
const readStrings = async (zip: Zip, part: string | undefined): Promise<string[]> => {
  const strings: string[] = []
  if (part === undefined) return strings
  let [text, isText, isHint] = ['', false, false]
  await readXml(zip.read(part), {
    open: (name) => {
      if (name === 'si') text = ''
      else if (name === 'rPh') isHint = true
      else if (name === 't') isText = true
    },
    text: (piece) => {
      // A cell with a longer text is refused by its reader; the rest need not be kept for that.
      if (isText && !isHint && text.length <= RECORD_LIMITS.cellCharacters) text += piece
    },
    close: (name) => {
      if (name === 'si') strings.push(decodeEscapes(text))
      else if (name === 'rPh') isHint = false
      else if (name === 't') isText = false
    },
  })
  return strings
}

const readKinds = async (zip: Zip, part: string | undefined): Promise<NumberKind[]> => {
  const kinds: NumberKind[] = []
  if (part === undefined) return kinds
  const own = new Map<number, NumberKind>()
  let isCells = false
  await readXml(zip.read(part), {
    open: (name, { numFmtId = '0', formatCode = '' }) => {
      const id = Number(numFmtId)
      if (name === 'numFmt') own.set(id, getKind(formatCode))
      else if (name === 'cellXfs') isCells = true
      else if (name === 'xf' && isCells) kinds.push(own.get(id) ?? getBuiltInKind(id))
    },
    close: (name) => {
      if (name === 'cellXfs') isCells = false
    },
  })
  return kinds
}

/**
 * Finds the first visible sheet of a workbook and what its cells refer to. Nothing outside the file is
 * followed. Throws UNSUPPORTED_MEDIA_TYPE, INVALID_ARGUMENT, PAYLOAD_TOO_LARGE.
 */
export const readWorkbook = async (zip: Zip): Promise<Workbook> => {
  const workbookPart = await findWorkbookPart(zip)
  const relations = await readRelations(zip, workbookPart)
  const { sheets, is1904 } = await readSheetList(zip, workbookPart)
  const isTable = ({ id }: Sheet): boolean => relations.get(id)?.type === 'worksheet'
  const sheet = sheets.find((each) => !each.isHidden && isTable(each)) ?? sheets.find(isTable)
  const sheetPart = relations.get(sheet?.id ?? '')?.part
  if (sheet === undefined || sheetPart === undefined) throw broken('it has no sheet of cells')
  const findPart = (type: string): string | undefined => {
    const part = [...relations.values()].find((relation) => relation.type === type)?.part
    return part !== undefined && zip.names.has(part) ? part : undefined
  }
  return {
    sheetName: sheet.name,
    sheetPart,
    otherSheets: sheets.filter((each) => each !== sheet).map(({ name }) => name),
    is1904,
    strings: await readStrings(zip, findPart('sharedStrings')),
    kinds: await readKinds(zip, findPart('styles')),
  }
}
