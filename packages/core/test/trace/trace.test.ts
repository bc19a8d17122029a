import { describe, expect, test } from 'vitest'
import { Rtm, type Prd, type UserStories } from '../../src/contract/documents.ts'
import type { RequirementCheck } from '../../src/contract/guard-report.ts'
import { judgeRequirements } from '../../src/trace/judge-requirements.ts'
import { makeRtm } from '../../src/trace/make-rtm.ts'

const requirement = (id: string): Prd['requirements'][number] => ({
  id,
  title: `Title of ${id}`,
  statement: 'It must answer.',
  acceptance: ['It answers.'],
  priority: 'must',
  cites: ['Idea#/text'],
})
const makePrd = (...ids: string[]): Prd => ({
  title: 'Links',
  overview: 'Keeps links.',
  requirements: ids.map(requirement),
  nonfunctional: [{ text: 'Answers', measure: '200 ms', cites: [] }],
  out_of_scope: [],
})
const story = (id: string, ...requirements: string[]): UserStories['stories'][number] => ({
  id,
  as: 'reader',
  want: 'links',
  so_that: 'I can follow them',
  requirements,
  acceptance: ['It answers.'],
})
const check = (
  requirementId: string,
  outcome: RequirementCheck['outcome'],
  test = `${requirementId} works`,
): RequirementCheck => ({
  requirementId,
  test,
  file: 'test/a.test.js',
  outcome,
})

describe('the traceability matrix', () => {
  const facts = {
    prd: makePrd('REQ-002', 'REQ-001', 'REQ-003'),
    stories: {
      stories: [
        story('US-002', 'REQ-001'),
        story('US-001', 'REQ-001', 'REQ-002'),
        story('US-003', 'REQ-009'),
      ],
    },
    checks: [check('REQ-002', 'fail'), check('none', 'pass', 'starts'), check('REQ-001', 'pass')],
    documents: new Map([['Idea', { text: 'A place for links.' }]]),
    proofs: [],
    dossier: null,
  }

  test('has a row a requirement, in id order, and the orphans of both directions', () => {
    const rtm = makeRtm(facts)
    expect(Rtm.parse(rtm)).toEqual(rtm)
    expect(
      rtm.rows.map((row) => [row.requirementId, row.stories, row.tests.map(({ outcome }) => outcome)]),
    ).toEqual([
      ['REQ-001', ['US-001', 'US-002'], ['pass']],
      ['REQ-002', ['US-001'], ['fail']],
      ['REQ-003', [], []],
    ])
    expect(rtm.orphans).toEqual({
      requirementsWithoutStory: ['REQ-003'],
      requirementsWithoutTest: ['REQ-003'],
      requirementsWithoutOrigin: [],
      goalsWithoutRequirement: [],
      storiesWithoutRequirement: ['US-003'],
      testsWithoutRequirement: ['starts'],
    })
  })

  test('is the same whatever the order of what it is made from', () => {
    const reversed = {
      ...facts,
      prd: { ...facts.prd, requirements: facts.prd.requirements.toReversed() },
      stories: { stories: facts.stories.stories.toReversed() },
      checks: facts.checks.toReversed(),
    }
    expect(makeRtm(reversed)).toEqual(makeRtm(facts))
  })
})

