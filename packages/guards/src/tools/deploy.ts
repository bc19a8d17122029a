import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { findFileInside } from '../checkout.ts'
import { findStep } from '../service/drive-service.ts'
import {
  DRIVE_SETTINGS,
  findInput,
  makeServiceTool,
  type ServiceContext,
} from '../service/make-service-tool.ts'
import { listOperations, makeCall, makeCreations, type ServiceOperation } from '../service/operations.ts'
import type { Step } from '../service/orders.ts'
import type { DriverReport } from '../service/report.ts'

const Settings = z.strictObject({
  ...DRIVE_SETTINGS,
  /** Asked in turn; the first that answers 200 is the health of the service. */
  health_paths: z
    .array(z.string().regex(/^\/\S*$/u))
    .min(1)
    .max(10)
    .default(['/healthz', '/health', '/readyz', '/livez', '/status', '/']),
  /** Of routes that are called once each. */
  max_routes: z.int().min(1).max(50).default(20),
  /** What the deployment is called in its report. */
  target: z.string().min(1).max(160).default('this machine, confined, as the beta environment'),
})
type Settings = z.infer<typeof Settings>

type Check = {
  readonly name: string
  readonly path: string | null
  readonly expected: string
  readonly seen: string
  readonly outcome: 'pass' | 'fail' | 'not-run'
  readonly duration_ms: number | null
}

const makeCheck = (fields: Omit<Check, 'outcome'>, isGood: boolean | null): Check => ({
  ...fields,
  seen: fields.seen.slice(0, 1000).toWellFormed(),
  outcome: isGood === null ? 'not-run' : isGood ? 'pass' : 'fail',
})

const round = (ms: number): number => Math.round(ms * 10) / 10

const checkHealth = (report: DriverReport | null, paths: readonly string[]): Check => {
  const asked = paths.map((path, index) => ({ path, answer: findStep(report, `health-${index}`, 'request') }))
  const good = asked.find(({ answer }) => typeof answer !== 'string' && answer.status === 200)
  const shown = good ?? asked[0]
  const answer = shown?.answer ?? 'it was not asked'
  return makeCheck(
    {
      name: 'health',
      path: shown?.path ?? null,
      expected: `200 from one of ${paths.join(', ')}`.slice(0, 300),
      seen: typeof answer === 'string' ? answer : String(answer.status),
      duration_ms: typeof answer === 'string' ? null : round(answer.ms),
    },
    good !== undefined,
  )
}

type Planned = NonNullable<ReturnType<typeof findInput<'DeploymentPlan'>>>['health_checks'][number]

/** A check that the plan of the deployment names. */
const checkPlanned = (
  report: DriverReport | null,
  { path, expect_status: status }: Planned,
  index: number,
): Check => {
  const answer = findStep(report, `planned-${index}`, 'request')
  const isText = typeof answer === 'string'
  return makeCheck(
    {
      name: `planned: GET ${path}`.slice(0, 160),
      path,
      expected: String(status),
      seen: isText ? answer : String(answer.status),
      duration_ms: isText ? null : round(answer.ms),
    },
    !isText && answer.status === status,
  )
}

const checkRoute = (report: DriverReport | null, id: string, name: string, path: string): Check => {
  const answer = findStep(report, id, 'request')
  const isText = typeof answer === 'string'
  return makeCheck(
    {
      name: name.slice(0, 160),
      path: path.slice(0, 300),
      expected: 'a status from 200 to 399',
      seen: isText ? answer : String(answer.status),
      duration_ms: isText ? null : round(answer.ms),
    },
    !isText && answer.status >= 200 && answer.status < 400,
  )
}

/** Words by which a project says that what it was given is still there after a restart. */
const KEEPS =
  /\b(?:persist\w*|durabl\w+|restart\w*|surviv\w+|kept on disk|stored on disk|in a file|on the disk|DATA_FILE|DATABASE_URL)\b/iu

const doesClaimToKeep = async ({ input, dir }: ServiceContext<Settings>): Promise<boolean> => {
  const documents = (['PRD', 'NFRs', 'DeploymentPlan'] as const).flatMap((name) => {
    const found = findInput(input, name)
    return found === undefined ? [] : [JSON.stringify(found)]
  })
  const readme = await findFileInside(dir, 'README.md')
  const text = readme === undefined ? '' : await readFile(join(dir, readme), 'utf8')
  return [...documents, text].some((one) => KEEPS.test(one))
}

/** A thing that can be made and then read by what its creation answered. */
const findKept = (operations: readonly ServiceOperation[]): ServiceOperation | undefined =>
  operations.find(
    ({ method, callPath, responses }) =>
      // A redirect shows nothing of what was kept.
      method === 'GET' && callPath.includes('{{') && responses['200'] !== undefined,
  )

const getAnswerText = (report: DriverReport | null, id: string): string => {
  const answer = findStep(report, id, 'request')
  return typeof answer === 'string' ? answer : `${answer.status} ${answer.body.trim()}`
}

