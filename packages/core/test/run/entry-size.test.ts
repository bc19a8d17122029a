import { expect, test } from 'vitest'
import { MAX_ENTRY_BYTES } from '../../src/ledger/entry.ts'
import { sealEntry } from '../ledger/seal-entry.ts'
import { NO_USAGE } from '../../src/contract/budget.ts'
import { ANNA, agent, type Given, given, makePlan, onRun, output, phase, WORKSPACE } from './given.ts'

/** The largest thing a text field can be: three bytes a unit, or six once a control character is escaped. */
const WIDE = '漢'
const ESCAPED = '\u0001'
const NAME = 'N'.repeat(60)

const names = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, index) => `${prefix}${NAME}${String(index).padStart(2, '0')}`)

const makeRun = (): Given => {
  const agents = names(20, 'a')
  const made = names(20, 'o')
  const rubrics = Object.fromEntries(names(6, 'r').map((name) => [name, { min: 0.9, weight: 1 }]))
  const guards = Object.keys(rubrics).map((rubric, index) => ({
    guard: rubric.replace('r', 'g'),
    artifacts: made.slice(index * 2, index * 2 + 10),
    rubric,
    settings: { long: WIDE.repeat(300) },
  }))
  const plan = makePlan(
    [phase({ phase: 'prd', agents, parallelism: 'parallel', fix_agent: 'fixer', guards, rubrics })],
    [
      ...agents.map((name, index) => agent('prd', name, made[index] ?? '', { inputs: made })),
      agent('prd', 'fixer', 'Fixed', { inputs: made }),
    ],
    { clarification: 'autonomous' },
  )
  return given(plan)
}

const seal = (run: Given, index: number): number => {
  const event = run.history[index]
  if (!event) return 0
  const { body } = sealEntry({
    stream: `run/${onRun.runId}`,
    seq: 1_000_000,
    prev: 'a'.repeat(64),
    at: event.at,
    workspaceId: WORKSPACE,
    by: { kind: 'person', id: 'p'.repeat(120) },
    correlationId: 'c'.repeat(120),
    causationId: 'c'.repeat(120),
    events: [
      { type: event.type, v: event.v, data: JSON.parse(JSON.stringify(event.data)) as Record<string, never> },
    ],
  })
  return Buffer.byteLength(body)
}

test.each([
  ['wide', WIDE],
  ['escaped', ESCAPED],
])('every event fits one ledger entry, were all its texts as long as they may be and %s', (_, unit) => {
  const long = (length: number) => unit.repeat(length)
  const run = makeRun()
  const by = { ...ANNA, id: long(300) }
  run.start({ title: long(160) })
  const question = {
    text: long(2000),
    category: 'clarification',
    priority: 'high',
    decisionImpact: long(1000),
    defaultAnswer: long(2000),
  } as const
  const withForm = {
    ...question,
    fields: Array.from({ length: 20 }, () => long(200)),
    form: {
      type: 'object',
      properties: { choice: { type: 'string', title: unit.repeat(180) } },
      required: ['choice'],
      additionalProperties: false,
    },
    defaultValues: { choice: 'x'.repeat(20) },
    risk: 'medium',
    policy: 'escalate',
  } as const
  const doer = { worker: long(120), tool: long(120), toolVersion: long(120) }
  const [first, ...rest] = run.open()
  if (!first) throw new Error('no task')
  const claimed = run.claim(first)
  const message = long(1000)
  run.accepted({
    type: 'FailTask',
    ...run.attemptOf(claimed),
    ...doer,
    errorClass: 'transient',
    message,
    usage: NO_USAGE,
    retryAfterMs: null,
    jitter: 0,
  })
  for (const task of [...rest, run.task(first.agent)]) {
    const extra = task === rest[0] ? names(19, 'x').map((name) => output(name)) : []
    const outputs = [output(task.spec.output ?? '', undefined, { mediaType: long(120) }), ...extra]
    run.accepted(run.completion(run.claim(task), { outputs, questions: [question, withForm], ...doer }))
  }
  expect(run.phase('prd').status).toBe('gating')
  for (const task of run.open()) {
    const claim = run.claim(task)
    const reasons = Array.from({ length: 50 }, () => long(1000))
    const reports = [run.report(claim, { outcome: 'fail', score: 0.1, reasons })]
    run.accepted(run.completion(claim, { reports, ...doer }))
  }
  expect(run.phase('prd')).toMatchObject({ status: 'running', round: 2 })
  expect(run.phase('prd').fixes.length).toBeGreaterThan(5)
  run.when({ type: 'SignalRun', ...onRun, signal: 'pause', target: 'run', targetId: null }, by)
  const waiting = run.open('pending')[0]
  run.when({ type: 'SignalRun', ...onRun, signal: 'cancel', target: 'task', targetId: waiting?.id ?? '' }, by)
  expect(run.run.status).toBe('failed')
  const sizes = run.history.map((event, index) => [event.type, seal(run, index)] as const)
  expect(sizes.filter(([, bytes]) => bytes > MAX_ENTRY_BYTES)).toEqual([])
})
