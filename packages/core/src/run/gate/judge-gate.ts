import type { PackReport } from '../../contract/evidence-pack.ts'
import type { PhaseDefinition } from '../../contract/playbook.ts'
import type { PhaseWaiver } from '../state.ts'

/** What a gate says of its evidence. `failing` are the reports that a fix round answers to. */
export type Judgement = {
  readonly passed: boolean
  readonly score: number
  readonly reasons: readonly string[]
  readonly failing: readonly PackReport[]
  readonly missing: readonly string[]
  readonly failingRubrics: readonly string[]
  /** The waivers it leans on. */
  readonly relied: readonly PhaseWaiver[]
}

/** What a gate is given to judge. Waivers that are not active have no say. */
export type Evidence = {
  readonly reports: readonly PackReport[]
  readonly handedIn: readonly string[]
  readonly waivers?: readonly PhaseWaiver[]
}

type RubricScore = {
  readonly name: string
  readonly weight: number
  readonly score: number
  readonly passes: boolean
  /** An optional rubric none of whose guards could run: it has no say. */
  readonly omitted: boolean
  readonly waiver: PhaseWaiver | undefined
  readonly reports: readonly PackReport[]
  readonly reasons: readonly string[]
}

/** Sums of decimal fractions stray in the last digits; a score of 0.8 must be 0.8. */
const round = (value: number): number => Math.round(value * 1e9) / 1e9

const getScore = (report: PackReport): number =>
  report.outcome === 'error' || report.outcome === 'not-run' ? 0 : report.score

export const isCritical = (report: PackReport): boolean =>
  report.severity === 'critical' && report.outcome === 'fail'

const show = (value: number): string => value.toFixed(2)

const scoreRubric = (
  name: string,
  rubric: PhaseDefinition['rubrics'][string],
  all: readonly PackReport[],
): RubricScore => {
  const own = all.filter(({ type }) => type === name)
  const gaps = rubric.optional ? own.filter(({ outcome }) => outcome === 'not-run') : []
  const reports = own.filter((report) => !gaps.includes(report))
  const broken = reports.filter(({ outcome }) => outcome === 'error' || outcome === 'not-run')
  const omitted = rubric.optional && reports.length === 0
  const sum = reports.reduce((total, report) => total + getScore(report), 0)
  const score = reports.length === 0 ? 0 : round(sum / reports.length)
  const reasons = gaps.map(({ guard }) => `gap: the optional check ${guard} of ${name} did not run`)
  if (omitted && own.length === 0) reasons.push(`gap: nothing checked the optional rubric ${name}`)
  if (!omitted && reports.length === 0) reasons.push(`nothing checked the rubric ${name}`)
  for (const { guard, outcome } of broken) reasons.push(`${name}: the check ${guard} ended as ${outcome}`)
  if (!omitted && score < rubric.min)
    reasons.push(`${name} scored ${show(score)}, its minimum is ${show(rubric.min)}`)
  const passes = omitted || (reports.length > 0 && broken.length === 0 && score >= rubric.min)
  return { name, weight: rubric.weight, score, passes, omitted, waiver: undefined, reports, reasons }
}

/** The reason that a gate gives for a rubric somebody was let off. */
const getWaivedReason = ({ owner, expiresAt, justification, selfApproved, rubric }: PhaseWaiver): string =>
  `gap: ${rubric} is waived by ${owner} until ${expiresAt}${selfApproved ? ' (approved by whoever asked)' : ''}: ${justification}`

/** A rubric without its say: it passes, weighs nothing, and leaves a gap. */
const waive = (of: RubricScore, waiver: PhaseWaiver): RubricScore => ({
  ...of,
  passes: true,
  omitted: true,
  waiver,
  reasons: [getWaivedReason(waiver)],
})

/** No waiver helps against a critical failure, nor where the playbook says so. */
const findWaiver = (
  { name, reports }: RubricScore,
  rubric: PhaseDefinition['rubrics'][string] | undefined,
  waivers: readonly PhaseWaiver[],
): PhaseWaiver | undefined =>
  rubric?.waivable === true && !reports.some(isCritical)
    ? waivers.find((waiver) => waiver.isActive && waiver.rubric === name)
    : undefined

const getFailing = (scores: readonly RubricScore[], reports: readonly PackReport[]): PackReport[] => {
  const weak = (report: PackReport) => report.outcome !== 'pass' || getScore(report) < 1
  const judged = new Set(scores.flatMap((rubric) => (rubric.passes ? [] : rubric.reports.filter(weak))))
  const named = reports.filter((report) => judged.has(report) || isCritical(report))
  if (named.length > 0) return named
  const counted = new Set(scores.flatMap((rubric) => rubric.reports))
  return reports.filter((report) => counted.has(report) && weak(report))
}

const judgeScores = (
  definition: PhaseDefinition,
  { reports, handedIn }: Evidence,
  scores: readonly RubricScore[],
): Judgement => {
  const counted = scores.filter(({ omitted }) => !omitted)
  const weight = counted.reduce((total, rubric) => total + rubric.weight, 0)
  const sum = counted.reduce((total, rubric) => total + rubric.weight * rubric.score, 0)
  const score = weight === 0 ? 1 : Math.min(1, round(sum / weight))
  const missing = definition.required_artifacts.filter((name) => !handedIn.includes(name))
  const failingRubrics = scores.filter(({ passes }) => !passes).map(({ name }) => name)
  const criticals = reports.filter(isCritical)
  const { pass } = definition.gate
  const passed = score >= pass && failingRubrics.length + criticals.length + missing.length === 0
  const failing = passed ? [] : getFailing(scores, reports)
  return {
    passed,
    score,
    missing,
    failing,
    failingRubrics,
    relied: scores.flatMap(({ waiver }) => waiver ?? []),
    reasons: [
      ...missing.map((name) => `the required artifact ${name} is missing`),
      ...criticals.map(({ guard, type }) => `${type}: ${guard} found a critical failure`),
      ...scores.flatMap(({ reasons }) => reasons),
      ...(score < pass ? [`the score ${show(score)} is under the pass mark ${show(pass)}`] : []),
      ...failing.flatMap((report) => report.reasons.map((reason) => `${report.guard}: ${reason}`)),
    ],
  }
}

/**
 * Judges a phase by its reports: the weighted mean of its rubrics against the pass mark, each rubric
 * against its minimum, no critical failure, nothing required missing. Without rubrics the score is 1.
 * A waiver is leant on where its rubric fails, and where it is the weighted mean alone that fails.
 */
export const judgeGate = (definition: PhaseDefinition, evidence: Evidence): Judgement => {
  const scores = Object.entries(definition.rubrics).map(([name, rubric]) =>
    scoreRubric(name, rubric, evidence.reports),
  )
  const judgeWaiving = (isWaived: (rubric: RubricScore) => boolean): Judgement =>
    judgeScores(
      definition,
      evidence,
      scores.map((of) => {
        const waiver = isWaived(of)
          ? findWaiver(of, definition.rubrics[of.name], evidence.waivers ?? [])
          : undefined
        return waiver ? waive(of, waiver) : of
      }),
    )
  const judged = judgeWaiving(({ passes }) => !passes)
  if (judged.passed || judged.failingRubrics.length > 0) return judged
  const lenient = judgeWaiving(() => true)
  return lenient.passed ? lenient : judged
}
