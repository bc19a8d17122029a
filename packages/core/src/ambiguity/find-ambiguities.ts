import { AmbiguityRule, AmbiguitySettings } from '../contract/ambiguity.ts'
import type { AmbiguityHit } from '../contract/project-question.ts'
import { clipText } from '../clip.ts'
import { findUnknownActors } from './actors.ts'
import { findConflicts } from './conflicts.ts'
import type { AmbiguityInput, Finding } from './input.ts'
import { findReferences } from './references.ts'
import { scoreHits } from './score-hits.ts'
import { findMissingTargets } from './targets.ts'
import { findVagueTerms } from './vague-terms.ts'

/** How much one finding of each rule tells against a request, unless settings say otherwise. */
export const AMBIGUITY_WEIGHTS: Readonly<Record<AmbiguityRule, number>> = {
  'missing-field': 0.35,
  'no-measurable-target': 0.3,
  'vague-term': 0.15,
  'conflicting-statements': 0.45,
  'unresolved-reference': 0.25,
  'unknown-actor': 0.2,
}

/** A rule that finds more than this has made its point. */
const MAX_PER_RULE = 8

const findMissingFields = ({ needs, parameters, uploads }: AmbiguityInput): readonly Finding[] =>
  [...new Set(needs)]
    .filter((name) =>
      name === 'rows'
        ? uploads.length === 0 && parameters['noRecords'] !== true
        : parameters[name] === undefined,
    )
    .map((name) => ({
      rule: 'missing-field',
      field: name,
      excerpt: '',
      message:
        name === 'rows'
          ? 'The work is about records, and none came along.'
          : `The work needs ${name}, which nobody has given.`,
    }))

export const DEFAULT_AMBIGUITY_SETTINGS: AmbiguitySettings = AmbiguitySettings.parse({})

/** The score above which a request is asked about: that of its phase where one is set. */
export const getAmbiguityLimit = ({ limit, limits }: AmbiguitySettings, phase?: string): number =>
  phase !== undefined && Object.hasOwn(limits, phase) ? (limits[phase] ?? limit) : limit

/**
 * What of a request is unclear, by the six rules of row X-06, and how unclear that makes it, from 0 to 1. Each hit
 * names the field it is about and the words that made it.
 */
export const findAmbiguities = (
  input: AmbiguityInput,
  settings: AmbiguitySettings = DEFAULT_AMBIGUITY_SETTINGS,
): { readonly hits: readonly AmbiguityHit[]; readonly score: number } => {
  const found: readonly Finding[] = [
    ...findMissingFields(input),
    ...findMissingTargets(input),
    ...findConflicts(input),
    ...findReferences(input),
    ...findUnknownActors(input),
    ...findVagueTerms(input, settings),
  ]
  const hits = AmbiguityRule.options.flatMap((rule) => {
    const base = settings.weights[rule] ?? AMBIGUITY_WEIGHTS[rule]
    if (base === 0) return []
    return found
      .filter((of) => of.rule === rule)
      .slice(0, MAX_PER_RULE)
      .map(({ field, excerpt, message, part = 1 }) => ({
        rule,
        weight: base * part,
        field: clipText(field, 200),
        excerpt: excerpt === '' ? '' : clipText(excerpt, 400, 800),
        message: clipText(message, 400, 800),
      }))
  })
  return { hits, score: scoreHits(hits) }
}
