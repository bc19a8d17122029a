import { judgeByScore, notRun, type Judgement } from '../make-guard.ts'

/**
 * One thing that a guard looked at; `reason` stands in the report where it is not `ok`.
 * A broken `share` costs its share of the score. A broken `limit` fails the guard at score 0, though a person
 * may waive it. A broken `fact` means that the document says what is not so: critical, so nobody may waive it.
 */
export type Check = {
  readonly ok: boolean
  readonly reason: string
  readonly kind?: 'share' | 'limit' | 'fact'
}

const RANK = { fact: 0, limit: 1, share: 2 } as const

const getRank = ({ kind = 'share' }: Check): number => RANK[kind]

/** Quotients of decimal fractions stray in the last digits; a ratio of 4 must be 4. */
const round = (value: number): number => Number(value.toPrecision(12))

/** The share of checks satisfied against `min`; broken facts and limits fail it whatever the share. */
export const judgeChecks = (
  checks: readonly Check[],
  min: number,
  metrics: Readonly<Record<string, number>> = {},
): Judgement => {
  if (checks.length === 0) return notRun('The judged artifacts hold nothing of this kind to check.')
  // A report keeps 50 reasons, so the gravest come first.
  const broken = checks.filter(({ ok }) => !ok).toSorted((a, b) => getRank(a) - getRank(b))
  const reasons = broken.map(({ reason }) => reason)
  const satisfied = checks.length - broken.length
  const figures = Object.entries(metrics).map(([name, value]) => [name, round(value)] as const)
  const told = { ...Object.fromEntries(figures), checks: checks.length, satisfied }
  const isAtMost = (rank: number) => broken.some((check) => getRank(check) <= rank)
  if (isAtMost(RANK.limit)) {
    const severity = isAtMost(RANK.fact) ? 'critical' : 'major'
    return { outcome: 'fail', score: 0, severity, reasons, metrics: told }
  }
  return { ...judgeByScore(satisfied / checks.length, min, reasons), metrics: told }
}

/** A check of which every broken one costs its share of the score. */
export const share = (ok: boolean, reason: string): Check => ({ ok, reason })

/** A check of a number that the playbook sets. */
export const limit = (ok: boolean, reason: string): Check => ({ ok, reason, kind: 'limit' })

/** A check of something that a document says about itself, about another document or about the code. */
export const fact = (ok: boolean, reason: string): Check => ({ ok, reason, kind: 'fact' })

/** A number as a reason tells it. */
export const show = (value: number): string =>
  Number.isFinite(value) ? String(Number(value.toPrecision(6))) : 'without end'

/** The share of `part` in `whole`; 1 where there is nothing to have a share of. */
export const getShare = (part: number, whole: number): number => (whole === 0 ? 1 : part / whole)
