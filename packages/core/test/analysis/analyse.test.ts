import { analyse } from '@ropewalk/core/analysis/analyse'
import { DeliverableBody } from '@ropewalk/core/contract/work-order'
import { ProjectQuestionDraft } from '@ropewalk/core/contract/project-question'
import { describe, expect, test } from 'vitest'
import { getBody, getDone, getValue, makeRequest, makeRow, PARAMETERS, ROWS } from './given.ts'

const NAMES = ['time_waste', 'cost', 'friction', 'scenario', 'requirements_manager', 'generic'] as const

describe('any analysis', () => {
  test.each(NAMES)('%s hands in what its contract says, the same each time', (name) => {
    const body = getBody(name)
    expect(DeliverableBody.parse(body)).toEqual(body)
    expect(getBody(name)).toEqual(body)
  })

  test.each(NAMES)('%s cites a source for each claim, a fact of its own', (name) => {
    const body = getBody(name)
    const facts = new Set(body.facts.map((fact) => fact.name))
    expect(body.claims.length).toBeGreaterThan(0)
    for (const { sources } of body.claims) {
      expect(sources.length).toBeGreaterThan(0)
      expect(sources.filter((source) => !facts.has(source))).toEqual([])
    }
  })

  test.each(['time_waste', 'friction', 'requirements_manager', 'cost', 'scenario'])(
    '%s asks for records where there are none, with a form and a default',
    (name) => {
      const result = analyse(makeRequest(name, { rows: null }))
      if (result.type !== 'needs') return expect.fail(result.type)
      expect(result.missingFields).toContain('rows')
      for (const question of result.questions) {
        expect(ProjectQuestionDraft.parse(question)).toEqual(question)
        expect(question.form).not.toBeNull()
      }
    },
  )

  test.each(['time_waste', 'friction', 'requirements_manager', 'cost'])(
    '%s fails in words once it was said that no records will come',
    (name) => {
      const parameters = { ...PARAMETERS, noRecords: true }
      const result = analyse(makeRequest(name, { rows: null, parameters }))
      expect(result).toMatchObject({
        type: 'failed',
        failure: { category: 'DATA_INSUFFICIENCY', retryable: false },
      })
    },
  )
})

describe('time_waste', () => {
  test('adds up minutes and shares by category, with the rows behind each', () => {
    const body = getBody('time_waste')
    expect(getValue(body, 'total.minutes')).toBe(300)
    expect(getValue(body, 'total.hours')).toBe(5)
    expect(body.content).toMatchObject({
      categories: [
        { key: 'category.1', name: 'Invoices', minutes: 120, rows: 3, share: 0.4 },
        { name: 'Accounts', minutes: 80, rows: 2 },
        { name: 'Calls', minutes: 70, rows: 2 },
        { name: '(no category)', minutes: 30, rows: 1, share: 0.1 },
      ],
    })
    expect(body.facts.find(({ name }) => name === 'category.1.minutes')).toEqual({
      name: 'category.1.minutes',
      value: 120,
      unit: 'minutes',
      rows: [2, 3, 4],
      rowCount: 3,
      field: 'Minutes + Task',
      from: [],
    })
  })

  test('counts guessed durations as missing estimates', () => {
    const missing = getBody('time_waste').facts.find(({ name }) => name === 'estimates.missing')
    expect(missing).toMatchObject({ value: 1, rows: [9], unit: 'rows' })
  })

  test('sums hundredths of minutes exactly', () => {
    const rows = Array.from({ length: 10 }, (_, index) => makeRow(index + 2, { estimatedMinutes: 0.1 }))
    expect(getValue(getBody('time_waste', { rows }), 'total.minutes')).toBe(1)
  })

  test('asks what a record of more than 480 minutes is, and does as it is told', () => {
    const rows = [...ROWS, makeRow(10, { estimatedMinutes: 600 })]
    expect(analyse(makeRequest('time_waste', { rows }))).toMatchObject({
      type: 'needs',
      missingFields: ['longRows'],
      questions: [{ risk: 'high', defaultValues: { longRows: 'cap' } }],
    })
    const total = (longRows: string) =>
      getValue(getBody('time_waste', { rows, parameters: { ...PARAMETERS, longRows } }), 'total.minutes')
    expect(total('cap')).toBe(780)
    expect(total('leave-out')).toBe(300)
  })

  test('asks what a count beside the minutes means, and does as it is told', () => {
    const rows = [makeRow(2, { count: 3 }), makeRow(3, { count: 1 })]
    expect(analyse(makeRequest('time_waste', { rows }))).toMatchObject({ missingFields: ['countMeans'] })
    const total = (countMeans: string) =>
      getValue(getBody('time_waste', { rows, parameters: { ...PARAMETERS, countMeans } }), 'total.minutes')
    expect(total('times')).toBe(120)
    expect(total('note')).toBe(60)
  })
})

