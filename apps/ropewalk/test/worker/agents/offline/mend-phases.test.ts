import { findGuard } from '@ropewalk/guards/registry'
import { describe, expect, it } from 'vitest'
import { runOfflineModel } from '../../../../src/worker/agents/offline/run-offline-model.ts'
import { writeAll } from './pipeline.ts'
import { makeGuardInput, makeJob, type Held, type JobOptions } from './support.ts'

const idea = 'a recipe box for a family of five'
type Json = Record<string, unknown>
type List = Json[]

const judge = async (name: string, artifacts: string, documents: Held, settings: object = {}) => {
  const { outcome, reasons } = await (findGuard(name)?.run(
    makeGuardInput({ guard: name, artifacts: artifacts.split(' '), documents, settings: settings as never }),
  ) ?? Promise.reject(new Error(`There is no guard ${name}.`)))
  return { outcome, reasons }
}

const write = async (options: JobOptions): Promise<Json> => {
  const bytes = (await runOfflineModel(makeJob(options))).outputs[0]?.bytes
  if (bytes === undefined || bytes === 'bundle') throw new Error('expected a document')
  return JSON.parse(Buffer.from(bytes).toString()) as Json
}

/** Breaks a document, lets the guard say so, mends by what it says, and lets it judge again. */
const mend = async (
  name: string,
  of: {
    readonly guard: string
    readonly artifacts?: string
    readonly settings?: object
    readonly edit: (json: Json, documents: Record<string, unknown>) => void
  },
) => {
  const documents = structuredClone(await writeAll(idea))
  of.edit(documents[name] as Json, documents)
  const before = await judge(of.guard, of.artifacts ?? name, documents, of.settings)
  expect(before.outcome).toBe('fail')
  // As a gate hands them on: the guard's name stands before its reason.
  const fix = {
    artifact: name,
    reasons: before.reasons.slice(0, 20).map((reason) => `${of.guard}: ${reason}`),
  }
  const mended = await write({ idea, output: name, documents, fix })
  return {
    mended,
    after: await judge(of.guard, of.artifacts ?? name, { ...documents, [name]: mended }, of.settings),
  }
}
const MENDED = { outcome: 'pass', reasons: [] }

describe('a fix round mends by the reasons of the guards on plans:', () => {
  it('figures that do not follow from their own numbers', async () => {
    const { after } = await mend('PricingModel', {
      guard: 'viability',
      artifacts: 'BusinessPlan PricingModel',
      edit: ({ unit_economics: sums }) => Object.assign(sums as Json, { ltv: 9999, ltv_cac: 77 }),
    })
    expect(after).toEqual(MENDED)
  })

  it('risks that are missing, and keeps those that are there', async () => {
    const { after, mended } = await mend('RiskRegister', {
      guard: 'risk-coverage',
      edit: (json) => {
        json['risks'] = (json['risks'] as List)
          .filter(({ category }) => category === 'technical')
          .map((risk) => ({ ...risk, owner: 'Ada' }))
      },
    })
    expect(after).toEqual(MENDED)
    expect((mended['risks'] as List).filter(({ owner }) => owner === 'Ada')).toHaveLength(2)
  })

  it('a grave finding that no risk takes up', async () => {
    const { after } = await mend('RiskRegister', {
      guard: 'risk-coverage',
      settings: { min: 1 },
      edit: (_json, { CritiqueReport }) => {
        const { findings } = CritiqueReport as { findings: List }
        findings.push({
          title: 'No way back',
          text: 'Nothing undoes a change.',
          severity: 'high',
          recommendation: 'Keep the file of yesterday.',
          cites: ['Idea#/text'],
        })
      },
    })
    expect(after).toEqual(MENDED)
  })

  it('assumptions that nobody challenged', async () => {
    const { after } = await mend('RevisedAssumptions', {
      guard: 'assumptions',
      settings: { min: 1 },
      edit: (json) => {
        json['assumptions'] = (json['assumptions'] as List).slice(3)
      },
    })
    expect(after).toEqual(MENDED)
  })

  it('names that another document does not have', async () => {
    const { after } = await mend('UXFlows', {
      guard: 'cross-references',
      edit: (json) => Object.assign((json['flows'] as List)[0] ?? {}, { persona: 'Nobody' }),
    })
    expect(after).toEqual(MENDED)
  })

  it('requirements without a component, and diagrams that are missing', async () => {
    const { after } = await mend('ArchitectureDoc', {
      guard: 'diagrams',
      edit: (json) => {
        json['components'] = (json['components'] as List).map((part) => ({
          ...part,
          requirements: ['REQ-001'],
        }))
        json['diagrams'] = (json['diagrams'] as List).slice(1)
      },
    })
    expect(after).toEqual(MENDED)
  })

  it('colours that cannot be read', async () => {
    const { after } = await mend('StyleGuide', {
      guard: 'design',
      edit: (json) => {
        const colour = (json['colors'] as List).find(({ name }) => name === 'color-muted')
        Object.assign(colour ?? {}, { value: '#dddddd' })
      },
    })
    expect(after).toEqual(MENDED)
  })

  it('too few dashboards and events', async () => {
    const boards = await mend('MonitoringDashboard', {
      guard: 'monitoring',
      edit: (json) => {
        json['dashboards'] = (json['dashboards'] as List).slice(0, 1)
      },
    })
    expect(boards.after.outcome).toBe('pass')
    const feedback = await mend('FeedbackPlan', {
      guard: 'feedback',
      edit: (json) => {
        json['planned_events'] = (json['planned_events'] as List).slice(0, 3)
        json['planned_testers'] = 2
      },
    })
    expect(feedback.after).toEqual(MENDED)
  })
})

