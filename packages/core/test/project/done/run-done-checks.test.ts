import { getValidators, runDoneChecks, VALIDATOR_NAMES } from '@ropewalk/core/project/done/run-done-checks'
import type { DoneInput } from '@ropewalk/core/project/done/input'
import {
  DoneCheck,
  type DeliverableBody,
  type Fact,
  type WorkEvidence,
} from '@ropewalk/core/contract/work-order'
import type { RecordRow } from '@ropewalk/core/contract/records'
import { describe, expect, test } from 'vitest'
import { getBody, makeRow, PARAMETERS, ROWS } from '../../analysis/given.ts'

const computed: WorkEvidence = { kind: 'computation', statement: 'Added up.', exitCode: null, digest: null }
const tested: WorkEvidence = { kind: 'test', statement: 'node --test', exitCode: 0, digest: null }
const columns = ['Task', 'Minutes'].map((name, index) => ({
  name,
  index,
  role: 'other' as const,
  how: 'test',
}))

const makeInput = (capability: string, given: Partial<DoneInput> = {}): DoneInput => ({
  item: { kind: 'task', capability, definitionOfDone: [] },
  bodies: given.bodies ?? [getBody(capability)],
  evidence: [computed],
  records: { columns, rows: [...ROWS] },
  parameters: PARAMETERS,
  ...given,
})

/** Names of the validators that refuse. */
const getRefusals = (input: DoneInput): string[] => {
  const checks = runDoneChecks(input)
  for (const check of checks) expect(DoneCheck.parse(check)).toEqual(check)
  return checks.filter(({ outcome }) => outcome === 'fail').map(({ validator }) => validator)
}

const changeFact = (body: DeliverableBody, name: string, change: Partial<Fact>): DeliverableBody => {
  expect(body.facts.map((fact) => fact.name)).toContain(name)
  return { ...body, facts: body.facts.map((fact) => (fact.name === name ? { ...fact, ...change } : fact)) }
}

const makeReport = (facts: Partial<Record<string, number>> = {}): DeliverableBody => ({
  ...getBody('dev', { rows: null, inputs: [getBody('requirements_manager')] }),
  type: 'test_report',
  claims: [{ text: 'It works.', sources: ['tests.passed'] }],
  facts: Object.entries({ 'tests.passed': 3, 'tests.failed': 0, ...facts }).map(([name, value]) => ({
    name,
    value: value ?? 0,
    unit: 'tests',
    rows: [],
    rowCount: 0,
    field: null,
    from: ['code/files.count'],
  })),
})

const makeCode = (): DeliverableBody =>
  getBody('dev', { rows: null, inputs: [getBody('requirements_manager')] })

describe('what our own workers hand in', () => {
  test.each(['time_waste', 'cost', 'friction', 'scenario', 'requirements_manager', 'tea_making'])(
    '%s passes',
    (name) => {
      expect(getRefusals(makeInput(name))).toEqual([])
    },
  )

  test('cost, scenario and requirements pass that rest on other deliverables', () => {
    const friction = getBody('friction')
    const cost = getBody('cost', { rows: null, inputs: [getBody('time_waste')] })
    const scenario = getBody('scenario', { rows: null, inputs: [cost, friction] })
    const requirements = getBody('requirements_manager', { rows: null, inputs: [friction, scenario] })
    for (const [name, body] of [
      ['cost', cost],
      ['scenario', scenario],
      ['requirements_manager', requirements],
    ] as const) {
      expect(getRefusals(makeInput(name, { bodies: [body] }))).toEqual([])
      expect(getRefusals(makeInput(name, { bodies: [body], records: null }))).toEqual([])
    }
  })

  test('dev and test pass', () => {
    expect(getRefusals(makeInput('dev', { bodies: [makeCode()] }))).toEqual([])
    expect(
      getRefusals(makeInput('test', { bodies: [makeReport()], evidence: [tested], records: null })),
    ).toEqual([])
  })

  test('passes with treated rows, by the parameters or by what the body says of itself', () => {
    const rows = [...ROWS, makeRow(10, { estimatedMinutes: 900, count: 2 })]
    const parameters = { ...PARAMETERS, longRows: 'leave-out', countMeans: 'times' }
    const bodies = [getBody('time_waste', { rows, parameters })]
    const input = makeInput('time_waste', { bodies, records: { columns, rows }, parameters })
    expect(getRefusals(input)).toEqual([])
    const { parameters: _, ...without } = input
    expect(getRefusals(without)).toEqual([])
  })

  test('passes with more rows than a fact names', () => {
    const rows = Array.from({ length: 1500 }, (_, index) => makeRow(index + 2))
    expect(
      getRefusals(
        makeInput('time_waste', { bodies: [getBody('time_waste', { rows })], records: { columns, rows } }),
      ),
    ).toEqual([])
  })
})

