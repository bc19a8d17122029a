import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { DOCUMENTS, type DocumentName } from '../../src/contract/documents.ts'
import { SAMPLES } from './samples/samples.ts'

const NAMES = Object.keys(DOCUMENTS) as DocumentName[]

/** A copy of a sample with one place set to something else; undefined takes the member away. */
const breakAt = (name: string, path: string, value: unknown): unknown => {
  const copy = structuredClone(SAMPLES[name]) as Record<string, unknown>
  const parts = path.split('/')
  const last = parts.pop() ?? ''
  let at: Record<string, unknown> = copy
  for (const part of parts) at = at[part] as Record<string, unknown>
  if (value === undefined) delete at[last]
  else at[last] = value
  return copy
}

const parse = (name: DocumentName, value: unknown) => DOCUMENTS[name].safeParse(value)

test('there is a sample of every document and of nothing else', () => {
  expect(Object.keys(SAMPLES).toSorted()).toEqual(NAMES.toSorted())
})

describe.each(NAMES)('%s', (name) => {
  test('accepts a realistic document and keeps every value of it', () => {
    const parsed = parse(name, SAMPLES[name])
    expect(parsed.error?.issues).toBeUndefined()
    expect(parsed.data).toEqual(SAMPLES[name])
    expect(JSON.parse(JSON.stringify(parsed.data))).toEqual(parsed.data)
  })

  test('can be published as a JSON Schema, the same in and out but for what has a default', () => {
    for (const target of ['draft-7', 'draft-2020-12'] as const)
      for (const io of ['input', 'output'] as const)
        expect(z.toJSONSchema(DOCUMENTS[name], { target, io })).toHaveProperty('type', 'object')
  })

  // OpenAPI and CycloneDX are others' formats: what they allow beyond the skeleton is a linter's affair.
  test.skipIf(name === 'OpenAPI' || name === 'SBOM')('refuses a member it does not know', () => {
    expect(parse(name, breakAt(name, 'verdict_of_the_author', 'good')).success).toBe(false)
  })

  test('refuses each of its members missing, but those that have a default', () => {
    for (const key of Object.keys(SAMPLES[name] as object)) {
      const { success, data } = parse(name, breakAt(name, key, undefined))
      if (success) expect(data, `${name}/${key} has a default`).toHaveProperty(key)
    }
  })
})

