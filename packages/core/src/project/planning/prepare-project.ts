import type { AmbiguitySettings } from '../../contract/ambiguity.ts'
import type { BacklogTemplate } from '../../contract/backlog-template.ts'
import type { ItemDraft, Parameters, Upload } from '../../contract/item.ts'
import type { AmbiguityHit } from '../../contract/project-question.ts'
import {
  DEFAULT_AMBIGUITY_SETTINGS,
  findAmbiguities,
  getAmbiguityLimit,
} from '../../ambiguity/find-ambiguities.ts'
import { type AskedAtStart, makeQuestions } from '../ambiguity/make-questions.ts'
import { readParameters } from '../read-parameters.ts'
import { planBacklog } from './plan-backlog.ts'

/** What StartProject is given beside the names of things. */
export type PreparedProject = {
  readonly items: readonly ItemDraft[]
  readonly parameters: Parameters
  readonly hits: readonly AmbiguityHit[]
  readonly score: number
  readonly questions: readonly AskedAtStart[]
}

/**
 * Plans a request: the backlog of its template, the parameters that were given or that the request says, what of it
 * is unclear, and what is asked before work begins. What was given beside the request holds against what it says.
 */
export const prepareProject = (of: {
  readonly request: string
  readonly template: BacklogTemplate | undefined
  readonly parameters: Parameters
  readonly uploads: readonly Upload[]
  /** Items that come along, beside those of the template. */
  readonly items?: readonly ItemDraft[]
  readonly actors?: readonly string[]
  readonly phase?: string
  readonly settings?: AmbiguitySettings
}): PreparedProject => {
  const { request, template, uploads, actors = [], settings = DEFAULT_AMBIGUITY_SETTINGS } = of
  const parameters = { ...readParameters(request), ...of.parameters }
  const planned = template ? planBacklog(template, request, parameters, uploads) : []
  const items = [...planned, ...(of.items ?? [])]
  const needs = [
    ...(template?.needs_records === true ? ['rows'] : []),
    ...items.flatMap((item) => item.needs),
  ]
  const { hits, score } = findAmbiguities({ request, parameters, uploads, needs, actors }, settings)
  const limit = getAmbiguityLimit(settings, of.phase)
  const questions = makeQuestions(hits, items, { limit, parameters: template?.parameters ?? {} })
  return { items, parameters, hits, score, questions }
}
