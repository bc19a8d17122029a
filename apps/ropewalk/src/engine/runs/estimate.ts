import type { PhaseDefinition } from '@ropewalk/core/contract/playbook'
import { getCostMicros, getPrice } from '@ropewalk/core/contract/price'
import {
  NO_ESTIMATE,
  type Estimate,
  type PhaseEstimate,
  type RunPlan,
} from '@ropewalk/core/contract/run-plan'

/** What one phase of one finished run used, all its rounds and re-openings counted. Newest run first in lists. */
export type PastUse = {
  readonly phase: string
  /** Who worked there: another set of agents is other work. */
  readonly agents: readonly string[]
  /** What came first in the run's list of models. */
  readonly model: string
  readonly inputTokens: number
  readonly outputTokens: number
}

/** Bounds of tokens, and the least and most that was seen, from which they are drawn closer. */
type Bounds = { readonly low: number; readonly high: number; readonly least: number; readonly most: number }

/**
 * How much of the distance between a bound and what was seen is kept with each run that falls inside. Near 1 the
 * playbook's guess lives on for dozens of runs; near 0 one run is taken for all there will ever be.
 */
const KEPT = 0.5

/** Three quarters of a model's tokens are what it reads, where no run has told otherwise. */
const INPUT_SHARE = 0.75

/** Rounds that a phase needs at most, as a rule: few gates fail three times. */
const LIKELY_ROUNDS = { low: 1, middle: 2, high: 3 }

/** Older runs tell of other playbooks, models and habits; the newest are as many as a range needs. */
const MAX_SAMPLES = 20

/**
 * A budget is a ceiling: it has room for every round that the gate may ask for. One round's share of it is thus
 * what a phase uses that passes at once, and three rounds' share what one uses that is mended twice.
 */
const getShare = ({ budgets, gate }: PhaseDefinition, rounds: number): number =>
  budgets.tokens * Math.min(1, rounds / gate.max_rounds)

/**
 * Bounds after one more run. A run inside them draws both closer to what was seen; one outside moves the bound it
 * passed to itself and half as far again, for where one was, the next may be farther.
 */
const learn = (bounds: Bounds, used: number): Bounds => {
  const least = Math.min(bounds.least, used)
  const most = Math.max(bounds.most, used)
  const low = used < bounds.low ? used - (bounds.low - used) * KEPT : least - (least - bounds.low) * KEPT
  const high = used > bounds.high ? used + (used - bounds.high) * KEPT : most + (bounds.high - most) * KEPT
  return { low: Math.max(0, Math.floor(low)), high: Math.ceil(high), least, most }
}

const getMedian = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2
}

const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name) => b.includes(name))

/** Runs of the same model where there are any, else of any model; the newest of them, oldest first. */
const pickSamples = (past: readonly PastUse[], definition: PhaseDefinition, model: string): PastUse[] => {
  const alike = past.filter(
    ({ phase, agents }) => phase === definition.phase && isSame(agents, definition.agents),
  )
  const own = alike.filter((use) => use.model === model)
  return (own.length > 0 ? own : alike).slice(0, MAX_SAMPLES).toReversed()
}

type Tokens = {
  readonly low: number
  readonly middle: number
  readonly high: number
  readonly inputShare: number
  readonly runs: number
}

/** The tokens a phase is expected to use: what its playbook says, and what each past run then made of that. */
const estimateTokens = (definition: PhaseDefinition, samples: readonly PastUse[]): Tokens => {
  const low = Math.floor(getShare(definition, LIKELY_ROUNDS.low))
  const high = Math.ceil(getShare(definition, LIKELY_ROUNDS.high))
  const [first] = samples
  if (first === undefined) {
    const middle = getShare(definition, LIKELY_ROUNDS.middle)
    return { low, middle, high, inputShare: INPUT_SHARE, runs: 0 }
  }
  // No phase passes its own ceiling, whatever it had in the past.
  const ceiling = definition.budgets.tokens
  const used = samples.map(({ inputTokens, outputTokens }) => Math.min(inputTokens + outputTokens, ceiling))
  const start = used[0] ?? 0
  const bounds = used.reduce(learn, { low, high, least: start, most: start })
  const input = samples.reduce((sum, { inputTokens }) => sum + inputTokens, 0)
  const all = samples.reduce((sum, { inputTokens, outputTokens }) => sum + inputTokens + outputTokens, 0)
  return {
    low: bounds.low,
    middle: getMedian(used),
    high: Math.min(bounds.high, ceiling),
    inputShare: all === 0 ? INPUT_SHARE : input / all,
    runs: samples.length,
  }
}

