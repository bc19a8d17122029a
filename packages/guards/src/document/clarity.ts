import { z } from 'zod'
import {
  AMBIGUITY_WEIGHTS,
  DEFAULT_AMBIGUITY_SETTINGS,
  findAmbiguities,
} from '@ropewalk/core/ambiguity/find-ambiguities'
import { AmbiguitySettings } from '@ropewalk/core/contract/ambiguity'
import { getJson } from '../documents.ts'
import { judgeByScore, makeGuard, notRun } from '../make-guard.ts'
import { listByPattern } from '../text/json-pointer.ts'
import { listStatements, type Statement } from '../text/statements.ts'

/** What a vague word costs the specificity of its statement (row DX-39); the other rules as they are built in. */
const VAGUE_COST = 0.2

/** Where a document states what is to be reached; a measurable target is asked for nowhere else. */
const GOAL = /^\/goals\/\d+\/text$/u

const Settings = z.strictObject({
  min: z.number().min(0).max(1).default(0.6),
  extra_words: z.array(z.string().min(1).max(80)).max(200).default([]),
  allowed_words: z.array(z.string().min(1).max(80)).max(200).default([]),
  /** How much a hit of each rule takes from its statement; 0 switches the rule off. */
  weights: AmbiguitySettings.shape.weights,
  /** Places that some judged document has to fill, such as `/users` or a pattern like `/goals/*`. */
  fields: z
    .array(z.string().regex(/^\//u, 'expected a JSON pointer, such as /users').max(200))
    .max(50)
    .default([]),
  /** Roles that are known; where none is given, any that is named counts as known. */
  actors: z.array(z.string().min(1).max(80)).max(100).default([]),
})
type Settings = z.infer<typeof Settings>

const lacksMeasure = ({ document, pointer, text }: Statement): boolean =>
  document === 'PRD' &&
  /^\/nonfunctional\/\d+\/measure$/u.test(pointer) &&
  !/\d|\b(?:all|always|each|every|never|no|none|nothing|only|zero)\b/iu.test(text)

type Fault = { readonly reason: string; readonly cost: number }

const judgeStatement = (statement: Statement, of: Settings): Fault[] => {
  const where = `${statement.document}#${statement.pointer}`
  const weights = {
    'vague-term': VAGUE_COST,
    ...of.weights,
    ...(GOAL.test(statement.pointer) ? {} : { 'no-measurable-target': 0 }),
  }
  const { hits } = findAmbiguities(
    { request: statement.text, parameters: {}, uploads: [], needs: [], actors: of.actors, isDocument: true },
    {
      ...DEFAULT_AMBIGUITY_SETTINGS,
      weights,
      vague_terms: of.extra_words,
      clear_terms: of.allowed_words,
    },
  )
  const found = hits.map(({ rule, message, weight }) => ({
    reason: rule === 'vague-term' ? `${where}: ${message}` : `${where}: ${rule}: ${message}`,
    cost: weight,
  }))
  return lacksMeasure(statement)
    ? [...found, { reason: `${where}: the measure names no figure: "${statement.text}".`, cost: VAGUE_COST }]
    : found
}

const isEmpty = (value: unknown): boolean =>
  value === null || value === '' || (Array.isArray(value) && value.length === 0)

/** Places that the phase needs and that no judged document fills, each counted as a statement of its own. */
const findMissing = (documents: readonly unknown[], { fields, weights }: Settings): Fault[] => {
  const cost = weights['missing-field'] ?? AMBIGUITY_WEIGHTS['missing-field']
  return fields.flatMap((field) =>
    cost === 0 || documents.some((json) => listByPattern(json, field).some(({ value }) => !isEmpty(value)))
      ? []
      : [{ reason: `${field}: missing-field: no judged document says it.`, cost }],
  )
}

/**
 * The six rules of ambiguity over each statement, and missing measures; the score is the mean specificity of the
 * statements, so that `min` is one less the share that the phase lets be ambiguous. Contradictions between
 * statements and what a contract asks for are judged more strictly, by the guards of these names.
 */
export const guard = makeGuard({
  name: 'clarity',
  version: '1.1.0',
  settings: Settings,
  judge: (input, settings) => {
    const documents = input.judged.map((one) => ({ name: one.artifact.name, json: getJson(one) }))
    const statements = documents.flatMap(({ name, json }) => listStatements(name, json))
    if (statements.length === 0) return notRun('The judged artifacts hold no statements.')
    const missing = findMissing(
      documents.map(({ json }) => json),
      settings,
    ).map((fault) => [fault])
    const judged = [...statements.map((statement) => judgeStatement(statement, settings)), ...missing]
    const specificities = judged.map((faults) =>
      Math.max(0, 1 - faults.reduce((sum, { cost }) => sum + cost, 0)),
    )
    const faults = judged.flat()
    return {
      ...judgeByScore(
        specificities.reduce((sum, one) => sum + one, 0) / specificities.length,
        settings.min,
        faults.map(({ reason }) => reason),
      ),
      metrics: { statements: statements.length, hits: faults.length },
    }
  },
})
