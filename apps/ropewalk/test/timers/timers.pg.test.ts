import { RunId } from '@ropewalk/core/ids'
import { QuestionId, ReservationId } from '@ropewalk/core/ids'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { expectHistoriesToMatch } from '../engine/support/histories.ts'
import { makePhaseOf, makeTwoPhases } from '../engine/support/plans.ts'
import {
  AGENT,
  PERSON,
  WORKSPACE,
  claim,
  claimOne,
  complete,
  makeUuid,
  startRun,
  startStage,
  waitUntil,
  workOff,
  type Stage,
} from '../engine/support/stage.ts'

let stage: Stage
beforeEach(async () => {
  stage = await startStage()
})
afterEach(async () => {
  await expectHistoriesToMatch(stage)
  await stage.stop()
})

const statusOf = async (runId: RunId) => (await stage.engine.readRun(WORKSPACE, runId)).run.status

const countEvents = async (type: string): Promise<number> => {
  const [row] = await stage.query<{ count: string }>(
    `SELECT count(*) FROM ropewalk.ledger, unnest(string_to_array(types, ' ')) AS of(type) WHERE of.type = $1`,
    [type],
  )
  return Number(row?.count)
}

test('a phase that is over its time ends, not before and once', async () => {
  const runId = await startRun(stage.engine, makePhaseOf(1, 'sequential', { timebox: 'PT1H' }))
  await stage.startTimers()
  await stage.shiftTime('59 minutes')
  await new Promise((resolve) => setTimeout(resolve, 1500))
  expect(await statusOf(runId)).toBe('running')
  await stage.shiftTime('61 minutes')
  await waitUntil('the phase times out', async () => (await statusOf(runId)) === 'failed')
  expect(await countEvents('run.failed')).toBe(1)
})

test('a question takes its default at its deadline, decided by policy', async () => {
  const runId = await startRun(
    stage.engine,
    makePhaseOf(1, 'sequential', { clarification: 'hybrid', questionDeadlineMs: 60_000 }),
  )
  const task = await claimOne(stage.engine)
  await complete(stage.engine, task, {
    questions: [
      {
        text: 'Which colour?',
        category: 'assumption',
        priority: 'high',
        decisionImpact: 'Much.',
        defaultAnswer: 'Blue.',
      },
    ],
  })
  await stage.startTimers()
  const [open] = (await stage.engine.readRun(WORKSPACE, runId)).openQuestions
  expect(open).toMatchObject({ text: 'Which colour?', status: 'open' })
  await stage.shiftTime('61 seconds')
  await waitUntil(
    'the question is decided',
    async () => (await stage.engine.readRun(WORKSPACE, runId)).openQuestions.length === 0,
  )
  const { items } = await stage.engine.listQuestions(WORKSPACE, { limit: 10, runId })
  expect(items).toMatchObject([{ status: 'assumed', answer: 'Blue.', decidedKind: 'policy' }])
})

test('a question that only a person may decide is told again at its deadline, and stays open', async () => {
  const runId = await startRun(
    stage.engine,
    makePhaseOf(1, 'sequential', { clarification: 'hybrid', questionDeadlineMs: 60_000 }),
  )
  const task = await claimOne(stage.engine)
  await complete(stage.engine, task, {
    questions: [
      {
        text: 'Which bank account?',
        category: 'risk',
        priority: 'high',
        decisionImpact: 'Much.',
        defaultAnswer: 'The old one.',
        fields: ['account'],
        form: {
          type: 'object',
          properties: { account: { type: 'string', enum: ['old', 'new'] } },
          required: ['account'],
          additionalProperties: false,
        },
        defaultValues: { account: 'old' },
        risk: 'high',
        policy: 'escalate',
      },
    ],
  })
  await stage.startTimers()
  const asked = (await stage.engine.readRun(WORKSPACE, runId)).openQuestions[0]
  expect(asked).toMatchObject({
    fields: ['account'],
    defaultValues: { account: 'old' },
    risk: 'high',
    version: 1,
  })
  await stage.shiftTime('61 seconds')
  await waitUntil(
    'people are told again',
    async () => (await stage.engine.readRun(WORKSPACE, runId)).openQuestions[0]?.escalatedAt != null,
  )
  expect((await stage.engine.readRun(WORKSPACE, runId)).openQuestions).toMatchObject([
    { status: 'open', version: 2, deadlineAt: null, policy: 'escalate' },
  ])
  const answer = (values: Record<string, string>) =>
    stage.engine.submit(
      {
        type: 'AnswerQuestion',
        workspaceId: WORKSPACE,
        runId,
        questionId: QuestionId.parse(asked?.id),
        answer: 'The new one.',
        values,
      },
      { by: { kind: 'person', id: 'anna' } },
    )
  await expect(answer({ account: 'none' })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    details: { faults: [{ field: 'account', expected: 'one of "old", "new"', got: '"none"' }] },
  })
  await answer({ account: 'new' })
  const found = await stage.engine.readQuestion(WORKSPACE, QuestionId.parse(asked?.id))
  expect(found).toMatchObject({
    owner: 'run',
    question: { status: 'accepted', values: { account: 'new' }, version: 3, policy: 'escalate' },
  })
  expect(await countEvents('CLARIFICATION.QUESTION_ESCALATED')).toBe(1)
})

