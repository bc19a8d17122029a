import { z } from 'zod'
import type { Judgement } from '../make-guard.ts'
import { countBySeverity, SEVERITIES, type Severity } from '../scan/finding.ts'

const limit = z.int().min(0).nullable()

/** How many findings of each severity a gate lets pass; null: any number. */
export const LIMITS = {
  max_critical: z.int().min(0).default(0),
  max_high: limit.default(0),
  max_medium: limit.default(10),
  max_low: limit.default(null),
} as const
export type Limits = {
  readonly max_critical: number
  readonly max_high: number | null
  readonly max_medium: number | null
  readonly max_low: number | null
}

export type JudgedFinding = {
  readonly id: string
  readonly severity: Severity
  readonly text: string
}

/** How much of the score one finding above its limit takes. */
const PENALTIES: Readonly<Record<Severity, number>> = {
  critical: 1,
  high: 0.25,
  medium: 0.1,
  low: 0.02,
  info: 0,
}

const getLimit = (limits: Limits, severity: Severity): number | null =>
  severity === 'info' ? null : limits[`max_${severity}`]

/**
 * Pass or fail by how many findings of each severity there are. A finding that `waived` names counts apart,
 * unless it is critical: nothing critical is waived.
 */
export const judgeFindings = (
  findings: readonly JudgedFinding[],
  limits: Limits,
  waived: readonly string[] = [],
): Judgement => {
  const isWaived = ({ id, severity }: JudgedFinding) => severity !== 'critical' && waived.includes(id)
  const counted = findings.filter((finding) => !isWaived(finding))
  const counts = countBySeverity(counted)
  const above = SEVERITIES.flatMap((severity) => {
    const max = getLimit(limits, severity)
    return max !== null && counts[severity] > max ? [{ severity, max, excess: counts[severity] - max }] : []
  })
  const worst = above[0]?.severity
  const penalty = above.reduce((sum, { severity, excess }) => sum + excess * PENALTIES[severity], 0)
  const reasons = above.flatMap(({ severity, max }) => [
    `${counts[severity]} findings are ${severity}, expected at most ${max}.`,
    ...counted.filter((finding) => finding.severity === severity).map(({ text }) => text),
  ])
  const left = findings.filter(isWaived)
  return {
    outcome: above.length === 0 ? 'pass' : 'fail',
    score: above.length === 0 ? 1 : Math.max(0, 1 - penalty),
    severity: worst === undefined ? 'info' : worst === 'critical' ? 'critical' : 'major',
    reasons: [...reasons, ...left.map(({ text }) => `Waived: ${text}`)],
    metrics: { ...counts, waived: left.length },
  }
}