/** What an estimate rests on; `inherited` are the phases that a fork takes over. */
export type EstimateFacts = {
  readonly plan: Pick<RunPlan, 'phases' | 'agents' | 'prices' | 'models'>
  /** The day whose prices count, as `2026-01-31`. */
  readonly date: string
  readonly past?: readonly PastUse[]
  readonly inherited?: ReadonlySet<string>
}

const callsModel = (definition: PhaseDefinition, { plan }: EstimateFacts): boolean => {
  const names = [...definition.agents, ...(definition.fix_agent === undefined ? [] : [definition.fix_agent])]
  return plan.agents.some(
    ({ agent, kind }) => names.includes(agent) && (kind === 'model' || kind === 'coder'),
  )
}

const estimatePhase = (definition: PhaseDefinition, facts: EstimateFacts, model: string): PhaseEstimate => {
  const { phase } = definition
  const inherited = facts.inherited?.has(phase) ?? false
  const none = { lowTokens: 0, tokens: 0, highTokens: 0, lowMicros: 0, highMicros: 0, runs: 0 }
  if (inherited || !callsModel(definition, facts)) return { phase, ...none, inherited }
  const { low, middle, high, inputShare, runs } = estimateTokens(
    definition,
    pickSamples(facts.past ?? [], definition, model),
  )
  const price = getPrice(facts.plan.prices, model, facts.date)
  const cost = (tokens: number) => getCostMicros(price, tokens * inputShare, tokens * (1 - inputShare))
  return {
    phase,
    lowTokens: low,
    tokens: Math.round(middle),
    highTokens: high,
    lowMicros: cost(low),
    highMicros: cost(high),
    runs,
    inherited,
  }
}

const getBasis = (phases: readonly PhaseEstimate[]): Estimate['basis'] => {
  const priced = phases.filter(({ highTokens }) => highTokens > 0)
  if (priced.length === 0) return 'none'
  if (priced.every(({ runs }) => runs > 0)) return 'runs'
  return priced.some(({ runs }) => runs > 0) ? 'mixed' : 'playbook'
}

/**
 * What a run is expected to use, by phase and in all, priced as the model that comes first. A past run inside the
 * range of its phase never widens it; every bound is a whole number of 0 or more, low ≤ tokens ≤ high. The offline
 * model makes no calls, and what it did in the past tells nothing of models that do.
 */
export const makeEstimate = (facts: EstimateFacts): Estimate => {
  const [model = 'offline'] = facts.plan.models
  if (model === 'offline') return NO_ESTIMATE
  const phases = facts.plan.phases.map(({ definition }) => estimatePhase(definition, facts, model))
  const sum = (pick: (phase: PhaseEstimate) => number) =>
    phases.reduce((total, phase) => total + pick(phase), 0)
  return {
    lowTokens: sum(({ lowTokens }) => lowTokens),
    tokens: sum(({ tokens }) => tokens),
    highTokens: sum(({ highTokens }) => highTokens),
    lowMicros: sum(({ lowMicros }) => lowMicros),
    highMicros: sum(({ highMicros }) => highMicros),
    basis: getBasis(phases),
    runs: Math.max(0, ...phases.map(({ runs }) => runs)),
    model,
    price: getPrice(facts.plan.prices, model, facts.date).known ? 'listed' : 'assumed',
    phases,
  }
}
