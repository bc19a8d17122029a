import { z } from 'zod'
import type { DocumentOf } from '@ropewalk/core/contract/documents'
import type { Feasibility } from '@ropewalk/core/contract/documents/shared'
import { findDocument } from '../documents.ts'
import { lacks, makeGuard } from '../make-guard.ts'
import { findUnresolved } from '../text/citations.ts'
import { fact, getShare, judgeChecks, limit, show, type Check } from './checks.ts'

const share = z.number().min(0).max(1)
const weight = z.number().min(0).max(1)

/** Smallest weighted score 0.7 by row DX-P02, use-case coverage 0.85 by row DX-15. */
const Settings = z.strictObject({
  min: share.default(0.7),
  /** No single view may be worse than this, however good the others are. */
  min_each: share.default(0.5),
  min_use_case_coverage: share.default(0.85),
  weights: z
    .strictObject({ technical: weight, financial: weight, operational: weight })
    .default({ technical: 0.4, financial: 0.3, operational: 0.3 }),
})

const VIEWS = ['technical', 'financial', 'operational'] as const

const checkViews = (where: string, stated: Feasibility, lost: ReadonlySet<string>, least: number): Check[] =>
  VIEWS.flatMap((view) => {
    const { score, cites } = stated[view]
    const at = `${where}/${view}`
    return [
      limit(score >= least, `${at}/score is ${show(score)}, expected at least ${show(least)}.`),
      ...cites
        .filter((citation) => lost.has(citation))
        .map((citation) => fact(false, `${at}/cites names ${citation}, which does not exist.`)),
    ]
  })

/** The goals of the specification that no use case cites, as places. */
const findUnserved = (spec: DocumentOf<'IdeaSpec'>, told: DocumentOf<'IdeationResult'>): string[] => {
  const cites = told.use_cases.flatMap((one) => one.cites)
  return spec.goals
    .map((_goal, index) => `IdeaSpec#/goals/${index}`)
    .filter((goal) => !cites.some((citation) => citation === goal || citation.startsWith(`${goal}/`)))
}

/** The idea can be built, paid for and run: weighted scores with reasons that cite, and use cases for each goal. */
export const guard = makeGuard({
  name: 'feasibility',
  version: '1.0.0',
  settings: Settings,
  judge: async (input, settings) => {
    // A specification that is judged again after a change has an older ideation beside it, which says nothing of it.
    const isSpecJudged = input.judged.some(({ artifact }) => artifact.name === 'IdeaSpec')
    const result = isSpecJudged ? undefined : findDocument(input, 'IdeationResult')
    const spec = findDocument(input, 'IdeaSpec')
    const [name, stated] = result ? ['IdeationResult', result.feasibility] : ['IdeaSpec', spec?.feasibility]
    if (result === undefined && spec === undefined) return lacks('IdeaSpec')
    if (!stated)
      return {
        outcome: 'fail',
        score: 0,
        reasons: [
          'IdeaSpec#/feasibility is missing: score technical, financial and operational feasibility.',
        ],
      }
    const lost = await findUnresolved(
      input,
      VIEWS.flatMap((view) => stated[view].cites),
    )
    const total = VIEWS.reduce((sum, view) => sum + settings.weights[view], 0)
    const mean = getShare(
      VIEWS.reduce((sum, view) => sum + settings.weights[view] * stated[view].score, 0),
      total,
    )
    const unserved = result && spec ? findUnserved(spec, result) : []
    const coverage = getShare((spec?.goals.length ?? 0) - unserved.length, spec?.goals.length ?? 0)
    const checks = [
      limit(
        mean + 1e-9 >= settings.min,
        `${name}#/feasibility weighs ${show(mean)}, expected at least ${show(settings.min)}.`,
      ),
      ...checkViews(`${name}#/feasibility`, stated, lost, settings.min_each),
      limit(
        coverage >= settings.min_use_case_coverage,
        `IdeationResult#/use_cases serve ${show(coverage)} of the goals, expected ${show(settings.min_use_case_coverage)}: none cites ${unserved.join(', ')}.`,
      ),
    ]
    const judgement = judgeChecks(checks, 1, { feasibility: mean, use_case_coverage: coverage })
    return judgement.outcome === 'pass' ? { ...judgement, score: mean } : judgement
  },
})
