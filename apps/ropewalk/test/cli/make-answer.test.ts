import type { AnyQuestionView, ProjectQuestionView } from '@ropewalk/core/contract/api/questions'
import type { QuestionForm } from '@ropewalk/core/contract/project-question'
import type { ItemId, ProjectId, QuestionId, RunId } from '@ropewalk/core/ids'
import { describe, expect, test } from 'vitest'
import { parseVote } from '../../src/cli/ask-question.ts'
import { matchesGlob } from '../../src/cli/commands/events.ts'
import { pickId } from '../../src/cli/backlog-ref.ts'
import { getExample, makeAnswer } from '../../src/cli/make-answer.ts'
import { readParameters } from '../../src/cli/parameters.ts'

const ID = '01991ab2-aaaa-7bbb-8ccc-dddd1234abcd'

const makeForm = (
  properties: QuestionForm['properties'],
  required = Object.keys(properties),
): QuestionForm => ({ type: 'object', properties, required, additionalProperties: false })

const makeQuestion = (more: Partial<ProjectQuestionView> = {}): ProjectQuestionView => ({
  owner: 'project',
  id: ID as QuestionId,
  projectId: ID as ProjectId,
  itemIds: [ID as ItemId],
  kind: 'question',
  askedBy: 'time_waste',
  text: 'What time do the records stand for?',
  fields: ['periodType'],
  form: makeForm({ periodType: { type: 'string', enum: ['day', 'week'] } }),
  defaultAnswer: 'A week.',
  defaultValues: { periodType: 'week' },
  impact: 'Amounts follow from it.',
  risk: 'high',
  policy: 'escalate',
  escalatedAt: null,
  values: null,
  quorum: 1,
  votes: [],
  status: 'open',
  version: 1,
  deadlineAt: null,
  answer: null,
  decidedBy: null,
  decidedKind: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  decidedAt: null,
  ...more,
})

const RUN_QUESTION: AnyQuestionView = {
  owner: 'run',
  id: ID as QuestionId,
  runId: ID as RunId,
  kind: 'question',
  phase: 'prd',
  taskId: null,
  askedBy: 'product',
  text: 'Who pays?',
  category: 'clarification',
  priority: 'high',
  decisionImpact: 'The price.',
  defaultAnswer: 'The plumber.',
  fields: [],
  form: null,
  defaultValues: {},
  risk: null,
  policy: null,
  escalatedAt: null,
  values: null,
  status: 'open',
  version: 1,
  deadlineAt: null,
  answer: null,
  decidedBy: null,
  decidedKind: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  decidedAt: null,
}

const TWO_FIELDS = makeQuestion({
  form: makeForm({ rate: { type: 'number', minimum: 1 }, round: { type: 'boolean' } }),
})

