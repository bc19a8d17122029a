import { guard as clarity } from '@ropewalk/guards/document/clarity'
import { guard as contradictions } from '@ropewalk/guards/document/contradictions'
import { guard as grounding } from '@ropewalk/guards/document/grounding'
import type { Guard } from '@ropewalk/guards/guard'
import { guard as requirementCoverage } from '@ropewalk/guards/document/requirement-coverage'
import { guard as schema } from '@ropewalk/guards/document/schema'
import { describe, expect, it } from 'vitest'
import { runOfflineModel } from '../../../../src/worker/agents/offline/run-offline-model.ts'
import { OFFLINE_MAKER } from '../../../../src/worker/agents/offline/version.ts'
import { IDEAS, makeGuardInput, makeJob, specify, type Held } from './support.ts'

const judge = async (guard: Guard, artifacts: readonly string[], documents: Held, settings = {}) => {
  const { outcome, score, reasons } = await guard.run(
    makeGuardInput({ guard: guard.name, artifacts, documents, settings }),
  )
  return { outcome, score, reasons }
}
const FLAWLESS = { outcome: 'pass', score: 1, reasons: [] }

describe.each(Object.entries(IDEAS))('the documents of the idea "%s"', (_name, idea) => {
  it('pass the guards of intake with full marks', async () => {
    const documents = await specify(idea)
    const required = { required_fields: ['summary', 'problem', 'users', 'goals', 'constraints'] }
    expect(await judge(schema, ['IdeaSpec'], documents, required)).toEqual(FLAWLESS)
    expect(await judge(clarity, ['IdeaSpec'], documents)).toEqual(FLAWLESS)
    expect(await judge(contradictions, ['IdeaSpec'], documents)).toEqual(FLAWLESS)
    expect(await judge(grounding, ['IdeaSpec'], documents)).toEqual(FLAWLESS)
  })

  it('pass the guards of the requirements with full marks', async () => {
    const documents = await specify(idea)
    const required = {
      required_fields: ['overview', 'requirements', 'nonfunctional', 'out_of_scope'],
      min_requirements: 3,
      min_nonfunctional: 3,
    }
    expect(await judge(schema, ['PRD'], documents, required)).toEqual(FLAWLESS)
    expect(await judge(schema, ['UserStories'], documents, { min_stories: 3 })).toEqual(FLAWLESS)
    expect(await judge(clarity, ['PRD', 'UserStories'], documents)).toEqual(FLAWLESS)
    expect(await judge(contradictions, ['PRD'], documents)).toEqual(FLAWLESS)
    expect(await judge(grounding, ['PRD'], documents)).toEqual(FLAWLESS)
    expect(await judge(requirementCoverage, ['PRD', 'UserStories'], documents)).toEqual(FLAWLESS)
  })

  it('are the same bytes when written again, and take over no control characters or markup', async () => {
    const documents = await specify(idea)
    expect(JSON.stringify(await specify(idea))).toBe(JSON.stringify(documents))
    const { Idea: _idea, ...written } = documents
    expect(JSON.stringify(written)).not.toMatch(
      /[\p{Cc}\u202A-\u202E\u2066-\u2069\u2028\u2029]|<\/?(?:script|b)>|process\.exit|\$\{/u,
    )
  })
})

describe('what the offline model hands in', () => {
  it('is marked simulated, with its own name and version, and costs nothing', async () => {
    const result = await runOfflineModel(makeJob({ idea: 'notes', output: 'Clarifications' }))
    expect(result).toMatchObject({
      ...OFFLINE_MAKER,
      tool: 'offline-model',
      usage: { modelCalls: 0, costMicros: 0 },
    })
    expect(result.outputs).toHaveLength(1)
    expect(result.outputs[0]).toMatchObject({
      name: 'Clarifications',
      mediaType: 'application/json',
      simulated: true,
    })
  })

  it('fails as fatal for a document without rules and for a missing input', async () => {
    await expect(runOfflineModel(makeJob({ idea: 'notes', output: 'Sonnet' }))).rejects.toMatchObject({
      failure: { errorClass: 'fatal' },
    })
    await expect(runOfflineModel(makeJob({ idea: 'notes', output: 'constructor' }))).rejects.toMatchObject({
      failure: { errorClass: 'fatal' },
    })
    await expect(runOfflineModel(makeJob({ idea: 'notes', output: 'PRD' }))).rejects.toMatchObject({
      failure: { errorClass: 'fatal', message: expect.stringContaining('IdeaSpec') as unknown },
    })
  })
})
