import type { z } from 'zod'
import { hasCode } from '@ropewalk/core/errors'
import type { Guard, GuardFindings, GuardInput } from './guard.ts'

/** What a guard's own code returns; the rest has a default that fits a check without a child process. */
export type Judgement = Pick<GuardFindings, 'outcome' | 'score' | 'reasons'> & Partial<GuardFindings>

const MAX_REASONS = 50
const MAX_REASON_LENGTH = 1000
const MAX_ARGV = 100
const MAX_ARGUMENT_LENGTH = 2000

/** A reason as a report may keep it: no NUL, no lone surrogate, at most 1000 characters. */
export const getReason = (reason: string): string => {
  const clean = reason.toWellFormed().replaceAll('\u0000', '\uFFFD').trim()
  // Cutting may halve a surrogate pair, so the text is made well formed once more.
  return (
    clean.length > MAX_REASON_LENGTH ? `${clean.slice(0, MAX_REASON_LENGTH - 1)}…` : clean
  ).toWellFormed()
}

const getReasons = (reasons: readonly string[]): string[] => {
  const kept = reasons.map(getReason).filter((reason) => reason !== '')
  if (kept.length <= MAX_REASONS) return kept
  return [...kept.slice(0, MAX_REASONS - 1), `and ${kept.length - MAX_REASONS + 1} more`]
}

const getFindings = (guard: Pick<Guard, 'name' | 'version'>, judgement: Judgement): GuardFindings => ({
  severity: judgement.outcome === 'fail' || judgement.outcome === 'error' ? 'major' : 'info',
  tool: `ropewalk-${guard.name}`,
  toolVersion: guard.version,
  exitCode: null,
  confined: 'not-needed',
  ...judgement,
  score: Math.min(1, Math.max(0, judgement.score)),
  argv:
    judgement.argv?.slice(0, MAX_ARGV).map((part) => part.slice(0, MAX_ARGUMENT_LENGTH).toWellFormed()) ??
    null,
  reasons: getReasons(judgement.reasons),
})

/**
 * Makes a guard of a settings contract and a judging function.
 * Settings that break the contract end as outcome `error` with the field's name; a machine without a
 * sandbox as `not-run`. Every other error rises to the engine.
 */
export const makeGuard = <Settings extends z.ZodType>(definition: {
  readonly name: string
  readonly version: string
  readonly settings: Settings
  readonly judge: (input: GuardInput, settings: z.infer<Settings>) => Promise<Judgement> | Judgement
}): Guard => ({
  name: definition.name,
  version: definition.version,
  settings: definition.settings,
  run: async (input) => {
    const settings = definition.settings.safeParse(input.use.settings)
    if (!settings.success) {
      const reasons = settings.error.issues.map(
        (issue) => `settings.${issue.path.map(String).join('.')}: ${issue.message}`,
      )
      return getFindings(definition, { outcome: 'error', score: 0, reasons })
    }
    try {
      return getFindings(definition, await definition.judge(input, settings.data))
    } catch (error) {
      if (!hasCode(error, 'SANDBOX_UNAVAILABLE')) throw error
      return getFindings(definition, { outcome: 'not-run', score: 0, reasons: [error.message] })
    }
  },
})

/** The judgement of a guard that had nothing of its kind to look at. */
export const notRun = (reason: string): Judgement => ({ outcome: 'not-run', score: 0, reasons: [reason] })

/** The judgement of a guard that lacks an artifact it needs. */
export const lacks = (name: string): Judgement => ({
  outcome: 'error',
  score: 0,
  reasons: [`This check needs the artifact ${name}, and the run has none.`],
})

/** Pass or fail by a smallest score; `reasons` stand in the report either way. */
export const judgeByScore = (score: number, min: number, reasons: readonly string[]): Judgement => ({
  // Sums of shares such as 0.2 fall short of the limit by a rounding error.
  outcome: score + 1e-9 >= min ? 'pass' : 'fail',
  score,
  reasons: [...reasons],
})