describe('what an outside worker hands in', () => {
  const minimal: DeliverableBody = {
    type: 'note',
    agent: 'somebody',
    confidence: 0.5,
    simulated: false,
    facts: [
      {
        name: 'total.minutes',
        value: 300,
        unit: 'minutes',
        rows: [],
        rowCount: 8,
        field: null,
        from: ['records.Minutes'],
      },
    ],
    claims: [{ text: 'Five hours.', sources: ['total.minutes'] }],
    content: { total: 300 },
  }

  test('passes when it is small and true', () => {
    expect(getRefusals(makeInput('own_kind', { bodies: [minimal] }))).toEqual([])
  })

  test('is refused when its total is not that of the records', () => {
    const bodies = [changeFact(minimal, 'total.minutes', { value: 301 })]
    expect(getRefusals(makeInput('own_kind', { bodies }))).toEqual(['totals-recompute'])
  })

  test('is refused when it says nothing', () => {
    const bodies = [{ ...minimal, facts: [], claims: [], content: {} }]
    expect(getRefusals(makeInput('own_kind', { bodies }))).toEqual(['result-present'])
  })
})

const good = () => getBody('time_waste')
const LIES: readonly [string, string, string, Partial<DoneInput>][] = [
  ['evidence-present', 'brings no evidence', 'time_waste', { evidence: [] }],
  [
    'sources-cited',
    'claims without a source',
    'time_waste',
    { bodies: [{ ...good(), claims: [{ text: 'Trust me.', sources: [] }] }] },
  ],
  [
    'sources-cited',
    'cites a fact that is nowhere',
    'time_waste',
    { bodies: [{ ...good(), claims: [{ text: 'So it is.', sources: ['made.up'] }] }] },
  ],
  [
    'sources-cited',
    'computes from a parameter that nobody gave',
    'cost',
    { bodies: [changeFact(getBody('cost'), 'rate.hour', { from: ['parameters.bonus'] })] },
  ],
  [
    'sources-cited',
    'computes a fact from itself',
    'cost',
    { bodies: [changeFact(getBody('cost'), 'cost.year', { from: ['cost.year'] })] },
  ],
  [
    'facts-resolve',
    'cites a row that is not there',
    'time_waste',
    { bodies: [changeFact(good(), 'category.1.minutes', { rows: [2, 3, 99] })] },
  ],
  [
    'facts-resolve',
    'names a column that is not there',
    'time_waste',
    { bodies: [changeFact(good(), 'total.minutes', { field: 'Salary' })] },
  ],
  [
    'facts-resolve',
    'names no origin at all',
    'scenario',
    { bodies: [changeFact(getBody('scenario'), 'cost.month', { from: [] })] },
  ],
  [
    'facts-resolve',
    'counts more rows than it cites',
    'time_waste',
    { bodies: [changeFact(good(), 'category.1.minutes', { rows: [2] })] },
  ],
  [
    'facts-resolve',
    'states one fact twice',
    'time_waste',
    { bodies: [{ ...good(), facts: [...good().facts, ...good().facts.slice(0, 1)] }] },
  ],
  [
    'minutes-within-cap',
    'gives one record more than 480 minutes',
    'time_waste',
    { bodies: [changeFact(good(), 'category.4.minutes', { value: 500 })] },
  ],
  [
    'units-agree',
    'calls minutes hours',
    'time_waste',
    { bodies: [changeFact(good(), 'total.minutes', { unit: 'hours' })] },
  ],
  [
    'units-agree',
    'gives hours that its minutes are not',
    'time_waste',
    { bodies: [changeFact(good(), 'total.hours', { value: 300 })] },
  ],
  [
    'units-agree',
    'has a share above one',
    'friction',
    { bodies: [changeFact(getBody('friction'), 'recurring.share', { value: 66.7 })] },
  ],
  [
    'units-known',
    'uses a unit that is none',
    'cost',
    { bodies: [changeFact(getBody('cost'), 'hours.period', { unit: 'person-days' })] },
  ],
  [
    'totals-recompute',
    'rounds a sum of rows up',
    'time_waste',
    { bodies: [changeFact(good(), 'category.3.minutes', { value: 71 })] },
  ],
  [
    'totals-recompute',
    'hides a missing estimate',
    'time_waste',
    { bodies: [changeFact(good(), 'estimates.missing', { value: 0 })] },
  ],
  ['confidence-stated', 'states no confidence', 'time_waste', { bodies: [{ ...good(), confidence: 0 }] }],
  ['schema-valid', 'breaks the contract', 'time_waste', { bodies: [good(), { ...good(), mood: 'fine' }] }],
  [
    'time-waste-totals',
    'leaves a category out',
    'time_waste',
    { bodies: [{ ...good(), content: { categories: [] } }] },
  ],
  ['time-waste-totals', 'hands in another type', 'time_waste', { bodies: [getBody('cost')] }],
  [
    'cost-formulas',
    'takes another rate than the one given',
    'cost',
    { bodies: [getBody('cost', { parameters: { ...PARAMETERS, hourlyRate: 80 } })] },
  ],
  [
    'cost-formulas',
    'takes another period than the one given',
    'cost',
    { bodies: [getBody('cost', { parameters: { ...PARAMETERS, periodType: 'week' } })] },
  ],
  [
    'cost-formulas',
    'makes a year of ten months',
    'cost',
    { bodies: [changeFact(getBody('cost'), 'cost.year', { value: 2000 })] },
  ],
  [
    'friction-clusters',
    'says that everything recurs',
    'friction',
    { bodies: [changeFact(getBody('friction'), 'recurring.share', { value: 1 })] },
  ],
  [
    'friction-clusters',
    'puts more than the cap as avoidable',
    'friction',
    { bodies: [changeFact(getBody('friction'), 'avoidable.share', { value: 0.83 })] },
  ],
  [
    'scenario-formulas',
    'recovers more than its share',
    'scenario',
    { bodies: [changeFact(getBody('scenario'), 'best.recovered.cost.month', { value: 999 })] },
  ],
  [
    'scenario-formulas',
    'has a cautious case above the best',
    'scenario',
    { bodies: [changeFact(getBody('scenario'), 'cautious.avoidable.share', { value: 0.9 })] },
  ],
  [
    'requirements-testable',
    'has no requirement',
    'requirements_manager',
    { bodies: [{ ...getBody('requirements_manager'), content: { requirements: [] } }] },
  ],
  [
    'requirements-testable',
    'is held against a number that is no fact',
    'requirements_manager',
    { bodies: [changeFact(getBody('requirements_manager'), 'R-1.rows', { value: 7 })] },
  ],
  [
    'code-plain',
    'does not say that no model wrote it',
    'dev',
    { bodies: [{ ...makeCode(), simulated: false }] },
  ],
  ['code-plain', 'hands in no program', 'dev', { bodies: [{ ...makeCode(), content: {} }] }],
  [
    'code-plain',
    'needs a package',
    'dev',
    { bodies: [withFile(makeCode(), "import left from 'left-pad'\n")] },
  ],
  ['tests-passed', 'has not run the tests', 'test', { bodies: [makeReport()] }],
  [
    'tests-passed',
    'ran tests that failed',
    'test',
    { bodies: [makeReport()], evidence: [{ ...tested, exitCode: 1 }] },
  ],
  [
    'tests-passed',
    'ran no test',
    'test',
    { bodies: [makeReport({ 'tests.passed': 0 })], evidence: [tested] },
  ],
  [
    'tests-passed',
    'states failures',
    'test',
    { bodies: [makeReport({ 'tests.failed': 1 })], evidence: [tested] },
  ],
]

