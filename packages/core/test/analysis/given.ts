import type { RecordRow } from '@ropewalk/core/contract/records'
import type { DeliverableBody } from '@ropewalk/core/contract/work-order'
import { analyse, type AnalysisRequest } from '@ropewalk/core/analysis/analyse'
import type { AnalysisResult, Done } from '@ropewalk/core/analysis/result'
import { expect } from 'vitest'

export const makeRow = (row: number, fields: Partial<RecordRow> = {}): RecordRow => ({
  row,
  text: `text ${row}`,
  category: 'Invoices',
  estimatedMinutes: 30,
  estimate: 'given',
  field: 'Minutes',
  unit: 'minutes',
  rule: 'unit-in-header',
  ...fields,
})

/** Eight records of three categories: 300 minutes; two texts recur, in five records of 200 minutes. */
export const ROWS: readonly RecordRow[] = [
  makeRow(2, { text: 'Resend invoice 1001', estimatedMinutes: 60 }),
  makeRow(3, { text: 'Résend the INVOICE #1002!', estimatedMinutes: 40 }),
  makeRow(4, { text: 'resend invoice', estimatedMinutes: 20 }),
  makeRow(5, { text: 'Reset password for Ann', category: 'Accounts', estimatedMinutes: 50 }),
  makeRow(6, { text: 'Reset password Ann', category: 'Accounts', estimatedMinutes: 30 }),
  makeRow(7, { text: 'Call about delivery', category: 'Calls', estimatedMinutes: 45.5 }),
  makeRow(8, { text: 'Print labels', category: 'Calls', estimatedMinutes: 24.5 }),
  makeRow(9, {
    text: 'Archive letters',
    category: null,
    estimatedMinutes: 30,
    estimate: 'guessed',
    field: 'Task',
    unit: 'guess',
    rule: 'text-length',
  }),
]

export const PARAMETERS = { hourlyRate: 40, periodType: 'month' }

export const makeRequest = (
  capability: string,
  given: Partial<Pick<AnalysisRequest, 'rows' | 'inputs'>> & {
    parameters?: AnalysisRequest['order']['parameters']
    batch?: number
    batches?: number
  } = {},
): AnalysisRequest => ({
  agent: capability,
  order: {
    capability,
    title: `Do ${capability}`,
    parameters: given.parameters ?? PARAMETERS,
    batch: given.batch ?? 1,
    batches: given.batches ?? 1,
  },
  rows: given.rows === undefined ? ROWS : given.rows,
  inputs: given.inputs ?? [],
})

export const getDone = (result: AnalysisResult): Done => {
  if (result.type !== 'done') expect.fail(JSON.stringify(result))
  return result
}

export const getBody = (...given: Parameters<typeof makeRequest>): DeliverableBody =>
  getDone(analyse(makeRequest(...given))).body

export const getValue = (body: DeliverableBody, name: string): number | string | undefined =>
  body.facts.find((fact) => fact.name === name)?.value
