import type { Draft } from './mender.ts'
import { findPlace } from './mend-pointer.ts'

type Translate = (match: RegExpExecArray, json: Draft['json']) => readonly string[]

/** Every text of a requirement with its pointer: a reviewer names the requirement, the menders the text. */
const listTexts = (json: Draft['json'], pointer: string): string[] => {
  const entry = findPlace(json, pointer)?.value
  if (typeof entry !== 'object' || entry === null) return []
  const acceptance = 'acceptance' in entry && Array.isArray(entry.acceptance) ? entry.acceptance : []
  return [
    `${pointer}/title`,
    `${pointer}/statement`,
    ...acceptance.map((_text: unknown, index) => `${pointer}/acceptance/${String(index)}`),
  ]
}

const VAGUE = /says "([^"]+)", which no test can decide\. See ([A-Za-z]+)#(\/\S+?)\.$/u
const LOST = /cites (\S+), which says nothing\. See ([A-Za-z]+#\/\S+?)\.$/u
const UNCITED = /(REQ-\d{3}) cites nothing\. See ([A-Za-z]+#\/\S+?)\.$/u
const UNACCEPTED = /: (REQ-\d{3}) has no acceptance criterion\. See /u
const UNSERVED = /: No requirement rests on (\S+?)\. See /u

const TRANSLATIONS: readonly (readonly [RegExp, Translate])[] = [
  [
    VAGUE,
    ([, word = '', document = '', pointer = ''], json) =>
      listTexts(json, pointer)
        .filter((place) => String(findPlace(json, place)?.value).toLowerCase().includes(word.toLowerCase()))
        .map((place) => `${document}#${place}: "${word}" is vague; name a figure, a list or a condition.`),
  ],
  [LOST, ([, citation = '', place = '']) => [`${place} cites ${citation}, which does not exist.`]],
  [UNCITED, ([, , place = '']) => [`${place} cites nothing.`]],
  [UNACCEPTED, ([, id = '']) => [`Requirement ${id} has no acceptance criterion.`]],
  [UNSERVED, ([, place = '']) => [`No requirement of PRD cites ${place}, so nobody builds it.`]],
]

/** What a review says, in the words of the guards that say the same; other reasons stay as they are. */
export const translateReview = (reason: string, json: Draft['json']): readonly string[] => {
  if (!/^[A-Za-z]+Review#\/findings\/\d+ /u.test(reason)) return [reason]
  for (const [pattern, translate] of TRANSLATIONS) {
    const match = pattern.exec(reason)
    const told = match === null ? [] : translate(match, json)
    if (told.length > 0) return told
  }
  return [reason]
}
