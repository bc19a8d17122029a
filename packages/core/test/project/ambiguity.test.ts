import { expect, test } from 'vitest'
import type { AmbiguityRule } from '../../src/contract/ambiguity.ts'
import { AmbiguitySettings } from '../../src/contract/ambiguity.ts'
import { ItemDraft } from '../../src/contract/item.ts'
import { AmbiguityHit, ProjectQuestionDraft } from '../../src/contract/project-question.ts'
import { findAmbiguities, getAmbiguityLimit } from '../../src/ambiguity/find-ambiguities.ts'
import type { AmbiguityInput } from '../../src/ambiguity/input.ts'
import { makeQuestions } from '../../src/project/ambiguity/make-questions.ts'
import { scoreHits } from '../../src/ambiguity/score-hits.ts'

const input = (request: string, rest: Partial<AmbiguityInput> = {}): AmbiguityInput => ({
  request,
  parameters: {},
  uploads: [],
  needs: [],
  actors: [],
  ...rest,
})
const rulesOf = (request: string, rest: Partial<AmbiguityInput> = {}): readonly string[] => [
  ...new Set(findAmbiguities(input(request, rest)).hits.map(({ rule }) => rule)),
]
const upload = { name: 'a.csv', digest: 'a'.repeat(64), recordsDigest: 'b'.repeat(64), rows: 3 }

const UNCLEAR: readonly (readonly [string, AmbiguityRule])[] = [
  ['reduce the time the support team loses on invoices, hourly rate 40', 'no-measurable-target'],
  ['Improve the checkout.', 'no-measurable-target'],
  ['We need to save time on reporting.', 'no-measurable-target'],
  ['Optimise the warehouse routes.', 'no-measurable-target'],
  ['Make the search fast.', 'vague-term'],
  ['Build a user-friendly form for expenses.', 'vague-term'],
  ['Add filters, sorting, etc.', 'vague-term'],
  ['Send reminders as needed.', 'vague-term'],
  ['The page should handle several currencies.', 'vague-term'],
  ['The app must send mail. The app must not send mail.', 'conflicting-statements'],
  ['A shop with a login and without a login.', 'conflicting-statements'],
  ['Hourly rate 40, later hourly rate 50.', 'conflicting-statements'],
  ['Show at least 20 rows and at most 10 rows.', 'conflicting-statements'],
  ['Increase prices by 5 % and reduce prices by 5 % in 3 weeks.', 'conflicting-statements'],
  ['Do it as discussed.', 'unresolved-reference'],
  ['Evaluate the attached file.', 'unresolved-reference'],
  ['It should work again.', 'unresolved-reference'],
  ['The limit is TBD.', 'unresolved-reference'],
  ['Take the wording from the previous email.', 'unresolved-reference'],
  ['Someone approves each invoice.', 'unknown-actor'],
  ['Each invoice must be approved.', 'unknown-actor'],
  ['Inform all stakeholders once a week.', 'unknown-actor'],
]

test.each(UNCLEAR)('"%s" is found by %s', (request, rule) => {
  expect(rulesOf(request)).toContain(rule)
})

const CLEAR: readonly string[] = [
  'Reduce the handling time of invoices by 20 % within 12 weeks.',
  'Cut the cost of hosting from 900 EUR to 600 EUR by 2027-03-31.',
  'Add a page that lists all invoices with number, date and amount.',
  'Write a poem of four lines about the sea.',
  'Answer each search in less than 200 ms, even a fast one.',
  'The app must send mail. The app must not send faxes.',
  'A shop with a login and without advertising.',
  'Each invoice must be approved by the head of accounting.',
  'Show at least 10 rows and at most 20 rows.',
  'Rename the column "amount" to "total" in the export.',
  'The importer reads CSV files of at most 10 MB and refuses larger ones of 20 MB.',
]

test.each(CLEAR)('nothing is found in "%s"', (request) => {
  expect(findAmbiguities(input(request)).hits).toEqual([])
})

test('a missing parameter is named, and records that did not come along are', () => {
  const needs = ['hourlyRate', 'avoidablePercent', 'rows']
  const { hits } = findAmbiguities(input('Audit it by rows.', { needs, parameters: { hourlyRate: 40 } }))
  expect(hits.map(({ rule, field }) => [rule, field])).toEqual([
    ['missing-field', 'avoidablePercent'],
    ['missing-field', 'rows'],
  ])
  expect(rulesOf('Count the rows.', { needs: ['rows'], uploads: [upload] })).toEqual([])
})

test('what is attached is not an unresolved reference', () => {
  expect(rulesOf('Evaluate the attached file.', { uploads: [upload] })).toEqual([])
})

test('a team is unknown only where it is known which teams there are', () => {
  const request = 'The support team reads the report.'
  expect(rulesOf(request)).toEqual([])
  expect(rulesOf(request, { actors: ['support team', 'sales'] })).toEqual([])
  expect(rulesOf(request, { actors: ['sales'] })).toEqual(['unknown-actor'])
})

test('a number beside a request that says another is a conflict about that field', () => {
  const { hits } = findAmbiguities(input('The hourly rate is 40.', { parameters: { hourlyRate: 50 } }))
  expect(hits).toMatchObject([{ rule: 'conflicting-statements', field: 'hourlyRate' }])
  expect(rulesOf('The hourly rate is 40.', { parameters: { hourlyRate: 40 } })).toEqual([])
})

