import { expect, test } from 'vitest'
import { makeInboxEntry, type InboxRow } from '../../../src/engine/views/backlog/inbox-words.ts'

const deadlineAt = '2026-01-01T00:10:00.000Z'

test.each([
  ['escalate', 'At the deadline people are told again; it goes on waiting.'],
  ['decide', 'At the deadline its default is taken: 20 %.'],
] as const)('what %s does at the deadline is told without the instant, which has a field', (policy, said) => {
  const row: InboxRow = {
    kind: 'question',
    rank: 2,
    id: '01a1f9c8-b108-7386-bd3b-0813dcc0d3a0',
    projectId: null,
    runId: null,
    itemId: null,
    itemIds: null,
    of: 'A project',
    title: 'How much?',
    detail: 'Everything rests on it.',
    risk: 'high',
    since: '2026-01-01T00:00:00.000Z',
    deadlineAt,
    policy,
    defaultAnswer: '20 %.',
    form: null,
    quorum: null,
  }
  expect(makeInboxEntry(row)).toMatchObject({ deadlineAt, ifNobodyAnswers: said })
})
