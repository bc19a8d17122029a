import type { Parameters } from '../contract/item.ts'
import type { DeliverableBody, Fact, WorkFailure } from '../contract/work-order.ts'
import type { Known } from './known.ts'
import type { Needs } from './needs.ts'
import type { Tally } from './tally.ts'
import type { Treatment } from './treatment.ts'

/** Types of deliverables that the analyses make. */
export const BODY_TYPES = {
  time_waste: 'time_waste',
  cost: 'cost',
  friction: 'friction',
  scenario: 'scenario',
  requirements_manager: 'requirements',
  dev: 'code',
  test: 'test_report',
  generic: 'summary',
} as const
export type AnalysisName = keyof typeof BODY_TYPES

/** What an analysis knows: the records' tally, what other deliverables told, and the project's parameters. */
export type AnalysisInput = {
  readonly agent: string
  readonly title: string
  readonly tally: Tally | null
  readonly treatment: Treatment & { readonly asked: readonly string[] }
  readonly known: Known
  readonly parameters: Parameters
}

/** `statement` says for the evidence what was done. */
export type Done = { readonly type: 'done'; readonly body: DeliverableBody; readonly statement: string }
export type Failed = { readonly type: 'failed'; readonly failure: WorkFailure }
export type AnalysisResult = Done | Needs | Failed

/** What an analysis fails with when there is nothing to work on. */
export const failForData = (message: string): Failed => ({
  type: 'failed',
  failure: { category: 'DATA_INSUFFICIENCY', message, retryable: false },
})

export const makeClaim = (text: string, sources: readonly string[]): DeliverableBody['claims'][number] => ({
  text: text.slice(0, 1000),
  sources: [...sources],
})

/** How rows that can be counted in two ways were counted, for the body's content. */
export const showTreatment = ({ longRows, countMeans }: Treatment): Treatment => ({ longRows, countMeans })

/** A body by name, of which everything else is the same for all analyses. */
export const makeDone = (of: {
  readonly input: AnalysisInput
  readonly type: string
  readonly confidence: number
  readonly simulated?: boolean
  readonly facts: readonly Fact[]
  readonly claims: DeliverableBody['claims']
  readonly content: DeliverableBody['content']
  readonly statement: string
}): Done => ({
  type: 'done',
  body: {
    type: of.type,
    agent: of.input.agent,
    confidence: of.confidence,
    simulated: of.simulated ?? false,
    facts: [...of.facts],
    claims: of.claims,
    content: of.content,
  },
  statement: of.statement,
})
