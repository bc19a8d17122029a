import type { RunId, WaiverId } from '@ropewalk/core/ids'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { expectHistoriesToMatch } from './support/histories.ts'
import { makeTwoPhases } from './support/plans.ts'
import {
  claimOne,
  complete,
  PERSON,
  startRun,
  startStage,
  waitUntil,
  WORKSPACE,
  workOff,
  type Stage,
} from './support/stage.ts'

let stage: Stage
beforeEach(async () => {
  stage = await startStage()
})
afterEach(async () => {
  await expectHistoriesToMatch(stage)
  await stage.stop()
})

const phaseOf = async (runId: RunId, name = 'prd') => {
  const { phases } = await stage.engine.readRun(WORKSPACE, runId)
  const found = phases.find(({ phase }) => phase === name)
  if (!found) throw new Error(`no phase ${name}`)
  return found
}

/** Has both agents of `prd` hand in and its guard report this score. */
const judge = async (score: number): Promise<void> => {
  await complete(stage.engine, await claimOne(stage.engine))
  await complete(stage.engine, await claimOne(stage.engine))
  await judgeAgain(score)
}

const judgeAgain = async (score: number): Promise<void> => {
  const task = await claimOne(stage.engine)
  expect(task.spec.kind).toBe('guard')
  await complete(stage.engine, task, { score })
}

const request = async (runId: RunId): Promise<WaiverId> => {
  const answer = await stage.engine.submit(
    {
      type: 'RequestWaiver',
      workspaceId: WORKSPACE,
      runId,
      phase: 'prd',
      rubric: 'quality',
      details: 'It is a draft.',
      owner: 'anna',
      justification: 'Nobody reads it yet.',
      compensatingControl: 'An editor looks.',
      days: 2,
    },
    { by: PERSON },
  )
  return answer['waiverId'] as WaiverId
}

const approve = (runId: RunId, waiverId: WaiverId, id = 'bob') =>
  stage.engine.submit(
    { type: 'DecideWaiver', workspaceId: WORKSPACE, runId, waiverId, decision: 'approve', reason: '' },
    { by: { kind: 'person', id } },
  )

test('a waiver lets a gate that failed pass, and ends when its time is up', async () => {
  const runId = await startRun(stage.engine, makeTwoPhases())
  await judge(0.1)
  expect(await phaseOf(runId)).toMatchObject({ status: 'running', round: 2 })
  const waiverId = await request(runId)
  expect(await stage.engine.readWaiver(WORKSPACE, waiverId)).toMatchObject({ status: 'requested', runId })
  await approve(runId, waiverId)
  expect(await phaseOf(runId)).toMatchObject({ status: 'passed', waivers: [{ waiverId, isReliedOn: true }] })
  const gates = await stage.engine.listGates(WORKSPACE, runId, 'prd')
  expect(gates.at(-1)?.pack.waivers).toMatchObject([{ waiverId, rubric: 'quality', owner: 'anna' }])
  await stage.startTimers()
  await stage.shiftTime('47 hours')
  // The next phase is over its time then: what ends after the run is put on record and nothing else.
  await waitUntil('the next phase fails', async () => (await phaseOf(runId, 'build')).status === 'failed')
  expect((await stage.engine.listWaivers(WORKSPACE, runId)).map(({ status }) => status)).toEqual(['active'])
  await stage.shiftTime('49 hours')
  await waitUntil('the waiver expires', async () => {
    const [waiver] = await stage.engine.listWaivers(WORKSPACE, runId)
    return waiver?.status === 'expired'
  })
  expect((await phaseOf(runId)).status).toBe('passed')
})

