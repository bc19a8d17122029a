import { guard as clarity } from '@ropewalk/guards/document/clarity'
import { guard as contradictions } from '@ropewalk/guards/document/contradictions'
import { guard as grounding } from '@ropewalk/guards/document/grounding'
import type { Guard } from '@ropewalk/guards/guard'
import { guard as requirementCoverage } from '@ropewalk/guards/document/requirement-coverage'
import { guard as schema } from '@ropewalk/guards/document/schema'
import { describe, expect, it } from 'vitest'
import { runOfflineModel } from '../../../../src/worker/agents/offline/run-offline-model.ts'
import { makeGuardInput, makeJob, specify, type Held, type Specified } from './support.ts'

const idea = 'an invoice app for plumbers'

const judge = (guard: Guard, artifacts: readonly string[], documents: Held, settings = {}) =>
  guard.run(makeGuardInput({ guard: guard.name, artifacts, documents, settings }))

type Broken = {
  readonly documents: Held
  readonly name: string
  readonly guard: Guard
  readonly artifacts?: readonly string[]
  readonly settings?: object
}

/** Lets the guard find the fault, mends by its reasons alone, and lets it judge again. */
const mend = async ({ documents, name, guard, artifacts = [name], settings }: Broken) => {
  const before = await judge(guard, artifacts, documents, settings)
  expect(before.reasons).not.toEqual([])
  const notes: string[] = []
  // As a gate hands them on: the guard's name stands before its reason.
  const fix = {
    artifact: name,
    reasons: before.reasons.slice(0, 20).map((reason) => `${guard.name}: ${reason}`),
  }
  const result = await runOfflineModel(makeJob({ idea, output: name, documents, fix, notes }))
  const [output] = result.outputs
  if (output === undefined || output.bytes === 'bundle') throw new Error('expected a document')
  const mended = JSON.parse(Buffer.from(output.bytes).toString()) as unknown
  const after = await judge(guard, artifacts, { ...documents, [name]: mended }, settings)
  return { mended, after: { outcome: after.outcome, reasons: after.reasons }, notes }
}
const MENDED = { outcome: 'pass', reasons: [] }

const change = async (edit: (documents: Specified) => void): Promise<Specified> => {
  const documents = structuredClone(await specify(idea))
  edit(documents)
  return documents
}
const at = <T>(list: readonly T[], index: number): T => {
  const found = list[index]
  if (found === undefined) throw new Error('expected more entries')
  return found
}

describe('a fix round mends by the reasons of the guard:', () => {
  it('vague words and measures without a figure, and nothing else', async () => {
    const documents = await change(({ PRD }) => {
      at(PRD.requirements, 2).statement =
        'The service must list several invoices quickly, in a user-friendly way.'
      at(PRD.nonfunctional, 0).measure = 'Somebody looks at it.'
    })
    const { mended, after } = await mend({ documents, name: 'PRD', guard: clarity })
    expect(after).toEqual(MENDED)
    const expected = structuredClone(documents.PRD)
    at(expected.requirements, 2).statement =
      'The service must list at least 2 invoices in less than 1 second, in a way.'
    at(expected.nonfunctional, 0).measure = 'Somebody looks at it: 1 test checks it.'
    expect(mended).toEqual(expected)
  })

  it('citations that lead nowhere, by the place that says it', async () => {
    const documents = await change(({ IdeaSpec, PRD }) => {
      at(PRD.requirements, 4).cites = ['IdeaSpec#/goals/99']
      at(PRD.requirements, 1).cites = ['IdeaSpec#/goals/1', 'Elsewhere#/x']
      void IdeaSpec
    })
    const { mended, after } = await mend({ documents, name: 'PRD', guard: grounding })
    expect(after).toEqual(MENDED)
    const { requirements } = mended as Specified['PRD']
    expect(at(requirements, 4).cites).toEqual(['IdeaSpec#/goals/4'])
    expect(at(requirements, 1).cites).toEqual(['IdeaSpec#/goals/1'])
  })

  it('claims of a specification that nothing says are dropped', async () => {
    const documents = await change(({ IdeaSpec }) => {
      IdeaSpec.goals.splice(1, 0, { text: 'Zeppelins dock hourly.', cites: ['Idea#/nothing'] })
    })
    const { mended, after } = await mend({ documents, name: 'IdeaSpec', guard: grounding })
    expect(after).toEqual(MENDED)
    expect(mended).toEqual((await specify(idea)).IdeaSpec)
  })

  it('what is both asked for and ruled out, in favour of the request', async () => {
    const documents = await change(({ PRD }) => {
      PRD.out_of_scope.push('Overdue invoices')
    })
    const { mended, after } = await mend({ documents, name: 'PRD', guard: contradictions })
    expect(after).toEqual(MENDED)
    expect((mended as Specified['PRD']).out_of_scope).toEqual((await specify(idea)).PRD.out_of_scope)
  })

  it('two requirements of one id', async () => {
    const documents = await change(({ PRD }) => {
      at(PRD.requirements, 3).id = 'REQ-002'
    })
    const { mended, after } = await mend({ documents, name: 'PRD', guard: contradictions })
    expect(after).toEqual(MENDED)
    expect((mended as Specified['PRD']).requirements.map(({ id }) => id)).toEqual(
      (await specify(idea)).PRD.requirements.map(({ id }) => id),
    )
  })

  it('duties and numbers at odds', async () => {
    const documents = await change(({ PRD }) => {
      at(PRD.requirements, 0).acceptance.push('A new invoice is answered within 2 seconds.')
      at(PRD.requirements, 1).acceptance.push('A new invoice is answered within 3 seconds.')
    })
    const { after } = await mend({ documents, name: 'PRD', guard: contradictions })
    expect(after).toEqual(MENDED)
  })

  it('stories that are missing, too many or without criteria', async () => {
    const documents = await change(({ UserStories }) => {
      UserStories.stories.splice(4, 1)
      at(UserStories.stories, 0).requirements.push('REQ-777')
      at(UserStories.stories, 1).requirements = ['REQ-778']
      at(UserStories.stories, 2).acceptance = ['  ']
    })
    const broken = {
      documents,
      name: 'UserStories',
      guard: requirementCoverage,
      artifacts: ['PRD', 'UserStories'],
    }
    const first = await mend(broken)
    // Taking the story of REQ-778 away leaves its own requirement without one, which the next round finds.
    const second =
      first.after.outcome === 'pass'
        ? first
        : await mend({ ...broken, documents: { ...documents, UserStories: first.mended } })
    expect(second.after).toEqual(MENDED)
  })

  it('members that are missing or broken', async () => {
    const documents = await change(({ IdeaSpec }) => {
      IdeaSpec.problem = ''
      Object.assign(IdeaSpec, { users: 'everybody' })
    })
    const settings = { required_fields: ['summary', 'problem', 'users'] }
    const { mended, after } = await mend({ documents, name: 'IdeaSpec', guard: schema, settings })
    expect(after).toEqual(MENDED)
    expect(mended).toEqual((await specify(idea)).IdeaSpec)
  })

  it('and says so where no rule mends a reason', async () => {
    const documents = await specify(idea)
    const notes: string[] = []
    const fix = { artifact: 'PRD', reasons: ['The tone is too dry.'] }
    const result = await runOfflineModel(makeJob({ idea, output: 'PRD', documents, fix, notes }))
    expect(result.outputs[0]?.bytes.toString()).toBe(`${JSON.stringify(documents.PRD, null, 2)}\n`)
    expect(notes).toContain('no rule mends this: The tone is too dry.')
  })
})
