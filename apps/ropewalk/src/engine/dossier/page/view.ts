import type { Block } from '@ropewalk/core/render/blocks'

/** How something stands: a colour on screen, always beside a word that says the same. */
export type Tone = 'good' | 'gap' | 'bad' | 'plain'

/** A piece of a line. Text is plain; a link names a file of the dossier or an anchor of its page. */
export type Span =
  | string
  | { readonly type: 'code' | 'quiet' | 'strong'; readonly text: string }
  | { readonly type: 'badge'; readonly tone: Tone; readonly text: string }
  /** `hidden` is for ears: what tells a link from others of the same words. */
  | { readonly type: 'link'; readonly to: string; readonly text: string; readonly hidden?: string }

export type Line = readonly Span[]

export type TableRow = { readonly id?: string; readonly cells: readonly Line[] }

export type Shot = {
  readonly file: string
  readonly alt: string
  readonly caption: string
  readonly width: number
  readonly height: number
}

/**
 * What a page of the dossier is made of, before it is HTML or Markdown. Every text is plain: what renders it
 * escapes it. `id` is an anchor that others link to.
 */
export type View =
  | { readonly type: 'heading'; readonly level: 2 | 3 | 4; readonly text: string; readonly id: string | null }
  | { readonly type: 'text'; readonly line: Line }
  | { readonly type: 'list'; readonly ordered: boolean; readonly items: readonly Line[] }
  | {
      readonly type: 'table'
      readonly caption: string
      readonly columns: readonly string[]
      readonly rows: readonly TableRow[]
    }
  | { readonly type: 'code'; readonly language: string; readonly text: string }
  | { readonly type: 'diagram'; readonly title: string; readonly text: string }
  | { readonly type: 'note'; readonly tone: Tone; readonly line: Line }
  | { readonly type: 'facts'; readonly items: readonly { readonly name: string; readonly line: Line }[] }
  | {
      readonly type: 'tiles'
      readonly items: readonly {
        readonly name: string
        readonly value: string
        readonly tone: Tone
        readonly about: string
      }[]
    }
  | {
      readonly type: 'bars'
      readonly caption: string
      readonly rows: readonly {
        readonly name: Line
        readonly state: Line
        /** Shares of the whole, 0 to 1. */
        readonly from: number
        readonly to: number
        readonly about: string
      }[]
    }
  | {
      readonly type: 'more'
      readonly id: string | null
      readonly summary: Line
      readonly views: readonly View[]
    }
  | {
      readonly type: 'steps'
      readonly items: readonly { readonly name: string; readonly lines: readonly Line[] }[]
    }
  | { readonly type: 'shots'; readonly caption: string; readonly items: readonly Shot[] }

/** A part of a page with a heading of its own, which the navigation names. */
export type Section = { readonly id: string; readonly title: string; readonly views: readonly View[] }

export const text = (...line: Line): View => ({ type: 'text', line })
export const heading = (level: 2 | 3 | 4, words: string, id: string | null = null): View => ({
  type: 'heading',
  level,
  text: words,
  id,
})
export const note = (tone: Tone, ...line: Line): View => ({ type: 'note', tone, line })
export const code = (words: string): Span => ({ type: 'code', text: words })
export const quiet = (words: string): Span => ({ type: 'quiet', text: words })
export const strong = (words: string): Span => ({ type: 'strong', text: words })
export const badge = (tone: Tone, words: string): Span => ({ type: 'badge', tone, text: words })
export const link = (to: string, words: string): Span => ({ type: 'link', to, text: words })
export const more = (summary: Line, views: readonly View[], id: string | null = null): View => ({
  type: 'more',
  id,
  summary,
  views,
})

/** A list, or a line that says that there is nothing: an empty place would look forgotten. */
export const list = (items: readonly Line[], none = 'None.'): View =>
  items.length === 0 ? text(none) : { type: 'list', ordered: false, items }

export const table = (
  caption: string,
  columns: readonly string[],
  rows: readonly TableRow[],
  none = 'None.',
): View => (rows.length === 0 ? text(none) : { type: 'table', caption, columns, rows })

/** Lines with something between each two of them. */
export const join = (lines: readonly Line[], between: string): Line =>
  lines.flatMap((line, index) => (index === 0 ? line : [between, ...line]))

const TONES = { info: 'plain', gap: 'gap', bad: 'bad' } as const

/** A block of a document, as a view below the heading of its page. */
export const fromBlock = (block: Block): View => {
  switch (block.type) {
    case 'heading':
      return heading(block.level === 1 || block.level === 2 ? 2 : block.level, block.text, block.anchor)
    case 'paragraph':
      return text(block.text)
    case 'list':
      return { type: 'list', ordered: block.ordered, items: block.items.map((item) => [item]) }
    case 'table':
      return {
        type: 'table',
        caption: '',
        columns: block.columns,
        // A row of another length would lose or shift cells.
        rows: block.rows.map((row) => ({ cells: block.columns.map((_name, index) => [row[index] ?? '']) })),
      }
    case 'code':
      return block
    case 'diagram':
      return { type: 'diagram', title: block.title, text: block.text }
    case 'note':
      return note(TONES[block.tone], block.text)
  }
}
