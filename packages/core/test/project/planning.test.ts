import { expect, test } from 'vitest'
import { BacklogTemplate } from '../../src/contract/backlog-template.ts'
import { pickTemplate, planBacklog } from '../../src/project/planning/plan-backlog.ts'
import { prepareProject } from '../../src/project/planning/prepare-project.ts'
import { readPoints } from '../../src/project/planning/read-points.ts'
import { given } from './given.ts'

const percent = {
  field: { type: 'number', minimum: 0, maximum: 100 },
  question: 'How much of the time could be avoided, in percent?',
  default: 20,
  default_answer: '20 %.',
  impact: 'Hours.',
  risk: 'high',
  policy: 'escalate',
}
const audit = BacklogTemplate.parse({
  name: 'audit',
  title: 'Audit',
  match: { words: ['time', 'lose', 'hour'], at_least: 2 },
  needs_records: true,
  parameters: { avoidablePercent: percent },
  definition_of_done: { task: ['evidence-present'] },
  items: [
    { key: 'all', kind: 'feature', title: 'Audit: {request}' },
    {
      key: 'measure',
      kind: 'task',
      title: 'Measure',
      parent: 'all',
      capability: 'time_waste',
      batch_rows: 50,
    },
    { key: 'cost', kind: 'task', title: 'Cost', parent: 'all', depends_on: ['measure'], capability: 'cost' },
    {
      key: 'scenario',
      kind: 'task',
      title: 'Scenario',
      parent: 'all',
      depends_on: ['cost'],
      capability: 'scenario',
      needs: ['avoidablePercent'],
      definition_of_done: ['scenario-formulas'],
    },
  ],
})
const generic = BacklogTemplate.parse({
  name: 'generic',
  title: 'Generic',
  match: { words: [], fallback: true },
  items: [
    { key: 'all', kind: 'feature', title: '{request}' },
    { key: 'point', kind: 'task', title: '{point}', parent: 'all', capability: 'generic', for_each: 'point' },
    { key: 'check', kind: 'task', title: 'Check', parent: 'all', depends_on: ['point'] },
  ],
})
const upload = { name: 'rows.csv', digest: 'a'.repeat(64), recordsDigest: 'b'.repeat(64), rows: 60 }
const REQUEST = 'reduce the time the support team loses on invoices, hourly rate 40'

test('a request about lost time with records becomes an audit, and what it says and lacks is known', () => {
  expect(pickTemplate([generic, audit], REQUEST)?.name).toBe('audit')
  const prepared = prepareProject({ request: REQUEST, template: audit, parameters: {}, uploads: [upload] })
  expect(prepared.parameters).toEqual({ hourlyRate: 40 })
  expect(prepared.questions.map(({ fields, items }) => [fields, items])).toEqual([
    [['targetPercent', 'targetWeeks'], []],
    [['avoidablePercent'], ['scenario']],
  ])
  const run = given()
  run.start(prepared.items, {
    request: REQUEST,
    parameters: prepared.parameters,
    uploads: [upload],
    hits: [...prepared.hits],
    questions: [...prepared.questions],
  })
  expect(run.project.status).toBe('awaiting_input')
  expect(run.of('CLARIFICATION.AMBIGUITY_FOUND')[0]?.score).toBe(prepared.score)
  run.accept({ type: 'SetParameters', parameters: { targetPercent: 20, targetWeeks: 12 } })
  expect(run.status('measure', 'cost', 'scenario')).toEqual(['ready', 'created', 'created'])
})

test('what was given beside the request is not asked for', () => {
  const { questions, parameters } = prepareProject({
    request: `${REQUEST}, by 20 % within 3 months, about 30 % avoidable`,
    template: audit,
    parameters: { hourlyRate: 40 },
    uploads: [upload],
  })
  expect(questions).toEqual([])
  expect(parameters).toEqual({ hourlyRate: 40, targetPercent: 20, targetWeeks: 13, avoidablePercent: 30 })
})

test('items of a template keep its order and edges; batches are for records only', () => {
  const drafts = planBacklog(audit, REQUEST, {}, [upload])
  expect(drafts.map(({ key, parent, dependsOn, batchRows }) => [key, parent, dependsOn, batchRows])).toEqual([
    ['all', null, [], null],
    ['measure', 'all', [], 50],
    ['cost', 'all', ['measure'], null],
    ['scenario', 'all', ['cost'], null],
  ])
  expect(drafts[3]?.definitionOfDone).toEqual(['evidence-present', 'scenario-formulas'])
  expect(drafts[0]?.title).toBe(`Audit: ${REQUEST}`)
  expect(planBacklog(audit, REQUEST, {}, [])[1]?.batchRows).toBeNull()
})

test('an item that a parameter switches off is left out; who waited for it waits for what it waited for', () => {
  const drafts = planBacklog(audit, REQUEST, { cost: false }, [])
  expect(drafts.map(({ key }) => key)).toEqual(['all', 'measure', 'scenario'])
  expect(drafts[2]?.dependsOn).toEqual(['measure'])
})

test('any other request becomes its points; numbered steps one after another', () => {
  expect(pickTemplate([audit, generic], 'Write a poem. Then paint it.')?.name).toBe('generic')
  const steps = planBacklog(generic, 'Please:\n1. Write a poem\n2. Paint it', {}, [])
  expect(steps.map(({ key, title, dependsOn }) => [key, title, dependsOn])).toEqual([
    ['all', 'Please: 1. Write a poem 2. Paint it', []],
    ['point.1', 'Write a poem', []],
    ['point.2', 'Paint it', ['point.1']],
    ['check', 'Check', ['point.1', 'point.2']],
  ])
  expect(given().start(steps).type).toBe('accepted')
})

test('what needs records to be done by a worker is for people where none came along', () => {
  const items = generic.items.map((item) => ({ ...item, without_records: 'people' as const }))
  const template = { ...generic, items, definition_of_done: { task: ['schema-valid'] } }
  const point = (uploads: readonly (typeof upload)[]) =>
    planBacklog(template, 'Write a poem.', {}, uploads).find(({ key }) => key === 'point.1')
  expect(point([])).toMatchObject({ capability: null, definitionOfDone: [] })
  expect(point([upload])).toMatchObject({ capability: 'generic', definitionOfDone: ['schema-valid'] })
})

test.each([
  ['- a thing\n- another', ['a thing', 'another']],
  ['Do this, e.g. with care. Then that!', ['Do this, e.g. with care', 'Then that!']],
  ['One line', ['One line']],
  ['- One point', ['One point']],
  ['It takes 1.5 h. We want 1 h.', ['It takes 1.5 h', 'We want 1 h']],
])('the points of %j', (request, points) => {
  expect(readPoints(request).points).toEqual(points)
})

test.each([
  [{ key: 'x', kind: 'task', title: 'T', parent: 'none' }, 'its parent none'],
  [{ key: 'x', kind: 'task', title: 'T', parent: 'cost' }, 'cannot hold a task'],
  [{ key: 'x', kind: 'task', title: 'T', depends_on: ['x'] }, 'depends on x'],
  [{ key: 'x', kind: 'task', title: 'T', needs: ['speed'] }, 'needs speed'],
  [{ key: 'cost', kind: 'task', title: 'T' }, 'another item has this key'],
])('a template with the item %o is refused: %s', (item, message) => {
  const broken = BacklogTemplate.safeParse({ ...audit, items: [...audit.items, item] })
  expect(broken.error?.issues.map((issue) => issue.message).join()).toContain(message)
})
