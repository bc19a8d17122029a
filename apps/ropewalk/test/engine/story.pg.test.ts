import type { StoryLine } from '@ropewalk/core/contract/api/story'
import type { RunPlan } from '@ropewalk/core/contract/run-plan'
import { QuestionId, ReservationId, RunId } from '@ropewalk/core/ids'
import type { RunCommand } from '@ropewalk/core/run/commands'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ClaimedTask } from '../../src/engine/contract.ts'
import { editArtifact, previewEdit } from '../../src/engine/runs/edit-artifact.ts'
import { keepDocument } from '../../src/engine/runs/keep-document.ts'
import { compareRuns } from '../../src/engine/views/comparison/compare-runs.ts'
import { tellStory } from '../../src/engine/views/story/tell-story.ts'
import { makeTwoPhases } from './support/plans.ts'
import {
  AGENT,
  claim,
  claimOne,
  complete,
  makeOutput,
  makeRecordDossier,
  makeStart,
  makeUuid,
  PERSON,
  startStage,
  WORKSPACE,
  type Stage,
} from './support/stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(async () => {
  await stage.stop()
})

const submit = (command: RunCommand) => stage.engine.submit(command, { by: PERSON })

const tell = async (runId: RunId, from?: string): Promise<StoryLine[]> =>
  Array.fromAsync(await tellStory(stage.engine, { workspaceId: WORKSPACE, runId, from }))

/** The texts of a story, each with its details behind it. */
const tellTexts = async (runId: RunId): Promise<string> =>
  (await tell(runId)).map(({ text, details }) => [text, ...details].join(' ')).join('\n')

const withModel = (plan: RunPlan): RunPlan => ({ ...plan, models: ['openai/known'] })

/** A call of a model for a task, settled. */
const callModel = async ({ runId, taskId, attempt }: ClaimedTask, tokens: number): Promise<void> => {
  const reservationId = ReservationId.parse(makeUuid())
  const on = { workspaceId: WORKSPACE, runId, reservationId }
  const deadlineAt = new Date(Date.now() + 600_000).toISOString()
  await submit({ type: 'ReserveBudget', ...on, taskId, attempt, micros: 5000, tokens: 5000, deadlineAt })
  await submit({
    type: 'SettleBudget',
    ...on,
    micros: tokens,
    inputTokens: tokens - 100,
    outputTokens: 100,
    model: 'openai/known',
  })
}

type Doing = { readonly tokens?: number; readonly simulated?: boolean; readonly isOpen?: boolean }

/** Works a run off to its end; every agent calls a model for `tokens`. */
const finish = async (
  runId: RunId,
  { tokens = 0, simulated = false, isOpen = false }: Doing,
): Promise<void> => {
  for (;;) {
    const tasks = (await claim(stage.engine, 20)).filter((task) => task.runId === runId)
    if (tasks.length === 0) break
    for (const task of tasks) {
      if (task.spec.guard === null && tokens > 0) await callModel(task, tokens)
      const { output } = task.spec
      await complete(stage.engine, task, {
        outputs: output === null ? [] : [{ ...makeOutput(output), simulated }],
      })
    }
  }
  if (!isOpen) await submit(makeRecordDossier({ workspaceId: WORKSPACE, runId }))
}

/** Completes tasks until a guard has judged, which gives `score`. */
const workToGuard = async (score: number): Promise<void> => {
  for (;;) {
    const task = await claimOne(stage.engine)
    await complete(stage.engine, task, { score })
    if (task.spec.guard !== null) return
  }
}

/** A run whose idea is kept, as the doors keep it. */
const begin = async (plan: RunPlan): Promise<RunId> => {
  const command = makeStart(plan)
  await submit({ ...command, idea: await keepDocument(stage.engine, WORKSPACE, 'Idea', { text: plan.idea }) })
  return command.runId
}

