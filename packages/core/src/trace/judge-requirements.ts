import type { Prd } from '../contract/documents.ts'
import type { RequirementCheck } from '../contract/guard-report.ts'

/** Shown as verified, verified with gaps, not verified. */
export type RequirementVerdict = 'verified' | 'gaps' | 'unverified'

export type JudgedRequirement = {
  readonly id: string
  readonly title: string
  readonly verdict: RequirementVerdict
  readonly reasons: readonly string[]
}

/** What a run came to: each requirement, and the worst of them. */
export type Judgement = {
  readonly requirements: readonly JudgedRequirement[]
  readonly verdict: RequirementVerdict
}

const RANK = { verified: 0, gaps: 1, unverified: 2 } as const

const getTestKey = ({ file, test }: RequirementCheck): string => `${file}\n${test}`

/** Tests that were skipped in every report that names them: less was proved than the tests promise. */
const listSkipped = (checks: readonly RequirementCheck[]): string[] => {
  const ran = new Set(checks.filter(({ outcome }) => outcome !== 'skipped').map(getTestKey))
  const skipped = checks.filter((check) => !ran.has(getTestKey(check)))
  return [...new Set(skipped.map(({ test, file }) => `The test "${test}" in ${file} was skipped.`))]
}

const listProblems = (checks: readonly RequirementCheck[]): string[] => {
  if (checks.length === 0) return ['No test names it.']
  const failed = checks.filter(({ outcome }) => outcome === 'fail')
  if (failed.length > 0) return failed.map(({ test, file }) => `The test "${test}" in ${file} failed.`)
  return checks.some(({ outcome }) => outcome === 'pass') ? [] : ['Its tests were all skipped.']
}

/**
 * The verdict of each requirement, in id order, and of the run, which is the worst of them.
 * `checks` are those of test reports that the engine ran at the accepted commit; `gaps` says in words what
 * weakens all of them: an optional rubric not run, evidence without confinement, a waiver.
 * Without requirements, or with a gate that did not pass, the run is unverified.
 */
export const judgeRequirements = (facts: {
  readonly prd: Prd | null
  readonly checks: readonly RequirementCheck[]
  readonly gatesPassed: boolean
  readonly gaps: readonly string[]
}): Judgement => {
  const { prd, checks, gatesPassed, gaps } = facts
  const requirements = (prd?.requirements ?? [])
    .toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
    .map(({ id, title }): JudgedRequirement => {
      const own = checks.filter(({ requirementId }) => requirementId === id)
      const problems = listProblems(own)
      if (problems.length > 0) return { id, title, verdict: 'unverified', reasons: problems }
      const weak = [...listSkipped(own), ...gaps]
      return { id, title, verdict: weak.length > 0 ? 'gaps' : 'verified', reasons: weak }
    })
  const worst = requirements.reduce<RequirementVerdict>(
    (verdict, one) => (RANK[one.verdict] > RANK[verdict] ? one.verdict : verdict),
    'verified',
  )
  return { requirements, verdict: gatesPassed && requirements.length > 0 ? worst : 'unverified' }
}
