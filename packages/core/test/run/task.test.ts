import { describe, expect, test } from 'vitest'
import { NO_USAGE } from '../../src/contract/budget.ts'
import type { ErrorClass } from '../../src/contract/task-spec.ts'
import { getRetryDelayMs } from '../../src/run/task/retry-policy.ts'
import { agent, dataOf, given, guarded, makePlan, onRun, output, phase, twoPhases, types } from './given.ts'

const started = (...of: Parameters<typeof given>) => {
  const run = given(...of)
  run.start()
  return run
}

const atMost = (tries: number) => ({ retry: { max_attempts: tries, base_ms: 1000, max_ms: 60_000 } })

/** Fails the writer by one class until it is not tried again; how many tries it had. */
const countTries = (errorClass: ErrorClass, prd: Record<string, unknown> = {}): number => {
  const run = started(twoPhases({}, prd))
  for (let tries = 1; tries < 30; tries += 1) {
    run.fail('writer', errorClass)
    if (run.run.status === 'failed') return tries
  }
  return Infinity
}

describe('completing a task', () => {
  test('keeps what was handed in, with its lineage, and hands out the next stage', () => {
    const run = started()
    const task = run.claim(run.task('writer'))
    run.wait(90_000)
    const usage = { ...NO_USAGE, inputTokens: 30, outputTokens: 12, toolMs: 5 }
    const decision = run.accepted(run.completion(task, { usage, outputs: [output('PRD'), output('Notes')] }))
    expect(types(decision).slice(0, 4)).toEqual([
      'artifact.created',
      'artifact.created',
      'task.completed',
      'phase.progress',
    ])
    const { artifact } = dataOf(decision, 'artifact.created')
    expect(artifact).toMatchObject({ name: 'PRD', version: 1, phase: 'prd' })
    expect(artifact.lineage).toMatchObject({
      maker: { kind: 'agent', name: 'writer', version: 'offline@1' },
      taskId: task.id,
      attempt: 1,
      tokens: 42,
      minutes: 1.5,
      inputArtifactIds: task.spec.input.map(({ artifactId }) => artifactId),
    })
    expect(dataOf(decision, 'task.completed')).toMatchObject({ durationMs: 90_000, worker: 'w1' })
    expect(dataOf(decision, 'phase.progress')).toMatchObject({ completed: 1, total: 3, percent: 33.3 })
    expect(run.task('cutter').spec.input.map(({ name }) => name)).toEqual(['PRD'])
    expect(run.phase('prd')).toMatchObject({
      stage: 1,
      stageOpen: 1,
      agentsSucceeded: 1,
      usage: { toolMs: 5 },
    })
  })

  test('counts once: the same attempt, an older one and an unclaimed task are refused', () => {
    const run = started()
    const first = run.claim(run.task('writer'))
    const unclaimed = run.completion({ ...first, attempt: 2 })
    expect(run.refused(unclaimed).code).toBe('STALE_ATTEMPT')
    run.accepted({
      type: 'LoseAttempt',
      ...onRun,
      taskId: first.id,
      attempt: 1,
      outcome: 'lost',
      worker: 'w1',
      claimedAt: null,
      message: 'silent',
    })
    const second = run.claim(run.task('writer'))
    expect(run.refused(run.completion(first)).code).toBe('STALE_ATTEMPT')
    run.accepted(run.completion(second))
    expect(run.refused(run.completion(second)).code).toBe('STALE_ATTEMPT')
    expect(run.history.filter(({ type }) => type === 'task.completed')).toHaveLength(1)
  })

  test('is refused after the run has ended', () => {
    const run = started()
    const task = run.claim(run.task('writer'))
    run.signal('cancel')
    expect(run.refused(run.completion(task)).code).toBe('STALE_ATTEMPT')
  })

  test.each([
    ['lacks its output', { outputs: [] }, 'must hand in PRD'],
    ['has an output twice', { outputs: [output('PRD'), output('PRD')] }, 'handed in twice'],
    [
      'replaces what another makes',
      { outputs: [output('PRD'), output('UserStories')] },
      'another agent makes it',
    ],
    ['replaces the idea', { outputs: [output('PRD'), output('Idea')] }, 'may replace the artifact Idea'],
  ])('is refused when it %s', (_, change, message) => {
    const run = started()
    const refused = run.refused(run.completion(run.claim(run.task('writer')), change))
    expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(refused.message).toContain(message)
  })

  test('of a guard needs its own report, and an agent may not report', () => {
    const run = started()
    const writer = run.claim(run.task('writer'))
    const reports = [run.report(writer, { guard: 'check', rubric: 'quality' })]
    expect(run.refused(run.completion(writer, { reports })).message).toContain('Only a guard')
    run.accepted(run.completion(writer))
    run.complete('cutter')
    const guard = run.claim(run.task('check'))
    expect(run.refused(run.completion(guard, { reports: [] })).message).toContain('must hand in a report')
    const strange = [run.report(guard, { rubric: 'other' })]
    expect(run.refused(run.completion(guard, { reports: strange })).message).toContain('check for other')
    const meddling = run.completion(guard, { outputs: [output('PRD')] })
    expect(run.refused(meddling).message).toContain('judges what agents make')
    run.accepted(run.completion(guard, { outputs: [output('Sbom')] }))
  })

  test('in a stage of many waits for the last of them', () => {
    const plan = makePlan(
      [phase({ phase: 'prd', agents: ['a', 'b', 'c'], parallelism: 2 })],
      [agent('prd', 'a', 'A'), agent('prd', 'b', 'B'), agent('prd', 'c', 'C', { inputs: ['A'] })],
    )
    const run = started(plan)
    run.complete('b')
    expect(run.tasks()).toHaveLength(2)
    run.complete('a')
    expect(run.open().map((task) => task.agent)).toEqual(['c'])
  })

  test('puts a bare commit on the artifact the task was for', () => {
    const run = started()
    const commit = 'c'.repeat(40)
    run.complete('writer', { commit, outputs: [output('Notes'), output('PRD')] })
    expect(run.phase('prd').outputs['PRD']).toMatchObject({ commit, agent: 'writer', version: 1 })
    expect(run.phase('prd').outputs['Notes']?.commit).toBeNull()
    expect(run.run.acceptedCommit).toBeNull()
  })

  test('gives tasks keys that say what they were made from', () => {
    const keyOf = (body: string) => {
      const run = started()
      run.complete('writer', { outputs: [output('PRD', body)] })
      return run.task('cutter').taskKey
    }
    expect(keyOf('same')).toBe(keyOf('same'))
    expect(keyOf('same')).not.toBe(keyOf('other'))
  })
})

