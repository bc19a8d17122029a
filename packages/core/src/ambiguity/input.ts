import type { AmbiguityRule } from '../contract/ambiguity.ts'
import type { Parameters, Upload } from '../contract/item.ts'

/** What the rules look at. */
export type AmbiguityInput = {
  readonly request: string
  readonly parameters: Parameters
  readonly uploads: readonly Upload[]
  /** Parameters that the work needs; `rows` stands for records that have to be uploaded. */
  readonly needs: readonly string[]
  /** Teams and roles that are known here; where none is given, any that is named counts as known. */
  readonly actors: readonly string[]
  /**
   * Whether it is a statement of a document that others build upon. Its vague words are more, and it may speak of
   * anybody, of files that its readers will have, and of what the statement before it names.
   */
  readonly isDocument?: boolean
}

/** Something a rule found, before it is weighed: `part` is how much of the rule's weight it is worth. */
export type Finding = {
  readonly rule: AmbiguityRule
  readonly field: string
  readonly excerpt: string
  readonly message: string
  readonly part?: number
}

/** A place in a text with some words around it. */
export const getExcerpt = (text: string, index: number, length: number): string => {
  const from = Math.max(0, index - 60)
  const to = Math.min(text.length, index + length + 60)
  const before = from === 0 ? text.slice(0, index) : text.slice(from, index).replace(/^\S*\s/u, '')
  const after = to === text.length ? text.slice(index) : text.slice(index, to).replace(/\s\S*$/u, '')
  return `${from === 0 ? '' : '… '}${before}${after}${to === text.length ? '' : ' …'}`
    .replace(/\s+/gu, ' ')
    .toWellFormed()
}

/** The sentence that a place lies in. */
export const getSentenceAt = (text: string, index: number): string => {
  const before = text.slice(0, index)
  const from = Math.max(before.lastIndexOf('. '), before.lastIndexOf('\n'), before.lastIndexOf('; '))
  const rest = /[.;](?:\s|$)|\n/u.exec(text.slice(index))
  return text.slice(from + 1, rest ? index + rest.index : text.length).trim()
}
