import { setTimeout as sleep } from 'node:timers/promises'
import { AgentDefinition, PhaseDefinition, Playbook } from '@ropewalk/core/contract/playbook'
import { fanIn } from '@ropewalk/core/fan-in/fan-in'
import { makeRunPlan } from '@ropewalk/core/run/plan/make-run-plan'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeSmallPlan } from './support/small-plan.ts'
import { startTestEngine, type TestEngine } from './support/test-engine.ts'
import {
  makeNote,
  makeStage,
  startSmallRun,
  waitForPhase,
  WORKSPACE,
  type Stage,
} from './support/worker-stage.ts'

let test: TestEngine
let stage: Stage

beforeAll(async () => {
  test = await startTestEngine()
  stage = makeStage(test.engine, test.log)
})
afterAll(async () => {
  await stage.stop()
  await test.stop()
})

const AGENTS = ['ann', 'bob', 'cy']

/** Three agents side by side that hand in one name. */
const makePlan = () => {
  const small = makeSmallPlan({ kind: 'model', output: 'Ideas' })
  const [only] = small.phases
  const phase = PhaseDefinition.parse({
    ...only?.definition,
    agents: AGENTS,
    parallelism: 'parallel',
    aggregation: 'vote',
  })
  const agents = AGENTS.map((agent) =>
    AgentDefinition.parse({ ...small.agents[0], agent, inputs: ['Idea'], output: 'Ideas' }),
  )
  return makeRunPlan({
    playbook: Playbook.parse({ name: 'small', phases: [phase], agents, prices: [] }),
    playbookHash: 'a'.repeat(64),
    idea: small.idea,
    repo: null,
    models: ['offline'],
    capMicros: 1_000_000,
    clarification: 'autonomous',
    questionDeadlineMs: 1000,
    unconfined: false,
    estimate: small.estimate,
  })
}

const SAID: Readonly<Record<string, unknown>> = {
  ann: { users: ['clerk', 'guest'], title: 'Links' },
  bob: { users: ['guest'], title: 'Links' },
  cy: { users: ['host', 'guest'], title: 'URLs' },
}

it('what agents of one stage hand in under one name is joined, whoever comes first', async () => {
  const digests: string[] = []
  for (const order of [AGENTS, AGENTS.toReversed()]) {
    const worker = stage.start({
      model: async (job) => {
        const { target } = job.task.spec
        await sleep(order.indexOf(target) * 60)
        return makeNote(job, JSON.stringify(SAID[target]))
      },
    })
    const runId = await startSmallRun(test.engine, makePlan())
    await waitForPhase(test.engine, runId, 'passed')
    await worker.stop()
    const { items } = await test.engine.listArtifacts(WORKSPACE, runId, { limit: 50 })
    const joined = items.find(({ name }) => name === 'Ideas')
    const parts = items.filter(({ name }) => name.startsWith('Ideas.'))
    expect(parts.map(({ name }) => name).toSorted()).toEqual(['Ideas.ann', 'Ideas.bob', 'Ideas.cy'])
    expect(joined).toMatchObject({ simulated: true, mediaType: 'application/json' })
    expect(joined?.lineage).toMatchObject({ maker: { kind: 'tool', name: 'fan-in.Ideas' } })
    expect(joined?.lineage.inputArtifactIds.toSorted()).toEqual(parts.map(({ id }) => id).toSorted())
    const bytes = await test.engine.blobs.read(WORKSPACE, joined?.digest ?? '')
    expect(JSON.parse(bytes.toString())).toEqual({ title: 'Links', users: ['guest'] })
    const names = AGENTS.map((agent) => ({ name: `Ideas.${agent}`, json: SAID[agent] }))
    expect(bytes.toString()).toBe(fanIn('vote', names))
    digests.push(joined?.digest ?? '')
  }
  expect(new Set(digests).size).toBe(1)
})
