import type { Obstacle, Readiness } from '../../contract/api/readiness.ts'
import type { PhasePlan } from '../../contract/phase-plan.ts'
import type { RunPlan } from '../../contract/run-plan.ts'
import { getElapsedMs } from '../../decision.ts'
import { findAgent, getAllNeeds, getPhasePlan, getTimeboxMs } from '../plan/find-in-plan.ts'
import type { Phase } from '../state.ts'
import { isCritical, judgeGate, type Judgement } from './judge-gate.ts'

/** What readiness is read from: the plan, all phases of the run, and the time. */
export type ReadinessFacts = {
  readonly plan: RunPlan
  readonly phases: ReadonlyMap<string, Phase>
  readonly now: string
}

type Scene = ReadinessFacts & {
  readonly of: PhasePlan
  readonly phase: Phase
  readonly judgement: Judgement
}

const judge = ({ definition }: PhasePlan, { reports, outputs, waivers }: Phase): Judgement =>
  judgeGate(definition, { reports, handedIn: Object.keys(outputs), waivers })

const listNeeds = ({ plan, phases, phase }: Scene): Obstacle[] =>
  phase.status !== 'pending'
    ? []
    : [...getAllNeeds(plan, phase.phase)]
        .filter((name) => phases.get(name)?.status !== 'passed')
        .map((name) => ({
          kind: 'need',
          name,
          weight: 1,
          message: `${name} has not passed yet`,
          action: `Wait for ${name}.`,
          waivable: false,
        }))

const listMissing = ({ plan, of, phase, judgement }: Scene): Obstacle[] =>
  judgement.missing.map((name) => {
    const maker = of.definition.agents.find(
      (agent) => findAgent(plan.agents, phase.phase, agent)?.output === name,
    )
    return {
      kind: 'missing-artifact',
      name,
      weight: 1,
      message: `the required artifact ${name} is missing`,
      action: maker === undefined ? `Hand in ${name}.` : `${maker} hands in ${name}.`,
      waivable: false,
    }
  })

const listCriticals = ({ phase }: Scene): Obstacle[] =>
  phase.reports.filter(isCritical).map(({ guard, artifacts, reasons }) => ({
    kind: 'critical',
    name: guard,
    weight: 1,
    message: reasons[0] ?? `${guard} found a critical failure`,
    action: `Mend ${artifacts.join(', ')}; it cannot be waived.`,
    waivable: false,
  }))

const listWaits = ({ phase }: Scene): Obstacle[] => {
  const asked = phase.openQuestions - (phase.approvalId === null ? 0 : 1)
  const wait = { weight: 1, waivable: false }
  const questions: Obstacle = {
    ...wait,
    kind: 'question',
    name: 'questions',
    message: `${asked} question${asked === 1 ? ' is' : 's are'} open`,
    action: 'Answer what was asked.',
  }
  const approval: Obstacle = {
    ...wait,
    kind: 'approval',
    name: 'approval',
    message: 'a person has to approve what the gate has passed',
    action: 'Approve it, or reject it and say why.',
  }
  return [...(asked > 0 ? [questions] : []), ...(phase.approvalId === null ? [] : [approval])]
}

const listRubrics = ({ of, phase, judgement }: Scene): Obstacle[] => {
  const { rubrics } = of.definition
  const total = Object.values(rubrics).reduce((sum, { weight }) => sum + weight, 0)
  return judgement.failingRubrics.map((name) => {
    const own = phase.reports.filter(({ type }) => type === name)
    const { weight = 0, waivable = false } = rubrics[name] ?? {}
    const first = own.find(({ outcome }) => outcome !== 'pass') ?? own.find(({ score }) => score < 1)
    return {
      kind: 'rubric',
      name,
      weight: total === 0 ? 0 : weight / total,
      message:
        judgement.reasons.find((reason) => reason.startsWith(`${name} scored`)) ??
        `${name} was not judged yet`,
      action: first
        ? `Mend ${first.artifacts.join(', ')}: ${first.reasons[0] ?? `${first.guard} must pass`}`
        : 'Wait for its guards.',
      waivable: waivable && !own.some(isCritical),
    }
  })
}