describe('what a reviewer said is mended as if a guard had said it:', () => {
  it('vague words, lost citations and requirements without criteria', async () => {
    const documents = structuredClone(await writeAll(idea))
    const { requirements } = documents['PRD'] as { requirements: List }
    Object.assign(requirements[0] ?? {}, { statement: 'The service must store a recipe easily.' })
    Object.assign(requirements[1] ?? {}, { acceptance: [' '] })
    Object.assign(requirements[2] ?? {}, { cites: ['IdeaSpec#/goals/99'] })
    requirements.pop()
    const review = await write({ idea, output: 'PrdReview', documents })
    expect(review['verdict']).toBe('reject')
    const reasons = (review['findings'] as List)
      .filter(({ severity }) => severity === 'high')
      .map(
        ({ severity, requirement, text, cites }, index) =>
          `review: PrdReview#/findings/${String(index)} (${String(severity)}${requirement === null ? '' : `, ${String(requirement)}`}): ${String(text)} See ${(cites as string[]).join(', ')}.`,
      )
    const mended = await write({ idea, output: 'PRD', documents, fix: { artifact: 'PRD', reasons } })
    const again = await write({ idea, output: 'PrdReview', documents: { ...documents, PRD: mended } })
    expect(again).toMatchObject({ verdict: 'accept' })
  })
})

describe('a first draft that its agent’s settings want incomplete', () => {
  const settings = { first_draft: 'incomplete' }

  it('fails its gate for a reason, is mended by it, and says in the log that it was asked to', async () => {
    const documents = await writeAll(idea)
    const notes: string[] = []
    const draft = await write({ idea, output: 'RiskRegister', documents, settings, notes })
    expect(notes.join('\n')).toContain('first_draft: incomplete')
    const before = await judge('risk-coverage', 'RiskRegister', { ...documents, RiskRegister: draft })
    expect(before).toMatchObject({ outcome: 'fail' })
    expect(before.reasons.join(' ')).toContain('categories')
    const fix = {
      artifact: 'RiskRegister',
      reasons: before.reasons.map((reason) => `risk-coverage: ${reason}`),
    }
    const mended = await write({
      idea,
      output: 'RiskRegister',
      documents: { ...documents, RiskRegister: draft },
      settings,
      fix,
    })
    expect(await judge('risk-coverage', 'RiskRegister', { ...documents, RiskRegister: mended })).toEqual(
      MENDED,
    )
  })

  it('is complete without the setting, and for every other document with it', async () => {
    const documents = await writeAll(idea)
    expect(await write({ idea, output: 'RiskRegister', documents })).toEqual(documents['RiskRegister'])
    expect(await write({ idea, output: 'PRD', documents, settings })).toEqual(documents['PRD'])
  })
})
