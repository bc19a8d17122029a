import type { DocumentName } from '@ropewalk/core/contract/documents'
import type { AgentJob } from '../../../../agent-runtime.ts'
import { findInput } from '../inputs.ts'

export type Observation = { readonly text: string; readonly cites: readonly string[] }

/** What each report says in one sentence, and the member that it rests on. */
type Teller<N extends DocumentName> = (
  report: NonNullable<ReturnType<typeof findInput<N>>>,
) => readonly [text: string, pointer: string]

const round = (value: number): string => String(Math.round(value * 100) / 100)

const tellE2E: Teller<'E2EReport'> = ({ passed, failed, skipped }) => [
  `End to end, ${String(passed)} scenarios passed, ${String(failed)} failed and ${String(skipped)} were left out.`,
  '/pass_rate',
]
const tellPerf: Teller<'PerfReport'> = ({ routes }) => [
  `The slowest of ${String(routes.length)} routes answers 95 of 100 requests within ${round(Math.max(0, ...routes.map(({ latency_ms: { p95 } }) => p95)))} ms.`,
  '/outcome',
]
const tellLoad: Teller<'LoadReport'> = ({ stages }) => [
  `Under load, the least of ${String(stages.length)} stages was answered ${round(Math.min(...stages.map(({ throughput_rps: rate }) => rate)))} times a second, with ${String(stages.reduce((sum, { errors, timeouts }) => sum + errors + timeouts, 0))} errors.`,
  '/outcome',
]
const tellA11y: Teller<'A11yAudit'> = ({ violations, standard, pages }) => [
  `${String(violations)} violations of ${standard} were found on ${String(pages.length)} pages.`,
  '/violations',
]
const tellCompatibility: Teller<'CompatibilityMatrix'> = ({ cells }) => {
  const count = (outcome: string) => cells.filter((cell) => cell.outcome === outcome).length
  return [
    `Of ${String(cells.length)} kinds of callers and screens, ${String(count('pass'))} passed, ${String(count('fail'))} failed and ${String(count('not-run'))} were not tried.`,
    '/outcome',
  ]
}

type Reported = { readonly outcome: 'done' | 'not-run'; readonly reason: string | null }

const observe = <N extends DocumentName>(job: AgentJob, name: N, tell: Teller<N>): Observation[] => {
  const report = findInput(job, name)
  if (report === undefined) return []
  const { outcome, reason } = report as Reported
  if (outcome === 'not-run')
    return [
      {
        text: `${name} was not run: ${reason ?? 'no reason was given'}. It proves nothing.`,
        cites: [`${name}#/outcome`],
      },
    ]
  const [text, pointer] = tell(report as Parameters<typeof tell>[0])
  return [{ text, cites: [`${name}${'#'}${pointer}`] }]
}

/** What the measuring tools of this phase saw, one sentence each; a tool that did not run is told as that. */
export const listMeasured = (job: AgentJob): readonly Observation[] => [
  ...observe(job, 'E2EReport', tellE2E),
  ...observe(job, 'PerfReport', tellPerf),
  ...observe(job, 'LoadReport', tellLoad),
  ...observe(job, 'A11yAudit', tellA11y),
  ...observe(job, 'CompatibilityMatrix', tellCompatibility),
]
