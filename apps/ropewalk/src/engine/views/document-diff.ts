import { diff } from 'node:util'
import type { DiffView } from '@ropewalk/core/contract/api/edits'
import { renderDocument } from '@ropewalk/core/render/render-document'
import { toMarkdown } from '@ropewalk/core/render/to-markdown'

/** Lines around a change that are shown with it. */
const CONTEXT = 2

/** Lines of a document at most that are compared: the time grows with the product of both. */
const MAX_LINES = 4000

/** 1: only the older text has the line. -1: only the newer one has it. */
type Mark = readonly [sign: 1 | 0 | -1, line: string]

const SIGNS = { '1': '- ', '0': '  ', '-1': '+ ' } as const

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
  const marks = diff(old ?? [], now ?? []) as unknown as readonly Mark[]
  const lines = marks.every(([sign]) => sign === 0) ? [] : keepNear(marks)
  return {
    lines: lines.slice(0, maxLines),
    added: marks.filter(([sign]) => sign === -1).length,
    removed: marks.filter(([sign]) => sign === 1).length,
    cut: Math.max(0, lines.length - maxLines),
  }
}

const ENTITIES: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&amp;': '&' }

/** A document as lines to be read as they are: what keeps text from being markup is left out. */
const getPlainText = (name: string, value: unknown): string =>
  toMarkdown(renderDocument(name, value))
    .replaceAll(/\\([!-/:-@[-`{-~])/gu, '$1')
    .replaceAll(/&(?:lt|gt|amp);/gu, (entity) => ENTITIES[entity] ?? entity)

/** What differs between two documents of one name, as people read them. */
export const diffDocuments = (
  name: string,
  { before, after }: { readonly before: unknown; readonly after: unknown },
  maxLines: number,
): DiffView => diffTexts(getPlainText(name, before), getPlainText(name, after), maxLines)