describe('an answer', () => {
  test.each([
    ['a choice', { words: [], choice: 'Day' }, { answer: 'day', values: { periodType: 'day' } }],
    ['the default', { words: [], choice: 'default' }, { answer: 'A week.', values: { periodType: 'week' } }],
    ['words for the only field', { words: ['week'] }, { answer: 'week', values: { periodType: 'week' } }],
    [
      'a field by name',
      { words: [], set: ['periodType=day'] },
      { answer: 'periodType: day', values: { periodType: 'day' } },
    ],
    [
      'a document',
      { words: [], document: 'periodType: week\n' },
      { answer: 'periodType: week', values: { periodType: 'week' } },
    ],
    [
      'a text in a document',
      { words: [], document: 'day\n' },
      { answer: 'day', values: { periodType: 'day' } },
    ],
  ])('is made of %s', (_name, given, made) => {
    expect(makeAnswer(makeQuestion(), given)).toEqual(made)
  })

  test('has values of the types of its form', () => {
    expect(makeAnswer(TWO_FIELDS, { words: [], set: ['rate=40', 'round=yes'] }).values).toEqual({
      rate: 40,
      round: true,
    })
    const rate = (said: string) => makeAnswer(TWO_FIELDS, { words: [], set: [`rate=${said}`, 'round=yes'] })
    expect(rate('12,5').values).toMatchObject({ rate: 12.5 })
    // Twelve hundred or one and a quarter: nobody knows.
    expect(() => rate('1,250')).toThrow(/expected a number/u)
    expect(makeAnswer(TWO_FIELDS, { words: [], document: '{"rate": 40.5, "round": false}' }).values).toEqual({
      rate: 40.5,
      round: false,
    })
  })

  test('to a question without a form is its words', () => {
    expect(makeAnswer(RUN_QUESTION, { words: ['The', 'customer.'] })).toEqual({ answer: 'The customer.' })
    expect(makeAnswer(RUN_QUESTION, { words: [], choice: 'default' })).toEqual({ answer: 'The plumber.' })
    const open = makeQuestion({ form: null, fields: [], defaultValues: {} })
    expect(makeAnswer(open, { words: [], document: 'a: b' })).toEqual({ answer: 'a: b' })
  })

  test.each([
    [
      'a choice that is none',
      makeQuestion(),
      { words: [], choice: 'month' },
      /expected one of "day", "week", got "month"/u,
    ],
    [
      'a field that is none',
      makeQuestion(),
      { words: [], set: ['period=day'] },
      /no field period; there are: periodType/u,
    ],
    ['a pair without a value', makeQuestion(), { words: [], set: ['periodType'] }, /field=value/u],
    [
      'a value out of bounds',
      TWO_FIELDS,
      { words: [], set: ['rate=0', 'round=no'] },
      /rate: expected a number, at least 1/u,
    ],
    [
      'a field that is missing',
      TWO_FIELDS,
      { words: [], set: ['rate=2'] },
      /round: expected true or false, got nothing/u,
    ],
    ['one text for two fields', TWO_FIELDS, { words: ['40'] }, /rate, round/u],
    ['two ways at once', makeQuestion(), { words: ['day'], choice: 'day' }, /two ways/u],
    ['no words', RUN_QUESTION, { words: [], text: '  ' }, /empty/u],
    ['a choice where there are none', RUN_QUESTION, { words: [], choice: 'x' }, /no choices/u],
    ['fields where there are none', RUN_QUESTION, { words: [], set: ['a=b'] }, /no form/u],
    ['a broken document', makeQuestion(), { words: [], document: '{"a": ' }, /neither JSON nor YAML/u],
    ['a nested document', makeQuestion(), { words: [], document: 'periodType: [day]' }, /plain values/u],
  ])('is refused for %s, with a command that works', (_name, question, given, why) => {
    expect(() => makeAnswer(question, given)).toThrow(why)
    expect(() => makeAnswer(question, given)).toThrow('./ropewalk answer Q-1234abcd')
  })

  test('is shown by an example that fits the form', () => {
    expect(getExample(makeQuestion())).toBe('./ropewalk answer Q-1234abcd --choice "day"')
    expect(getExample(TWO_FIELDS)).toBe('./ropewalk answer Q-1234abcd --set rate=… --set round=…')
    expect(getExample(RUN_QUESTION)).toBe('./ropewalk answer Q-1234abcd --text "…"')
  })
})

test('a vote is a plain yes, or a no with its reason; nothing else rejects by accident', () => {
  expect(parseVote('yes')).toEqual({ approved: true, notes: '' })
  expect(parseVote('Approved.')).toEqual({ approved: true, notes: '' })
  expect(parseVote('no: too slow')).toEqual({ approved: false, notes: 'too slow' })
  for (const said of ['no', 'yess', 'reject', 'perhaps']) expect(parseVote(said)).toBeUndefined()
})

describe('an id', () => {
  const KIND = { of: 'item', seeOthers: './ropewalk backlog list' }
  const OTHER = '01991ab2-aaaa-7bbb-8ccc-dddd1234ffff'

  test.each([
    ['abcd', ID],
    ['1234abcd', ID],
    ['1234f', OTHER],
    [OTHER, OTHER],
  ])('is meant by %s', (text, id) => {
    expect(pickId(KIND, text, [ID, OTHER])).toBe(id)
  })

  test('is asked for again where it is none or several', () => {
    expect(() => pickId(KIND, '1234', [ID, OTHER])).toThrow('it may be 1234abcd, 1234ffff')
    expect(() => pickId(KIND, '99999999', [ID])).toThrow('no item has that id')
    expect(() => pickId(KIND, 'zzzz', [ID])).toThrow('no part of an id')
    expect(() => pickId(KIND, 'abc', [ID])).toThrow('no part of an id')
  })
})

test('parameters are numbers, truths and texts as they read', () => {
  expect(readParameters(['rate=40', 'deep=0.5', 'on=true', 'team=Support = North', 'code=007'])).toEqual({
    rate: 40,
    deep: 0.5,
    on: true,
    team: 'Support = North',
    code: '007',
  })
  for (const bad of ['=3', 'rate', '1rate=3'])
    expect(() => readParameters([bad])).toThrow('sets no parameter')
})

test('types of events are meant by patterns', () => {
  expect(matchesGlob('WORK.*', 'WORK.ITEM_DONE')).toBe(true)
  expect(matchesGlob('work.item_?one', 'WORK.ITEM_DONE')).toBe(true)
  expect(matchesGlob('WORK', 'WORK.ITEM_DONE')).toBe(false)
  expect(matchesGlob('run.(x', 'run.(x')).toBe(true)
})
