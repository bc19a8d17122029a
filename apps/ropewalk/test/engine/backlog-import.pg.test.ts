import { sha256 } from '@ropewalk/core/canonical'
import { UserStories } from '@ropewalk/core/contract/documents/prd'
import { AgentDefinition, PhaseDefinition, Playbook } from '@ropewalk/core/contract/playbook'
import { NO_ESTIMATE, type RunPlan } from '@ropewalk/core/contract/run-plan'
import { ArtifactId, ProjectId, type RunId } from '@ropewalk/core/ids'
import { makeRunPlan } from '@ropewalk/core/run/plan/make-run-plan'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { importRun } from '../../src/engine/backlog/import-items.ts'
import {
  claimOne,
  complete,
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

const STORIES = UserStories.parse({
  stories: ['US-001', 'US-002'].map((id) => ({
    id,
    as: 'a clerk',
    want: `something of ${id}`,
    so_that: 'time is saved',
    requirements: ['REQ-001'],
    acceptance: ['It is there.'],
  })),
})

/** A run whose one phase is the loop over the stories, which it has from its beginning. */
const makeLoopPlan = (): RunPlan => {
  const agent = AgentDefinition.parse({
    agent: 'story-validator',
    phase: 'story-loop',
    kind: 'external',
    capability: 'work',
    inputs: [],
    output: 'StoryProgress',
    prompt: 'Do.',
  })
  const phase = PhaseDefinition.parse({
    phase: 'story-loop',
    title: 'Loop',
    parallelism: 'sequential',
    agents: [agent.agent],
    budgets: { tokens: 1000, tools_minutes: 1, gpu_hours: 0, wallclock_minutes: 30 },
    timebox: 'PT1H',
    gate: { pass: 0, max_rounds: 2 },
  })
  return makeRunPlan({
    playbook: Playbook.parse({ name: 'test', phases: [phase], agents: [agent], prices: [] }),
    playbookHash: sha256('playbook'),
    idea: 'A ledger of letters',
    repo: null,
    models: ['offline'],
    capMicros: 0,
    clarification: 'autonomous',
    questionDeadlineMs: 60_000,
    unconfined: false,
    estimate: NO_ESTIMATE,
  })
}

const startRun = async (withStories: boolean): Promise<RunId> => {
  const bytes = Buffer.from(JSON.stringify(STORIES))
  const digest = await stage.engine.blobs.put(WORKSPACE, bytes)
  const given = {
    id: ArtifactId.parse(makeUuid()),
    name: 'UserStories',
    digest,
    mediaType: 'application/json',
    bytes: bytes.length,
    commit: null,
    simulated: false,
  }
  const start = makeStart(makeLoopPlan())
  await stage.engine.submit({ ...start, given: withStories ? [given] : [] }, { by: PERSON })
  return start.runId
}

const startProject = async (): Promise<ProjectId> => {
  const projectId = ProjectId.parse(makeUuid())
  await stage.engine.submit(
    {
      type: 'StartProject',
      workspaceId: WORKSPACE,
      projectId,
      name: 'Letters',
      request: 'Follow the run.',
      mode: 'autonomous',
      dispatch: 'auto',
      template: null,
      templateHash: null,
      parameters: {},
      uploads: [],
      items: [],
      hits: [],
      questions: [],
      questionDeadlineMs: 60_000,
    },
    { by: PERSON },
  )
  return projectId
}

const list = async (projectId: ProjectId) =>
  (await stage.engine.listItems(WORKSPACE, { limit: 50, projectId })).items

test("a run's stories become items once, and each is as far as the task that it stands for", async () => {
  const [runId, projectId] = [await startRun(true), await startProject()]
  const on = { workspaceId: WORKSPACE, projectId, runId }
  const [first, second] = await Promise.all([
    importRun(stage.engine, on, { by: PERSON }),
    importRun(stage.engine, on, { by: PERSON }),
  ])
  expect(await importRun(stage.engine, on, { by: PERSON })).toMatchObject({ itemIds: [] })
  const items = await list(projectId)
  expect(items.map(({ title, kind, labels }) => [title, kind, labels])).toEqual([
    ['US-001: something of US-001', 'story', ['US-001']],
    ['US-002: something of US-002', 'story', ['US-002']],
  ])
  expect([first['itemIds'], second['itemIds']]).toContainEqual(items.map(({ id }) => id))
  const { items: tasks } = await stage.engine.listTasks(WORKSPACE, runId, { limit: 10 })
  expect(items.map(({ runRef }) => runRef)).toEqual(items.map(() => ({ runId, taskId: tasks[0]?.id })))
  expect(items.map(({ status }) => status)).toEqual(['ready', 'ready'])

  const claimed = await claimOne(stage.engine)
  expect((await list(projectId)).map(({ status }) => status)).toEqual(['in_progress', 'in_progress'])
  const [item] = items
  if (item === undefined) throw new Error('There is no item.')
  const { items: busy } = await stage.engine.listItems(WORKSPACE, {
    limit: 9,
    projectId,
    status: 'in_progress',
  })
  expect(busy).toHaveLength(2)
  await complete(stage.engine, claimed)
  expect(await stage.engine.readItem(WORKSPACE, item.id)).toMatchObject({
    status: 'done',
    ref: { taskStatus: 'completed' },
  })
})

test('a run without stories has nothing to import', async () => {
  const [runId, projectId] = [await startRun(false), await startProject()]
  const importing = importRun(stage.engine, { workspaceId: WORKSPACE, projectId, runId }, { by: PERSON })
  await expect(importing).rejects.toMatchObject({ code: 'CONFLICT' })
})
