import { makeZip, type ZipEntry } from './make-zip.ts'

const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml'

export type TestBook = {
  readonly sheet?: string
  readonly strings?: string
  readonly styles?: string
  readonly workbook?: string
  readonly types?: string
  readonly relations?: string
  readonly date1904?: boolean
  readonly more?: readonly ZipEntry[]
}

const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'

/** The rows of a sheet as XML. */
export const wrapSheet = (rows: string): string =>
  `${HEAD}<worksheet xmlns="${MAIN}"><sheetData>${rows}</sheetData></worksheet>`

const escape = (text: string): string =>
  text
    .replace(/_(?=x[0-9A-Fa-f]{4}_)/gu, '_x005F_')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')

/** Rows of texts and numbers as a sheet without references, which readers must count themselves. */
export const writeRows = (rows: readonly (readonly (string | number)[])[]): string =>
  rows
    .map(
      (cells) =>
        `<row>${cells
          .map((cell) =>
            typeof cell === 'number'
              ? `<c><v>${cell}</v></c>`
              : `<c t="inlineStr"><is><t xml:space="preserve">${escape(cell)}</t></is></c>`,
          )
          .join('')}</row>`,
    )
    .join('')

/** A workbook as programs write it; every part may be replaced. `sheet` is the XML of its rows. */
export const makeXlsx = (book: TestBook = {}): Buffer => {
  const override = (part: string, type: string): string =>
    `<Override PartName="/${part}" ContentType="${TYPE}.${type}+xml"/>`
  const relation = (id: string, type: string, target: string): string =>
    `<Relationship Id="${id}" Type="${RELATIONS}/${type}" Target="${target}"/>`
  const entries: ZipEntry[] = [
    {
      name: '[Content_Types].xml',
      data:
        book.types ??
        `${HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">${override('xl/workbook.xml', 'sheet.main')}${override('xl/worksheets/sheet1.xml', 'worksheet')}</Types>`,
    },
    {
      name: 'xl/workbook.xml',
      data:
        book.workbook ??
        `${HEAD}<workbook xmlns="${MAIN}" xmlns:r="${RELATIONS}"><workbookPr date1904="${book.date1904 === true ? '1' : '0'}"/><sheets><sheet name="Work" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    },
    {
      name: 'xl/_rels/workbook.xml.rels',
      data:
        book.relations ??
        `${HEAD}<Relationships>${relation('rId1', 'worksheet', 'worksheets/sheet1.xml')}${relation('rId2', 'sharedStrings', 'sharedStrings.xml')}${relation('rId3', 'styles', '/xl/styles.xml')}</Relationships>`,
    },
    { name: 'xl/worksheets/sheet1.xml', data: wrapSheet(book.sheet ?? '') },
    { name: 'xl/sharedStrings.xml', data: book.strings ?? `${HEAD}<sst xmlns="${MAIN}"/>` },
    { name: 'xl/styles.xml', data: book.styles ?? `${HEAD}<styleSheet xmlns="${MAIN}"/>` },
  ]
  const replaced = new Set((book.more ?? []).map(({ name }) => name))
  return makeZip([...entries.filter(({ name }) => !replaced.has(name)), ...(book.more ?? [])])
}
