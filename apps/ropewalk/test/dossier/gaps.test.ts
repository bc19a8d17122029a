import { describe, expect, test } from 'vitest'
import { concludeRun } from '../../src/engine/dossier/collect-dossier.ts'
import { makeManifest } from '../../src/engine/dossier/manifest/make-manifest.ts'
import { makeGates } from '../../src/engine/dossier/manifest/gates.ts'
import { makeSections } from '../../src/engine/dossier/page/dossier-page.ts'
import type { KeptReport, RunRecord } from '../../src/engine/dossier/run-record.ts'
import type { Question, Waiver } from '@ropewalk/core/run/state'
import { readRecord } from './support.ts'

const record = readRecord()
const COMMIT = record.view.run.acceptedCommit ?? ''
const OTHER = 'f'.repeat(40)

const judge = (of: RunRecord) => {
  const data = concludeRun(of)
  return { verdict: data.judgement.verdict, requirements: data.judgement.requirements, gaps: data.gaps }
}

/** The record with some reports changed. */
const withReports = (change: (kept: KeptReport) => Partial<KeptReport['report']> | undefined): RunRecord => ({
  ...record,
  reports: record.reports.map((kept) => ({ ...kept, report: { ...kept.report, ...change(kept) } })),
})

const tests = (kept: KeptReport) => kept.report.guard === 'tests' && kept.report.revision === COMMIT

describe('the verdict', () => {
  test('of the recorded run is verified, without a gap', () => {
    expect(judge(record)).toMatchObject({ verdict: 'verified', gaps: [] })
  })

  test('rests on no test of another commit than the accepted one', () => {
    const { verdict, requirements } = judge(
      withReports((kept) => (tests(kept) ? { revision: OTHER } : undefined)),
    )
    expect(verdict).toBe('unverified')
    expect(requirements.every(({ reasons }) => reasons.includes('No test names it.'))).toBe(true)
  })

  test('rests on no test where no code was accepted, though a report names no commit either', () => {
    const { view } = record
    const none = {
      ...withReports(() => ({ revision: null })),
      view: { ...view, run: { ...view.run, acceptedCommit: null } },
    }
    expect(judge(none).verdict).toBe('unverified')
  })

  test('rests on no judgement that a later one of the same phase replaced', () => {
    const gate = record.gates.findLast(({ phase }) => phase === 'aesthetic')
    if (gate === undefined) throw new Error('the recording has an aesthetic gate')
    const again = {
      ...gate,
      passed: false,
      at: '2027-01-01T00:00:00.000Z',
      pack: { ...gate.pack, id: '0'.repeat(64) },
    }
    expect(judge({ ...record, gates: [...record.gates, again] }).verdict).toBe('unverified')
  })

  test('keeps a failure that another report of the accepted commit does not show', () => {
    const found = record.reports.find(tests)
    if (found === undefined) throw new Error('the recording has tests')
    const [check] = found.report.requirements
    const failed = {
      ...found,
      report: { ...found.report, requirements: check ? [{ ...check, outcome: 'fail' as const }] : [] },
    }
    const { requirements } = judge({ ...record, reports: [failed, ...record.reports] })
    expect(requirements.find(({ id }) => id === check?.requirementId)?.verdict).toBe('unverified')
  })

  test('is unverified for a requirement that no test names, whatever else passed', () => {
    const without = withReports(({ report }) => ({
      requirements: report.requirements.filter(({ requirementId }) => requirementId !== 'REQ-003'),
    }))
    const { verdict, requirements } = judge(without)
    expect(verdict).toBe('unverified')
    expect(requirements.filter((one) => one.verdict === 'unverified').map(({ id }) => id)).toEqual([
      'REQ-003',
    ])
  })
})

const waiver: Waiver = {
  id: '01a1f903-0000-7000-8000-000000000001' as Waiver['id'],
  runId: record.view.run.id,
  phase: 'qa',
  rubric: 'compatibility',
  details: 'One runtime was not tried.',
  owner: 'kim',
  justification: 'Nobody uses the old runtime.',
  compensatingControl: 'The start script refuses it.',
  days: 14,
  quorum: 1,
  declared: false,
  requestedBy: 'kim',
  requestedKind: 'person',
  approvals: [{ by: 'kim', at: '2026-11-20T12:00:00.000Z' }],
  status: 'active',
  version: 2,
  selfApproved: true,
  expiresAt: '2026-12-04T12:00:00.000Z',
  decidedBy: 'kim',
  reason: null,
  createdAt: '2026-11-20T11:00:00.000Z',
  decidedAt: '2026-11-20T12:00:00.000Z',
}

