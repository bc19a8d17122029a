import { capitalise } from '../words.ts'
import type { Mender } from './mender.ts'
import { findPlace, setPlace } from './mend-pointer.ts'

/** A measure in the place of a word that has none. What is not listed here is taken out. */
const MEASURES: Readonly<Record<string, string>> = {
  fast: 'in less than 1 second',
  faster: 'in less than 1 second',
  quick: 'one-step',
  quickly: 'in less than 1 second',
  promptly: 'in less than 1 second',
  soon: 'within 1 day',
  'as soon as possible': 'within 1 day',
  asap: 'within 1 day',
  several: 'at least 2',
  various: 'at least 2',
  numerous: 'at least 10',
  many: 'at least 10',
  few: 'at most 3',
  'a lot': 'at least 10',
  most: 'more than half',
  easily: 'in one request',
  simply: 'in one request',
  usually: 'by default',
  typically: 'by default',
  normally: 'by default',
  sometimes: 'in some runs',
  'if possible': 'where the request allows it',
  'where possible': 'where the request allows it',
}

/** One vague word of one statement: replaced by a measure, or taken out with the space before it. */
export const mendStatement: Mender = ({ name, json }, reason) => {
  const [, document, pointer = '', word = ''] =
    /^([A-Za-z]+)#(\/\S+): "([^"]+)" is vague;/u.exec(reason) ?? []
  if (document === name) return replaceWord(json, pointer, word)
  const [, measured, place = ''] = /^([A-Za-z]+)#(\/\S+): the measure names no figure/u.exec(reason) ?? []
  const found = measured === name ? findPlace(json, place)?.value : undefined
  return (
    typeof found === 'string' && setPlace(json, place, `${found.replace(/[.\s]+$/u, '')}: 1 test checks it.`)
  )
}

const replaceWord = (json: Record<string, unknown>, pointer: string, word: string): boolean => {
  const text = findPlace(json, pointer)?.value
  if (typeof text !== 'string') return false
  const pattern = new RegExp(
    String.raw`(?<![\p{L}\p{N}_])${word.replaceAll(/[.*+?^$()|[\]\\{}]/gu, String.raw`\$&`)}(?![\p{L}\p{N}_])`,
    'giu',
  )
  const measure = MEASURES[word.toLowerCase()] ?? ''
  const mended = text
    .replaceAll(pattern, measure)
    .replaceAll(/\s+([.,;:])/gu, '$1')
    .replaceAll(/\s{2,}/gu, ' ')
    .trim()
  if (mended === text || !/[\p{L}\p{N}]/u.test(mended)) return false
  return setPlace(json, pointer, capitalise(mended))
}

/** Two statements at odds: what is ruled out gives way here, else the later of the two statements does. */
export const mendScope: Mender = ({ name, json }, reason) => {
  const [, document, pointer = ''] =
    /asks for what ([A-Za-z]+)#(\/out_of_scope\/\d+) rules out/u.exec(reason) ?? []
  if (document === name) return setPlace(json, pointer, undefined)
  const [, first, firstPlace = '', second, secondPlace = ''] =
    /^([A-Za-z]+)#(\/\S+) (?:and|says [^,]+,) ([A-Za-z]+)#(\/\S+) say/u.exec(reason) ?? []
  // A document is mended towards what it was made from, so of two places its own is the one to go.
  const places = [...(second === name ? [secondPlace] : []), ...(first === name ? [firstPlace] : [])]
  return places.some((place) => removeStatement(json, place))
}

/** Takes a statement's entry out of its list, unless the list would be empty or the entry carries an id. */
const removeStatement = (json: Record<string, unknown>, pointer: string): boolean => {
  const [, entry = ''] =
    /^(\/(?:goals|constraints|nonfunctional|requirements\/\d+\/acceptance)\/\d+)(?:\/|$)/u.exec(pointer) ?? []
  const place = entry === '' ? undefined : findPlace(json, entry)
  return (
    place !== undefined &&
    Array.isArray(place.holder) &&
    place.holder.length > 1 &&
    setPlace(json, entry, undefined)
  )
}
