import { escapeLine } from '@ropewalk/core/render/to-markdown'
import type { Line, Span, View } from './view.ts'

const writeSpan = (span: Span): string => {
  if (typeof span === 'string') return keepEnds(span, escapeLine(span))
  const said = escapeLine(span.text)
  if (said === '') return ''
  switch (span.type) {
    case 'code':
    case 'quiet':
      return said
    case 'badge':
    case 'strong':
      return `**${said}**`
    case 'link':
      // In one file there is no folder to lead into: the address is told, not linked.
      return span.to.startsWith('#') || span.to === span.text ? said : `${said} (${escapeLine(span.to)})`
  }
}

/** A piece of a line keeps the space that parts it from its neighbours. */
const keepEnds = (before: string, after: string): string =>
  `${/^\s/u.test(before) ? ' ' : ''}${after}${after !== '' && /\s$/u.test(before) ? ' ' : ''}`

export const writeLine = (line: Line): string => line.map(writeSpan).join('').trim()

/** An empty cell or item would fold the lines around it together. */
const orDash = (line: string): string => (line === '' ? '–' : line)

const writeRow = (cells: readonly Line[]): string =>
  `| ${cells.map((cell) => orDash(writeLine(cell))).join(' | ')} |`

const writeTable = (columns: readonly string[], rows: readonly (readonly Line[])[]): string =>
  [
    writeRow(columns.map((name) => [name])),
    `|${' --- |'.repeat(columns.length)}`,
    ...rows.map((cells) => writeRow(cells)),
  ].join('\n')

const writeList = (items: readonly Line[], ordered = false): string =>
  items
    .map((item, index) => `${ordered ? `${String(index + 1)}.` : '-'} ${orDash(writeLine(item))}`)
    .join('\n')

/** A fence longer than any run of backticks inside, so that the text cannot close it. */
const fence = (language: string, text: string): string => {
  const longest = Math.max(0, ...(text.match(/`+/gu) ?? []).map((run) => run.length))
  const ticks = '`'.repeat(Math.max(3, longest + 1))
  return `${ticks}${/^[a-z0-9+-]{1,20}$/u.test(language) ? language : ''}\n${text}${text.endsWith('\n') ? '' : '\n'}${ticks}`
}

const writeView = (view: View, depth: number): string => {
  switch (view.type) {
    case 'heading':
      return `${'#'.repeat(Math.min(6, view.level + depth))} ${orDash(escapeLine(view.text))}`
    case 'text':
      return view.line.length === 1 && typeof view.line[0] === 'string'
        ? view.line[0]
            .trim()
            .split(/\n\s*\n/u)
            .map(escapeLine)
            .join('\n\n')
        : writeLine(view.line)
    case 'list':
      return writeList(view.items, view.ordered)
    case 'table':
      return writeTable(
        view.columns,
        view.rows.map(({ cells }) => cells),
      )
    case 'code':
      return fence(view.language, view.text)
    case 'diagram':
      return `${orDash(escapeLine(view.title))}\n\n${fence('mermaid', view.text)}`
    case 'note':
      return `> ${orDash(writeLine(view.line))}`
    case 'facts':
      return writeList(view.items.map(({ name, line }) => [`${name}: `, ...line]))
    case 'tiles':
      return writeList(
        view.items.map(({ name, value, about }) => [
          `${name}: `,
          { type: 'strong', text: value },
          ` ${about}`,
        ]),
      )
    case 'bars':
      return writeTable(
        ['Phase', 'How it ended', 'When'],
        view.rows.map(({ name, state, about }) => [name, state, [about]]),
      )
    case 'more':
      return `${writeLine(view.summary)}\n\n${writeViews(view.views, depth + 1)}`
    case 'steps':
      return writeList(
        view.items.map(({ name, lines }) => [
          `${name}: `,
          ...lines.flatMap((line, index) => (index === 0 ? line : ['; ', ...line])),
        ]),
      )
    case 'shots':
      return writeList(view.items.map(({ alt, file }) => [`${alt} (${file})`]))
  }
}

/**
 * Markdown of views, headings lowered by `depth`. Text stays text: it can become neither markup nor HTML.
 * Two lists one after the other are told apart by a comment between them, as they would else be one.
 */
export const writeViews = (views: readonly View[], depth = 0): string =>
  views
    .flatMap((view, index) => {
      const isList = (one: View | undefined) => one?.type === 'list'
      const written = writeView(view, depth)
      if (written === '') return []
      return isList(view) && isList(views[index - 1]) ? ['<!-- -->', written] : [written]
    })
    .join('\n\n')
