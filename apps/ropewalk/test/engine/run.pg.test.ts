import { afterAll, beforeAll, expect, test } from 'vitest'
import { hasCode } from '@ropewalk/core/errors'
import { expectHistoriesToMatch } from './support/histories.ts'
import { makePhaseOf, makeTwoPhases } from './support/plans.ts'
import {
  AGENT,
  PERSON,
  WORKSPACE,
  claimOne,
  complete,
  makeStart,
  startRun,
  startStage,
  waitUntil,
  workOff,
  type Stage,
} from './support/stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
  await stage.startTimers()
})
afterAll(async () => {
  await stage.stop()
})

const isClosed = async (runId: Parameters<typeof stage.engine.readRun>[1]) =>
  (await stage.engine.readRun(WORKSPACE, runId)).run.closed

test('a run of five tasks goes through both gates to its dossier, is signed and gives its money back', async () => {
  const { engine } = stage
  const runId = await startRun(engine, makeTwoPhases())
  const [granted] = await stage.query<{ granted_micros: string }>(
    'SELECT granted_micros FROM ropewalk.workspaces',
  )
  expect(granted?.granted_micros).toBe('1000000')
  expect(await workOff(engine)).toBe(5)
  await waitUntil('the run closes', () => isClosed(runId))
  const { run, phases } = await engine.readRun(WORKSPACE, runId)
  expect(run).toMatchObject({ status: 'succeeded', verdict: 'verified', closed: true })
  expect(phases.map(({ phase, status }) => [phase, status])).toEqual([
    ['prd', 'passed'],
    ['build', 'passed'],
  ])
  const gates = await engine.listGates(WORKSPACE, runId, 'prd')
  expect(gates).toMatchObject([{ phase: 'prd', round: 1, passed: true, pack: { phase: 'prd' } }])
  await waitUntil(
    'the last head is signed',
    async () =>
      stage.signed.includes(`${runId}/${run.version - 1}`) ||
      stage.signed.includes(`${runId}/${run.version}`),
  )
  const [left] = await stage.query<{ granted_micros: string }>(
    'SELECT granted_micros FROM ropewalk.workspaces',
  )
  expect(left?.granted_micros).toBe('0')
})

test('a tool that was refused and a pass over the stages once more are told in the ledger', async () => {
  const { engine } = stage
  const runId = await startRun(engine, makePhaseOf(1, 'iterative'))
  const task = await claimOne(engine)
  const { taskId, attempt } = task
  const refusal = { type: 'RefuseTool', workspaceId: WORKSPACE, runId, taskId, attempt } as const
  await engine.submit({ ...refusal, tool: 'shell', reason: 'It is not on the list.' }, { by: AGENT })
  await complete(engine, task, { again: true, commit: 'c'.repeat(40) })
  expect(await workOff(engine)).toBe(1)
  const events = await engine.listEvents(WORKSPACE, { after: 0, limit: 200, stream: runId })
  expect(events.filter(({ type }) => type === 'tool.refused')).toMatchObject([{ data: { tool: 'shell' } }])
  expect(events.filter(({ type }) => type === 'phase.iterated')).toMatchObject([{ data: { iteration: 1 } }])
})

