import { makeFinalReport, type FinalReportInput } from '@ropewalk/core/analysis/final-report'
import { FinalReportContent } from '@ropewalk/core/analysis/final-report-content'
import { renderFinalReport } from '@ropewalk/core/analysis/render-final-report'
import { DeliverableBody } from '@ropewalk/core/contract/work-order'
import { describe, expect, test } from 'vitest'
import { getBody, makeRow, PARAMETERS, ROWS } from './given.ts'

const DIGEST = 'a'.repeat(64)

const makeBodies = (rows = ROWS): DeliverableBody[] => {
  const waste = getBody('time_waste', { rows })
  const cost = getBody('cost', { rows })
  const friction = getBody('friction', { rows })
  const scenario = getBody('scenario', { rows: null, inputs: [cost, friction] })
  const requirements = getBody('requirements_manager', { rows: null, inputs: [friction, scenario] })
  return [
    waste,
    cost,
    friction,
    scenario,
    requirements,
    getBody('dev', { rows: null, inputs: [requirements] }),
  ]
}

const makeInput = (bodies = makeBodies(), given: Partial<FinalReportInput> = {}): FinalReportInput => ({
  project: {
    name: 'Less time for invoices',
    request: 'Reduce the time the support team loses on invoices.',
    mode: 'hybrid',
    createdAt: '2026-11-20T10:00:00.000Z',
    parameters: { ...PARAMETERS, currency: 'eur' },
    uploads: [{ name: 'tickets.csv', digest: DIGEST, recordsDigest: DIGEST, rows: 8 }],
  },
  items: bodies.map(({ agent }) => ({
    title: `Do ${agent}`,
    kind: 'task',
    capability: agent,
    status: 'done',
    failureMessage: null,
    blockedReason: null,
    children: {},
  })),
  deliverables: bodies.map((body, index) => ({
    deliverable: {
      name: body.type,
      type: body.type,
      agent: body.agent,
      digest: DIGEST,
      createdAt: `2026-11-20T10:00:0${index}.000Z`,
    },
    body,
  })),
  questions: [
    {
      kind: 'question',
      text: 'What time do the records stand for?',
      answer: 'One month.',
      status: 'accepted',
      decidedBy: 'ann',
      risk: 'high',
      defaultAnswer: 'One month.',
    },
    {
      kind: 'question',
      text: 'What does an hour cost?',
      answer: '40 an hour.',
      status: 'assumed',
      decidedBy: 'policy',
      risk: 'high',
      defaultAnswer: '50 an hour.',
    },
  ],
  ...given,
})

