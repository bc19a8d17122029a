import { listWords } from '../words.ts'
import { findFeature } from '../features/recognise.ts'
import { findInput, findInputJson } from './inputs.ts'
import type { Draft, Mender } from './mender.ts'
import { findPlace, setPlace } from './mend-pointer.ts'

/** Where claims may rest, by document: the lists and texts whose words are compared. */
const SOURCES: readonly (readonly [string, readonly string[]])[] = [
  ['IdeaSpec', ['/goals/*/text', '/constraints/*/text', '/users/*/need', '/summary', '/problem']],
  ['Idea', ['/text']],
  ['Clarifications', ['/notes']],
]
/** A claim shares this many words of meaning with the place it cites. */
const LEAST_SHARED = 2

type Candidate = { readonly citation: string; readonly words: ReadonlySet<string> }

const getWords = (text: string): ReadonlySet<string> =>
  new Set(listWords(text).filter((word) => word.length > 3))

const listCandidates = ({ job, name }: Draft): Candidate[] =>
  SOURCES.filter(([document]) => document !== name).flatMap(([document, pointers]) => {
    const json = findInputJson(job, document)
    if (typeof json !== 'object' || json === null) return []
    const root = { ...json }
    return pointers.flatMap((pattern) => {
      const [list = '', member = ''] = pattern.split('/*')
      const entries = member === '' ? undefined : findPlace(root, list)?.value
      const places =
        member === ''
          ? [pattern]
          : Array.isArray(entries)
            ? entries.map((_, index) => `${list}/${String(index)}${member}`)
            : []
      return places.flatMap((pointer) => {
        const text = findPlace(root, pointer)?.value
        return typeof text === 'string' && text.trim() !== ''
          ? [
              {
                citation: `${document}#${pointer.replace(/\/(?:text|need)$/u, document === 'Idea' ? '$&' : '')}`,
                words: getWords(text),
              },
            ]
          : []
      })
    })
  })

/** The goal that asks for the same thing, in whatever words. */
const findGoal = ({ job, name }: Draft, claim: string): string | undefined => {
  const feature = name === 'IdeaSpec' ? undefined : findFeature(claim)
  const index =
    feature === undefined
      ? -1
      : (findInput(job, 'IdeaSpec')?.goals.findIndex(({ text }) => findFeature(text) === feature) ?? -1)
  return index < 0 ? undefined : `IdeaSpec#/goals/${String(index)}`
}

/** The place whose words are most like the claim's, the first of equals: shared words over all words. */
const findSource = (draft: Draft, claim: string): string | undefined => {
  const words = getWords(claim)
  let best: { readonly citation: string; readonly likeness: number } | undefined
  for (const { citation, words: own } of listCandidates(draft)) {
    const shared = words.intersection(own).size
    const likeness = shared / Math.max(1, words.union(own).size)
    if (shared >= LEAST_SHARED && likeness > (best?.likeness ?? 0)) best = { citation, likeness }
  }
  return best?.citation
}

const getClaim = (value: object): string =>
  ['statement', 'text', 'need', 'title', 'name']
    .map((key) => ('cites' in value && key in value ? String(value[key as keyof typeof value]) : ''))
    .join(' ')

/** A claim whose citation leads nowhere cites the place that says it; where none does, the claim goes. */
export const mendCitation: Mender = (draft, reason) => {
  const [, document, pointer = '', bad = ''] =
    /^([A-Za-z]+)#(\/\S+) (?:cites nothing|rests only on|cites (?:itself by )?(\S+?)(?:, which does not exist)?\.$)/u.exec(
      reason,
    ) ?? []
  if (document !== draft.name) return false
  return mendClaim(draft, pointer.replace(/\/cites\/\d+$/u, ''), bad)
}

const mendClaim = (draft: Draft, pointer: string, bad: string): boolean => {
  const value = findPlace(draft.json, pointer)?.value
  if (typeof value !== 'object' || value === null || !('cites' in value) || !Array.isArray(value.cites))
    return false
  const rest: unknown[] = bad === '' ? [] : value.cites.filter((citation) => citation !== bad)
  if (rest.length > 0) return setPlace(draft.json, `${pointer}/cites`, rest)
  const claim = getClaim(value)
  const source = findGoal(draft, claim) ?? findSource(draft, claim)
  if (source !== undefined) return setPlace(draft.json, `${pointer}/cites`, [source])
  const today = findPlace(draft.fresh, pointer)?.value
  // The same claim, written today, says what it rests on.
  if (
    typeof today === 'object' &&
    today !== null &&
    'cites' in today &&
    getClaim(today) === claim &&
    claim.trim() !== ''
  )
    return setPlace(draft.json, `${pointer}/cites`, structuredClone(today.cites))
  return dropClaim(draft, pointer)
}

/** Requirements stay: stories and tests carry their ids, so they fall back on what the whole rests on. */
const dropClaim = ({ json, job }: Draft, pointer: string): boolean => {
  if (/^\/requirements\/\d+$/u.test(pointer) && findInputJson(job, 'IdeaSpec') !== undefined)
    return setPlace(json, `${pointer}/cites`, ['IdeaSpec#/summary'])
  const holder = findPlace(json, pointer)?.holder
  return Array.isArray(holder) && holder.length > 1 && setPlace(json, pointer, undefined)
}
