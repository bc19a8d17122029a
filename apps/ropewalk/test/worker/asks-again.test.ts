import type { RunPlan } from '@ropewalk/core/contract/run-plan'
import { expect, test } from 'vitest'
import type { AgentJob } from '../../src/worker/agent-runtime.ts'
import { asksAgain } from '../../src/worker/asks-again.ts'
import { makeJob } from './agents/make-job.ts'

const LEFT = [{ id: 'US-002', reason: 'No test that passes names it.' }]
const makeProgress = (remaining: readonly object[]) => ({
  tool: 'ropewalk-story-validator',
  toolVersion: '1.0.0',
  argv: null,
  revision: null,
  outcome: 'done',
  reason: null,
  done: ['US-001'],
  remaining,
  next: remaining.length === 0 ? null : 'US-002',
})

type Changes = {
  readonly models?: readonly string[]
  readonly parallelism?: RunPlan['phases'][number]['definition']['parallelism']
  readonly last?: string
}

const makeValidatorJob = (changes: Changes = {}): AgentJob => {
  const { job } = makeJob({ output: 'StoryProgress' })
  const { plan } = job.context
  const phases = plan.phases.map((phase) => ({
    ...phase,
    stages: [['story-implementer'], [changes.last ?? 'story-validator']],
    definition: { ...phase.definition, parallelism: changes.parallelism ?? ('iterative' as const) },
  }))
  return {
    ...job,
    task: { ...job.task, spec: { ...job.task.spec, target: 'story-validator' } },
    context: {
      ...job.context,
      plan: { ...plan, phases, models: [...(changes.models ?? ['openai/a', 'offline'])] },
    },
  }
}

test('stories that are left ask for another pass while a model can go on', () => {
  expect(asksAgain(makeValidatorJob(), makeProgress(LEFT))).toBe(true)
})

test.for([
  ['nothing is left', makeValidatorJob(), makeProgress([])],
  ['rules have built all they can', makeValidatorJob({ models: ['offline'] }), makeProgress(LEFT)],
  ['the phase is no loop', makeValidatorJob({ parallelism: 'partial' }), makeProgress(LEFT)],
  ['another agent comes last', makeValidatorJob({ last: 'somebody' }), makeProgress(LEFT)],
  [
    'nothing was measured',
    makeValidatorJob(),
    { ...makeProgress(LEFT), outcome: 'not-run', reason: 'no code' },
  ],
] as const)('no other pass where %s', ([, job, document]) => {
  expect(asksAgain(job, document)).toBe(false)
})