const withWaiver: RunRecord = {
  ...record,
  waivers: [waiver],
  gates: record.gates.map((gate) => {
    const { id: waiverId, rubric, owner, expiresAt, selfApproved } = waiver
    const relied = { waiverId, rubric, owner, expiresAt: expiresAt ?? '', selfApproved }
    return gate.phase === 'qa' ? { ...gate, pack: { ...gate.pack, waivers: [relied] } } : gate
  }),
}

const makeQuestion = (change: Partial<Question>): Question => ({
  id: '01a1f903-0000-7000-8000-000000000002' as Question['id'],
  kind: 'question',
  runId: record.view.run.id,
  phase: 'intake',
  taskId: null,
  askedBy: 'intake',
  text: 'May addresses of people be kept?',
  category: 'risk',
  priority: 'low',
  decisionImpact: 'It would be personal data.',
  defaultAnswer: 'No',
  fields: null,
  form: null,
  defaultValues: null,
  risk: null,
  policy: null,
  status: 'assumed',
  version: 2,
  deadlineAt: null,
  escalatedAt: null,
  values: null,
  answer: 'No',
  decidedBy: 'policy',
  decidedKind: 'policy',
  createdAt: '2026-11-20T12:00:00.000Z',
  decidedAt: '2026-11-20T12:00:03.000Z',
  ...change,
})
const asking = (change: Partial<Question>): RunRecord => ({ ...record, questions: [makeQuestion(change)] })

const facts = { extensions: new Map<string, string>(), listChanged: () => null, files: [] }
const tell = (of: RunRecord) => makeManifest(concludeRun(of), facts)

describe('a gap, each with its reason and where it comes from', () => {
  test('is left by an optional check that could not run', () => {
    const of = withReports(({ report }) =>
      report.rubric === 'accessibility'
        ? { outcome: 'not-run', reasons: ['There is no Chromium.'] }
        : undefined,
    )
    expect(judge(of)).toMatchObject({
      verdict: 'gaps',
      gaps: [{ kind: 'not-run', phase: 'qa', rubric: 'accessibility', reason: 'There is no Chromium.' }],
    })
  })

  test('is left by an optional rubric that no report speaks of', () => {
    const of = {
      ...record,
      reports: record.reports.filter(({ report }) => report.rubric !== 'accessibility'),
    }
    expect(judge(of).gaps).toMatchObject([{ kind: 'not-run', rubric: 'accessibility', source: '#gate-qa' }])
  })

  test('is left by a waiver that a gate leant on, and only by such a one', () => {
    expect(judge(withWaiver)).toMatchObject({
      verdict: 'gaps',
      gaps: [
        {
          kind: 'waiver',
          rubric: 'compatibility',
          reason: waiver.justification,
          source: `#waiver-${waiver.id}`,
        },
      ],
    })
    const unused = { ...record, waivers: [waiver] }
    expect(judge(unused).gaps).toEqual([])
    expect(tell(unused).remarks.filter(({ kind }) => kind === 'unused-waiver')).toHaveLength(1)
    expect(tell(withWaiver).remarks.filter(({ kind }) => kind === 'unused-waiver')).toEqual([])
  })

  test('is left by checks without a sandbox', () => {
    const of = withReports((kept) => (tests(kept) ? { confined: 'no' } : undefined))
    expect(judge(of)).toMatchObject({ verdict: 'gaps', gaps: [{ kind: 'unconfined' }] })
  })

  test.each<[string, Partial<Question>, string[]]>([
    ['a default of a question of risk', {}, ['assumed']],
    ['a default of a high-priority assumption', { category: 'assumption', priority: 'high' }, ['assumed']],
    ['a default of any other assumption', { category: 'assumption', priority: 'medium' }, []],
    ['a default of a clarification', { category: 'clarification', priority: 'high' }, []],
    ['an approval that nobody gave', { kind: 'approval', category: 'validation', priority: 'high' }, []],
    ['an answer of a person', { status: 'accepted', decidedKind: 'person', decidedBy: 'kim' }, []],
    [
      'a question that is open still',
      { status: 'open', answer: null, decidedKind: null, decidedBy: null },
      ['open'],
    ],
  ])('is judged by its risk: %s', (_what, change, kinds) => {
    expect(judge(asking(change)).gaps.map(({ kind }) => kind)).toEqual(kinds)
    const { remarks } = tell(asking(change))
    const isTold = remarks.some(({ kind }) => kind === 'assumption' || kind === 'approval')
    expect(isTold).toBe(kinds.length === 0 && change.status === undefined)
  })

  test('is left where the accepted code was not scanned again after it was changed', () => {
    const of = withReports(({ phase, report }) =>
      phase === 'aesthetic' && report.guard === 'scan' ? { revision: OTHER } : undefined,
    )
    expect(judge(of)).toMatchObject({
      verdict: 'gaps',
      gaps: [
        { kind: 'stale-scan', text: expect.stringContaining('secrets: the accepted code') },
        { kind: 'stale-scan', text: expect.stringContaining('sast: the accepted code') },
      ],
    })
  })
})

