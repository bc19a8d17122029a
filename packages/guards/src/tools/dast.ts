import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { DocumentOf } from '@ropewalk/core/contract/documents'
import { findFileInside } from '../checkout.ts'
import { listActiveProbes } from '../service/dast/active.ts'
import { listPassiveProbes } from '../service/dast/passive.ts'
import type { Alarm, Probe, Seen, Target } from '../service/dast/probe.ts'
import { DRIVE_SETTINGS, makeServiceTool, type ServiceContext } from '../service/make-service-tool.ts'
import { listOperations, makeCreations } from '../service/operations.ts'
import type { DriverReport } from '../service/report.ts'

const Settings = z.strictObject(DRIVE_SETTINGS)

type Finding = DocumentOf<'DastReport'>['findings'][number]

const MAX_FINDINGS = 500

const toFinding = ({ rule, severity, title, where, fix }: Alarm): Finding => ({
  id: `dast:${rule}:${where}`.toWellFormed().slice(0, 200).toWellFormed(),
  rule,
  severity,
  title: title.toWellFormed().replaceAll('\u0000', '\uFFFD').slice(0, 400).toWellFormed(),
  file: null,
  line: null,
  package: null,
  fix,
  part: null,
  cites: [],
})

const findSeen = (report: DriverReport, id: string): Seen => {
  const found = report.steps.find((step) => step.id === id)
  if (found === undefined) return { text: 'it was not reached' }
  if (found.outcome === 'failed') return { text: found.reason }
  return found.type === 'request' || found.type === 'raw' ? { answer: found } : { text: 'no answer' }
}

const getDeathAlarms = (report: DriverReport, probes: readonly Probe[]): Alarm[] =>
  report.services.flatMap(({ deaths }) =>
    deaths.map(({ step, how }) => {
      const where = probes.find((probe) => probe.step.id === step)?.where ?? step
      return {
        rule: 'crash',
        severity: 'high' as const,
        title: `The service ${how} when it was sent ${where}`,
        where,
        fix: 'Catch what goes wrong in one request, so that it does not end the service for everybody.',
      }
    }),
  )

/** Files that lie in every checkout and are nobody's business, with a piece of each long enough to be sure. */
const listPrivateFiles = async ({ dir, manifest }: Pick<ServiceContext<unknown>, 'dir' | 'manifest'>) => {
  const found: { path: string; proof: string }[] = []
  for (const path of new Set(['package.json', manifest.entry])) {
    const file = await findFileInside(dir, path)
    if (file === undefined) continue
    const text = (await readFile(join(dir, file), 'utf8')).trim()
    if (text.length >= 40) found.push({ path: file, proof: text.slice(0, 200) })
  }
  return found
}

/** Requests that a scanner would make, to the running service; what gives it away is a finding. */
export const tool = makeServiceTool({
  name: 'dast',
  version: '1.0.0',
  settings: Settings,
  unmeasured: { scanner: 'dast', findings: [] },
  measure: async (context) => {
    const operations = listOperations(context.openapi)
    const target: Target = {
      operations,
      marker: `probe${randomBytes(4).toString('hex')}`,
      privateFiles: await listPrivateFiles(context),
    }
    const probes: Probe[] = [
      ...makeCreations(operations, 'after').map((step) => ({ step, where: `${step.method} ${step.path}` })),
      ...listPassiveProbes(target),
      ...listActiveProbes(target),
    ]
    const { report, problem } = await context.drive({ steps: probes.map(({ step }) => step), revive: true })
    const alarms: Alarm[] =
      report === null
        ? []
        : [
            ...probes.flatMap(({ step, judge }) => [...(judge?.(findSeen(report, step.id)) ?? [])]),
            ...getDeathAlarms(report, probes),
          ]
    const broken: Alarm[] =
      problem === null
        ? []
        : [
            {
              rule: 'not-running',
              severity: 'critical',
              title: `The service could not be scanned to the end: ${problem}`,
              where: 'the service',
              fix: 'Start the service on the port it is given, and keep it running whatever it is sent.',
            },
          ]
    const isCut = report?.steps.some(
      (step) => step.outcome === 'failed' && step.reason === 'the time was up before this step',
    )
    const cut: Alarm[] =
      isCut === true
        ? [
            {
              rule: 'not-finished',
              severity: 'high',
              title: 'The service answered so slowly that not every probe could be made',
              where: 'the service',
              fix: 'Answer at once, and refuse at once what cannot be understood.',
            },
          ]
        : []
    const findings = new Map(
      [...broken, ...cut, ...alarms].map(toFinding).map((finding) => [finding.id, finding]),
    )
    return {
      fields: {
        scanner: 'dast',
        findings: [...findings.values()].slice(0, MAX_FINDINGS),
        notes: [
          `${probes.length} requests were made to ${operations.length === 0 ? 'the start page; there is no OpenAPI document' : `${operations.length} operations`}.`,
        ],
      },
    }
  },
})