function withFile(body: DeliverableBody, text: string): DeliverableBody {
  const files = [
    { path: 'rules.mjs', text },
    { path: 'rules.test.mjs', text: "test('x', () => 1)" },
  ]
  return { ...body, content: { entry: 'rules.mjs', test: 'rules.test.mjs', files } }
}

describe('the Definition of Done', () => {
  test.each(LIES)('%s refuses work that %s', (validator, _lie, capability, given) => {
    expect(getRefusals(makeInput(capability, given))).toContain(validator)
  })

  test('every validator has been seen to refuse', () => {
    const seen = new Set([...LIES.map(([validator]) => validator), 'result-present'])
    expect(VALIDATOR_NAMES.filter((name) => !seen.has(name))).toEqual([])
  })

  test('minutes-within-cap refuses totals of long rows that nobody has decided about', () => {
    const rows: RecordRow[] = [...ROWS, makeRow(10, { estimatedMinutes: 900 })]
    const bodies = [getBody('time_waste', { rows, parameters: { ...PARAMETERS, longRows: 'cap' } })]
    expect(getRefusals(makeInput('time_waste', { bodies, records: { columns, rows } }))).toContain(
      'minutes-within-cap',
    )
  })

  test('a name that no validator has is a check that failed, in words', () => {
    const item = {
      kind: 'task' as const,
      capability: 'time_waste',
      definitionOfDone: ['looks-nice', 'constructor'],
    }
    const failed = runDoneChecks(makeInput('time_waste', { item })).filter(
      ({ outcome }) => outcome === 'fail',
    )
    expect(failed.map(({ validator }) => validator)).toEqual(['looks-nice', 'constructor'])
    expect(failed[0]?.reasons[0]).toContain('no validator named looks-nice')
  })

  test('nothing handed in is not done', () => {
    const checks = runDoneChecks(makeInput('time_waste', { bodies: [] }))
    expect(
      checks.every(({ outcome, validator }) => outcome === 'fail' || validator === 'evidence-present'),
    ).toBe(true)
  })

  test('every kind and capability asks for evidence and a valid contract', () => {
    for (const kind of ['epic', 'feature', 'story', 'task'] as const) {
      for (const capability of [null, 'time_waste', 'dev', 'test', 'constructor', 'own_kind']) {
        const names = getValidators({ kind, capability, definitionOfDone: ['evidence-present'] })
        expect(names).toContain('schema-valid')
        expect(names).toContain('evidence-present')
        expect(new Set(names).size).toBe(names.length)
        expect(names.filter((name) => !VALIDATOR_NAMES.includes(name))).toEqual([])
      }
    }
  })
})