const checkRestart = (
  report: DriverReport | null,
  kept: ServiceOperation | undefined,
  doesClaim: boolean,
): Check[] => {
  const restart = findStep(report, 'restart', 'restart')
  const isText = typeof restart === 'string'
  const checks = [
    makeCheck(
      {
        name: 'stops when it is told to',
        path: null,
        expected: 'SIGTERM ends it within 3000 ms',
        seen: isText
          ? restart
          : `${restart.heeded ? 'it ended' : 'it had to be killed'} after ${round(restart.stopMs)} ms`,
        duration_ms: isText ? null : round(restart.stopMs),
      },
      !isText && restart.heeded,
    ),
    makeCheck(
      {
        name: 'starts again',
        path: null,
        expected: 'an answer after the second start',
        seen: isText ? restart : `ready after ${round(restart.readyMs)} ms`,
        duration_ms: isText ? null : round(restart.readyMs),
      },
      !isText,
    ),
  ]
  const name = 'keeps its data over a restart'
  const expected = 'the same answer before and after'
  if (kept === undefined || !doesClaim) {
    const seen = doesClaim
      ? 'The OpenAPI document names nothing that is created and can then be read.'
      : 'Nothing says that the service keeps its data.'
    return [...checks, makeCheck({ name, path: null, expected, seen, duration_ms: null }, null)]
  }
  const before = getAnswerText(report, 'kept-before')
  const after = getAnswerText(report, 'kept-after')
  const isSame = before === after && before.startsWith('2')
  const seen = isSame ? 'the same' : `before: ${before.slice(0, 400)}; after: ${after.slice(0, 400)}`
  return [...checks, makeCheck({ name, path: kept.path, expected, seen, duration_ms: null }, isSame)]
}

const makeSteps = (
  operations: readonly ServiceOperation[],
  planned: readonly Planned[],
  settings: Settings,
): Step[] => {
  const kept = findKept(operations)
  const read = (id: string): Step[] => (kept === undefined ? [] : [makeCall(kept, 'after', id)])
  return [
    ...settings.health_paths.map(
      (path, index) =>
        ({ type: 'request', id: `health-${index}`, service: 'after', method: 'GET', path }) as const,
    ),
    ...planned.map(
      ({ path }, index) =>
        ({ type: 'request', id: `planned-${index}`, service: 'after', method: 'GET', path }) as const,
    ),
    ...operations
      .slice(0, settings.max_routes)
      .map((operation, index) => makeCall(operation, 'after', `route-${index}`)),
    // What the routes removed is made anew, to be found again after the restart.
    ...makeCreations(operations, 'after'),
    ...read('kept-before'),
    { type: 'restart', id: 'restart', service: 'after' },
    ...read('kept-after'),
  ]
}

/** Starts the accepted commit as the beta environment would, asks for its health, calls its routes, restarts it. */
export const tool = makeServiceTool({
  name: 'deploy',
  version: '1.0.0',
  settings: Settings,
  unmeasured: {
    target: 'none',
    started_at: null,
    start_ms: null,
    command: null,
    checks: [],
    health_score: 0,
  },
  measure: async (context) => {
    const { input, settings, openapi, manifest, drive } = context
    const startedAt = input.now()
    const operations = listOperations(openapi)
    const planned = findInput(input, 'DeploymentPlan')?.health_checks ?? []
    const { report, problem } = await drive({ steps: makeSteps(operations, planned, settings) })
    const [facts] = report?.services ?? []
    const startMs = facts?.readyMs ?? null
    const routes =
      operations.length === 0
        ? [checkRoute(report, `health-${settings.health_paths.indexOf('/')}`, 'GET /', '/')].filter(() =>
            settings.health_paths.includes('/'),
          )
        : operations
            .slice(0, settings.max_routes)
            .map(({ method, path }, index) => checkRoute(report, `route-${index}`, `${method} ${path}`, path))
    const checks = [
      makeCheck(
        {
          name: 'starts',
          path: null,
          expected: `an answer within ${settings.start_timeout_ms} ms`,
          seen: startMs === null ? (problem ?? 'no answer') : `ready after ${round(startMs)} ms`,
          duration_ms: startMs === null ? null : round(startMs),
        },
        startMs !== null,
      ),
      checkHealth(report, settings.health_paths),
      ...planned.map((one, index) => checkPlanned(report, one, index)),
      ...routes,
      ...checkRestart(report, findKept(operations), await doesClaimToKeep(context)),
    ]
    const judged = checks.filter(({ outcome }) => outcome !== 'not-run')
    const passed = judged.filter(({ outcome }) => outcome === 'pass').length
    return {
      reason: problem,
      fields: {
        target: settings.target,
        started_at: startedAt,
        start_ms: startMs,
        command: manifest.start,
        checks,
        health_score: judged.length === 0 ? 0 : passed / judged.length,
      },
    }
  },
})
