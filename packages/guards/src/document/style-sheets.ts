import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { listFiles } from '../checkout.ts'
import { getHex, listColours, parseColour } from '../text/colour.ts'
import { listDeclarations, listStyleSheets, type Declaration } from '../text/css.ts'

/** A larger file is not read; a style sheet of that size is told instead. */
const MAX_BYTES = 512 * 1024
const MAY_HOLD_STYLE = /\.(?:css|html?|[cm]?js|[cm]?ts|jsx|tsx|vue|svelte|njk|ejs|hbs)$/iu
const NOT_SHOWN = /(?:^|\/)(?:test|tests|__tests__|coverage)\//u

export type Placed = Declaration & { readonly file: string }
export type Styles = {
  readonly files: readonly string[]
  readonly declarations: readonly Placed[]
  readonly text: string
  /** Style sheets too large to be read. */
  readonly unread: readonly string[]
}

/** The styles of a checkout, in the order of its files: style sheets, style elements and style attributes. */
export const readStyles = async (dir: string): Promise<Styles> => {
  const files: string[] = []
  const declarations: Placed[] = []
  const texts: string[] = []
  const unread: string[] = []
  for (const file of await listFiles(dir, ['.git', 'node_modules'])) {
    if (!MAY_HOLD_STYLE.test(file) || NOT_SHOWN.test(file)) continue
    const bytes = await readFile(join(dir, file))
    const isTooLarge = bytes.length > MAX_BYTES
    if (isTooLarge && /\.(?:css|html?)$/iu.test(file)) unread.push(file)
    const sheets = isTooLarge ? [] : listStyleSheets(file, bytes.toString('utf8'))
    if (sheets.length === 0) continue
    files.push(file)
    texts.push(...sheets)
    declarations.push(...sheets.flatMap(listDeclarations).map((one) => ({ ...one, file })))
  }
  return { files, declarations, text: texts.join('\n'), unread }
}

/** One place where a colour is set, as `#rrggbb`; null where its colour space is not ours. */
export type UsedColour = { readonly file: string; readonly property: string; readonly hex: string | null }

const VARIABLE = /var\(\s*(--[\w-]+)/gu

/** Every variable that a declaration uses. */
export const listVariables = ({ value }: Declaration): string[] =>
  [...value.matchAll(VARIABLE)].map(([, name = '']) => name)

/** Every colour that the styles set: written out, or through a variable whose own value is a colour. */
export const listUsedColours = ({ declarations }: Styles): UsedColour[] => {
  const variables = new Map(
    declarations.flatMap(({ property, value }) => {
      const colour = property.startsWith('--') ? parseColour(value) : undefined
      return colour ? [[property, getHex(colour)] as const] : []
    }),
  )
  return declarations.flatMap((declaration) => {
    const { file, property, value } = declaration
    const literals = listColours(value).map((colour) => ({
      file,
      property,
      hex: colour ? getHex(colour) : null,
    }))
    const named = listVariables(declaration).flatMap((name) => {
      const hex = variables.get(name)
      return hex === undefined ? [] : [{ file, property, hex }]
    })
    return [...literals, ...named]
  })
}
