import type { Comparison } from '@ropewalk/core/contract/api/comparison'
import { digestOf } from '@ropewalk/core/canonical'
import type { PhasePlan } from '@ropewalk/core/contract/phase-plan'
import type { RunPlan } from '@ropewalk/core/contract/run-plan'
import { findAgent } from '@ropewalk/core/run/plan/find-in-plan'
import { getMicrosText, shorten } from '../story/words.ts'

type Difference = Comparison['plan'][number]

/** What a plan says under each heading, as text. */
const listFacts = (plan: RunPlan): Readonly<Record<string, string>> => ({
  idea: shorten(plan.idea, 300),
  playbook: `${plan.playbook.name} ${plan.playbook.hash.slice(0, 12)}`,
  models: plan.models.join(', '),
  budget: getMicrosText(plan.budgets.capMicros),
  questions: plan.policies.clarification,
  sandbox: plan.policies.unconfined ? 'unconfined where there is none' : 'required',
  repository: plan.repo === null ? 'none' : `${plan.repo.name} at ${plan.repo.commit.slice(0, 12)}`,
})

const compareText = (what: string, a: string | null, b: string | null): Difference[] =>
  a === b ? [] : [{ what, a, b }]

const getStages = ({ stages }: PhasePlan): string => stages.map((stage) => stage.join(' + ')).join(' → ')

const getGate = ({ definition: { gate, rubrics, guards } }: PhasePlan): string => {
  const marks = Object.entries(rubrics).map(([name, { min, weight }]) => `${name} ${min}×${weight}`)
  const checks = [...new Set(guards.map(({ guard }) => guard))].toSorted()
  return `passes at ${gate.pass} within ${gate.max_rounds} rounds; ${marks.join(', ')}; ${checks.join(', ')}`
}

const getBudgets = ({ definition: { budgets, timebox } }: PhasePlan): string =>
  `${budgets.tokens} tokens, ${timebox}`

/** Agents of one name whose front matter or prompt is another. */
const compareAgents = (a: RunPlan, b: RunPlan, of: PhasePlan): Difference[] =>
  of.definition.agents.flatMap((name) => {
    const [ours, theirs] = [a, b].map((plan) => findAgent(plan.agents, of.phase, name))
    if (ours === undefined || theirs === undefined || digestOf(ours) === digestOf(theirs)) return []
    return [
      {
        what: `agent ${name} of ${of.phase}`,
        a: digestOf(ours).slice(0, 12),
        b: digestOf(theirs).slice(0, 12),
      },
    ]
  })

const comparePhase = (a: RunPlan, b: RunPlan, name: string): Difference[] => {
  const [ours, theirs] = [a, b].map((plan) => plan.phases.find(({ phase }) => phase === name))
  if (ours === undefined || theirs === undefined)
    return compareText(`phase ${name}`, ours ? getStages(ours) : null, theirs ? getStages(theirs) : null)
  return [
    ...compareText(`agents of ${name}`, getStages(ours), getStages(theirs)),
    ...compareText(`gate of ${name}`, getGate(ours), getGate(theirs)),
    ...compareText(`limits of ${name}`, getBudgets(ours), getBudgets(theirs)),
    ...compareAgents(a, b, ours),
  ]
}

/** Names of both, those of the first first. */
export const mergeNames = (a: readonly string[], b: readonly string[]): string[] => [...new Set([...a, ...b])]

/** What two plans have otherwise, the run's own settings first, then phase by phase. */
export const comparePlans = (a: RunPlan, b: RunPlan): Difference[] => {
  const [ours, theirs] = [listFacts(a), listFacts(b)]
  const names = mergeNames(
    a.phases.map(({ phase }) => phase),
    b.phases.map(({ phase }) => phase),
  )
  return [
    ...Object.keys(ours).flatMap((what) => compareText(what, ours[what] ?? null, theirs[what] ?? null)),
    ...names.flatMap((name) => comparePhase(a, b, name)),
  ]
}
