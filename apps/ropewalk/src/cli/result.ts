import type { DossierSummary } from '@ropewalk/core/contract/api/records'
import type { RunDetail } from '@ropewalk/core/contract/api/runs'
import { hasCode } from '@ropewalk/core/errors'
import { pathToFileURL } from 'node:url'
import { getLandedText } from './land-run.ts'
import type { Session } from './session.ts'
import type { Landed } from '../repo/land-branch.ts'
import { clip, makeTable, type Terminal } from './terminal.ts'
import { EXIT } from './trouble.ts'

/** The last line of `run --json`. Names and order are settled: others read it. */
export type RunResult = {
  readonly type: 'result'
  readonly runId: string
  readonly status: RunDetail['status']
  readonly verdict: 'verified' | 'gaps' | 'unverified'
  readonly phases: readonly {
    readonly phase: string
    readonly status: string
    readonly rounds: number
    readonly score: number | null
  }[]
  /** `reasons` says what keeps a requirement from being verified, or verified without a gap. */
  readonly requirements: readonly {
    readonly id: string
    readonly title: string
    readonly verdict: string
    readonly reasons: readonly string[]
  }[]
  /** What is known to be missing from the evidence of the whole run. */
  readonly gaps: readonly string[]
  readonly costUsd: number
  readonly tokens: number
  readonly simulated: boolean
  /** The dossier's folder on this machine; null where there is none. */
  readonly dossier: string | null
  /** What the run was expected to cost before it began, and where that came from. */
  readonly estimate: { readonly lowUsd: number; readonly highUsd: number; readonly from: string }
  /** For a run on a repository: the branch its work was put on; null where none was made. */
  readonly repo?: (Landed & { readonly root: string }) | null
}

const findDossier = async (session: Session, runId: string): Promise<DossierSummary | undefined> => {
  try {
    return await session.call((api) => api.readDossier(runId))
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND')) return undefined
    throw error
  }
}

/** How a run stands, as one document. */
export const readResult = async (session: Session, run: RunDetail): Promise<RunResult> => {
  const dossier = await findDossier(session, run.id)
  return {
    type: 'result',
    runId: run.id,
    status: run.status,
    verdict: run.verdict ?? 'unverified',
    phases: run.phases.map(({ phase, status, round, score }) => ({ phase, status, rounds: round, score })),
    requirements: dossier?.requirements ?? [],
    gaps: dossier?.gaps ?? [],
    costUsd: run.money.spentUsd,
    tokens: run.tokensUsed,
    simulated: run.simulated,
    dossier: dossier?.folder ?? null,
    estimate: {
      lowUsd: run.estimate.lowUsd,
      highUsd: run.estimate.highUsd,
      from: run.estimate.from,
    },
  }
}

/** The exit code that a run's standing calls for. */
export const getRunExit = (
  run: Pick<RunDetail, 'status' | 'pauseReason' | 'verdict' | 'failureCode'>,
): number => {
  switch (run.status) {
    case 'succeeded':
      return run.verdict === 'unverified' ? EXIT.gateFailed : EXIT.ok
    case 'failed':
      return run.failureCode === 'GATE_FAILED' ? EXIT.gateFailed : EXIT.failure
    case 'cancelled':
      return EXIT.cancelled
    case 'paused':
      return run.pauseReason === 'budget' ? EXIT.overBudget : EXIT.awaitingHuman
    case 'planned':
    case 'awaiting_human':
      return EXIT.awaitingHuman
    case 'running':
      return EXIT.failure
  }
}

/** A terminal has few lines; the dossier has them all. */
const MAX_WEAKNESSES = 12

export const VERDICT_WORDS = {
  verified: 'verified',
  gaps: 'verified with gaps',
  unverified: 'not verified',
} as const

const getVerdictWord = (verdict: string): string =>
  Object.hasOwn(VERDICT_WORDS, verdict) ? VERDICT_WORDS[verdict as keyof typeof VERDICT_WORDS] : verdict

/** Dollars with as many digits as they need: $0.00, $1.25, $0.0042. */
export const getMoneyText = (usd: number): string =>
  usd !== 0 && Math.abs(usd) < 0.01 ? `$${usd.toFixed(4)}` : `$${usd.toFixed(2)}`

export const getPageUrl = (dossier: string): string => pathToFileURL(`${dossier}/index.html`).href

/** Why not all is verified: the gaps of the run, then what requirements lack of their own. */
const listWeaknesses = ({ gaps, requirements }: RunResult): string[] => {
  const own = requirements.flatMap(({ id, reasons }) =>
    reasons.filter((reason) => !gaps.includes(reason)).map((reason) => `${id}: ${reason}`),
  )
  const all = [...gaps, ...own]
  if (all.length === 0) return []
  const shown = all.slice(0, MAX_WEAKNESSES).map((line) => `    ${clip(line, 160)}`)
  const more = all.length - shown.length
  return ['', '  not proved in full', ...shown, ...(more > 0 ? [`    and ${more} more in the dossier`] : [])]
}

/** The end of a run for a person, on standard output. */
export const printResult = (terminal: Terminal, run: RunDetail, result: RunResult): void => {
  const isEnded = run.status === 'succeeded' || run.status === 'failed'
  const lines = [
    '',
    `${clip(run.title, 100)}`,
    isEnded
      ? `  ${getVerdictWord(result.verdict)}${result.status === 'failed' ? ': the run failed' : ''}`
      : `  ${run.status === 'paused' && run.pauseReason === 'budget' ? 'over budget' : run.status.replace('_', ' ')}`,
  ]
  if (run.status === 'failed' && run.failureMessage !== null) lines.push(`  ${clip(run.failureMessage, 300)}`)
  if (result.requirements.length > 0) {
    const rows = result.requirements.map(({ id, title, verdict }) => [
      `    ${id}`,
      getVerdictWord(verdict),
      clip(title, 80),
    ])
    lines.push('', makeTable(rows), ...listWeaknesses(result))
  }
  lines.push('', `  cost     ${getMoneyText(result.costUsd)}, ${result.tokens} tokens`)
  if (run.estimate.basis !== 'none')
    lines.push(
      `  expected ${getMoneyText(result.estimate.lowUsd)} to ${getMoneyText(result.estimate.highUsd)}, ${result.estimate.from}`,
    )
  if (result.simulated)
    lines.push(
      '  note     simulated: the offline model wrote the documents and the code; checks were really run',
    )
  if (result.repo !== undefined)
    lines.push(`  branch   ${result.repo === null ? 'none' : getLandedText(result.repo)}`)
  if (result.dossier !== null) lines.push(`  dossier  ${getPageUrl(result.dossier)}`)
  lines.push(`  run      ${run.id}`)
  terminal.out(lines.join('\n'))
}
