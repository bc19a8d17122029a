import { Playbook } from '@ropewalk/core/contract/playbook'
import type { RunPlan } from '@ropewalk/core/contract/run-plan'
import { ForkRequest } from '@ropewalk/core/contract/run-request'
import { RunId } from '@ropewalk/core/ids'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { forkRun } from '../../src/engine/runs/fork-run.ts'
import { makeTwoPhases } from './support/plans.ts'
import {
  claimOne,
  complete,
  makeOutput,
  makeUuid,
  PERSON,
  startRun,
  startStage,
  WORKSPACE,
  type Stage,
} from './support/stage.ts'

let stage: Stage
let plan: RunPlan
/** Its first phase has passed, its second is under way. */
let source: RunId

beforeAll(async () => {
  stage = await startStage()
  plan = makeTwoPhases()
  source = await startRun(stage.engine, plan)
  for (let left = 3; left > 0; left -= 1) {
    const task = await claimOne(stage.engine)
    const outputs = task.spec.output === null ? [] : [{ ...makeOutput(task.spec.output), simulated: false }]
    await complete(stage.engine, task, { outputs })
  }
})
afterAll(async () => {
  await stage.stop()
})

const fork = async (request: object, models: readonly string[] = ['offline']): Promise<RunId> => {
  const parsed = ForkRequest.parse({ phase: 'build', budgetUsd: 0, ...request })
  const of = { workspaceId: WORKSPACE, source, request: parsed }
  const { runId } = await forkRun(stage.engine, { config: { models } }, of, { by: PERSON })
  return RunId.parse(runId)
}

/** The playbook of the plan, with one phase changed. */
const changePlaybook = (phase: string, change: object, agents: readonly object[] = []): Playbook =>
  Playbook.parse({
    name: 'other',
    phases: plan.phases.map(({ definition }) =>
      definition.phase === phase ? { ...definition, ...change } : definition,
    ),
    agents: [...plan.agents, ...agents],
    prices: [],
  })

const countRuns = async (): Promise<number> =>
  (await stage.engine.listRuns(WORKSPACE, { limit: 200 })).items.length

describe('a fork', () => {
  test('says by which models it goes on, and expects nothing of what it takes over', async () => {
    const runId = await fork({}, ['openai/unheard', 'offline'])
    const view = await stage.engine.readRun(WORKSPACE, runId)
    expect(view.plan.models).toEqual(['openai/unheard', 'offline'])
    expect(view.plan.estimate.phases).toMatchObject([
      { phase: 'prd', inherited: true, highTokens: 0 },
      { inherited: false },
    ])
    expect(view.phases[0]).toMatchObject({ phase: 'prd', status: 'passed', usage: { inputTokens: 0 } })
    expect(view.phases[0]?.outputs['PRD']).toMatchObject({ agent: 'writer', makers: ['writer'] })
  })

  test('goes on by another playbook where that asks for nothing the other run has not made', async () => {
    const playbook = changePlaybook('build', { gate: { pass: 0.9, max_rounds: 1 } })
    const { plan: made } = await stage.engine.readRun(WORKSPACE, await fork({ playbook }))
    expect(made.playbook.name).toBe('other')
    expect(made.phases.map(({ definition }) => definition.gate.pass)).toEqual([0.8, 0.9])
    const more = {
      agent: 'lawyer',
      phase: 'prd',
      kind: 'external',
      capability: 'work',
      output: 'Terms',
      prompt: 'Do.',
    }
    const asking = changePlaybook('prd', { agents: ['writer', 'cutter', 'lawyer'] }, [more])
    await expect(fork({ playbook: asking })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('Terms') as string,
    })
    const broken = changePlaybook('build', { agents: ['nobody'] })
    await expect(fork({ playbook: broken })).rejects.toMatchObject({ code: 'PLAYBOOK_INVALID' })
  })

  test('begins at the first phase with another idea, and at no other', async () => {
    const edits = { Idea: { text: 'A wine list' } }
    const view = await stage.engine.readRun(WORKSPACE, await fork({ phase: 'prd', edits }))
    expect(view.plan.idea).toBe('A wine list')
    expect(view.phases.map(({ status }) => status)).toEqual(['running', 'pending'])
    await expect(fork({ edits })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  test('is refused as a whole: a phase that is not there or not passed, a document that is none, no such run', async () => {
    const before = await countRuns()
    await expect(fork({ phase: 'nope' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(fork({ edits: { RepoManifest: {} } })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(fork({ edits: { PRD: { overview: 1 } } })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      details: { document: 'PRD' },
    })
    await expect(fork({ budgetUsd: 1_000_000 })).rejects.toMatchObject({ code: 'BUDGET_EXCEEDED' })
    const known = source
    source = RunId.parse(makeUuid())
    await expect(fork({})).rejects.toMatchObject({ code: 'NOT_FOUND' })
    source = await startRun(stage.engine, plan)
    await expect(fork({})).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('not passed') as string,
    })
    source = known
    expect(await countRuns()).toBe(before + 1)
  })
})