describe('cost', () => {
  test('multiplies hours by the rate, and goes on to a month and twelve of them', () => {
    const body = getBody('cost')
    expect(getValue(body, 'hours.period')).toBe(5)
    expect(getValue(body, 'cost.period')).toBe(200)
    expect(getValue(body, 'cost.month')).toBe(200)
    expect(getValue(body, 'cost.year')).toBe(2400)
  })

  test.each([
    [{ periodType: 'day' }, 200 * 21],
    [{ periodType: 'day', workingDaysPerMonth: 20 }, 200 * 20],
    [{ periodType: 'week' }, 200 * (52 / 12)],
    [{ periodType: 'month', periodCount: 4 }, 50],
    [{ periodType: 'year' }, 200 / 12],
  ])('converts a period of %o to a month', (period, expected) => {
    const body = getBody('cost', { parameters: { hourlyRate: 40, ...period } })
    expect(getValue(body, 'cost.month')).toBeCloseTo(expected, 9)
  })

  test('asks for rate and period in one go; both change the money', () => {
    const result = analyse(makeRequest('cost', { parameters: {} }))
    expect(result).toMatchObject({
      type: 'needs',
      missingFields: ['hourlyRate', 'periodType'],
      questions: [{ risk: 'high' }, { risk: 'high' }],
    })
  })

  test.each([0, -4, 'many', Number.NaN])('does not take %s for a rate', (hourlyRate) => {
    const result = analyse(makeRequest('cost', { parameters: { ...PARAMETERS, hourlyRate } }))
    expect(result).toMatchObject({ type: 'needs', missingFields: ['hourlyRate'] })
  })

  test('offers the period that the dates of the records span as the default', () => {
    const rows = [makeRow(2, { date: '2026-03-02' }), makeRow(3, { date: '2026-03-06' })]
    const result = analyse(makeRequest('cost', { rows, parameters: { hourlyRate: 40 } }))
    expect(result).toMatchObject({ questions: [{ defaultValues: { periodType: 'week' } }] })
  })

  test('takes the rates of the rows where every row has one and nobody said another', () => {
    const rows = [makeRow(2, { rate: 30 }), makeRow(3, { rate: 50 })]
    const body = getBody('cost', { rows, parameters: { periodType: 'month' } })
    expect(getValue(body, 'cost.period')).toBe(40)
    expect(getValue(body, 'rate.hour')).toBeUndefined()
    const half = [makeRow(2, { rate: 30 }), makeRow(3)]
    expect(analyse(makeRequest('cost', { rows: half, parameters: { periodType: 'month' } }))).toMatchObject({
      missingFields: ['hourlyRate'],
    })
  })

  test('goes on from the total of time_waste where it has no records itself', () => {
    const body = getBody('cost', { rows: null, inputs: [getBody('time_waste')] })
    expect(getValue(body, 'cost.year')).toBe(2400)
    expect(body.facts[0]).toMatchObject({ name: 'total.minutes', from: ['time_waste/total.minutes'] })
  })
})

describe('friction', () => {
  test('finds what recurs, its share of the minutes, and what is avoidable of it', () => {
    const body = getBody('friction')
    expect(body.content).toMatchObject({
      recurring: [
        { key: 'recurring.1', fingerprint: 'resend invoice', text: 'Resend invoice 1001', rows: [2, 3, 4] },
        { key: 'recurring.2', fingerprint: 'reset password ann', rows: [5, 6] },
      ],
    })
    expect(getValue(body, 'recurring.minutes')).toBe(200)
    expect(getValue(body, 'recurring.share')).toBeCloseTo(2 / 3, 12)
    expect(getValue(body, 'avoidable.share')).toBe(0.6)
  })

  test('below the cap the avoidable share is 1.25 times the recurring one', () => {
    const rows = [
      makeRow(2, { text: 'same', estimatedMinutes: 10 }),
      makeRow(3, { text: 'same', estimatedMinutes: 10 }),
      makeRow(4, { text: 'other', estimatedMinutes: 80 }),
    ]
    expect(getValue(getBody('friction', { rows }), 'avoidable.share')).toBe(0.25)
  })

  test('says so where nothing recurs', () => {
    const body = getBody('friction', { rows: [makeRow(2, { text: 'one' }), makeRow(3, { text: 'two' })] })
    expect(getValue(body, 'avoidable.share')).toBe(0)
  })
})

