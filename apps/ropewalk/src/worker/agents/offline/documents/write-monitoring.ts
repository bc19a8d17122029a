import type { MonitoringDashboard } from '@ropewalk/core/contract/documents/beta'
import type { AgentJob } from '../../../agent-runtime.ts'
import { findInput } from './inputs.ts'
import type { Product } from './parts/product.ts'
import { FIGURES } from './write-nfrs.ts'

type Panel = MonitoringDashboard['dashboards'][number]['panels'][number]

/** Which reports of this run have measured something; only their figures are there now. */
export type Measured = { readonly canary: boolean; readonly deployment: boolean }

export const findMeasured = (job: AgentJob): Measured => ({
  canary: findInput(job, 'CanaryResults')?.outcome === 'done',
  deployment: findInput(job, 'DeploymentReport')?.outcome === 'done',
})

const planned = (metric: string, title: string, unit: string): Panel => ({
  title,
  metric,
  expression: `increase(${metric}[7d])`,
  unit,
  emitted_by: 'Nothing yet: the service would have to count it, or its log of requests be counted.',
  is_available_now: false,
})

const seen = (
  isThere: boolean,
  {
    metric,
    title,
    unit,
    report,
    expression,
  }: Pick<Panel, 'metric' | 'title' | 'unit' | 'expression'> & { readonly report: string },
): Panel => ({
  title,
  metric,
  expression,
  unit,
  emitted_by: isThere
    ? `${report} of this run, measured once; a monitor has to repeat it.`
    : `${report}, once it is measured.`,
  is_available_now: isThere,
})

const listPanels = (
  product: Product,
  measured: Measured,
): readonly (readonly [string, string, readonly Panel[]])[] => {
  const { design, has } = product
  const { one, many } = design.noun
  const uses = [
    ...(has('search') ? [planned(`${one}.searched`, 'Looked for by a word', 'requests')] : []),
    ...(has('status') ? [planned(`${one}.moved`, 'Moved to a next step', 'requests')] : []),
    ...(has('vote') ? [planned(`${one}.voted`, 'Votes given', 'votes')] : []),
    ...(has('redirect') ? [planned(`${one}.code_opened`, 'Codes opened', 'visits')] : []),
    ...(has('apart') ? [planned(`${one}.clash_refused`, 'Clashes refused', 'requests')] : []),
    ...(has('stock') ? [planned(`${one}.movement_booked`, 'Movements booked', 'requests')] : []),
  ]
  return [
    [
      'Health',
      'Whether the service is there.',
      [
        ...(measured.deployment
          ? [
              seen(true, {
                metric: 'health_score',
                title: 'Share of health checks passed',
                unit: 'share',
                report: 'DeploymentReport',
                expression: 'min_over_time(health_score[5m])',
              }),
            ]
          : []),
        planned('health.missed', 'Requests of the monitor without an answer', 'requests'),
        planned('service.failed', 'Answers with a status from 500 on', 'answers'),
      ],
    ],
    [
      'Errors and times',
      'Whether answers are right and in time.',
      [
        seen(measured.canary, {
          metric: 'error_rate',
          title: 'Share of failed answers',
          unit: 'share',
          report: 'CanaryResults',
          expression: 'max_over_time(error_rate[5m])',
        }),
        {
          ...planned('http_answers_total', 'Answers in a second', 'answers per second'),
          expression: 'rate(http_answers_total[5m])',
        },
      ],
    ],
    [
      `Use of ${many}`,
      `Whether ${product.idea.users} store and read ${many}.`,
      [
        planned(`${one}.stored`, `New ${many}`, many.slice(0, 40)),
        planned(`${one}.refused`, `Refused ${many}`, 'requests'),
        planned(`${one}.listed`, 'Lists opened', 'requests'),
        ...uses,
      ],
    ],
    [
      'Data',
      `Whether the file of ${many} is safe.`,
      [
        planned('file.written', 'Changes that reached the disk', 'changes'),
        planned('file.copied', 'Daily copies made', 'copies'),
      ],
    ],
    [
      'Beta',
      'Whether those who were invited come and stay.',
      [
        planned('tester.arrived', 'People who came', 'people'),
        planned('fault.told', 'Faults told', 'faults'),
      ],
    ],
  ]
}

/** What is to be looked at during the beta. A panel is there now only where a report of this run measured it. */
export const writeMonitoring = (product: Product, measured: Measured): MonitoringDashboard => {
  const { cite, design } = product
  const boards = listPanels(product, measured)
  const cites = cite('keep', 'list')
  return {
    summary: `${String(boards.length)} dashboards for the service of ${design.noun.many}. No monitoring system runs; the panels say what it would have to be given.`,
    dashboards: boards.map(([name, purpose, panels]) => ({ name, purpose, panels: [...panels], cites })),
    alerts: [
      {
        name: 'The service is down',
        expression: 'increase(health.missed[5m]) > 2',
        for_minutes: 3,
        severity: 'page',
        action:
          'Read the last lines of its log and start it again; go back by the rollback plan where it does not stay up.',
        cites,
      },
      {
        name: 'Answers fail',
        expression: 'error_rate > 0.01',
        for_minutes: 5,
        severity: 'page',
        action: 'Go back by the rollback plan.',
        cites,
      },
      {
        name: `Fewer answers than ${String(FIGURES.requestsPerSecond)} a second under load`,
        expression: `rate(http_answers_total[5m]) < ${String(FIGURES.requestsPerSecond)}`,
        for_minutes: 15,
        severity: 'ticket',
        action: 'Look at the size of the file.',
        cites,
      },
      {
        name: 'No copy since yesterday',
        expression: 'increase(file.copied[26h]) < 1',
        for_minutes: 60,
        severity: 'ticket',
        action: 'Make a copy by hand and see why it was not made.',
        cites,
      },
    ],
  }
}