test('a task knows its agent, its inputs with their artifacts, and what former attempts died of', async () => {
  const { engine } = stage
  const runId = await startRun(engine, makeTwoPhases())
  const first = await claimOne(engine)
  await engine.submit(
    {
      type: 'FailTask',
      workspaceId: WORKSPACE,
      runId,
      taskId: first.taskId,
      attempt: first.attempt,
      worker: 'w1',
      claimedAt: first.claimedAt,
      tool: 'fixture',
      toolVersion: '1',
      errorClass: 'transient',
      message: 'The line was busy.',
      usage: { inputTokens: 0, outputTokens: 0, modelCalls: 0, toolMs: 0, costMicros: 0 },
      retryAfterMs: 0,
      jitter: 0,
    },
    { by: AGENT },
  )
  await waitUntil('the task is due again', async () => {
    const task = await engine.readTask(WORKSPACE, first.taskId)
    return task.status === 'ready' && task.dueAt <= new Date().toISOString()
  })
  const second = await claimOne(engine)
  expect(second).toMatchObject({ taskId: first.taskId, attempt: 2 })
  const { context, agent, inputs, plan } = await engine.readTaskContext(WORKSPACE, second.taskId)
  expect(agent?.agent).toBe('writer')
  expect(plan.phases).toHaveLength(2)
  expect(inputs).toMatchObject([{ name: 'Idea', artifact: { name: 'Idea', version: 1 } }])
  expect(context.metadata).toEqual({
    attemptNumber: 2,
    round: 1,
    previousAttemptFailures: ['The line was busy.'],
  })
  await complete(engine, second)
  await workOff(engine)
  await waitUntil('the run closes', () => isClosed(runId))
})

test('a failed gate asks for another round, and what fails again ends the run', async () => {
  const { engine } = stage
  const runId = await startRun(engine, makeTwoPhases())
  for (let done = false; !done;) {
    const [task] = await engine.claimTasks({
      worker: 'w1',
      capabilities: ['work', 'guard', 'check'],
      limit: 1,
      leaseMs: 30_000,
    })
    if (task === undefined) done = true
    else await complete(engine, task, { score: 0.1 })
  }
  const { run } = await engine.readRun(WORKSPACE, runId)
  expect(run.status).toBe('failed')
  const gates = await engine.listGates(WORKSPACE, runId, 'prd')
  expect(gates.map(({ round, passed }) => [round, passed])).toEqual([
    [1, false],
    [2, false],
  ])
})

test('a refused command changes nothing and says why', async () => {
  const { engine } = stage
  const command = makeStart(makePhaseOf(1, 'sequential'))
  await engine.submit(command, { by: PERSON })
  const count = () =>
    stage.query('SELECT count(*) FROM ropewalk.ledger WHERE stream_id = $1', [command.runId])
  const before = await count()
  const again = await engine.submit(command, { by: PERSON }).catch((error: unknown) => error)
  expect(hasCode(again, 'CONFLICT')).toBe(true)
  const missing = await engine
    .submit(
      { type: 'CloseRun', workspaceId: WORKSPACE, runId: makeStart(command.plan).runId },
      { by: PERSON },
    )
    .catch((error: unknown) => error)
  expect(hasCode(missing, 'NOT_FOUND')).toBe(true)
  expect(await count()).toEqual(before)
  await workOff(engine)
})

test('a plan that is not what its hash says is refused', async () => {
  const command = makeStart(makePhaseOf(2, 'sequential'))
  const wrong = { ...command, planHash: '0'.repeat(64) }
  const answer = await stage.engine.submit(wrong, { by: PERSON }).catch((error: unknown) => error)
  expect(hasCode(answer, 'INVALID_ARGUMENT')).toBe(true)
})

test('a run that a newer release wrote is left alone', async () => {
  const { engine } = stage
  const runId = await startRun(engine, makePhaseOf(1, 'sequential'))
  await stage.query('UPDATE ropewalk.runs SET event_format = 1000 WHERE id = $1', [runId])
  const answer = await engine
    .submit(
      { type: 'SignalRun', workspaceId: WORKSPACE, runId, signal: 'cancel', target: 'run', targetId: null },
      { by: PERSON },
    )
    .catch((error: unknown) => error)
  expect(hasCode(answer, 'STREAM_TOO_NEW')).toBe(true)
  await stage.query('UPDATE ropewalk.runs SET event_format = 1 WHERE id = $1', [runId])
  await workOff(engine)
})

test('every stored history folds to what the tables say', async () => {
  expect(await expectHistoriesToMatch(stage)).toBeGreaterThanOrEqual(5)
})
