import { z } from 'zod'
import { getJson } from '../documents.ts'
import { makeGuard, notRun } from '../make-guard.ts'
import { listByPattern } from '../text/json-pointer.ts'
import { listQuantities, type Quantity } from '../text/quantities.ts'
import {
  getContentWords,
  getLikeness,
  listSentences,
  listStatements,
  type Statement,
} from '../text/statements.ts'

const Settings = z.strictObject({ max_contradictions: z.int().min(0).max(1000).default(0) })

/** Below this likeness two sentences speak of different things; higher misses a changed small word. */
const SAME = 0.8
/** How much of the score each contradiction above the limit takes. */
const COST = 0.25

type Document = { readonly name: string; readonly json: unknown; readonly judged: boolean }
type Placed = Statement & { readonly judged: boolean }

const getWhere = ({ document, pointer }: Statement): string => `${document}#${pointer}`
const isSame = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean => getLikeness(a, b) >= SAME

/** Pairs of which at least one is judged; an input is not judged against another input. */
const listPairs = <T extends { readonly judged: boolean }>(items: readonly T[]): [T, T][] =>
  items.flatMap((a, index) =>
    items.slice(index + 1).flatMap((b): [T, T][] => (a.judged || b.judged ? [[a, b]] : [])),
  )

const findDuplicateIds = ({ name, json }: Document): string[] => {
  const ids = ['/requirements/*/id', '/stories/*/id'].flatMap((pattern) => listByPattern(json, pattern))
  const seen = new Map<unknown, string>()
  return ids.flatMap(({ pointer, value }) => {
    const first = seen.get(value)
    seen.set(value, first ?? pointer)
    return first === undefined
      ? []
      : [`${name}#${first} and ${name}#${pointer} carry the same id ${String(value)}.`]
  })
}

const NEGATION = /\b(?:no|not|never|none|without|cannot|excludes?|excluding|out of scope)\b|n't\b/iu

/** A thing both promised and ruled out: every word of the ruled-out item stands in the promise. */
const findScopeConflicts = (documents: readonly Document[]): string[] => {
  const list = (patterns: readonly string[]): Placed[] =>
    documents.flatMap(({ name, json, judged }) =>
      patterns.flatMap((pattern) =>
        listByPattern(json, pattern).flatMap(({ pointer, value }) =>
          typeof value === 'string' ? [{ document: name, pointer, text: value, judged }] : [],
        ),
      ),
    )
  const promised = list([
    '/requirements/*/title',
    '/requirements/*/statement',
    '/goals/*/text',
    '/stories/*/want',
  ])
  const ruledOut = list(['/out_of_scope/*'])
  return ruledOut.flatMap((out) => {
    const words = getContentWords(out.text.replaceAll(/\b(?:no|not|out of scope)\b/giu, ' '))
    const clash = promised.filter(
      ({ text, judged }) =>
        (judged || out.judged) &&
        words.size > 0 &&
        words.isSubsetOf(getContentWords(text)) &&
        !NEGATION.test(text) &&
        // One word out of a long sentence is no subject; alone it must be most of the title.
        (words.size > 1 || getContentWords(text).size <= 2),
    )
    return clash
      .slice(0, 1)
      .map((hit) => `${getWhere(hit)} asks for what ${getWhere(out)} rules out: "${out.text}".`)
  })
}

const MODAL =
  /^(.*?)\b(must never|must not|shall never|shall not|should not|will not|may not|can not|cannot|must|shall|should|will|may|can)\b(.*)$/isu

type Duty = Placed & {
  readonly isForbidden: boolean
  readonly subject: ReadonlySet<string>
  readonly act: ReadonlySet<string>
}

const listDuties = (statement: Placed): Duty[] =>
  listSentences(statement.text).flatMap((sentence) => {
    const [, before = '', modal = '', after = ''] = MODAL.exec(sentence) ?? []
    const act = getContentWords(after)
    if (act.size === 0) return []
    return [{ ...statement, subject: getContentWords(before), act, isForbidden: /not|never/iu.test(modal) }]
  })

const findDutyConflicts = (statements: readonly Placed[]): string[] =>
  listPairs(statements.flatMap(listDuties)).flatMap(([a, b]) =>
    a.isForbidden !== b.isForbidden &&
    isSame(a.act, b.act) &&
    (isSame(a.subject, b.subject) || a.subject.size + b.subject.size === 0)
      ? [`${getWhere(a)} and ${getWhere(b)} say must and must not of the same thing.`]
      : [],
  )

const isAtOdds = (a: Quantity, b: Quantity): boolean => {
  if (a.unit !== b.unit) return false
  if (a.bound === b.bound) return a.value !== b.value
  const [low, high] = a.bound === 'least' || b.bound === 'most' ? [a, b] : [b, a]
  return low.value > high.value
}

const findNumberConflicts = (statements: readonly Placed[]): string[] => {
  const measured = statements.flatMap((statement) =>
    listSentences(statement.text).flatMap((sentence) =>
      listQuantities(sentence).map((quantity) => ({ ...statement, quantity })),
    ),
  )
  return listPairs(measured).flatMap(([a, b]) =>
    getWhere(a) !== getWhere(b) &&
    isSame(a.quantity.about, b.quantity.about) &&
    isAtOdds(a.quantity, b.quantity)
      ? [`${getWhere(a)} says ${a.quantity.text}, ${getWhere(b)} says ${b.quantity.text} of the same thing.`]
      : [],
  )
}

/** Fixed rules over the judged documents and their inputs: ids, scope, duties and numbers that clash. */
export const guard = makeGuard({
  name: 'contradictions',
  version: '1.0.0',
  settings: Settings,
  judge: (input, settings) => {
    const names = new Set(input.judged.map(({ artifact }) => artifact.name))
    const documents: Document[] = [
      ...input.judged.map((one) => ({ name: one.artifact.name, json: getJson(one), judged: true })),
      ...input.others
        .filter(({ artifact }) => !names.has(artifact.name))
        .map((one) => ({ name: one.artifact.name, json: getJson(one), judged: false })),
    ]
    const statements = documents.flatMap(({ name, json, judged }) =>
      listStatements(name, json).map((statement) => ({ ...statement, judged })),
    )
    if (!statements.some(({ judged }) => judged)) return notRun('The judged artifacts hold no statements.')
    const found = new Set([
      ...documents.filter(({ judged }) => judged).flatMap(findDuplicateIds),
      ...findScopeConflicts(documents),
      ...findDutyConflicts(statements),
      ...findNumberConflicts(statements),
    ])
    const excess = Math.max(0, found.size - settings.max_contradictions)
    return {
      outcome: excess === 0 ? 'pass' : 'fail',
      score: Math.max(0, 1 - COST * excess),
      reasons: [...found],
      metrics: { contradictions: found.size, statements: statements.length },
    }
  },
})
