import { z } from 'zod'
import { RopewalkError } from '../errors.ts'
import { Parameters } from '../contract/item.ts'
import type { RecordRow } from '../contract/records.ts'
import type { DeliverableBody, WorkOrder } from '../contract/work-order.ts'
import { Name, text } from '../text.ts'
import { getConfidence } from './confidence.ts'
import { analyseCost } from './cost.ts'
import { analyseDev } from './dev.ts'
import { analyseFriction } from './friction.ts'
import { summarise } from './generic.ts'
import { Known, readKnown } from './known.ts'
import { findHourlyRate } from './parameters.ts'
import { analyseRequirements } from './requirements.ts'
import {
  BODY_TYPES,
  type AnalysisInput,
  type AnalysisName,
  type AnalysisResult,
  type Done,
} from './result.ts'
import { analyseScenario } from './scenario.ts'
import { makeTally, mergeTallies, Tally } from './tally.ts'
import { analyseTimeWaste } from './time-waste.ts'
import { getTreatment } from './treatment.ts'

/** The analyses that are arithmetic alone; `test` runs a program and is its worker's. */
const ANALYSES: Readonly<Record<Exclude<AnalysisName, 'test'>, (input: AnalysisInput) => AnalysisResult>> = {
  time_waste: analyseTimeWaste,
  cost: analyseCost,
  friction: analyseFriction,
  scenario: analyseScenario,
  requirements_manager: analyseRequirements,
  dev: analyseDev,
  generic: summarise,
}

const isArithmetic = (capability: string): capability is keyof typeof ANALYSES =>
  Object.hasOwn(ANALYSES, capability)

/** Whether work of this capability can be cut into batches of records whose results are merged. */
export const isShardable = (capability: string): boolean => capability !== 'test'

/** The type of what a capability hands in; that of a summary for one that nobody here knows. */
export const getBodyType = (capability: string): string =>
  Object.hasOwn(BODY_TYPES, capability) ? BODY_TYPES[capability as AnalysisName] : BODY_TYPES.generic

export type AnalysisRequest = {
  /** Who does it: the capability of the worker, which may be the generic one. */
  readonly agent: string
  readonly order: Pick<WorkOrder, 'capability' | 'title' | 'parameters' | 'batch' | 'batches'>
  /** The rows of the order; null where it has no records. */
  readonly rows: readonly RecordRow[] | null
  /** What the items that this one waits for handed in. */
  readonly inputs: readonly DeliverableBody[]
}

const PARTIAL = 'partial'

/** What a batch hands in: a tally that adds up with the others', and what it takes to finish the work. */
const Partial = z.strictObject({
  kind: z.literal(PARTIAL),
  capability: Name,
  title: text(200, 1),
  batch: z.int().min(1),
  batches: z.int().min(2),
  tally: Tally.nullable(),
  known: Known,
  parameters: Parameters,
})
type Partial = z.infer<typeof Partial>

const finish = (capability: string, input: AnalysisInput): AnalysisResult =>
  (isArithmetic(capability) ? ANALYSES[capability] : summarise)(input)

const makePartial = (agent: string, partial: Partial): Done => ({
  type: 'done',
  statement: `Batch ${partial.batch} of ${partial.batches}: ${partial.tally?.rowCount ?? 0} records.`,
  body: {
    type: getBodyType(partial.capability),
    agent,
    confidence: getConfidence({
      isRateKnown: findHourlyRate(partial.parameters) !== undefined,
      rows: partial.tally?.rowCount ?? 0,
      categories: partial.tally?.categories.length ?? 0,
      missingEstimates: partial.tally?.missing.rowCount ?? 0,
    }),
    simulated: partial.capability === 'dev',
    facts: [],
    claims: [],
    content: partial,
  },
})

/**
 * Does the analysis that the order's capability names; a plain summary where nobody here knows it. Of one batch
 * of several it gives a part, which `mergeBatches` makes the whole of. The same input gives the same result.
 */
export const analyse = (request: AnalysisRequest): AnalysisResult => {
  const { agent, order, rows, inputs } = request
  const treatment = getTreatment(order.parameters)
  const tally = rows === null ? null : makeTally(rows, treatment)
  const known = readKnown(inputs)
  const input = { agent, title: order.title, tally, treatment, known, parameters: order.parameters }
  const result = finish(order.capability, input)
  // What one batch lacks, another may have: only questions are asked before all are there.
  if (order.batches === 1 || result.type === 'needs') return result
  const { capability, title, batch, batches, parameters } = order
  return makePartial(agent, { kind: PARTIAL, capability, title, batch, batches, tally, known, parameters })
}

/** Whether a body is that of one batch of several made by `analyse`. */
export const isPartial = (body: DeliverableBody): boolean => Partial.safeParse(body.content).success

const parsePartials = (bodies: readonly DeliverableBody[]): readonly (Partial & { agent: string })[] =>
  bodies.map((body, index) => {
    const partial = Partial.safeParse(body.content)
    if (partial.success) return { ...partial.data, agent: body.agent }
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      `Part ${index + 1} of ${bodies.length} by ${body.agent} is not what a batch hands in: ${z.prettifyError(partial.error)}`,
    )
  })

/**
 * The whole of what all batches of one item handed in, in any order: exactly what `analyse` gives for all the
 * records at once. Throws INVALID_ARGUMENT where a part is missing, there twice, or is not a part.
 */
export const mergeBatches = (bodies: readonly DeliverableBody[]): AnalysisResult => {
  const partials = parsePartials(bodies).toSorted((a, b) => a.batch - b.batch)
  const [first] = partials
  const isWhole = partials.every(
    ({ batch, batches }, index) => batch === index + 1 && batches === partials.length,
  )
  if (first === undefined || !isWhole || partials.some(({ capability }) => capability !== first.capability)) {
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      `Expected each batch of one item once, got ${partials.map(({ batch, batches }) => `${batch} of ${batches}`).join(', ') || 'none'}.`,
    )
  }
  const tallies = partials.flatMap(({ tally }) => (tally === null ? [] : [tally]))
  return finish(first.capability, {
    agent: first.agent,
    title: first.title,
    tally: tallies.length === 0 ? null : mergeTallies(tallies),
    treatment: getTreatment(first.parameters),
    known: first.known,
    parameters: first.parameters,
  })
}