describe('a document is refused', () => {
  test.each<[string, DocumentName, string, unknown]>([
    ['with text that Postgres cannot keep', 'IdeaSpec', 'summary', 'a\u0000b'],
    ['with half a character', 'IdeaSpec', 'summary', 'a\ud800'],
    ['with empty text where something has to be said', 'RiskRegister', 'risks/0/mitigation', ''],
    ['with text without end', 'PRD', 'overview', 'x'.repeat(2001)],
    ['with a requirement that cites nothing', 'PRD', 'requirements/0/cites', []],
    ['with a citation that is a sentence', 'Constraints', 'constraints/0/cites', ['the idea says so']],
    ['with a requirement id of another form', 'UserStories', 'stories/0/requirements', ['R1']],
    ['with a story id of another form', 'StoryProgress', 'next', 'story 2'],
    ['with two personas', 'Personas', 'personas', (SAMPLES.Personas as { personas: [] }).personas.slice(1)],
    ['with a feasibility above one', 'IdeationResult', 'feasibility/technical/score', 1.1],
    ['without a reason for its feasibility', 'IdeationResult', 'feasibility/financial/reason', undefined],
    ['with knowledge of no stated basis', 'CompetitiveAnalysis', 'alternatives/0/basis', 'everybody knows'],
    ['with a risk of no known category', 'RiskRegister', 'risks/0/category', 'cosmic'],
    ['with a likelihood of zero', 'RiskRegister', 'risks/0/likelihood', 0],
    ['with half an impact', 'RiskRegister', 'risks/0/impact', 2.5],
    ['with an assumption of no known verdict', 'RevisedAssumptions', 'assumptions/0/verdict', 'true'],
    ['with a quality without a number', 'NFRs', 'requirements/0/target', 'fast'],
    ['with a churn of zero, by which nobody can divide', 'PricingModel', 'unit_economics/monthly_churn', 0],
    ['with a currency in words', 'BusinessPlan', 'currency', 'euro'],
    ['with revenue certain beyond doubt', 'BusinessPlan', 'revenue_streams/0/confidence', 1.5],
    ['with a decision that refused nothing', 'ArchitectureDoc', 'adrs/0/alternatives', []],
    ['with a diagram of no known kind', 'ArchitectureDoc', 'diagrams/0/kind', 'doodle'],
    ['with an entity that code could not name', 'DataModel', 'entities/0/name', 'a recipe'],
    ['with a field of no known type', 'DataModel', 'entities/0/fields/0/type', 'varchar(20)'],
    ['of another OpenAPI', 'OpenAPI', 'openapi', '3.0.3'],
    ['with a path that is none', 'OpenAPI', 'paths', { recipes: {} }],
    ['with a status that is none', 'OpenAPI', 'paths/~/post/responses', { ok: { description: 'x' } }],
    ['with an operation of no requirement', 'OpenAPI', 'paths/~/post/x-requirements', []],
    ['with an operation without a name', 'OpenAPI', 'paths/~/post/operationId', undefined],
    ['with a service that nothing starts', 'RepoManifest', 'start', null],
    ['with a command for a shell', 'RepoManifest', 'commands/test', 'npm test'],
    ['with a language of no known name', 'RepoManifest', 'language', 'english'],
    ['with a revision that is a branch', 'SastReport', 'revision', 'main'],
    ['with an outcome between done and not', 'SastReport', 'outcome', 'mostly'],
    ['with a severity of no known name', 'SastReport', 'findings/0/severity', 'bad'],
    ['with a threat of no kind of STRIDE', 'ThreatModel', 'threats/0/stride', 'magic'],
    ['with a threat to no component', 'ThreatModel', 'threats/0/component', 'the service'],
    ['with nine sections', 'SecurityPack', 'sections', sections().slice(1)],
    ['with one section twice', 'SecurityPack', 'sections', [...sections().slice(1), sections()[1]]],
    ['of another bill of materials', 'SBOM', 'bomFormat', 'SPDX'],
    ['with more passed than all', 'E2EReport', 'pass_rate', 2],
    ['with a time below zero', 'PerfReport', 'routes/0/latency_ms/p95', -1],
    ['with an impact that is not of axe', 'A11yAudit', 'pages/0/violations/0/impact', 'high'],
    ['with a colour in words', 'StyleGuide', 'colors/0/value', 'red'],
    ['with a token that CSS cannot name', 'DesignSystem', 'tokens/0/name', 'Space M'],
    ['with a version that is no version', 'ReleaseNotes', 'version', 'v1'],
    ['with a canary that asks for no request', 'DeploymentPlan', 'canary/steps/0/min_requests', 0],
    ['with a rollback that nothing sets off', 'RollbackPlan', 'triggers', []],
    ['with a count of requests below zero', 'CanaryResults', 'requests', -1],
    ['with a plan for nobody', 'FeedbackPlan', 'planned_testers', 0],
    ['with figures of no known source', 'BetaMetrics', 'source', 'real'],
    ['that accepts what it found to be critical', 'PrdReview', 'findings/0/severity', 'critical'],
    ['that rejects without a finding', 'ArchitectureReview', 'findings', []],
    ['that finds something and does not say where', 'PrdReview', 'findings/0/cites', []],
  ])('%s', (_why, name, path, value) => {
    const where = path.replace('paths/~', 'paths/@recipes')
    const broken = where.includes('@') ? breakOperation(where, value) : breakAt(name, where, value)
    expect(parse(name, broken).success).toBe(false)
  })
})

function sections(): readonly unknown[] {
  return (SAMPLES.SecurityPack as { readonly sections: readonly unknown[] }).sections
}

/** The path of an operation has a slash of its own. */
function breakOperation(path: string, value: unknown): unknown {
  const copy = structuredClone(SAMPLES.OpenAPI) as {
    paths: Record<string, { post: Record<string, unknown> }>
  }
  const member = path.split('/').at(-1) ?? ''
  const post = copy.paths['/recipes']?.post ?? {}
  if (value === undefined) delete post[member]
  else post[member] = value
  return copy
}

test('a manifest of before, without kind and commands, is that of a service', () => {
  const { kind: _kind, commands: _commands, ...before } = SAMPLES.RepoManifest as Record<string, unknown>
  expect(DOCUMENTS.RepoManifest.parse(before)).toMatchObject({ kind: 'service', commands: null })
})

test('a tool or a library needs neither a start nor a port', () => {
  const tool = { ...(SAMPLES.RepoManifest as object), kind: 'tool', start: null, port_env: null }
  expect(DOCUMENTS.RepoManifest.safeParse(tool).success).toBe(true)
})
