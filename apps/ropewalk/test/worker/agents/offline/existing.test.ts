import { findGuard } from '@ropewalk/guards/registry'
import { beforeAll, describe, expect, it } from 'vitest'
import { writeAll } from './pipeline.ts'
import { makeGuardInput } from './support.ts'

const idea = 'the total is wrong when an order has two discounts; fix it in src/total.js'
const RepoContext = {
  name: 'order-desk',
  commit: 'a'.repeat(40),
  branch: 'main',
  kind: 'library',
  languages: [{ name: 'JavaScript', files: 4, share: 1 }],
  package_managers: [],
  dependencies: 0,
  entry_points: [{ path: 'src/total.js', source: 'package.json main' }],
  commands: { build: null, test: null, lint: null, start: null },
  test_runner: 'node:test',
  excerpts: [],
  tests: ['test/total.test.js'],
  tree: ['src/total.js', 'test/total.test.js', 'package.json'],
  specs: [],
  counts: { files: 3, tests: 1, bytes: 900 },
  notes: [],
}

describe('the documents of a run on a repository that rules did not write', () => {
  let documents: Record<string, unknown> = {}
  beforeAll(async () => {
    documents = await writeAll(idea, undefined, { RepoContext })
  })

  it('require the change and nothing else, and say that no rule makes it', () => {
    const { requirements } = documents['PRD'] as { requirements: { statement: string }[] }
    expect(requirements.length).toBeGreaterThanOrEqual(5)
    for (const { statement } of requirements) expect(statement).toContain('(not built by rules)')
    expect(JSON.stringify(requirements)).toContain('the total is wrong when an order has two discounts')
    expect(JSON.stringify([documents['IdeaSpec'], documents['PRD']])).not.toMatch(/POST \/|web page/u)
    expect(documents['Clarifications']).toMatchObject({ questions: [] })
  })

  it('say of every plan of code that rules neither read nor change the repository', () => {
    for (const name of ['ArchitectureDoc', 'DataModel', 'InfrastructureSpec', 'Documentation'])
      expect(documents[name]).toMatchObject({
        summary: expect.stringContaining('Rules read no code of order-desk and change none') as unknown,
      })
    expect(documents['OpenAPI']).toMatchObject({
      info: { description: expect.stringContaining('order-desk') as unknown },
    })
  })

  it.each([
    ['grounding', 'Constraints IdeaSpec PRD NFRs UXFlows'],
    ['cross-references', 'Constraints IdeaSpec PRD NFRs UXFlows UserStories'],
    ['clarity', 'IdeaSpec PRD'],
    ['contradictions', 'IdeaSpec PRD'],
    ['requirement-coverage', 'PRD UserStories'],
    ['risk-coverage', 'RiskRegister'],
    ['assumptions', 'RevisedAssumptions'],
  ])('pass the guard %s', async (name, artifacts) => {
    const findings = await findGuard(name)?.run(
      makeGuardInput({ guard: name, artifacts: artifacts.split(' '), documents }),
    )
    expect({ outcome: findings?.outcome, reasons: findings?.reasons }).toEqual({
      outcome: 'pass',
      reasons: [],
    })
  })
})