test('every hit keeps its contract and shows the words that made it', () => {
  for (const [request, rule] of UNCLEAR) {
    const { hits } = findAmbiguities(input(request))
    for (const hit of hits) {
      expect(AmbiguityHit.parse(hit)).toEqual(hit)
      expect(hit.excerpt).not.toBe('')
    }
    expect(hits.some((hit) => hit.rule === rule && hit.weight > 0)).toBe(true)
  }
})

test('an excerpt of a long request is the place and not the whole', () => {
  const request = `${'Clear words stand here. '.repeat(40)}Make it seamless. ${'And more of them. '.repeat(40)}`
  const [hit] = findAmbiguities(input(request)).hits
  expect(hit?.excerpt).toContain('seamless')
  expect(hit?.excerpt.length).toBeLessThan(160)
})

test('weights switch rules off or change them; words are added and taken away', () => {
  const request = 'Make it snappy and simple.'
  const set = (of: Partial<AmbiguitySettings>) => AmbiguitySettings.parse(of)
  const words = (settings: AmbiguitySettings) =>
    findAmbiguities(input(request), settings).hits.map(({ message }) => /"([^"]+)"/u.exec(message)?.[1])
  expect(words(set({}))).toEqual(['simple'])
  expect(words(set({ vague_terms: ['snappy'] })).sort()).toEqual(['simple', 'snappy'])
  expect(words(set({ clear_terms: ['simple'] }))).toEqual([])
  expect(words(set({ weights: { 'vague-term': 0 } }))).toEqual([])
  expect(findAmbiguities(input(request), set({ weights: { 'vague-term': 0.9 } })).score).toBe(0.9)
})

test('a phase may have its own limit', () => {
  const settings = AmbiguitySettings.parse({ limits: { prd: 0.1 } })
  expect([
    getAmbiguityLimit(settings),
    getAmbiguityLimit(settings, 'prd'),
    getAmbiguityLimit(settings, 'qa'),
  ]).toEqual([0.4, 0.1, 0.4])
})

test('the score grows with every hit, stays within 1, and counts one rule less the second time', () => {
  const hit = (rule: string, weight: number): AmbiguityHit => ({
    rule,
    weight,
    field: 'f',
    excerpt: '',
    message: 'm',
  })
  expect(scoreHits([])).toBe(0)
  expect(scoreHits([hit('a', 0.3)])).toBe(0.3)
  expect(scoreHits([hit('a', 0.3), hit('a', 0.3)])).toBe(0.405)
  expect(scoreHits([hit('a', 0.3), hit('b', 0.3)])).toBe(0.51)
  expect(scoreHits(Array.from({ length: 40 }, (_, index) => hit(`r${index}`, 0.9)))).toBeLessThanOrEqual(1)
})

const draft = (key: string, needs: readonly string[]) =>
  ItemDraft.parse({ key, kind: 'task', title: key, needs: [...needs] })

test('questions have forms and defaults that fit them, and name who waits', () => {
  const needs = ['avoidablePercent']
  const { hits, score } = findAmbiguities(
    input('reduce the time the support team loses on invoices, hourly rate 40', {
      needs,
      parameters: { hourlyRate: 40 },
    }),
  )
  const questions = makeQuestions(hits, [draft('cost', []), draft('scenario', needs)])
  expect(score).toBeGreaterThan(0.4)
  expect(questions.map(({ fields, items }) => [fields, items])).toEqual([
    [['targetPercent', 'targetWeeks'], []],
    [['avoidablePercent'], ['scenario']],
  ])
  expect(questions[0]?.defaultValues).toEqual({ targetPercent: 20, targetWeeks: 12 })
  for (const { items: _, ...question } of questions)
    expect(ProjectQuestionDraft.parse(question)).toEqual(question)
})

test('below the limit only what the work cannot do without is asked', () => {
  const { hits, score } = findAmbiguities(input('Build a simple form.', { needs: ['colour'] }))
  expect(score).toBeGreaterThan(0.4)
  expect(makeQuestions(hits, []).map(({ fields }) => fields)).toEqual([['meaning'], ['colour']])
  expect(makeQuestions(hits, [], { limit: 0.9 }).map(({ fields }) => fields)).toEqual([['colour']])
})

test('a number said in two ways is asked for once, also where the work needs it', () => {
  const { hits } = findAmbiguities(input('Hourly rate 40, later hourly rate 50.', { needs: ['hourlyRate'] }))
  const questions = makeQuestions(hits, [draft('cost', ['hourlyRate'])])
  expect(questions.map(({ fields, risk, items }) => [fields, risk, items])).toEqual([
    [['hourlyRate'], 'high', ['cost']],
  ])
})

test('what was left open, who is meant and what conflicts is one question for each rule', () => {
  const request =
    'The limit is TBD. Someone approves it. The app must send mail. The app must not send mail. It is TBD.'
  const questions = makeQuestions(findAmbiguities(input(request)).hits, [])
  expect(questions.map(({ fields, risk }) => [fields[0], risk])).toEqual([
    ['whichHolds', 'high'],
    ['reference', 'medium'],
    ['actor', 'low'],
  ])
})