describe('the final report', () => {
  const { body, totals } = makeFinalReport(makeInput())
  const markdown = renderFinalReport(body)

  test('keeps its contracts, and is the same each time', () => {
    expect(DeliverableBody.parse(body)).toEqual(body)
    expect(FinalReportContent.parse(body.content)).toEqual(body.content)
    expect(makeFinalReport(makeInput())).toEqual({ body, totals })
    const shuffled = makeInput()
    expect(makeFinalReport({ ...shuffled, deliverables: shuffled.deliverables.toReversed() }).body).toEqual(
      body,
    )
  })

  test('gives the figures people ask for first, as numbers', () => {
    expect(totals).toEqual({
      totalMinutes: 300,
      totalHours: 5,
      costPeriod: 200,
      costMonth: 200,
      costYear: 2400,
      recurringShare: 2 / 3,
      avoidableShare: 0.6,
      recoveredHoursMonth: 3,
      recoveredCostMonth: 120,
      recoveredCostYear: 1440,
    })
  })

  test('lets a person add up each category from the rows that it names', () => {
    const { categories } = FinalReportContent.parse(body.content)
    const minutes = new Map(ROWS.map((row) => [row.row, row.estimatedMinutes]))
    for (const category of categories) {
      const sum = category.rows.reduce((total, row) => total + (minutes.get(row) ?? NaN), 0)
      expect(sum).toBe(category.minutes)
    }
    expect(categories.flatMap(({ rows }) => rows).toSorted((a, b) => a - b)).toEqual(
      ROWS.map(({ row }) => row),
    )
  })

  test.each([
    ['a sum with its rows', '| Invoices | 120 | 40 % | 3 | 2, 3, 4 |'],
    ['the sum of the sums', '| All of these | 300 |'],
    ['a formula with its numbers', 'hours × hourly rate = 5 × 40'],
    ['the period', 'one month'],
    ['the year', '2400.00 EUR'],
    ['a question with its answer and who decided', '| One month. | ann | high |'],
    ['what was assumed', 'What does an hour cost? Taken: 40 an hour.'],
    ['guesses', 'Durations that are guesses: 1, in rows 9.'],
    ['what is simulated', 'Simulated, that is written by rule'],
    ['how sure it is', '0.7 of 1'],
    ['the file', '| tickets.csv | 8 |'],
    ['a requirement', '### R-1: Work such as “Resend invoice 1001”'],
  ])('shows %s', (_what, text) => {
    expect(markdown).toContain(text)
  })

  test('says what was not done, and why', () => {
    const input = makeInput([getBody('time_waste')])
    const items = [
      ...input.items,
      {
        title: 'Compute the cost',
        kind: 'task' as const,
        capability: 'cost',
        status: 'failed' as const,
        failureMessage: 'No rate.',
        blockedReason: null,
        children: {},
      },
    ]
    const failed = makeFinalReport({ ...input, items })
    expect(failed.totals).toEqual({ totalMinutes: 300, totalHours: 5 })
    expect(renderFinalReport(failed.body)).toContain('| Compute the cost | failed | No rate. |')
  })

  test('counts what is done where the work is, not what holds it', () => {
    const input = makeInput()
    const parent = {
      title: 'Audit',
      kind: 'feature' as const,
      capability: null,
      status: 'done' as const,
      failureMessage: null,
      blockedReason: null,
      children: { done: 6 },
    }
    const { body: whole } = makeFinalReport({ ...input, items: [parent, ...input.items] })
    expect(renderFinalReport(whole)).toContain('6 of 6 items are done.')
  })

  test('of a project without records has no tables of figures, and lists what was done', () => {
    const input = makeInput([])
    const [item] = makeInput().items
    if (item === undefined) throw new Error('an item')
    const { body: plain } = makeFinalReport({
      ...input,
      project: { ...input.project, uploads: [] },
      items: [{ ...item, title: 'Ask the bank', capability: null }],
    })
    const shown = renderFinalReport(plain)
    expect(shown).toContain('- Ask the bank')
    expect(shown).not.toContain('## Figures')
    expect(shown).toContain('rests on the word of those who said so')
  })

  test('says its request once where that is its name as well', () => {
    const input = makeInput()
    const { body: named } = makeFinalReport({
      ...input,
      project: { ...input.project, name: 'Less time.', request: 'Less time.' },
    })
    expect(renderFinalReport(named).match(/Less time\./gu)).toHaveLength(1)
  })

  test.each([
    [{ targetPercent: 20 }, 'It is within the expected case (60 %), and within the cautious one (30 %).'],
    [{ targetPercent: 50 }, 'It is within the expected case (60 %), but not within the cautious one (30 %).'],
    [{ targetPercent: 80 }, 'It is not within the expected case (60 %).'],
    [{ targetPercent: 20, targetWeeks: 12 }, 'Whether 12 weeks are enough, the records do not tell.'],
  ])('says whether the target %j is within what could be recovered', (target, said) => {
    const input = makeInput()
    const parameters = { ...input.project.parameters, ...target }
    const { body: aimed } = makeFinalReport({ ...input, project: { ...input.project, parameters } })
    expect(renderFinalReport(aimed)).toContain(said)
  })

  test('says that nothing was computed to hold a target against', () => {
    const input = makeInput([getBody('time_waste')])
    const parameters = { ...input.project.parameters, targetPercent: 20 }
    const { body: aimed } = makeFinalReport({ ...input, project: { ...input.project, parameters } })
    expect(renderFinalReport(aimed)).toContain(
      'The target is 20 %, taken as a share of the time and of what it costs. Nothing was computed to hold it against.',
    )
  })

  test('says nothing of a target where none was given', () => {
    expect(FinalReportContent.parse(body.content).target).toBeNull()
    expect(markdown).not.toContain('The target')
  })

  test('of a project without any deliverable claims nothing', () => {
    const { body: empty, totals: none } = makeFinalReport(makeInput([]))
    expect(empty).toMatchObject({ confidence: 0, facts: [], claims: [] })
    expect(none).toEqual({})
    expect(renderFinalReport(empty)).toContain('0 of 0 items are done')
  })

  test('lets no text of the records become markup', () => {
    const rows = ROWS.map((row) => ({
      ...row,
      category: '<img src=x onerror=alert(1)> | [a](javascript:b)\n# x',
    }))
    const shown = renderFinalReport(makeFinalReport(makeInput(makeBodies(rows))).body)
    expect(shown).not.toContain('<img')
    expect(shown).not.toMatch(/(?<!\\)\[a\]\(/u)
    expect(shown).not.toMatch(/^# x/mu)
  })

  test('holds more categories and rows than anybody reads', () => {
    const rows = Array.from({ length: 3000 }, (_, index) =>
      makeRow(index + 2, { category: `c${index % 700}` }),
    )
    const { body: large } = makeFinalReport(makeInput(makeBodies(rows)))
    expect(DeliverableBody.parse(large)).toEqual(large)
    expect(renderFinalReport(large)).toContain('600 smaller categories are not listed')
  })

  test('is not made of a body of another type', () => {
    expect(() => renderFinalReport(getBody('cost'))).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    )
  })
})