describe('what estimates learn from', () => {
  test('is the phases of finished runs in which a model was called and nothing simulated, newest first', async () => {
    expect(await stage.engine.listPastUse(WORKSPACE)).toEqual([])
    await finish(await begin(makeTwoPhases()), { simulated: true })
    expect(await stage.engine.listPastUse(WORKSPACE)).toEqual([])
    await finish(await begin(withModel(makeTwoPhases())), { tokens: 1000 })
    await finish(await begin(withModel(makeTwoPhases())), { tokens: 2000 })
    await finish(await begin(withModel(makeTwoPhases())), { tokens: 3000, simulated: true })
    await finish(await begin(withModel(makeTwoPhases())), { tokens: 4000, isOpen: true })
    const past = await stage.engine.listPastUse(WORKSPACE)
    const use = (phase: string, agents: string[], calls: number, tokens: number) => ({
      phase,
      agents,
      model: 'openai/known',
      inputTokens: calls * (tokens - 100),
      outputTokens: calls * 100,
    })
    expect(past).toEqual([
      use('build', ['coder'], 1, 2000),
      use('prd', ['writer', 'cutter'], 2, 2000),
      use('build', ['coder'], 1, 1000),
      use('prd', ['writer', 'cutter'], 2, 1000),
    ])
  })
})

