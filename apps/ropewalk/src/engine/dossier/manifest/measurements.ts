import { CanaryResults } from '@ropewalk/core/contract/documents/beta'
import { CoverageReport, TestSuite } from '@ropewalk/core/contract/documents/build'
import {
  A11yAudit,
  CompatibilityMatrix,
  E2EReport,
  LoadReport,
  PerfReport,
} from '@ropewalk/core/contract/documents/qa'
import { VisualAssets } from '@ropewalk/core/contract/documents/aesthetic'
import type { Measurement, PictureRecord } from '@ropewalk/core/dossier/manifest'
import type { DossierData } from '../collect-dossier.ts'
import { getArtifactPath, getDocumentPath, getEvidencePath } from '../paths.ts'
import { findContent, listCounting } from '../run-record.ts'

type Figures = Measurement['figures']
type Tone = Figures[number]['tone']
type Measured = {
  readonly tool: string
  readonly outcome: 'done' | 'not-run'
  readonly reason: string | null
  readonly revision: string | null
}

const round = (value: number): string => String(Math.round(value * 10) / 10)
const figure = (name: string, value: string | number, tone: Tone = 'plain'): Figures[number] => ({
  name,
  value: String(value),
  tone,
})
/** Nothing of what is bad is good; anything is bad. */
const none = (count: number): Tone => (count === 0 ? 'good' : 'bad')

const tellSuite = ({ passed, failed, skipped }: TestSuite): Figures => [
  figure('passed', passed, failed === 0 ? 'good' : 'plain'),
  figure('failed', failed, none(failed)),
  figure('skipped', skipped, skipped === 0 ? 'plain' : 'gap'),
]

const tellE2E = ({ scenarios, passed, failed, skipped }: E2EReport): Figures => [
  figure('scenarios', scenarios.length),
  figure('passed', passed, failed === 0 ? 'good' : 'plain'),
  figure('failed', failed, none(failed)),
  ...(skipped > 0 ? [figure('skipped', skipped, 'gap')] : []),
]

const tellCoverage = ({ lines, branches, functions }: CoverageReport): Figures => [
  figure('lines', `${round(lines.percent)} % (${lines.covered} of ${lines.total})`),
  ...(branches === null ? [] : [figure('branches', `${round(branches.percent)} %`)]),
  ...(functions === null ? [] : [figure('functions', `${round(functions.percent)} %`)]),
]

const tellPerf = ({ routes, start_ms: start, memory_mb: memory }: PerfReport): Figures => [
  figure('routes measured', routes.length),
  figure('slowest p95', `${round(Math.max(0, ...routes.map(({ latency_ms: ms }) => ms.p95)))} ms`),
  figure(
    'errors',
    routes.reduce((sum, { errors }) => sum + errors, 0),
    none(routes.reduce((sum, { errors }) => sum + errors, 0)),
  ),
  ...(start === null ? [] : [figure('start', `${round(start)} ms`)]),
  ...(memory === null ? [] : [figure('memory', `${round(memory)} MB`)]),
]

const tellLoad = ({ stages, cpu_cores: cores }: LoadReport): Figures => {
  const bad = stages.reduce((sum, stage) => sum + stage.errors + stage.timeouts + stage.non_2xx, 0)
  return [
    figure(
      'requests',
      stages.reduce((sum, { requests }) => sum + requests, 0),
    ),
    ...(stages.length === 0
      ? []
      : [
          figure(
            'least throughput',
            `${Math.round(Math.min(...stages.map((stage) => stage.throughput_rps)))} requests/s`,
          ),
        ]),
    figure('connections at once', Math.max(0, ...stages.map(({ connections }) => connections))),
    figure('errors, timeouts and refusals', bad, none(bad)),
    ...(cores === null ? [] : [figure('processor cores', cores)]),
  ]
}

const tellA11y = ({ standard, pages, violations }: A11yAudit): Figures => [
  figure('standard', standard),
  figure('pages looked at', pages.length),
  figure(
    'rules kept',
    pages.reduce((sum, { passes }) => sum + passes, 0),
  ),
  figure('violations', violations, none(violations)),
  figure(
    'left to a person',
    pages.reduce((sum, { incomplete }) => sum + incomplete.length, 0),
  ),
]

const tellCompatibility = ({ cells }: CompatibilityMatrix): Figures => {
  const count = (outcome: string) => cells.filter((cell) => cell.outcome === outcome).length
  const notRun = count('not-run')
  return [
    figure('combinations that work', count('pass'), 'good'),
    figure('that fail', count('fail'), none(count('fail'))),
    figure('nobody could try', notRun, notRun === 0 ? 'plain' : 'gap'),
  ]
}

