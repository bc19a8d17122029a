import type { Cell } from './table.ts'
import { getText } from './table.ts'

export type DecimalMark = '.' | ','

/** No number that people type is longer; a limit keeps every pattern below cheap. */
const MAX_LENGTH = 40

const other = (mark: DecimalMark): DecimalMark => (mark === '.' ? ',' : '.')

/** Without the spaces and apostrophes that stand between groups of three digits, and with a plain minus. */
const tidy = (value: string): string =>
  value
    .trim()
    .replace(/^[\u2212\u2013]/u, '-')
    .replace(/(\d)[\s'\u2019](?=\d{3}(?!\d))/gu, '$1')

const NUMBER = /^([+-]?)(\d[\d.,]*|[.,]\d+)$/u

const isGrouped = (whole: string, mark: DecimalMark): boolean => {
  const [first = '', ...groups] = whole.split(mark)
  return /^\d{1,3}$/u.test(first) && groups.every((group) => /^\d{3}$/u.test(group))
}

type Form =
  | { readonly kind: 'whole' | 'broken' | 'either' }
  | { readonly kind: 'decimal'; readonly mark: DecimalMark }
  | { readonly kind: 'grouped'; readonly mark: DecimalMark }

/** Which mark the digits themselves show to be the decimal one; `either` for forms like 1,500. */
const getForm = (digits: string): Form => {
  const marks = [...digits].filter((each): each is DecimalMark => each === '.' || each === ',')
  const [first] = marks
  const last = marks.at(-1)
  if (first === undefined || last === undefined) return { kind: 'whole' }
  if (marks.length === 1) {
    const [before = '', after = ''] = digits.split(first)
    if (after === '') return { kind: 'broken' }
    const isEither = after.length === 3 && /^[1-9]\d{0,2}$/u.test(before)
    return isEither ? { kind: 'either' } : { kind: 'decimal', mark: first }
  }
  if (first === last)
    return marks.every((mark) => mark === first) && isGrouped(digits, first)
      ? { kind: 'grouped', mark: first }
      : { kind: 'broken' }
  const at = digits.lastIndexOf(last)
  const isSound = digits.indexOf(last) === at && isGrouped(digits.slice(0, at), first)
  return isSound && at < digits.length - 1 ? { kind: 'decimal', mark: last } : { kind: 'broken' }
}

const split = (value: string): { readonly sign: string; readonly digits: string } | undefined => {
  if (value.length > MAX_LENGTH) return undefined
  const match = NUMBER.exec(tidy(value))
  return match === null ? undefined : { sign: match[1] ?? '', digits: match[2] ?? '' }
}

/** Whether this text could be read with either mark, as 1,500 can. */
export const isEitherNumber = (value: string): boolean => {
  const parts = split(value)
  return parts !== undefined && getForm(parts.digits).kind === 'either'
}

/**
 * The number that a text says, undefined where it says none. A form that leaves no doubt is read by itself
 * (1.234,5 or 0,75); `decimal` decides the rest. Spaces and apostrophes may group thousands.
 */
export const parseNumber = (value: string, decimal: DecimalMark): number | undefined => {
  const parts = split(value)
  if (parts === undefined) return undefined
  const form = getForm(parts.digits)
  if (form.kind === 'broken') return undefined
  const mark = form.kind === 'decimal' ? form.mark : form.kind === 'grouped' ? other(form.mark) : decimal
  const plain = parts.digits.replaceAll(other(mark), '').replace(mark, '.')
  const number = Number(`${parts.sign}${plain}`)
  return Number.isFinite(number) ? number : undefined
}

export type DecimalEvidence = {
  readonly mark: DecimalMark
  /** No value of the column shows which mark it uses, and at least one could be read with either. */
  readonly isDoubtful: boolean
}

/**
 * Which decimal mark a column uses, by the values whose form leaves no doubt; most win. `fallback` holds
 * where there is no such value. Numbers inside longer texts (1,5 h) count too.
 */
export const findDecimalMark = (cells: readonly Cell[], fallback: DecimalMark): DecimalEvidence => {
  const votes = { '.': 0, ',': 0 }
  let doubtful = 0
  for (const cell of cells) {
    if (typeof cell === 'number') continue
    for (const [part] of getText(cell)
      .slice(0, MAX_LENGTH)
      .matchAll(/\d[\d.,]*\d/gu)) {
      const form = getForm(part)
      if (form.kind === 'decimal') votes[form.mark] += 1
      else if (form.kind === 'grouped') votes[other(form.mark)] += 1
      else if (form.kind === 'either') doubtful += 1
    }
  }
  if (votes['.'] === votes[',']) return { mark: fallback, isDoubtful: doubtful > 0 }
  return { mark: votes['.'] > votes[','] ? '.' : ',', isDoubtful: false }
}

/** The number of a cell that may carry a currency and what it is counted by: 40, €40, 40,50 EUR/h. */
export const parseAmount = (cell: Cell | undefined, decimal: DecimalMark): number | undefined => {
  if (typeof cell === 'number') return cell
  const value = getText(cell)
  if (value.length > MAX_LENGTH) return undefined
  const bare = value
    .replace(/^(?:\p{Sc}|[a-z]{2,3}\b\.?)\s*/iu, '')
    .replace(/\s*(?:\p{Sc}|%|[a-z]{2,3}\b\.?)?\s*(?:(?:\/|per|pro|par|por)\s*\p{L}{1,8}\.?)?$/iu, '')
  return parseNumber(bare, decimal)
}
