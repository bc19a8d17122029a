import { expect, test } from 'vitest'
import { parseAmount, readParameters } from '../../src/project/read-parameters.ts'

test.each([
  ['reduce the time the support team loses on invoices, hourly rate 40', { hourlyRate: 40 }],
  ['Our hourly rate is €42.50.', { hourlyRate: 42.5, currency: 'EUR' }],
  ['People cost 40 EUR per hour.', { hourlyRate: 40, currency: 'EUR' }],
  ['They are paid $35/h.', { hourlyRate: 35, currency: 'USD' }],
  ['Stundensatz: 55,50', { hourlyRate: 55.5 }],
  ['About 30 % of it is avoidable.', { avoidablePercent: 30 }],
  ['The avoidable part is 25 percent', { avoidablePercent: 25 }],
  ['Reduce the handling time by 20 %', { targetPercent: 20 }],
  ['We want to cut 15 percent of the cost', { targetPercent: 15 }],
  ['Get 10% fewer errors', { targetPercent: 10 }],
  ['Halve the waiting time', { targetPercent: 50 }],
  ['Reduce errors by 5 % within 3 months', { targetPercent: 5, targetWeeks: 13 }],
  ['Ship it in two weeks', { targetWeeks: 2 }],
  ['Ship it by 2027-03-31', { targetDate: '2027-03-31' }],
  ['Ship it by the end of March', { targetDate: 'the end of March' }],
  ['Here are the records of one month.', { periodType: 'month' }],
  ['The file covers three weeks', { periodType: 'week', periodCount: 3 }],
  ["last month's tickets", { periodType: 'month' }],
  ['A quarter of data', { periodType: 'month', periodCount: 3 }],
  ['20 working days a month', { workingDaysPerMonth: 20 }],
  ['Write a poem about the sea.', {}],
  ['Version 40 has 12 screens and 3 roles.', {}],
])('"%s" says %o', (request, expected) => {
  expect(readParameters(request)).toEqual(expected)
})

test('what is said twice and differently is not taken', () => {
  expect(readParameters('Hourly rate 40. Later: hourly rate 50.')).toEqual({})
  expect(readParameters('Hourly rate 40. Again: hourly rate 40.')).toEqual({ hourlyRate: 40 })
})

test.each([
  ['40', 40],
  ['40.5', 40.5],
  ['40,5', 40.5],
  ['1,200', 1200],
  ['1.200,50', 1200.5],
  ["1'200", 1200],
  ['1 200', 1200],
])('the amount %s is %d', (said, amount) => {
  expect(parseAmount(said)).toBe(amount)
})