const tellCanary = ({ verdict, requests, errors, steps }: CanaryResults): Figures => [
  figure('verdict', verdict, verdict === 'promote' ? 'good' : verdict === 'none' ? 'gap' : 'bad'),
  figure('requests', requests),
  figure('errors', errors, none(errors)),
  figure('steps', steps.map(({ share }) => `${Math.round(share * 100)} %`).join(' → ') || 'none'),
]

type Kind<T extends Measured> = {
  readonly topic: Measurement['topic']
  readonly name: string
  readonly contract: { safeParse: (value: unknown) => { success: true; data: T } | { success: false } }
  readonly tell: (value: T) => Figures
}

const measure = <T extends Measured>(data: DossierData, kind: Kind<T>): Measurement[] => {
  const found = findContent(data, kind.name, kind.contract)
  if (found === undefined) return []
  const { tool, outcome, reason, revision } = found.value
  return [
    {
      topic: kind.topic,
      artifact: kind.name,
      document: getDocumentPath(found.artifact, 'html'),
      tool,
      outcome,
      reason,
      revision,
      isOfAccepted: revision === null ? null : revision === data.view.run.acceptedCommit,
      figures: outcome === 'done' ? kind.tell(found.value) : [],
    },
  ]
}

/** The tests that the verdict rests on: those the engine ran at the accepted commit. */
const measureCounting = (data: DossierData): Measurement[] =>
  listCounting(data).map((kept) => {
    const tests = [...Map.groupBy(kept.report.requirements, ({ file, test }) => `${file}\n${test}`).values()]
    const count = (outcome: string) => tests.filter((all) => all[0]?.outcome === outcome).length
    const [failed, skipped] = [count('fail'), count('skipped')]
    return {
      topic: 'tests' as const,
      artifact: `${kept.report.guard} in ${kept.phase}, behind the verdict`,
      document: getEvidencePath(kept),
      tool: `${kept.report.tool} ${kept.report.toolVersion}`,
      outcome: 'done' as const,
      reason: null,
      revision: kept.report.revision,
      isOfAccepted: true,
      figures: [
        figure('passed', count('pass'), failed === 0 ? 'good' : 'plain'),
        figure('failed', failed, none(failed)),
        figure('skipped', skipped, skipped === 0 ? 'plain' : 'gap'),
      ],
    }
  })

/** What tools measured, in figures, each with the commit it was measured at. */
export const makeMeasurements = (data: DossierData): Measurement[] => [
  ...measureCounting(data),
  ...measure(data, { topic: 'tests', name: 'TestSuite', contract: TestSuite, tell: tellSuite }),
  ...measure(data, { topic: 'tests', name: 'E2EReport', contract: E2EReport, tell: tellE2E }),
  ...measure(data, {
    topic: 'coverage',
    name: 'CoverageReport',
    contract: CoverageReport,
    tell: tellCoverage,
  }),
  ...measure(data, { topic: 'performance', name: 'PerfReport', contract: PerfReport, tell: tellPerf }),
  ...measure(data, { topic: 'load', name: 'LoadReport', contract: LoadReport, tell: tellLoad }),
  ...measure(data, { topic: 'accessibility', name: 'A11yAudit', contract: A11yAudit, tell: tellA11y }),
  ...measure(data, {
    topic: 'compatibility',
    name: 'CompatibilityMatrix',
    contract: CompatibilityMatrix,
    tell: tellCompatibility,
  }),
  ...measure(data, { topic: 'canary', name: 'CanaryResults', contract: CanaryResults, tell: tellCanary }),
]

/** The pictures of the running service, page by page and width by width, before beside after. */
export const makePictures = (data: DossierData): PictureRecord[] => {
  const found = findContent(data, 'VisualAssets', VisualAssets)
  if (found === undefined) return []
  const { shots, revision, before_revision: before } = found.value
  return shots.flatMap((shot) => {
    const artifact = data.artifacts.find(
      ({ name, digest, mediaType }) =>
        name === shot.artifact && digest === shot.digest && mediaType === 'image/png',
    )
    if (artifact === undefined) return []
    const { page, moment, width_px: width, height_px: height } = shot
    const file = getArtifactPath(artifact)
    return [{ page, width, height, moment, file, revision: moment === 'after' ? revision : before }]
  })
}
