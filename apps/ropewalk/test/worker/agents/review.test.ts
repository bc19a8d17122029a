import { expect, test } from 'vitest'
import type { AgentJob, JobReview } from '../../../src/worker/agent-runtime.ts'
import { makeMeteredModel, SAME_MODEL } from '../../../src/worker/agents/metered-model.ts'
import { makeModelRuntime } from '../../../src/worker/agents/model.ts'
import { makeTaskPrompt } from '../../../src/worker/agents/prompt.ts'
import { makeJob } from './make-job.ts'

const PATCH = 'diff --git a/src/a.js b/src/a.js\n+export const a = 1\n'

/** A review of code that `backend` wrote, beside documents of others and a manifest of the author. */
const makeReviewJob = (review: Partial<JobReview> = {}): AgentJob => {
  const inputs = {
    PRD: { title: 'What is asked for' },
    SourceCode: 'bundle',
    RepoManifest: { note: 'all is well' },
  }
  const { job } = makeJob({ output: 'CodeReview', inputs })
  const makeInput = (input: AgentJob['inputs'][number]) => {
    const { artifact } = input.ref
    const isCode = input.ref.name === 'SourceCode'
    const name = input.ref.name === 'PRD' ? 'prd-writer' : 'backend'
    const lineage = { ...artifact.lineage, maker: { kind: 'agent' as const, name, version: 'openai/a@a-1' } }
    return {
      ...input,
      ref: { ...input.ref, artifact: { ...artifact, lineage, commit: isCode ? '1'.repeat(40) : null } },
    }
  }
  const placed = job.inputs.map(makeInput)
  const artifactId = placed[1]?.ref.artifactId ?? placed[0]?.ref.artifactId
  if (artifactId === undefined) throw new Error('The job has no inputs.')
  return {
    ...job,
    inputs: placed,
    task: {
      ...job.task,
      spec: { ...job.task.spec, review: { artifact: 'SourceCode', artifactId, makers: ['backend'] } },
    },
    review: { artifact: 'SourceCode', makers: ['openai/a@a-1', 'openai/a@a-2'], diff: PATCH, ...review },
  }
}

const getMaker = (job: AgentJob, list: readonly string[]) =>
  makeMeteredModel(job, { list, keys: { openai: 'k', anthropic: 'k' }, baseUrls: {} }).getMaker()

test('a reviewer sees the change and the requirements, and nothing that the author says of it', () => {
  const prompt = makeTaskPrompt(makeReviewJob())
  expect(prompt).toContain(PATCH)
  expect(prompt).toContain('What is asked for')
  expect(prompt).not.toContain('all is well')
  expect(prompt).not.toContain('backend')
})

test('whoever reviews nothing sees code by its commit and all of its inputs', () => {
  const { review: _review, ...job } = makeReviewJob()
  const prompt = makeTaskPrompt(job)
  expect(prompt).toContain(`(code, commit ${'1'.repeat(40)})`)
  expect(prompt).toContain('all is well')
})

test('the first model that had no hand in the artifact reviews it', () => {
  const list = ['openai/a', 'openai/ab', 'anthropic/c']
  expect(getMaker(makeReviewJob(), list).tool).toBe('openai/ab')
  const both = makeReviewJob({ makers: ['openai/a@1', 'openai/ab@1'] })
  expect(getMaker(both, list)).toEqual({ tool: 'anthropic/c', toolVersion: 'anthropic/c' })
  const { review: _review, ...job } = makeReviewJob()
  expect(getMaker(job, list).tool).toBe('openai/a')
})

test('where there is no other model the same one reviews, and the result says so', () => {
  expect(getMaker(makeReviewJob(), ['openai/a'])).toEqual({
    tool: 'openai/a',
    toolVersion: `openai/a; ${SAME_MODEL}`,
  })
  // Rules are no judge of what a model wrote while the model itself can be asked.
  expect(getMaker(makeReviewJob(), ['openai/a', 'offline']).tool).toBe('openai/a')
})

test('the offline model says so as well', async () => {
  const { job } = makeJob({ output: 'Clarifications' })
  const runtime = makeModelRuntime({
    access: { list: ['offline'], keys: {}, baseUrls: {} },
    grantSecrets: () => Promise.resolve({}),
  })
  const review = { artifact: 'PRD', makers: ['offline-model@1.0.0'], diff: null }
  expect((await runtime({ ...job, review })).toolVersion).toContain(SAME_MODEL)
  expect((await runtime(job)).toolVersion).not.toContain(SAME_MODEL)
})
