import { diff } from 'node:util'
import type { DiffView } from '@ropewalk/core/contract/api/edits'
import { renderDocument } from '@ropewalk/core/render/render-document'
import { toMarkdown } from '@ropewalk/core/render/to-markdown'

/** Lines around a change that are shown with it. */
const CONTEXT = 2

/** Lines of a document at most that are compared: the time grows with the product of both. */
const MAX_LINES = 4000

type Mark = readonly [sign: 1 | 0 | -1, line: string]

const SIGNS = { '1': '+ ', '0': '  ', '-1': '- ' } as const

/** Changed lines with what is around them; what is left out between them becomes one line. */
const keepNear = (marks: readonly Mark[]): string[] => {
  const isNear = marks.map((_mark, index) =>
    marks.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(([sign]) => sign !== 0),
  )
  const lines: string[] = []
  marks.forEach(([sign, line], index) => {
    if (isNear[index] === true) lines.push(`${SIGNS[sign]}${line}`)
    else if (isNear[index - 1] === true || index === 0) lines.push('  …')
  })
  return lines.filter((line, index) => line !== '  …' || (index > 0 && index < lines.length - 1))
}

/** What differs between two texts, line by line, `maxLines` of it. The same texts give no line. */
export const diffTexts = (before: string, after: string, maxLines: number): DiffView => {
  const [old, now] = [before, after].map((text) => text.replace(/\n$/u, '').split('\n').slice(0, MAX_LINES))
  // Seen from the newer text: what only it has is an insertion.
  const marks = diff(now ?? [], old ?? []) as unknown as readonly Mark[]
  const lines = marks.every(([sign]) => sign === 0) ? [] : keepNear(marks)
  return {
    lines: lines.slice(0, maxLines),
    added: marks.filter(([sign]) => sign === 1).length,
    removed: marks.filter(([sign]) => sign === -1).length,
    cut: Math.max(0, lines.length - maxLines),
  }
}

/** What differs between two documents of one name, as people read them. */
export const diffDocuments = (
  name: string,
  { before, after }: { readonly before: unknown; readonly after: unknown },
  maxLines: number,
): DiffView =>
  diffTexts(toMarkdown(renderDocument(name, before)), toMarkdown(renderDocument(name, after)), maxLines)