const listScore = ({ of, phase, judgement }: Scene): Obstacle[] => {
  const { pass } = of.definition.gate
  if (phase.reports.length === 0 || judgement.failingRubrics.length > 0 || judgement.score >= pass) return []
  return [
    {
      kind: 'score',
      name: 'score',
      weight: pass - judgement.score,
      message: `the score ${judgement.score.toFixed(2)} is under the pass mark ${pass.toFixed(2)}`,
      action: 'Raise the rubrics that are not met in full.',
      waivable: true,
    },
  ]
}

const RANK: readonly Obstacle['kind'][] = [
  'need',
  'missing-artifact',
  'critical',
  'question',
  'approval',
  'rubric',
  'score',
]

const listObstacles = (scene: Scene): Obstacle[] => {
  if (scene.phase.status === 'passed' || scene.phase.status === 'skipped') return []
  const all = [
    ...listNeeds(scene),
    ...listMissing(scene),
    ...listCriticals(scene),
    ...listWaits(scene),
    ...(scene.phase.approvalId === null ? [...listRubrics(scene), ...listScore(scene)] : []),
  ]
  return all.toSorted((a, b) => b.weight - a.weight || RANK.indexOf(a.kind) - RANK.indexOf(b.kind))
}

/** Milliseconds that the phase has worked so far; time that it stood still for a person does not count. */
const getWorkedMs = ({ plan, phase, now }: Scene): number => {
  const whole = getTimeboxMs(plan, phase.phase)
  if (phase.deadlineAt !== null) return Math.max(0, whole - getElapsedMs(now, phase.deadlineAt))
  if (phase.timeLeftMs !== null) return Math.max(0, whole - phase.timeLeftMs)
  return phase.startedAt === null ? 0 : getElapsedMs(phase.startedAt, phase.completedAt ?? now)
}

/** Steps of a phase: its stages and, where it has guards, those. `toCome` counts what the gate still waits for. */
const countSteps = ({ of, phase }: Scene): { readonly done: number; readonly toCome: number } => {
  const judging = of.definition.guards.length > 0 ? 1 : 0
  const whole = of.stages.length + judging
  const before = (phase.round - 1) * whole + phase.iteration * of.stages.length
  if (phase.status === 'gating') return { done: before + phase.stages.length, toCome: judging }
  if (phase.status === 'running')
    return { done: before + phase.stage, toCome: phase.stages.length - phase.stage + judging }
  return { done: phase.status === 'failed' ? before + whole : before, toCome: whole }
}

const estimate = (scene: Scene): Pick<Readiness, 'estimatedMs' | 'basis'> => {
  const { phase, plan } = scene
  if (phase.status === 'passed') return { estimatedMs: 0, basis: 'passed' }
  if (phase.approvalId !== null || (phase.openQuestions > 0 && phase.stageOpen === 0))
    return { estimatedMs: null, basis: 'person' }
  const { done, toCome } = countSteps(scene)
  const worked = getWorkedMs(scene)
  if (done > 0 && worked > 0) return { estimatedMs: Math.round((worked / done) * toCome), basis: 'durations' }
  return { estimatedMs: Math.max(0, getTimeboxMs(plan, phase.phase) - worked), basis: 'timebox' }
}

/**
 * How near the gate of a phase is to passing: what stands in its way, the weightiest first, and how long it
 * would take by what its steps took so far, else at most by its timebox. Undefined for a phase that is not there.
 */
export const getReadiness = (facts: ReadinessFacts, name: string): Readiness | undefined => {
  const phase = facts.phases.get(name)
  if (!phase) return undefined
  const of = getPhasePlan(facts.plan, name)
  const scene: Scene = { ...facts, of, phase, judgement: judge(of, phase) }
  const obstacles = listObstacles(scene)
  return {
    phase: name,
    status: phase.status,
    ready: obstacles.length === 0,
    round: phase.round,
    maxRounds: of.definition.gate.max_rounds,
    score: phase.score,
    passMark: of.definition.gate.pass,
    obstacles,
    waivedRubrics: phase.waivers.filter(({ isActive }) => isActive).map(({ rubric }) => rubric),
    ...estimate(scene),
  }
}