describe('failing', () => {
  test.each([
    ['transient', 5],
    ['rate_limit', 5],
    ['quota', 3],
    ['timeout', 3],
    ['schema', 2],
    ['refusal', 2],
    ['tool_infra', 3],
    ['hallucination', 2],
    ['fatal', 1],
  ] as const)('as %s allows %i tries', (errorClass, tries) => {
    expect(countTries(errorClass)).toBe(tries)
  })

  test('never allows more tries than the phase does, whatever the mix of causes', () => {
    expect(countTries('transient', atMost(2))).toBe(2)
    const run = started(twoPhases({}, atMost(3)))
    run.fail('writer', 'transient')
    run.fail('writer', 'rate_limit')
    run.fail('writer', 'tool_infra')
    expect(run.run.status).toBe('failed')
  })

  test('leaves a task all its tries though workers were lost in between', () => {
    const run = started(twoPhases({}, atMost(2)))
    for (let times = 1; times <= 6; times += 1) run.lose('writer')
    run.fail('writer', 'transient')
    run.lose('writer')
    expect(run.run.status).toBe('running')
    run.fail('writer', 'transient')
    expect(run.run.status).toBe('failed')
  })

  test('backs off exponentially to a limit, with jitter, and honours the provider when it asks for more', () => {
    const policy = { max_attempts: 5, base_delay_ms: 1000, max_delay_ms: 60_000 }
    const wait = (failures: number, jitter = 1, retryAfterMs: number | null = null) =>
      getRetryDelayMs({ failures, policy }, 'transient', { jitter, retryAfterMs })
    expect([1, 2, 3, 4].map((failures) => wait(failures))).toEqual([1000, 2000, 4000, 8000])
    expect(wait(20)).toBe(60_000)
    expect(wait(1, 0)).toBe(500)
    expect(wait(1, 1, 9000)).toBe(9000)
    expect(wait(4, 1, 9)).toBe(8000)
    expect(wait(1, 1, Number.MAX_SAFE_INTEGER)).toBe(86_400_000)
    const infra = getRetryDelayMs({ failures: 9, policy }, 'tool_infra', { jitter: 1, retryAfterMs: null })
    expect(infra).toBe(30_000)
  })

  test('schedules the next try and keeps the attempt', () => {
    const run = started()
    const decision = run.fail('writer', 'schema')
    expect(types(decision)).toEqual(['task.attempt_ended', 'task.retry_scheduled'])
    expect(dataOf(decision, 'task.retry_scheduled')).toMatchObject({
      reason: 'fix-synth',
      dueAt: '2026-01-01T00:00:01.000Z',
    })
    expect(run.task('writer')).toMatchObject({ status: 'ready', attempt: 1, failures: { schema: 1 } })
    expect([...run.state.attempts.values()]).toMatchObject([
      { number: 1, outcome: 'failed', errorClass: 'schema' },
    ])
  })

  test('for good ends phase and run, and everything beside it', () => {
    const plan = makePlan(
      [
        phase({ phase: 'prd', agents: ['a', 'b'], parallelism: 'parallel' }),
        phase({ phase: 'docs', agents: ['c'] }),
      ],
      [agent('prd', 'a', 'A'), agent('prd', 'b', 'B'), agent('docs', 'c', 'C')],
    )
    const run = started(plan)
    run.claim(run.task('c'))
    const decision = run.fail('a', 'fatal')
    expect(types(decision)).toEqual([
      'task.attempt_ended',
      'task.failed',
      'phase.error',
      'task.cancelled',
      'task.attempt_ended',
      'task.cancelled',
      'phase.completed',
      'phase.completed',
      'run.failed',
    ])
    expect(run.run).toMatchObject({
      status: 'failed',
      failureCode: 'TASK_FAILED',
      failureMessage: 'a failed (fatal): it broke',
    })
    expect(decision.effects.map(({ kind }) => kind)).toEqual(['build-dossier'])
    expect(run.tasks().map(({ status }) => status)).toEqual(['failed', 'cancelled', 'cancelled'])
  })

  test('of a lost attempt is taken over at once, twenty times in all', () => {
    const run = started()
    for (let attempt = 1; attempt <= 19; attempt += 1) {
      const decision = run.lose('writer')
      expect(dataOf(decision, 'task.retry_scheduled').dueAt).toBe(run.at())
    }
    run.lose('writer')
    expect(run.run).toMatchObject({ status: 'failed', failureCode: 'TASK_FAILED' })
  })

  test('of an attempt that is not the running one is refused', () => {
    const run = started()
    const task = run.task('writer')
    const lose = {
      type: 'LoseAttempt' as const,
      ...onRun,
      taskId: task.id,
      attempt: 1,
      outcome: 'lost' as const,
      worker: 'w',
      claimedAt: null,
      message: 'm',
    }
    expect(run.refused(lose).code).toBe('STALE_ATTEMPT')
    run.complete('writer')
    expect(run.refused(lose).code).toBe('STALE_ATTEMPT')
  })

  test('for want of money pauses the run; a top-up lets it go on, and the try does not count', () => {
    const run = started(twoPhases({}, atMost(1)))
    const decision = run.fail('writer', 'budget')
    expect(types(decision)).toContain('budget.limit.reached')
    expect(run.run).toMatchObject({ status: 'paused', pauseReason: 'budget' })
    expect(run.task('writer').status).toBe('pending')
    expect(run.phase('prd').deadlineAt).toBeNull()
    run.accepted({ type: 'TopUpRun', ...onRun, micros: 10 })
    expect(run.run).toMatchObject({ status: 'running', capMicros: 1_000_010 })
    expect(run.task('writer').status).toBe('ready')
    run.complete('writer')
  })

  test('in a paused run keeps the next try waiting', () => {
    const run = started()
    const task = run.claim(run.task('writer'))
    run.signal('pause')
    run.accepted({
      type: 'FailTask',
      ...run.attemptOf(task),
      errorClass: 'transient',
      message: 'm',
      usage: NO_USAGE,
      retryAfterMs: null,
      jitter: 0,
    })
    expect(run.task('writer').status).toBe('pending')
  })

  test('of a tool call outside the allowlist is kept and the attempt goes on', () => {
    const run = started()
    const task = run.claim(run.task('writer'))
    const refuse = {
      type: 'RefuseTool' as const,
      ...onRun,
      taskId: task.id,
      attempt: 1,
      tool: 'shell',
      reason: 'not allowed',
    }
    expect(types(run.accepted(refuse))).toEqual(['tool.refused'])
    expect(run.task('writer').status).toBe('running')
    expect(run.refused({ ...refuse, attempt: 2 }).code).toBe('STALE_ATTEMPT')
  })

  test('of a guard fails the run like that of any task', () => {
    const run = started(
      makePlan([phase({ phase: 'prd', agents: ['a'], ...guarded('A') })], [agent('prd', 'a', 'A')]),
    )
    run.complete('a')
    run.fail('check', 'fatal')
    expect(run.run.status).toBe('failed')
    expect(run.phase('prd').agentsFailed).toBe(0)
  })
})