test('a reservation that nobody settles is charged in full at its deadline; a late report corrects it', async () => {
  const { engine } = stage
  const runId = await startRun(engine, makePhaseOf(1, 'sequential'))
  const task = await claimOne(engine, 600_000)
  const reservationId = ReservationId.parse(makeUuid())
  const on = { workspaceId: WORKSPACE, runId, reservationId }
  await engine.submit(
    {
      type: 'ReserveBudget',
      ...on,
      taskId: task.taskId,
      attempt: task.attempt,
      micros: 500,
      tokens: 10,
      deadlineAt: new Date(Date.now() + 60_000).toISOString(),
    },
    { by: AGENT },
  )
  await stage.startTimers()
  await stage.shiftTime('61 seconds')
  await waitUntil('it is charged', async () => (await engine.readCost(WORKSPACE, runId)).spentMicros === 500)
  expect((await engine.readCost(WORKSPACE, runId)).rows).toMatchObject([
    { calls: 1, micros: 500, assumedMicros: 500 },
  ])
  await engine.submit(
    { type: 'SettleBudget', ...on, micros: 120, inputTokens: 3, outputTokens: 4, model: 'offline' },
    { by: AGENT },
  )
  const cost = await engine.readCost(WORKSPACE, runId)
  expect(cost).toMatchObject({ spentMicros: 120, reservedMicros: 0 })
  expect(cost.rows.map(({ micros, assumedMicros }) => [micros, assumedMicros])).toEqual([[120, 0]])
  await complete(engine, task)
})

test('a lease that runs out gives the task to the next; a renewed one does not', async () => {
  const { engine } = stage
  await startRun(engine, makePhaseOf(2, 'parallel'))
  const [silent, lively] = await claim(engine, 2, 'w1', { leaseMs: 5_000 })
  if (silent === undefined || lively === undefined) throw new Error('no tasks')
  await stage.startTimers()
  const beats = setInterval(() => void engine.heartbeat([lively]), 500)
  await waitUntil(
    'the lease is lost',
    async () => (await engine.readTask(WORKSPACE, silent.taskId)).status === 'ready',
  )
  expect(Date.now()).toBeGreaterThan(Date.parse(silent.leaseUntil))
  expect(await engine.readTask(WORKSPACE, silent.taskId)).toMatchObject({
    attempts: [{ number: 1, outcome: 'lost', worker: 'w1' }],
  })
  expect(await engine.readTask(WORKSPACE, lively.taskId)).toMatchObject({ status: 'running', attempt: 1 })
  clearInterval(beats)
  await complete(engine, lively)
  await workOff(engine)
})

test('an overdue attempt that beat before the lock was taken stays', async () => {
  const { engine } = stage
  const runId = await startRun(engine, makePhaseOf(1, 'sequential'))
  const task = await claimOne(engine)
  const answer = await engine
    .loseOverdue({
      type: 'LoseAttempt',
      workspaceId: WORKSPACE,
      runId,
      taskId: task.taskId,
      attempt: 1,
      outcome: 'lost',
      worker: 'w1',
      claimedAt: null,
      message: 'Late.',
    })
    .catch((error: unknown) => error)
  expect(answer).toMatchObject({ code: 'CONFLICT' })
  await complete(engine, task)
})

test('an attempt that takes longer than its task may, times out though it beats', async () => {
  const { engine } = stage
  await startRun(engine, makePhaseOf(1, 'sequential', { timebox: 'PT2H' }))
  const task = await claimOne(engine)
  await stage.query('UPDATE ropewalk.tasks SET timeout_at = ropewalk.now(), overdue_at = ropewalk.now()')
  await stage.startTimers()
  await waitUntil(
    'it times out',
    async () => (await engine.readTask(WORKSPACE, task.taskId)).attempts.length === 1,
  )
  expect((await engine.readTask(WORKSPACE, task.taskId)).attempts).toMatchObject([{ outcome: 'timed_out' }])
})

test('each effect is one job with an id of its own, whatever fails in between; done twice it counts once', async () => {
  const { engine } = stage
  const runIds = await Promise.all(Array.from({ length: 10 }, () => startRun(engine, makeTwoPhases())))
  await workOff(engine)
  const jobs = await stage.query<{ id: string; name: string; data: object }>(
    "SELECT id, name, data FROM pgboss.job WHERE name <> 'sweep' AND name NOT LIKE '\\_\\_%'",
  )
  expect(new Set(jobs.map((job) => job.id)).size).toBe(jobs.length)
  expect(jobs.filter((job) => job.name === 'build-dossier')).toHaveLength(10)
  // Jobs carry ids and versions, nothing else.
  for (const { data } of jobs) expect(JSON.stringify(data).length).toBeLessThan(300)
  await stage.startTimers()
  const isClosed = async (runId: RunId) => (await engine.readRun(WORKSPACE, runId)).run.closed
  await waitUntil('all runs close', async () => (await Promise.all(runIds.map(isClosed))).every(Boolean))
  // As after a crash between doing and saying so: every job comes again.
  await stage.query(
    "UPDATE pgboss.job SET state = 'created', completed_on = NULL WHERE name IN ('build-dossier', 'close-run', 'sign-head')",
  )
  await waitUntil('all are done again', async () => {
    const left = await stage.query(
      "SELECT 1 FROM pgboss.job WHERE name IN ('build-dossier', 'close-run', 'sign-head') AND state <> 'completed'",
    )
    return left.length === 0
  })
  for (const type of ['dossier.published', 'run.succeeded', 'run.closed'])
    expect([type, await countEvents(type)]).toEqual([type, 10])
  await engine
    .submit(
      { type: 'CloseRun', workspaceId: WORKSPACE, runId: runIds[0] ?? RunId.parse(makeUuid()) },
      { by: PERSON },
    )
    .catch(() => undefined)
})