test('a waiver that stands in the playbook is in the table from the start of its phase', async () => {
  const declared = [
    { rubric: 'quality', owner: 'ed', justification: 'j', compensating_control: 'c', days: 1 },
  ]
  const runId = await startRun(stage.engine, makeTwoPhases({}, { waivers: { declared } }))
  expect(await stage.engine.listWaivers(WORKSPACE, runId)).toMatchObject([
    { status: 'active', declared: true, requestedKind: 'policy', owner: 'ed' },
  ])
  await judge(0)
  expect(await phaseOf(runId)).toMatchObject({ status: 'passed' })
  const [waiver] = await stage.engine.listWaivers(WORKSPACE, runId)
  if (!waiver) throw new Error('no waiver')
  const revoke = { workspaceId: WORKSPACE, runId, waiverId: waiver.id, reason: 'Not so.' }
  await stage.engine.submit({ type: 'RevokeWaiver', ...revoke }, { by: PERSON })
  expect(await phaseOf(runId)).toMatchObject({ status: 'gating', waivers: [] })
  expect((await phaseOf(runId, 'build')).status).toBe('pending')
  await judgeAgain(0.1)
  expect(await phaseOf(runId)).toMatchObject({ status: 'running', round: 2 })
})

test('two runs side by side: one waits for an approval, the other takes nothing of it', async () => {
  const plan = makeTwoPhases({ clarification: 'human' }, { approval: true })
  const held = await startRun(stage.engine, plan)
  await judge(1)
  const other = await startRun(stage.engine, makeTwoPhases())
  await workOff(stage.engine)
  expect((await stage.engine.readRun(WORKSPACE, other)).run.closing).toBe(true)
  const { run, openQuestions } = await stage.engine.readRun(WORKSPACE, held)
  expect(run).toMatchObject({ status: 'awaiting_human', openQuestions: 1 })
  expect(await phaseOf(held)).toMatchObject({ status: 'gating', approvalId: openQuestions[0]?.id })
  const [question] = openQuestions
  if (!question) throw new Error('no question')
  expect(question).toMatchObject({ kind: 'approval', deadlineAt: null })
  await stage.engine.submit(
    {
      type: 'AnswerQuestion',
      workspaceId: WORKSPACE,
      runId: held,
      questionId: question.id,
      answer: 'approve',
    },
    { by: PERSON },
  )
  expect(await phaseOf(held)).toMatchObject({ status: 'passed', approvalId: null })
  const build = await claimOne(stage.engine)
  expect(build.runId).toBe(held)
  // What a person said of the gate is no answer for agents to build upon.
  const { context } = await stage.engine.readTaskContext(WORKSPACE, build.taskId)
  expect(context.answers).toEqual([])
})

test('a changed answer takes an approval back that was asked for, though nobody named it', async () => {
  const plan = makeTwoPhases({ clarification: 'human' }, { approval: true })
  const runId = await startRun(stage.engine, plan)
  const asked = {
    text: 'Which?',
    category: 'risk',
    priority: 'low',
    decisionImpact: 'Some.',
    defaultAnswer: 'This.',
  } as const
  await complete(stage.engine, await claimOne(stage.engine), { questions: [asked] })
  const [question] = (await stage.engine.readRun(WORKSPACE, runId)).openQuestions
  if (!question) throw new Error('no question')
  const answer = { workspaceId: WORKSPACE, runId, questionId: question.id }
  await stage.engine.submit({ type: 'AnswerQuestion', ...answer, answer: 'that' }, { by: PERSON })
  await complete(stage.engine, await claimOne(stage.engine))
  await judgeAgain(1)
  expect((await phaseOf(runId)).approvalId).not.toBeNull()
  await stage.engine.submit(
    { type: 'AnswerQuestion', ...answer, answer: 'other', change: true },
    { by: PERSON },
  )
  expect(await phaseOf(runId)).toMatchObject({ status: 'running', approvalId: null, openQuestions: 0 })
})

test('readiness says what stands in the way of each gate', async () => {
  const runId = await startRun(stage.engine, makeTwoPhases({}, { required_artifacts: ['PRD'] }))
  const [prd, build] = await stage.engine.readReadiness(WORKSPACE, runId)
  expect(prd?.obstacles.map(({ kind, name }) => [kind, name])).toEqual([
    ['missing-artifact', 'PRD'],
    ['rubric', 'quality'],
  ])
  expect(build?.obstacles[0]).toMatchObject({ kind: 'need', name: 'prd' })
  await expect(stage.engine.readReadiness(WORKSPACE, runId, 'nowhere')).rejects.toMatchObject({
    code: 'NOT_FOUND',
  })
})