describe('the chain of a row', () => {
  const cited = (id: string, ...cites: string[]) => ({ ...requirement(id), cites })
  const documents = new Map<string, unknown>([
    ['Idea', { text: 'Keep links. Count clicks.' }],
    ['Clarifications', { questions: [], notes: 'Clicks are counted by day.' }],
    [
      'IdeaSpec',
      {
        title: 'Links',
        summary: 'Keeps links and counts clicks.',
        problem: 'Links get lost.',
        users: [{ name: 'reader', need: 'links', cites: ['Idea#/text'] }],
        goals: [
          { text: 'Keep links.', cites: ['Idea#/text'] },
          { text: 'Count clicks.', cites: ['Clarifications#/notes', 'IdeaSpec#/goals/1'] },
          { text: 'Nobody asked for this.', cites: [] },
          { text: 'Left out later.', cites: ['Idea#/text'] },
        ],
        constraints: [{ text: 'One machine.', cites: [] }],
        out_of_scope: [],
        assumptions: [],
      },
    ],
  ])
  const rtm = makeRtm({
    prd: {
      ...makePrd(),
      requirements: [
        cited('REQ-001', 'IdeaSpec#/goals/0', 'Idea#/text'),
        cited('REQ-002', 'IdeaSpec#/goals/1/text'),
        cited('REQ-003', 'IdeaSpec#/goals/2', 'IdeaSpec#/goals/9', 'Nowhere#/x'),
      ],
    },
    stories: { stories: [story('US-001', 'REQ-001')] },
    checks: [check('REQ-001', 'pass')],
    documents,
    proofs: [
      {
        phase: 'qa',
        guard: 'tests',
        round: 1,
        digest: 'b'.repeat(64),
        outcome: 'pass',
        requirements: ['REQ-001', 'REQ-001'],
      },
      {
        phase: 'build',
        guard: 'tests',
        round: 2,
        digest: 'a'.repeat(64),
        outcome: 'fail',
        requirements: ['REQ-001'],
      },
    ],
    dossier: 'index.html',
  })

  test('leads from a sentence of the idea to the line of the dossier', () => {
    expect(Rtm.parse(rtm)).toEqual(rtm)
    expect(rtm.rows[0]).toEqual({
      requirementId: 'REQ-001',
      title: 'Title of REQ-001',
      cites: ['IdeaSpec#/goals/0', 'Idea#/text'],
      origins: [
        { path: ['IdeaSpec#/goals/0', 'Idea#/text'], text: 'Keep links. Count clicks.' },
        { path: ['Idea#/text'], text: 'Keep links. Count clicks.' },
      ],
      stories: ['US-001'],
      tests: [{ test: 'REQ-001 works', file: 'test/a.test.js', outcome: 'pass' }],
      checks: [
        { phase: 'build', guard: 'tests', round: 2, digest: 'a'.repeat(64), outcome: 'fail' },
        { phase: 'qa', guard: 'tests', round: 1, digest: 'b'.repeat(64), outcome: 'pass' },
      ],
      dossier: 'index.html#REQ-001',
    })
  })

  test('ends at what was asked about the idea too, and does not run in a circle', () => {
    expect(rtm.rows[1]?.origins).toEqual([
      { path: ['IdeaSpec#/goals/1/text', 'Clarifications#/notes'], text: 'Clicks are counted by day.' },
    ])
  })

  test('shows a requirement that nobody asked for, and goals that no requirement serves', () => {
    expect(rtm.rows[2]?.origins).toEqual([{ path: ['IdeaSpec#/goals/2'], text: 'Nobody asked for this.' }])
    expect(rtm.orphans).toMatchObject({
      requirementsWithoutOrigin: ['REQ-003'],
      goalsWithoutRequirement: ['IdeaSpec#/goals/3'],
    })
  })
})

describe('the verdict', () => {
  const judge = (ids: string[], checks: RequirementCheck[], gatesPassed = true, gaps: string[] = []) => {
    const { requirements, verdict } = judgeRequirements({ prd: makePrd(...ids), checks, gatesPassed, gaps })
    return { verdict, each: requirements.map((one) => [one.id, one.verdict, ...one.reasons]) }
  }

  test('is verified where each requirement has a passing test', () => {
    expect(judge(['REQ-002', 'REQ-001'], [check('REQ-001', 'pass'), check('REQ-002', 'pass')])).toEqual({
      verdict: 'verified',
      each: [
        ['REQ-001', 'verified'],
        ['REQ-002', 'verified'],
      ],
    })
  })

  test.each([
    ['no test names it', [], 'No test names it.'],
    [
      'a test of it fails',
      [check('REQ-001', 'pass'), check('REQ-001', 'fail', 'x')],
      'The test "x" in test/a.test.js failed.',
    ],
    ['its tests were all skipped', [check('REQ-001', 'skipped')], 'Its tests were all skipped.'],
  ])('is unverified where %s', (_why, checks, reason) => {
    expect(judge(['REQ-001'], checks)).toEqual({
      verdict: 'unverified',
      each: [['REQ-001', 'unverified', reason]],
    })
  })

  test('has gaps where a test beside the passing one was skipped everywhere', () => {
    const checks = [check('REQ-001', 'pass'), check('REQ-001', 'skipped', 'x')]
    expect(judge(['REQ-001'], checks).each).toEqual([
      ['REQ-001', 'gaps', 'The test "x" in test/a.test.js was skipped.'],
    ])
    expect(judge(['REQ-001'], [...checks, check('REQ-001', 'pass', 'x')]).verdict).toBe('verified')
  })

  test('has gaps where the evidence has them, but a gap does not mend a failure', () => {
    const gaps = ['Evidence was made without a sandbox.']
    expect(judge(['REQ-001', 'REQ-002'], [check('REQ-001', 'pass')], true, gaps)).toEqual({
      verdict: 'unverified',
      each: [
        ['REQ-001', 'gaps', ...gaps],
        ['REQ-002', 'unverified', 'No test names it.'],
      ],
    })
    expect(judge(['REQ-001'], [check('REQ-001', 'pass')], true, gaps).verdict).toBe('gaps')
  })

  test('is unverified where a gate failed or there is nothing to verify', () => {
    expect(judge(['REQ-001'], [check('REQ-001', 'pass')], false).verdict).toBe('unverified')
    expect(judge([], []).verdict).toBe('unverified')
  })
})
