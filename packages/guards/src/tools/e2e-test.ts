import { z } from 'zod'
import { runNamedTests, type NamedTest } from '../service/named-tests.ts'
import { findStep } from '../service/drive-service.ts'
import {
  DRIVE_SETTINGS,
  makeServiceTool,
  type NotMeasured,
  type ServiceContext,
} from '../service/make-service-tool.ts'
import { findResponse, listOperations, makeCall, type ServiceOperation } from '../service/operations.ts'
import type { Step } from '../service/orders.ts'
import type { Answered, DriverReport } from '../service/report.ts'
import { findSchemaProblem } from '../service/schema-samples.ts'

const Settings = z.strictObject({
  ...DRIVE_SETTINGS,
  /** For each file of the test suite. */
  test_timeout_ms: z.int().min(100).max(3_600_000).default(120_000),
})
type Settings = z.infer<typeof Settings>

type Outcome = 'pass' | 'fail' | 'skipped'
type Scenario = {
  readonly name: string
  readonly requirements: readonly string[]
  readonly outcome: Outcome
  readonly steps: readonly { readonly text: string; readonly outcome: Outcome }[]
  readonly duration_ms: number
  readonly message: string | null
}

const MAX_SCENARIOS = 500
const MAX_REQUIREMENTS = 20

const getTestScenario = ({
  test,
  file,
  outcome,
  requirements,
  durationMs,
  message,
}: NamedTest): Scenario => ({
  name: `${file}: ${test}`.slice(0, 300).toWellFormed(),
  requirements: requirements.slice(0, MAX_REQUIREMENTS),
  outcome,
  steps: [],
  duration_ms: durationMs,
  message,
})

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** What is wrong with the answer to a call that the document promises to work; undefined where nothing is. */
const findAnswerProblem = (
  context: ServiceContext<Settings>,
  operation: ServiceOperation,
  answer: Answered,
): string | undefined => {
  const { openapi } = context
  if (openapi === undefined) return undefined
  if (answer.status >= 400 || answer.status === 0)
    return `It answered ${answer.status}: ${answer.body.slice(0, 300)}`
  const declared = findResponse(openapi, operation, answer.status)
  if (declared === undefined)
    return `It answered ${answer.status}, which the document does not declare (${Object.keys(operation.responses).join(', ')}).`
  if (operation.method === 'HEAD' || declared.type === undefined || answer.truncated) return undefined
  const type = (answer.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  if (type !== declared.type.toLowerCase()) return `It answered ${type || 'no type'}, not ${declared.type}.`
  if (!/json/u.test(type)) return undefined
  const json = parseJson(answer.body)
  if (json === undefined) return 'Its body is not JSON.'
  const problem = findSchemaProblem(json, declared.schema, openapi)
  return problem === undefined ? undefined : `Its body breaks the schema: ${problem}.`
}

/** Whether the document says that a body it does not describe is refused. */
const declaresRefusal = ({ responses, isBodyRequired, bodyType }: ServiceOperation): boolean =>
  isBodyRequired &&
  /json/u.test(bodyType ?? '') &&
  ['400', '422', '4XX'].some((status) => Object.hasOwn(responses, status))

const makeSteps = (operations: readonly ServiceOperation[]): Step[] => [
  ...operations.map((operation, index) => makeCall(operation, 'after', `call-${index}`)),
  ...operations.flatMap((operation, index) =>
    declaresRefusal(operation) && !operation.callPath.includes('{{')
      ? [{ ...makeCall(operation, 'after', `refuse-${index}`), body: '[1, 2' }]
      : [],
  ),
]

const getCallScenario = (
  context: ServiceContext<Settings>,
  report: DriverReport | null,
  operation: ServiceOperation,
  index: number,
): Scenario => {
  const answer = findStep(report, `call-${index}`, 'request')
  const problem =
    typeof answer === 'string'
      ? `It was not answered: ${answer}.`
      : findAnswerProblem(context, operation, answer)
  const refusal = findStep(report, `refuse-${index}`, 'request')
  const wasAsked = report?.steps.some(({ id }) => id === `refuse-${index}`) === true
  const isRefused = typeof refusal !== 'string' && refusal.status >= 400 && refusal.status < 500
  const refusalProblem = isRefused
    ? undefined
    : `A body that is not JSON was answered with ${typeof refusal === 'string' ? refusal : refusal.status}, not refused.`
  const steps = [
    {
      text: `${operation.method} ${operation.path} answers as the document says`,
      outcome: problem === undefined ? ('pass' as const) : ('fail' as const),
    },
    ...(wasAsked
      ? [
          {
            text: `${operation.method} ${operation.path} refuses a body that is not JSON`,
            outcome: refusalProblem === undefined ? ('pass' as const) : ('fail' as const),
          },
        ]
      : []),
  ]
  const message = problem ?? (wasAsked ? refusalProblem : undefined)
  return {
    name: `${operation.id}: ${operation.method} ${operation.path}`.slice(0, 300),
    requirements: operation.requirements.slice(0, MAX_REQUIREMENTS),
    outcome: message === undefined ? 'pass' : 'fail',
    steps,
    duration_ms: typeof answer === 'string' ? 0 : answer.ms,
    message: message?.slice(0, 2000).toWellFormed() ?? null,
  }
}

const getStartScenario = (problem: string | null, readyMs: number | null): Scenario => ({
  name: 'The service starts and stays up',
  requirements: [],
  outcome: problem === null ? 'pass' : 'fail',
  steps: [],
  duration_ms: readyMs ?? 0,
  message: problem?.slice(0, 2000) ?? null,
})

const measure = async (
  context: ServiceContext<Settings>,
): Promise<NotMeasured | { reason: null; fields: Record<string, unknown> }> => {
  const { input, dir, manifest, settings, openapi, drive } = context
  const tests = await runNamedTests(input, dir, manifest, { timeoutMs: settings.test_timeout_ms })
  const operations = listOperations(openapi)
  const steps: Step[] =
    operations.length === 0
      ? [{ type: 'request', id: 'start', service: 'after', method: 'GET', path: '/' }]
      : makeSteps(operations)
  const { report, problem } = await drive({ steps })
  const scenarios = [
    getStartScenario(problem, report?.services[0]?.readyMs ?? null),
    ...operations.map((operation, index) => getCallScenario(context, report, operation, index)),
    ...tests.map(getTestScenario),
  ]
  const count = (outcome: Outcome) => scenarios.filter((one) => one.outcome === outcome).length
  // Failures first: what is cut from a very long list is never one of them.
  const shown = scenarios.toSorted((a, b) => Number(b.outcome === 'fail') - Number(a.outcome === 'fail'))
  return {
    reason: null,
    fields: {
      scenarios: shown.slice(0, MAX_SCENARIOS),
      passed: count('pass'),
      failed: count('fail'),
      skipped: count('skipped'),
      pass_rate: count('pass') / scenarios.length,
    },
  }
}

/** The whole test suite at the judged commit, and every operation of the API called from end to end. */
export const tool = makeServiceTool({
  name: 'e2e-test',
  version: '1.0.0',
  settings: Settings,
  unmeasured: { scenarios: [], passed: 0, failed: 0, skipped: 0, pass_rate: 0 },
  measure,
})
