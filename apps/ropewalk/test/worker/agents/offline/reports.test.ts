import { guard as grounding } from '@ropewalk/guards/document/grounding'
import { guard as release } from '@ropewalk/guards/document/release'
import { describe, expect, it } from 'vitest'
import { makeGuardInput, specify, writeDocument, type DocumentOf } from './support.ts'

type Rtm = DocumentOf<'RTM'>
const idea = 'a link shortener with click counts'
const RepoManifest: DocumentOf<'RepoManifest'> = {
  kind: 'service',
  language: 'node',
  entry: 'src/main.js',
  start: ['node', 'src/main.js'],
  tests: ['test/a.test.js'],
  sources: ['src/main.js'],
  port_env: 'PORT',
  commands: null,
}

const prepare = async (outcomes: Readonly<Record<string, string | null>> = {}) => {
  const specified = await specify(idea)
  const shared = { test: 'REQ-001 REQ-002 does both', file: 'test/a.test.js', outcome: 'pass' }
  const rows: Rtm['rows'] = specified.PRD.requirements.map(({ id, cites }) => {
    const outcome = outcomes[id] === undefined ? 'pass' : outcomes[id]
    const own = outcome === null ? [] : [{ test: `${id} works`, file: 'test/a.test.js', outcome }]
    return {
      requirementId: id,
      title: '',
      cites,
      origins: [],
      stories: [],
      checks: [],
      dossier: null,
      tests: id === 'REQ-001' || id === 'REQ-002' ? [...own, shared] : own,
    }
  })
  const none = {
    requirementsWithoutStory: [],
    requirementsWithoutTest: [],
    requirementsWithoutOrigin: [],
    goalsWithoutRequirement: [],
    storiesWithoutRequirement: [],
    testsWithoutRequirement: [],
  }
  const documents = { ...specified, RTM: { rows, orphans: none } satisfies Rtm, RepoManifest }
  const TestReport = await writeDocument('TestReport', { idea, documents })
  const ReleaseNotes = await writeDocument('ReleaseNotes', { idea, documents: { ...documents, TestReport } })
  return { ...documents, TestReport, ReleaseNotes }
}

describe('the test report', () => {
  it('counts each test of the matrix once, and says of each requirement what names it', async () => {
    const { PRD, TestReport } = await prepare({ 'REQ-003': 'fail', 'REQ-004': null })
    const count = PRD.requirements.length
    expect(TestReport).toMatchObject({ passed: count - 2 + 1, failed: 1 })
    expect(TestReport.observations).toHaveLength(count)
    expect(TestReport.observations[2]).toMatchObject({
      cites: ['RTM#/rows/2', 'PRD#/requirements/2'],
      text: expect.stringContaining('1 failed') as unknown,
    })
    expect(TestReport.observations[3]?.text).toContain('no test names it')
  })
})

describe('the release notes', () => {
  it('claim only what passing tests prove, and list the rest as gaps', async () => {
    const { ReleaseNotes, PRD } = await prepare({ 'REQ-003': 'fail', 'REQ-004': null, 'REQ-005': 'skipped' })
    expect(ReleaseNotes.version).toBe('0.1.0')
    expect(ReleaseNotes.changes).toHaveLength(PRD.requirements.length - 3)
    expect(ReleaseNotes.known_gaps.slice(0, 3).map((gap) => gap.slice(0, 7))).toEqual([
      'REQ-003',
      'REQ-004',
      'REQ-005',
    ])
    expect(ReleaseNotes.how_to_run).toContain('PORT=8080 node src/main.js')
  })

  it('say so when nothing is proven', async () => {
    const { PRD } = await specify(idea)
    const { ReleaseNotes } = await prepare(Object.fromEntries(PRD.requirements.map(({ id }) => [id, 'fail'])))
    expect(ReleaseNotes.summary).toContain('Tests prove 0 of')
    expect(ReleaseNotes.changes).toEqual([
      expect.objectContaining({ text: 'A first build; no requirement of it has a passing test.' }),
    ])
  })

  it('pass the guards together with the report', async () => {
    const documents = await prepare()
    for (const [guard, name] of [
      [grounding, 'TestReport'],
      [grounding, 'ReleaseNotes'],
      [release, 'ReleaseNotes'],
    ] as const) {
      const findings = await guard.run(makeGuardInput({ guard: guard.name, artifacts: [name], documents }))
      expect({ outcome: findings.outcome, score: findings.score, reasons: findings.reasons }).toEqual({
        outcome: 'pass',
        score: 1,
        reasons: [],
      })
    }
  })
})
