import { sha256 } from '@ropewalk/core/canonical'
import { ClaimedTasks, type ClaimedTaskView } from '@ropewalk/core/contract/api/claims'
import { Problem } from '@ropewalk/core/contract/api/problem'
import { RunDetail, RunStarted } from '@ropewalk/core/contract/api/runs'
import type { GuardReport } from '@ropewalk/core/contract/guard-report'
import { expect } from 'vitest'
import type { z } from 'zod'
import { WORKSPACE, type Answered, type TestApi } from './start-api.ts'

/** The body, which has this status and keeps this contract. */
export const expectAnswer = <T extends z.ZodType>(
  answered: Answered,
  contract: T,
  status = 200,
): z.output<T> => {
  expect(answered.status, answered.text).toBe(status)
  return contract.parse(answered.json)
}

/** The problem document of an answer that has this status and, where named, this code. */
export const expectProblem = (answered: Answered, status: number, code?: string): Problem => {
  expect(answered.status, answered.text).toBe(status)
  expect(answered.headers.get('content-type')).toMatch(/^application\/problem\+json/u)
  const problem = Problem.parse(answered.json)
  expect(problem.status).toBe(status)
  if (code !== undefined) expect(problem.code).toBe(code)
  return problem
}

/** A run without money: a workspace has 100 dollars, a test many runs. */
export const startRun = async (api: TestApi, idea = 'A shared shopping list'): Promise<RunStarted> =>
  expectAnswer(await api.ask('/v1/runs', { body: { idea, budgetUsd: 0 } }), RunStarted, 202)

export const readRun = async (api: TestApi, runId: string): Promise<RunDetail> =>
  expectAnswer(await api.ask(`/v1/runs/${runId}`), RunDetail)

/** Claims over HTTP until this run's task comes; others' tasks stay claimed. */
export const claimTask = async (
  api: TestApi,
  runId: string,
  capability = 'sketch',
): Promise<ClaimedTaskView> => {
  for (;;) {
    const body = { worker: 'outside', capabilities: [capability], limit: 20 }
    const { tasks } = expectAnswer(await api.ask('/v1/tasks/claim', { body }), ClaimedTasks)
    expect(tasks.length, 'a task to claim').toBeGreaterThan(0)
    const found = tasks.find(({ task }) => task.runId === runId)
    if (found !== undefined) return found
  }
}

/** Hands in the sketch of a run. */
export const completeSketch = async (api: TestApi, runId: string): Promise<void> => {
  const { task, token } = await claimTask(api, runId)
  const body = { outputs: [{ name: 'Sketch', mediaType: 'text/plain', content: 'boxes and arrows' }] }
  const done = await api.ask(`/v1/tasks/${task.id}/complete`, { body, token })
  expect(done.status, done.text).toBe(200)
}

const makeReport = (startedAt: string, score: number): GuardReport => ({
  guard: 'schema',
  rubric: 'completeness',
  artifacts: ['Sketch'],
  outcome: score === 1 ? 'pass' : 'fail',
  score,
  severity: 'major',
  reasons: score === 1 ? [] : ['A box has no label.'],
  tool: 'schema',
  toolVersion: '1',
  argv: null,
  exitCode: null,
  startedAt,
  endedAt: startedAt,
  inputDigests: [],
  outputDigests: [],
  revision: null,
  confined: 'not-needed',
  metrics: {},
  requirements: [],
})

/** Does the guard's part, as our own worker would: the gate of `sketch` then judges. */
export const judgeSketch = async (api: TestApi, runId: string, score = 1): Promise<void> => {
  const claimed = await api.engine.claimTasks({
    workspaceId: WORKSPACE,
    worker: 'inside',
    capabilities: ['guard'],
    limit: 20,
    leaseMs: 30_000,
  })
  const task = claimed.find((each) => each.runId === runId)
  if (task === undefined) throw new Error('there is no guard task')
  const report = makeReport(task.claimedAt, score)
  const digest = await api.engine.blobs.put(WORKSPACE, Buffer.from(JSON.stringify(report)))
  expect(digest).toBe(sha256(JSON.stringify(report)))
  await api.engine.submit(
    {
      type: 'CompleteTask',
      workspaceId: WORKSPACE,
      runId: task.runId,
      taskId: task.taskId,
      attempt: task.attempt,
      worker: 'inside',
      claimedAt: task.claimedAt,
      tool: 'schema',
      toolVersion: '1',
      outputs: [],
      commit: null,
      usage: { inputTokens: 0, outputTokens: 0, modelCalls: 0, toolMs: 0, costMicros: 0 },
      reports: [{ ...report, digest }],
      questions: [],
    },
    { by: { kind: 'engine', id: 'worker' } },
  )
}
