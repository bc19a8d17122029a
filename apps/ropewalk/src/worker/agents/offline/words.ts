/** Characters that steer a terminal or hide in a line: controls, format characters (bidi among them), surrogates. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}]+/gu

/** A text as one line of visible characters. */
export const getPlainLine = (text: string): string =>
  text.normalize('NFC').replaceAll(UNSEEN, ' ').replaceAll(/\s+/gu, ' ').trim()

/** The first `max` characters at most, cut between words where there is one, with a mark that it was cut. */
export const clip = (text: string, max: number): string => {
  const points = [...text]
  if (points.length <= max) return text
  const head = points.slice(0, max - 1).join('')
  const space = head.lastIndexOf(' ')
  return `${space > max / 2 ? head.slice(0, space) : head}…`
}

/** Letters, digits and inner apostrophes or dashes, lower case, in order. */
export const listWords = (text: string): string[] =>
  getPlainLine(text)
    .toLowerCase()
    .match(/[\p{L}\p{N}][\p{L}\p{M}\p{N}]*(?:['’-][\p{L}\p{N}]+)*/gu) ?? []

export const capitalise = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)

/** A name at the beginning of a sentence as it stands inside one; `NASA` stays what it is. */
export const getInner = (name: string): string =>
  name.replace(/^\p{Lu}(?=[\p{Ll} ])/u, (letter) => letter.toLowerCase())

/** English plural of a singular noun. */
export const getPlural = (noun: string): string => {
  if (/[^z]iz$/u.test(noun)) return `${noun}zes`
  if (/[^aeiou]y$/u.test(noun)) return `${noun.slice(0, -1)}ies`
  return /(?:s|x|z|ch|sh)$/u.test(noun) ? `${noun}es` : `${noun}s`
}

/** English singular of a noun that may be a plural. */
export const getSingular = (noun: string): string => {
  if (noun.length > 4 && noun.endsWith('ies')) return `${noun.slice(0, -3)}y`
  if (/(?:ss|x|z|ch|sh)es$/u.test(noun)) return noun.slice(0, -2)
  return noun.length > 3 && /[^su]s$/u.test(noun) ? noun.slice(0, -1) : noun
}

export const getArticle = (noun: string): string => (/^[aeio]|^u(?!ni|s[aei])/iu.test(noun) ? 'an' : 'a')

/** `a, b and c`. */
export const joinWords = (words: readonly string[]): string =>
  words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`

/** Words that no reader can check; a document of ours never takes one over from the idea. */
const VAGUE = new Set(
  `acceptable adequate adequately appropriate appropriately beautiful best better clean convenient cool cute easily easy efficient elegant etc
  fancy fast faster few flexible friendly good graceful great intuitive lightweight little many maximal minimal minimalist
  modern most neat nice normal numerous optimal optimised optimized performant perfect pleasant possibly powerful pretty
  properly quick quickly reasonable relevant reliable responsive robust scalable seamless secure several significant
  simple simply slick small smart smooth soon sufficient suitable super timely tiny typically usually various
  amazing asap awesome comfortable conveniently efficiently gracefully ideally intuitively normally promptly reasonably
  seamlessly smoothly sometimes timely`.split(/\s+/u),
)

export const isVague = (word: string): boolean =>
  VAGUE.has(word.toLowerCase()) || /^(?:user|high)-/iu.test(word)

const VAGUE_PHRASES =
  /\b(?:a lot(?: of)?|and so on|and\/or|as (?:needed|required|appropriate)|as (?:far|soon) as possible|best effort|(?:good|fast) enough|(?:high|top)[- ]quality|(?:if|where|when) (?:possible|necessary|needed)|up to date|well[- ]designed)\b/giu

/** A text without the words that no reader can check. */
export const withoutVague = (text: string): string =>
  text
    .replaceAll(VAGUE_PHRASES, ' ')
    .split(/\s+/u)
    .filter((word) => word !== '' && (word === 'most' || !isVague(word.replaceAll(/[^\p{L}-]/gu, ''))))
    .join(' ')
