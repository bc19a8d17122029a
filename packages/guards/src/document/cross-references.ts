import { z } from 'zod'
import { getJson } from '../documents.ts'
import { makeGuard, notRun } from '../make-guard.ts'
import { findUnresolved, listCitations, listDocuments } from '../text/citations.ts'
import { listByPattern, listValues, type Located } from '../text/json-pointer.ts'
import { fact, judgeChecks, limit, type Check } from './checks.ts'

const Settings = z.strictObject({
  /** Ids of these kinds are left alone, such as [ADR] where decisions are kept elsewhere. */
  ignored: z
    .array(z.string().regex(/^[A-Z]{2,6}$/u))
    .max(20)
    .default([]),
})

/** Where ids of a kind are given out. */
const HOMES: Readonly<Record<string, readonly [document: string, pattern: string]>> = {
  REQ: ['PRD', '/requirements/*/id'],
  NFR: ['NFRs', '/requirements/*/id'],
  US: ['UserStories', '/stories/*/id'],
  UC: ['IdeationResult', '/use_cases/*/id'],
  RISK: ['RiskRegister', '/risks/*/id'],
  ASM: ['RevisedAssumptions', '/assumptions/*/id'],
  CON: ['Constraints', '/constraints/*/id'],
  COMP: ['ArchitectureDoc', '/components/*/id'],
  ADR: ['ArchitectureDoc', '/adrs/*/id'],
  CTL: ['SecurityArchitecture', '/controls/*/id'],
  THR: ['ThreatModel', '/threats/*/id'],
}

/** Names that one document takes from another. */
const NAMES: readonly (readonly [from: string, used: string, to: string, given: string])[] = [
  ['UXFlows', '/flows/*/persona', 'Personas', '/personas/*/name'],
  ['UXFlows', '/flows/*/steps/*/screen', 'UXFlows', '/screens/*/name'],
  ['SecurityArchitecture', '/data_classes/*/entities/*', 'DataModel', '/entities/*/name'],
  ['PrivacyReview', '/data/*/entity', 'DataModel', '/entities/*/name'],
  ['BusinessMetrics', '/north_star', 'BusinessMetrics', '/metrics/*/name'],
]

const ID = new RegExp(`\\b(${Object.keys(HOMES).join('|')})-\\d{3}\\b`, 'gu')

type Documents = ReadonlyMap<string, unknown>

const listIds = (documents: Documents, kind: string): readonly Located[] => {
  const [document = '', pattern = ''] = HOMES[kind] ?? []
  return listByPattern(documents.get(document), pattern)
}

const checkIds = (name: string, json: unknown, documents: Documents, ignored: readonly string[]): Check[] => {
  const idea = JSON.stringify(documents.get('Idea') ?? '')
  return listValues(json).flatMap(({ pointer, value }) => {
    // A citation's own text is looked up as a whole.
    if (typeof value !== 'string' || /\/cites\/\d+$/u.test(pointer)) return []
    return [...value.matchAll(ID)].flatMap(([id, kind = '']) => {
      const [home = ''] = HOMES[kind] ?? []
      // A sentence may quote what the idea says in ids of its own; a field that holds an id alone refers to ours.
      if (ignored.includes(kind) || (value !== id && idea.includes(id))) return []
      const ok = listIds(documents, kind).some((given) => given.value === id)
      const state = documents.has(home) ? `which ${home} does not have` : `but the run has no ${home}`
      return [fact(ok, `${name}#${pointer} names ${id}, ${state}.`)]
    })
  })
}

const checkGivenOnce = (name: string, documents: Documents): Check[] =>
  Object.entries(HOMES)
    .filter(([, [home]]) => home === name)
    .flatMap(([kind]) => [...Map.groupBy(listIds(documents, kind), ({ value }) => value)])
    .map(([id, given]) => {
      const places = given.map(({ pointer }) => `${name}#${pointer}`).join(' and ')
      return limit(given.length === 1, `${places} carry the same id ${String(id)}.`)
    })

const getKey = (value: unknown): string => String(value).trim().toLowerCase()

const checkNames = (name: string, documents: Documents): Check[] =>
  NAMES.filter(([from]) => from === name).flatMap(([from, used, to, given]) => {
    const known = new Set(listByPattern(documents.get(to), given).map(({ value }) => getKey(value)))
    return listByPattern(documents.get(from), used).map(({ pointer, value }) =>
      fact(
        known.has(getKey(value)),
        `${from}#${pointer} names ${JSON.stringify(value)}, which ${to} does not have.`,
      ),
    )
  })

/** Every id, name and citation in the judged documents leads to something that another document really has. */
export const guard = makeGuard({
  name: 'cross-references',
  version: '1.0.0',
  settings: Settings,
  judge: async (input, settings) => {
    const documents = listDocuments(input)
    const judged = input.judged.flatMap((one) => {
      const json = getJson(one)
      return json === undefined ? [] : [{ name: one.artifact.name, json }]
    })
    if (judged.length === 0) return notRun('No judged artifact is a document.')
    const cited = judged.flatMap(({ name, json }) => listCitations(name, json))
    const lost = await findUnresolved(
      input,
      cited.map(({ citation }) => citation),
    )
    const references = judged.flatMap(({ name, json }) => [
      ...checkIds(name, json, documents, settings.ignored),
      ...checkNames(name, documents),
    ])
    const checks = [
      ...references,
      ...judged.flatMap(({ name }) => checkGivenOnce(name, documents)),
      ...cited.map(({ document, pointer, citation }) =>
        fact(!lost.has(citation), `${document}#${pointer} cites ${citation}, which does not exist.`),
      ),
    ]
    // A document that refers to nothing says nothing false about another.
    if (checks.length === 0) return { outcome: 'pass', score: 1, reasons: [], metrics: { references: 0 } }
    return judgeChecks(checks, 1, { references: references.length, citations: cited.length })
  },
})
