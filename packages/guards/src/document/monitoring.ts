import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { DocumentOf } from '@ropewalk/core/contract/documents'
import { findFileInside, listFiles } from '../checkout.ts'
import { findDocument } from '../documents.ts'
import type { GuardInput } from '../guard.ts'
import { lacks, makeGuard } from '../make-guard.ts'
import { listDocuments } from '../text/citations.ts'
import { listValues } from '../text/json-pointer.ts'
import { getContentWords, listSentences } from '../text/statements.ts'
import { fact, judgeChecks, limit, share, type Check } from './checks.ts'

/** Four dashboards by row DX-P13. */
const Settings = z.strictObject({
  min_dashboards: z.int().min(0).max(20).default(4),
  min_alerts: z.int().min(0).max(40).default(1),
  min: z.number().min(0).max(1).default(0.9),
})

/** Documents that say what is to be counted or held to. */
const PLANS = [
  'NFRs',
  'BusinessMetrics',
  'InfrastructureSpec',
  'DeploymentPlan',
  'RollbackPlan',
  'FeedbackPlan',
  'OpenAPI',
]
/** Documents of what was measured. */
const MEASURED = ['DeploymentReport', 'CanaryResults', 'BetaMetrics', 'PerfReport', 'LoadReport']

/** Parts of a metric's name that say how it is counted, not of what. */
const FORM =
  /^(?:total|count|sum|bucket|ms|millisecond|second|byte|mb|ratio|rate|share|percent|number|p50|p95|p99|per|minute|hour|day|week|http|app|service|gauge)$/u

const MAX_BYTES = 512 * 1024

const readSources = async (input: GuardInput): Promise<string> => {
  const dir = input.worktree?.dir
  if (dir === undefined) return ''
  const named =
    findDocument(input, 'RepoManifest')?.sources ??
    (await listFiles(dir, ['.git', 'node_modules', 'test', 'docs']))
  const texts: string[] = []
  for (const path of named) {
    const file = await findFileInside(dir, path)
    if (file === undefined || /\.md$/iu.test(file)) continue
    const bytes = await readFile(join(dir, file))
    if (bytes.length <= MAX_BYTES) texts.push(bytes.toString('utf8'))
  }
  return texts.join('\n')
}

const isWordOf = (text: string, word: string): boolean =>
  new RegExp(`(?<![\\w.-])${word.replaceAll(/[.*+?^${}()|[\]\\/]/gu, '\\$&')}(?![\\w-]|\\.\\w)`, 'iu').test(
    text,
  )

type Sentence = { readonly text: string; readonly words: ReadonlySet<string> }

const listTexts = (documents: ReadonlyMap<string, unknown>, names: readonly string[]): Sentence[] => {
  const texts = names.flatMap((name) =>
    listValues(documents.get(name)).flatMap(({ value, pointer }) =>
      typeof value === 'string' && !/\/cites\/\d+$/u.test(pointer)
        ? listSentences(value)
        : // A member such as error_rate names what its number is of.
          typeof value === 'number'
          ? [pointer.split('/').at(-1)?.replaceAll('_', ' ') ?? '']
          : [],
    ),
  )
  return texts.map((text) => ({ text, words: getContentWords(text.replaceAll(/[_.]/gu, ' ')) }))
}

/** Whether some sentence names a metric: by its name, or by every word of it that says what it counts. */
const isNamedBy = (texts: readonly Sentence[], metric: string): boolean => {
  const words = new Set(
    [...getContentWords(metric.replaceAll(/[^\p{L}\p{N}]+|(?<=\p{Ll})(?=\p{Lu})/gu, ' '))].filter(
      (word) => !FORM.test(word),
    ),
  )
  return texts.some(
    ({ text, words: told }) => isWordOf(text, metric) || (words.size > 0 && words.isSubsetOf(told)),
  )
}

type Board = DocumentOf<'MonitoringDashboard'>

const checkPanels = (
  { dashboards }: Board,
  known: {
    readonly code: string
    readonly measured: readonly Sentence[]
    readonly planned: readonly Sentence[]
  },
): Check[] =>
  dashboards.flatMap(({ panels }, board) =>
    panels.flatMap(({ metric, expression, is_available_now: isAvailable }, index) => {
      const at = `MonitoringDashboard#/dashboards/${board}/panels/${index}`
      const isReal = isWordOf(known.code, metric) || isNamedBy(known.measured, metric)
      return [
        share(isWordOf(expression, metric), `${at}/expression does not hold its metric ${metric}.`),
        isAvailable
          ? fact(
              isReal,
              `${at}/is_available_now is true, but neither the code nor a measured report names ${metric}.`,
            )
          : limit(
              isReal || isNamedBy(known.planned, metric),
              `${at}/metric ${metric} is named neither by the code nor by ${PLANS.join(', ')}; plan it there or take one that is.`,
            ),
      ]
    }),
  )

const checkAlerts = ({ dashboards, alerts }: Board): Check[] => {
  const metrics = dashboards.flatMap(({ panels }) => panels.map(({ metric }) => metric))
  return alerts.map(({ expression }, index) =>
    share(
      metrics.some((metric) => isWordOf(expression, metric)),
      `MonitoringDashboard#/alerts/${index}/expression holds no metric of a panel, so nobody sees what it tells of.`,
    ),
  )
}

/** Enough different dashboards, of metrics that the service emits or a plan names, and alerts on what they show. */
export const guard = makeGuard({
  name: 'monitoring',
  version: '1.0.0',
  settings: Settings,
  judge: async (input, settings) => {
    const board = findDocument(input, 'MonitoringDashboard')
    if (board === undefined) return lacks('MonitoringDashboard')
    const documents = listDocuments(input)
    const known = {
      code: await readSources(input),
      measured: listTexts(documents, MEASURED),
      planned: listTexts(documents, PLANS),
    }
    // Two boards of the same panels are one.
    const panelsOf = board.dashboards.map(({ panels }) =>
      panels
        .map(({ metric }) => metric)
        .toSorted()
        .join('\n'),
    )
    const distinct = new Set(panelsOf).size
    const checks = [
      limit(
        distinct >= settings.min_dashboards,
        `MonitoringDashboard#/dashboards has ${distinct} different ones, expected at least ${settings.min_dashboards}.`,
      ),
      limit(
        board.alerts.length >= settings.min_alerts,
        `MonitoringDashboard#/alerts has ${board.alerts.length}, expected at least ${settings.min_alerts}.`,
      ),
      ...checkPanels(board, known),
      ...checkAlerts(board),
    ]
    const panels = board.dashboards.reduce((sum, one) => sum + one.panels.length, 0)
    return judgeChecks(checks, settings.min, { dashboards: distinct, panels })
  },
})
