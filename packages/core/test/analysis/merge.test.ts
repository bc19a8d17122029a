import { analyse, isPartial, mergeBatches } from '@ropewalk/core/analysis/analyse'
import { digestOf } from '@ropewalk/core/canonical'
import { DeliverableBody } from '@ropewalk/core/contract/work-order'
import type { RecordRow } from '@ropewalk/core/contract/records'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { getBody, getDone, makeRequest, makeRow, PARAMETERS, ROWS } from './given.ts'

const NAMES = ['time_waste', 'cost', 'friction', 'scenario', 'requirements_manager', 'dev', 'generic']
const PARAMS = { ...PARAMETERS, longRows: 'cap', countMeans: 'times', requirements: 'Recognise what recurs.' }

const words = fc.constantFrom('invoice', 'Résend', 'call', 'the', '12', 'password', 'reset!')
const anyRow = fc.record({
  text: fc.array(words, { maxLength: 3 }).map((parts) => parts.join(' ')),
  category: fc.constantFrom('Invoices', 'Calls', 'accounts', null),
  estimatedMinutes: fc.integer({ min: 0, max: 60_000 }).map((hundredths) => hundredths / 100),
  estimate: fc.constantFrom('given' as const, 'guessed' as const),
  field: fc.constantFrom('Minutes', 'Task'),
  rate: fc.option(fc.constantFrom(30, 45.5), { nil: undefined }),
  count: fc.option(fc.constantFrom(1, 2, 2.5), { nil: undefined }),
  date: fc.option(fc.constantFrom('2026-01-02', '2026-03-04'), { nil: undefined }),
})
const anyRows = fc.array(anyRow, { minLength: 2, maxLength: 40 }).map((rows) =>
  rows.map(({ rate, count, date, ...row }, index) =>
    makeRow(index + 2, {
      ...row,
      ...(rate === undefined ? {} : { rate }),
      ...(count === undefined ? {} : { count }),
      ...(date === undefined ? {} : { date }),
    }),
  ),
)

const cut = (rows: readonly RecordRow[], cuts: readonly number[]): (readonly RecordRow[])[] => {
  const at = [...new Set([0, ...cuts.map((share) => Math.floor(share * rows.length)), rows.length])].toSorted(
    (a, b) => a - b,
  )
  return at.slice(1).map((to, index) => rows.slice(at[index], to))
}

const doBatches = (name: string, parts: readonly (readonly RecordRow[])[]): DeliverableBody[] =>
  parts.map((rows, index) => {
    const options = { rows, parameters: PARAMS, batch: index + 1, batches: parts.length }
    const { body } = getDone(analyse(makeRequest(name, options)))
    // As it comes back from a blob.
    return DeliverableBody.parse(JSON.parse(JSON.stringify(body)))
  })

describe('batches of records', () => {
  test.each(NAMES)(
    'of %s come to exactly what the whole gives, cut anywhere and merged in any order',
    (name) => {
      fc.assert(
        fc.property(
          anyRows,
          fc.array(fc.double({ min: 0.01, max: 0.99, noNaN: true }), { minLength: 1, maxLength: 6 }),
          fc.infiniteStream(fc.nat()),
          (rows, cuts, random) => {
            const parts = cut(rows, cuts)
            fc.pre(parts.length > 1)
            const whole = analyse(makeRequest(name, { rows, parameters: PARAMS }))
            const bodies = doBatches(name, parts)
              .map((body) => [random.next().value ?? 0, body] as const)
              .toSorted(([a], [b]) => a - b)
              .map(([, body]) => body)
            expect(bodies.every(isPartial)).toBe(true)
            const merged = mergeBatches(bodies)
            expect(merged).toEqual(whole)
            expect(digestOf(merged)).toBe(digestOf(whole))
          },
        ),
        { numRuns: 60 },
      )
    },
  )

  test('of more rows than are named one by one still come to the same', () => {
    const rows = Array.from({ length: 2600 }, (_, index) =>
      makeRow(index + 2, { text: `case ${index % 3 ? 'a b' : 'cc dd'}` }),
    )
    const bodies = doBatches('friction', cut(rows, [0.3, 0.5, 0.9]))
    expect(mergeBatches(bodies.toReversed())).toEqual(
      analyse(makeRequest('friction', { rows, parameters: PARAMS })),
    )
  })

  test('ask what each of them has to be told', () => {
    const rows = [makeRow(10, { estimatedMinutes: 700 })]
    expect(analyse(makeRequest('time_waste', { rows, batch: 2, batches: 2 }))).toMatchObject({
      type: 'needs',
    })
  })

  test('one of which has nothing usable do not fail the others', () => {
    const parameters = { ...PARAMETERS, longRows: 'leave-out' }
    const parts = [[makeRow(2, { estimatedMinutes: 700 })], [makeRow(3)]]
    const bodies = parts.map(
      (rows, index) =>
        getDone(analyse(makeRequest('time_waste', { rows, parameters, batch: index + 1, batches: 2 }))).body,
    )
    expect(mergeBatches(bodies)).toEqual(
      analyse(makeRequest('time_waste', { rows: parts.flat(), parameters })),
    )
  })

  test('are refused where one is missing, there twice, of another item, or no part at all', () => {
    const [one, two, three] = doBatches('time_waste', cut(ROWS, [0.3, 0.6])) as [
      DeliverableBody,
      DeliverableBody,
      DeliverableBody,
    ]
    expect(mergeBatches([three, one, two]).type).toBe('done')
    const [other] = doBatches('cost', cut(ROWS, [0.3, 0.6])) as [DeliverableBody]
    for (const bodies of [[one, two], [one, one, two], [other, two, three], [getBody('time_waste')], []]) {
      expect(() => mergeBatches(bodies)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    }
  })
})