describe('scenario', () => {
  const recovered = (body: DeliverableBody) =>
    ['best', 'expected', 'cautious'].map((name) => getValue(body, `${name}.recovered.hours.month`))

  test('takes hours and money from cost, and what is avoidable from friction', () => {
    const body = getBody('scenario', { rows: null, inputs: [getBody('cost'), getBody('friction')] })
    expect(recovered(body)).toEqual([3, 3, 1.5])
    expect(getValue(body, 'expected.recovered.cost.year')).toBe(0.6 * 200 * 12)
  })

  test('computes them itself where no deliverable told them', () => {
    expect(recovered(getBody('scenario'))).toEqual([3, 3, 1.5])
  })

  test('a person who said how much is avoidable has the last word', () => {
    const parameters = { ...PARAMETERS, avoidablePercent: 20, avoidablePercentCautious: 5 }
    expect(recovered(getBody('scenario', { parameters }))).toEqual([1.25, 1, 0.25])
  })

  test('asks how much is avoidable where nothing says it', () => {
    const result = analyse(makeRequest('scenario', { rows: null, inputs: [getBody('cost')] }))
    expect(result).toMatchObject({ type: 'needs', missingFields: ['avoidablePercent'] })
  })
})

describe('confidence', () => {
  test('is 0.6, and more with the rate, more than 5 rows and several categories', () => {
    expect(getBody('time_waste').confidence).toBe(0.8)
    expect(getBody('time_waste', { parameters: {} }).confidence).toBe(0.7)
    expect(getBody('time_waste', { parameters: {}, rows: ROWS.slice(0, 5) }).confidence).toBe(0.65)
    expect(getBody('time_waste', { parameters: {}, rows: ROWS.slice(0, 3) }).confidence).toBe(0.6)
  })

  test('is less where more than two durations are guesses', () => {
    const guess = (count: number) =>
      ROWS.map((row, index) =>
        index < count ? { ...row, estimate: 'guessed' as const } : { ...row, estimate: 'given' as const },
      )
    expect(getBody('time_waste', { rows: guess(2) }).confidence).toBe(0.8)
    expect(getBody('time_waste', { rows: guess(3) }).confidence).toBe(0.7)
  })
})

describe('requirements_manager', () => {
  test('makes a requirement of each kind of recurring work, with numbers and sources', () => {
    const inputs = [getBody('friction'), getBody('scenario')]
    const body = getBody('requirements_manager', { rows: null, inputs })
    expect(body.content).toMatchObject({
      requirements: [
        {
          id: 'R-1',
          fingerprint: 'resend invoice',
          acceptance: [
            { measure: 'R-1.rows', value: 3 },
            { measure: 'R-1.minutes.most', value: 48 },
          ],
          sources: ['friction/recurring.1.minutes', 'scenario/expected.avoidable.share'],
        },
        { id: 'R-2' },
      ],
    })
    expect(getValue(body, 'R-1.minutes.most')).toBe(48)
  })

  test('where nothing recurs it is about the category with most minutes', () => {
    const rows = [
      makeRow(2, { text: 'one' }),
      makeRow(3, { text: 'two', category: 'Calls', estimatedMinutes: 90 }),
    ]
    expect(getBody('requirements_manager', { rows }).content).toMatchObject({
      requirements: [{ example: 'Calls', fingerprint: null }],
    })
  })
})

describe('work that nobody knows', () => {
  test('is a plain summary of the records, and says that it is no more', () => {
    const body = getBody('tea_making')
    expect(body).toMatchObject({ type: 'summary', agent: 'tea_making' })
    expect(getValue(body, 'mean.minutes')).toBe(37.5)
  })

  test('fails in words without records', () => {
    const result = analyse(makeRequest('tea_making', { rows: null }))
    expect(result).toMatchObject({ type: 'failed', failure: { category: 'DATA_INSUFFICIENCY' } })
  })

  test('is the analysis itself where the generic worker stands in for the one who knows it', () => {
    const result = getDone(analyse({ ...makeRequest('cost'), agent: 'generic' }))
    expect(result.body).toMatchObject({ type: 'cost', agent: 'generic' })
  })
})
