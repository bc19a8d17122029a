import type { Block } from './blocks.ts'

/**
 * Signs that mean something inside a line, in CommonMark, in the tables and strikethrough of GitHub, and in
 * templates of site generators ({). Those that could begin HTML become entities, which hold even where the
 * text is pasted unprocessed.
 */
const INLINE = /[\\`*_[\]{}~|$#^@!]/gu
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** What would make a line a list, a heading's underline, a rule, a definition or front matter. */
const LINE_START = /^([-+=:%])|^(\d{1,9})([.)])/u

/** Controls and directions of writing that could make a line read as something it is not. */
const HIDDEN = /[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/gu

const cleanLines = (text: string): string => text.replaceAll(/\r\n?/gu, '\n').replaceAll(HIDDEN, '\ufffd')

/** Text that stands inside a line, as in a cell. Runs of white space become one space. */
const escapeInline = (text: string): string =>
  cleanLines(text)
    .replaceAll(/\s+/gu, ' ')
    .trim()
    .replaceAll(INLINE, String.raw`\$&`)
    .replaceAll(/[&<>]/gu, (sign) => ENTITIES[sign] ?? sign)
    // Addresses would become links by themselves; a link in a document is the author's, not ours.
    .replaceAll(/(https?|ftp|mailto|xmpp):/giu, String.raw`$1\:`)
    .replaceAll(/www\./giu, (found) => `${found.slice(0, -1)}\\.`)

/** Text as one line of Markdown that reads as exactly that text. Runs of white space become one space. */
export const escapeLine = (text: string): string =>
  escapeInline(text).replace(LINE_START, (_all, sign?: string, digits?: string, stop?: string) =>
    sign === undefined ? `${digits ?? ''}\\${stop ?? ''}` : `\\${sign}`,
  )

/** Text with its own line breaks: blank lines part paragraphs, single ones stay breaks. */
const escapeText = (text: string): string =>
  cleanLines(text)
    .trim()
    .split(/\n\s*\n/u)
    .map((paragraph) =>
      paragraph
        .split('\n')
        .map(escapeLine)
        .filter((line) => line !== '')
        .join('\\\n'),
    )
    .join('\n\n')

/** A fence longer than any run of backticks inside, so that the text cannot close it. */
const fence = (language: string, text: string): string => {
  const clean = cleanLines(text)
  const longest = Math.max(0, ...(clean.match(/`+/gu) ?? []).map((run) => run.length))
  const ticks = '`'.repeat(Math.max(3, longest + 1))
  const info = /^[a-z0-9+-]{1,20}$/u.test(language) ? language : ''
  return `${ticks}${info}\n${clean}${clean.endsWith('\n') ? '' : '\n'}${ticks}`
}

/** An empty cell or item would fold the lines around it together. */
const orDash = (line: string): string => (line === '' ? '–' : line)

const writeRow = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => orDash(escapeInline(cell))).join(' | ')} |`

const TONES = { info: 'Note', gap: 'Gap', bad: 'Problem' } as const

const writeItem = (item: string, marker: string): string => `${marker} ${orDash(escapeLine(item))}`

/** Two lists with the same marks would run together, so every second one has others. */
const writeList = (block: Extract<Block, { type: 'list' }>, isOther: boolean): string => {
  const getMarker = (index: number): string =>
    block.ordered ? `${String(index + 1)}${isOther ? ')' : '.'}` : isOther ? '*' : '-'
  return block.items.map((item, index) => writeItem(item, getMarker(index))).join('\n')
}

const writeBlock = (block: Block, isOther: boolean): string => {
  switch (block.type) {
    case 'heading':
      return `${'#'.repeat(block.level)} ${orDash(escapeLine(block.text))}`
    case 'paragraph':
      return escapeText(block.text)
    case 'list':
      return writeList(block, isOther)
    case 'table':
      return [
        writeRow(block.columns),
        `|${' --- |'.repeat(block.columns.length)}`,
        // A row of another length would lose or shift cells.
        ...block.rows.map((row) => writeRow(block.columns.map((_column, index) => row[index] ?? ''))),
      ].join('\n')
    case 'code':
      return fence(block.language, block.text)
    case 'diagram':
      return `${orDash(escapeLine(block.title))}\n\n${fence('mermaid', block.text)}`
    case 'note':
      return `> **${TONES[block.tone]}:** ${orDash(escapeLine(block.text))}`
  }
}

/**
 * Markdown (CommonMark with GitHub's tables) of blocks. Text of a document stays text: it can become neither
 * markup nor HTML. Some viewers make links of bare mail addresses whatever one writes.
 */
export const toMarkdown = (blocks: readonly Block[]): string => {
  let isOther = false
  const written = blocks.map((block, index) => {
    isOther = block.type === 'list' && blocks[index - 1]?.type === 'list' && !isOther
    return writeBlock(block, isOther)
  })
  return `${written.filter((one) => one !== '').join('\n\n')}\n`
}
