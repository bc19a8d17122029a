import type { CloudEvent } from '@ropewalk/core/contract/api/events'
import { expect, test } from 'vitest'
import { describeProjectEvent, noteTitle } from '../../src/cli/project-lines.ts'

const ITEM = '01991ab2-aaaa-7bbb-8ccc-dddd1234abcd'
const QUESTION = '01991ab2-aaaa-7bbb-8ccc-dddd0000ffff'

const makeEvent = (type: string, data: CloudEvent['data']): CloudEvent =>
  ({ type, data, time: '2026-01-01T00:00:00.000Z', position: 1 }) as CloudEvent

const titles = new Map<string, string>()
noteTitle(titles, makeEvent('BACKLOG.ITEM_CREATED', { itemId: ITEM, title: 'Count the rows' }))
noteTitle(titles, makeEvent('CLARIFICATION.QUESTION_ASKED', { questionId: QUESTION, text: 'A week?' }))

const describeAt = (width: number, type: string, data: CloudEvent['data']): string | undefined =>
  describeProjectEvent({ titles, paint: (_style, text) => text, width }, makeEvent(type, data))

test.each([
  ['WORK.ITEM_STARTED', { itemId: ITEM }, '› Count the rows'],
  ['WORK.ITEM_REVIEWED', { itemId: ITEM, to: 'done' }, '✓ Count the rows'],
  [
    'WORK.ITEM_REVIEWED',
    { itemId: ITEM, to: 'in_progress', notes: 'Row 3.' },
    '↻ Count the rows: to be mended, Row 3.',
  ],
  ['WORK.ITEM_FAILED', { itemId: ITEM, reason: 'No rows.' }, '✗ Count the rows: No rows.'],
  [
    'CLARIFICATION.QUESTION_ASKED',
    { questionId: QUESTION, text: 'A week?', policy: 'wait', deadlineAt: null },
    '? Q-0000ffff A week? (it waits)',
  ],
  [
    'CLARIFICATION.ANSWER_PROVIDED',
    { questionId: QUESTION, answer: 'A month.', decidedKind: 'policy' },
    '  assumed: A month. (A week?)',
  ],
  [
    'CLARIFICATION.ANSWER_PROVIDED',
    { questionId: QUESTION, answer: 'A day.', decidedKind: 'person' },
    '  Q-0000ffff answered: A day.',
  ],
  ['PROJECT.STATUS_CHANGED', { to: 'failed', reason: 'One failed.' }, '  the project is failed: One failed.'],
  ['PROJECT.STATUS_CHANGED', { to: 'in_progress', reason: '' }, undefined],
  ['BACKLOG.ITEM_READY', { itemId: ITEM }, undefined],
])('%s of %j is told in a line', (type, data, line) => {
  expect(describeAt(100, type, data)).toBe(line)
})

test('a question whose default is taken as it is asked asks nobody', () => {
  const data = { questionId: QUESTION, text: 'A week?', policy: 'decide', deadlineAt: null }
  expect(describeAt(100, 'CLARIFICATION.QUESTION_ASKED', data)).toBeUndefined()
})

test('a line fits the terminal, and brings no escape of others there', () => {
  const line = describeAt(30, 'WORK.ITEM_FAILED', {
    itemId: ITEM,
    reason: '\u001b[31mred and long, very long',
  })
  expect(line).toHaveLength(30)
  expect(line).not.toContain('\u001b')
})