describe('the page', () => {
  const getSection = (of: RunRecord, id: string): string =>
    JSON.stringify(makeSections(tell(of)).find((one) => one.id === id))

  test('tells a waiver with owner, reason, what holds in its place, expiry and who approved it', () => {
    const told = getSection(withWaiver, 'waivers')
    for (const said of [
      'kim',
      waiver.justification,
      waiver.compensatingControl,
      '2026-12-04',
      'approved by whoever asked',
    ])
      expect(told).toContain(said)
    expect(getSection(withWaiver, 'missing')).toContain(waiver.justification)
  })

  test('says of a run that failed which gate did not pass, and never that nothing is missing', () => {
    const { view } = record
    const phases = view.phases.map((one) =>
      one.phase === 'qa' ? { ...one, status: 'failed' as const } : one,
    )
    const missing = getSection({ ...record, view: { ...view, phases } }, 'missing')
    expect(missing).toContain('Quality assurance ended as failed')
    expect(missing).not.toContain('Nothing:')
  })

  test('lists orphans of every kind', () => {
    const data = concludeRun(record)
    const orphans = {
      requirementsWithoutStory: ['REQ-001'],
      requirementsWithoutTest: ['REQ-002'],
      requirementsWithoutOrigin: ['REQ-003'],
      storiesWithoutRequirement: ['US-009'],
      testsWithoutRequirement: ['starts'],
      goalsWithoutRequirement: ['IdeaSpec#/goals/7'],
    }
    const rtm = data.rtm === null ? null : { ...data.rtm, orphans }
    const section = makeSections(makeManifest({ ...data, rtm }, facts)).find(({ id }) => id === 'orphans')
    for (const [name] of Object.values(orphans)) expect(JSON.stringify(section)).toContain(name)
  })

  test('tells rounds of a phase that was opened again apart by the judgement before them', () => {
    const changes = makeGates(concludeRun(record), () => null).filter(({ phase }) => phase === 'critique')
    const versions = changes.map((gate) =>
      gate.changes.filter(({ artifact }) => artifact === 'RiskRegister').map(({ toVersion }) => toVersion),
    )
    expect(versions).toEqual([[], [2]])
  })

  test('puts what a phase cost beside what was expected of it', () => {
    const range = { lowTokens: 1000, tokens: 2000, highTokens: 4000, lowMicros: 10_000, highMicros: 40_000 }
    const { view } = record
    const estimate = {
      ...view.plan.estimate,
      ...range,
      basis: 'runs' as const,
      runs: 3,
      phases: [{ ...range, phase: 'prd', runs: 3, inherited: false }],
    }
    const row = {
      phase: 'prd',
      model: 'a-model',
      calls: 4,
      inputTokens: 1500,
      outputTokens: 700,
      micros: 31_000,
      assumedMicros: 0,
    }
    const cost = { ...record.cost, spentMicros: 31_000, tokens: 2200, rows: [row] }
    const of = { ...record, cost, view: { ...view, plan: { ...view.plan, estimate } } }
    expect(tell(of).cost.phases.find(({ phase }) => phase === 'prd')).toMatchObject({
      estimate: range,
      micros: 31_000,
      calls: 4,
    })
    const told = getSection(of, 'cost')
    for (const said of [
      '2,000 (1,000 to 4,000)',
      '$0.0100 to $0.0400',
      '$0.0310',
      'from past runs of this workspace',
    ])
      expect(told).toContain(said)
  })
})