describe('the story of a run that went badly', () => {
  test('tells failures, questions, mending, waivers, edits, retries and money, and who did what', async () => {
    const plan = withModel(makeTwoPhases({ clarification: 'hybrid' }))
    const { engine } = stage
    const runId = await begin(plan)
    const on = { workspaceId: WORKSPACE, runId }
    const writer = await claimOne(engine)
    const { taskId, attempt, claimedAt } = writer
    await engine.submit(
      {
        type: 'FailTask',
        ...{ ...on, taskId, attempt, claimedAt, worker: 'w1', tool: 'fixture', toolVersion: '1' },
        errorClass: 'transient',
        message: 'The line went dead.',
        usage: { inputTokens: 0, outputTokens: 0, modelCalls: 0, toolMs: 0, costMicros: 0 },
        retryAfterMs: null,
        jitter: 0,
      },
      { by: AGENT },
    )
    const again = await claimOne(engine)
    await callModel(again, 1500)
    const question = {
      text: 'One list or many?',
      category: 'clarification',
      priority: 'high',
      decisionImpact: 'It decides the tables.',
      defaultAnswer: 'One',
    } as const
    await complete(engine, again, { questions: [question] })
    const { items } = await engine.listQuestions(WORKSPACE, { limit: 10, runId })
    await submit({
      type: 'AnswerQuestion',
      ...on,
      questionId: QuestionId.parse(items[0]?.id),
      answer: 'Many, one a person',
    })
    for (const score of [0.2, 1, 0.1, 0.1]) await workToGuard(score)
    expect((await engine.readRun(WORKSPACE, runId)).run.status).toBe('failed')
    await submit({
      type: 'RequestWaiver',
      ...{ ...on, phase: 'build', rubric: 'quality', details: 'The draft.', owner: 'bert', days: 10 },
      justification: 'It is a draft.',
      compensatingControl: 'A second reading.',
    })
    const [waiver] = await engine.listWaivers(WORKSPACE, runId)
    if (waiver === undefined) throw new Error('there is no waiver')
    await submit({ type: 'DecideWaiver', ...on, waiverId: waiver.id, decision: 'approve', reason: '' })
    await submit({ type: 'EditArtifact', ...on, phase: 'prd', output: makeOutput('PRD') })
    const story = await tellTexts(runId)
    for (const part of [
      'anna asked for “Links”.',
      'prd began: writer, then cutter.',
      'Attempt 1 of writer failed (transient): The line went dead.',
      'writer was to be tried again',
      'writer handed in PRD at attempt 2 (simulated, fixture',
      'writer asked: “One list or many?” It decides the tables. Default: One',
      'anna answered “Many, one a person”. The question was “One list or many?”.',
      'The gate of prd did not pass (20 %, round 1 of 2).',
      'check failed on PRD: It is not good enough.',
      'prd was mended in round 2 by',
      'The gate of prd passed with 100 % in round 2.',
      '2 rounds, 1,500 tokens and $0.0015.',
      'No round is left.',
      'The run failed in build',
      'anna asked to waive quality of build; bert answers for it. Why: It is a draft.',
      'by anna, who had asked for it.',
      'anna put another version of PRD in place (version ',
      'was re-opened: PRD was edited by anna.',
    ])
      expect(story).toContain(part)
    expect(story).not.toMatch(/undefined|NaN|\[object/u)
  })

  test('begins with the phase that is asked for, and refuses one that is not there', async () => {
    const runId = await begin(makeTwoPhases())
    await finish(runId, {})
    const whole = await tell(runId)
    const late = await tell(runId, 'build')
    expect(late[0]).toMatchObject({ phase: 'build', text: 'build began: coder.' })
    expect(whole.slice(-late.length)).toEqual(late)
    await expect(tell(runId, 'nope')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(tell(RunId.parse(makeUuid()))).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('an edit before it is made', () => {
  test('names what it would put back and changes nothing; the edit then does just that', async () => {
    const { engine } = stage
    const runId = await begin(makeTwoPhases())
    const keep = (name: string, content: unknown) => keepDocument(engine, WORKSPACE, name, content)
    const finding = (text: string) => ({
      artifact: 'PRD',
      verdict: 'accept',
      summary: 'It can be built.',
      findings: [{ severity: 'low', text, cites: ['PRD#/overview'], requirement: null }],
    })
    const request = { name: 'PrdReview', content: finding('A comma is missing.') }
    const writer = await claimOne(engine)
    await complete(engine, writer, {
      outputs: [makeOutput('PRD'), await keep('PrdReview', finding('All is well.'))],
    })
    for (let left = 4; left > 0; left -= 1) {
      const [task] = await claim(engine, 1)
      if (task !== undefined && task.runId === runId) await complete(engine, task)
    }
    const before = await engine.readRun(WORKSPACE, runId)
    const preview = await previewEdit(engine, { workspaceId: WORKSPACE, runId, request }, PERSON)
    expect(preview).toMatchObject({ name: 'PrdReview', phase: 'prd', version: 1 })
    expect(
      preview.diff.lines.some((line) => line.startsWith('+ ') && line.includes('A comma is missing')),
    ).toBe(true)
    expect(await engine.readRun(WORKSPACE, runId)).toEqual(before)
    await editArtifact(engine, { workspaceId: WORKSPACE, runId, request }, { by: PERSON })
    const after = await engine.readRun(WORKSPACE, runId)
    const openings = (phases: typeof after.phases) =>
      phases.filter(
        ({ phase, openings: count }) =>
          count > (before.phases.find((each) => each.phase === phase)?.openings ?? 0),
      )
    expect(openings(after.phases).map(({ phase }) => phase)).toEqual(
      preview.reopens.map(({ phase }) => phase),
    )
    await expect(
      previewEdit(engine, { workspaceId: WORKSPACE, runId, request: { ...request, content: {} } }, PERSON),
    ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', details: { document: 'PrdReview' } })
  })
})

describe('two runs compared', () => {
  test('differ in their plans, and one that is under way is no trouble', async () => {
    const { engine } = stage
    const a = await begin(makeTwoPhases())
    const b = await begin(makeTwoPhases({ capMicros: 500_000 }, { parallelism: 'parallel', timebox: 'PT2H' }))
    const compared = await compareRuns(engine, { workspaceId: WORKSPACE, a, b, scratch: '/nonexistent' })
    expect(compared).toMatchObject({ relation: 'none', code: null, requirements: [], evidence: [] })
    expect(compared.plan.map(({ what }) => what)).toEqual(['budget', 'agents of prd', 'limits of prd'])
    expect(
      await compareRuns(engine, { workspaceId: WORKSPACE, a, b: a, scratch: '/nonexistent' }),
    ).toMatchObject({
      relation: 'same',
      plan: [],
      artifacts: { items: [] },
    })
  })
})
