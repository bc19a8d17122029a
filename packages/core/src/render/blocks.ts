/**
 * A document as people read it, before it is Markdown or anything else. Every text is plain: what renders
 * blocks escapes it, so that a document cannot carry markup of its own. `anchor` is an id that others link to.
 */
export type Block =
  | {
      readonly type: 'heading'
      readonly level: 1 | 2 | 3 | 4
      readonly text: string
      readonly anchor: string | null
    }
  | { readonly type: 'paragraph'; readonly text: string }
  | { readonly type: 'list'; readonly ordered: boolean; readonly items: readonly string[] }
  | {
      readonly type: 'table'
      readonly columns: readonly string[]
      readonly rows: readonly (readonly string[])[]
    }
  | { readonly type: 'code'; readonly language: string; readonly text: string }
  | { readonly type: 'diagram'; readonly notation: 'mermaid'; readonly title: string; readonly text: string }
  | { readonly type: 'note'; readonly tone: 'info' | 'gap' | 'bad'; readonly text: string }

export const title = (text: string): Block => ({ type: 'heading', level: 1, text, anchor: null })
export const section = (text: string): Block => ({ type: 'heading', level: 2, text, anchor: null })
export const entry = (text: string, anchor: string | null = null): Block => ({
  type: 'heading',
  level: 3,
  text,
  anchor,
})
export const paragraph = (text: string): Block => ({ type: 'paragraph', text })
export const note = (tone: 'info' | 'gap' | 'bad', text: string): Block => ({ type: 'note', tone, text })
/** Said before anything else of what a tool could not make. */
export const noteNotRun = (reason: string | null): Block =>
  note('gap', `Not run, which is no pass: ${reason ?? 'no reason was given'}`)
export const code = (language: string, text: string): Block => ({ type: 'code', language, text })
export const diagram = (name: string, text: string): Block => ({
  type: 'diagram',
  notation: 'mermaid',
  title: name,
  text,
})

/** A list, or a paragraph that says that there is nothing to list: an empty place would look forgotten. */
export const list = (items: readonly string[], ordered = false): Block =>
  items.length === 0 ? paragraph('None.') : { type: 'list', ordered, items }

/** A table, or a paragraph that says that it would be empty. */
export const table = (columns: readonly string[], rows: readonly (readonly string[])[]): Block =>
  rows.length === 0 ? paragraph('None.') : { type: 'table', columns, rows }

/** Names with values, one a line; what has no value is left out. */
export const fields = (pairs: Readonly<Record<string, string | number | null>>): Block =>
  list(
    Object.entries(pairs).flatMap(([name, value]) =>
      value === null || value === '' ? [] : [`${name}: ${String(value)}`],
    ),
  )

/** A section with what it holds. */
export const part = (text: string, ...blocks: readonly Block[]): Block[] => [section(text), ...blocks]

/** What a statement rests on, for the end of its line; nothing where it cites nothing. */
export const restsOn = (cites: readonly string[]): string =>
  cites.length === 0 ? '' : ` (rests on ${cites.join(', ')})`

/** A cited statement as one line. */
export const said = ({ text, cites }: { readonly text: string; readonly cites: readonly string[] }): string =>
  `${text}${restsOn(cites)}`

export const yesNo = (value: boolean): string => (value ? 'yes' : 'no')

/** A share as a percentage, with no more digits than it has meaning. */
export const percent = (share: number): string => `${String(Math.round(share * 1000) / 10)} %`
