import { describe, expect, test } from 'vitest'
import { DOCUMENTS, type DocumentName } from '../../src/contract/documents.ts'
import type { Block } from '../../src/render/blocks.ts'
import { getWords, renderValue } from '../../src/render/generic.ts'
import { renderDocument } from '../../src/render/render-document.ts'
import { toMarkdown } from '../../src/render/to-markdown.ts'
import { SAMPLES } from '../contract/samples/samples.ts'

const NAMES = Object.keys(DOCUMENTS) as DocumentName[]

const getTexts = (block: Block): readonly string[] => {
  switch (block.type) {
    case 'list':
      return block.items
    case 'table':
      return [...block.columns, ...block.rows.flat()]
    case 'diagram':
      return [block.title, block.text]
    default:
      return [block.text]
  }
}
const getAll = (blocks: readonly Block[]): string => blocks.flatMap(getTexts).join('\n')
const show = (name: string, value: unknown = SAMPLES[name]): string => getAll(renderDocument(name, value))

/** Every sentence in a document, wherever it stands. */
const listSentences = (value: unknown): string[] => {
  if (typeof value === 'string') return /\s/u.test(value) ? [value] : []
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(listSentences) : []
}

const change = (name: string, members: Readonly<Record<string, unknown>>): unknown => ({
  ...(SAMPLES[name] as object),
  ...members,
})

describe.each(NAMES)('%s', (name) => {
  const blocks = renderDocument(name, SAMPLES[name])

  test('begins with its title, and no table has a row of another length', () => {
    expect(blocks[0]).toMatchObject({ type: 'heading', level: 1 })
    expect(blocks.filter((block) => block.type === 'heading' && block.level === 1)).toHaveLength(1)
    for (const block of blocks)
      if (block.type === 'table') for (const row of block.rows) expect(row).toHaveLength(block.columns.length)
  })

  test('shows every sentence of the document', () => {
    const shown = getAll(blocks)
    for (const sentence of listSentences(SAMPLES[name])) {
      const quoted = JSON.stringify(sentence).slice(1, -1)
      expect(shown.includes(sentence) || shown.includes(quoted), sentence).toBe(true)
    }
  })

  test('never says undefined, and an object is never shown as its type', () => {
    expect(toMarkdown(blocks)).not.toMatch(/undefined|object Object|NaN/u)
  })
})

describe('a document for people', () => {
  test('links each requirement, story, decision, risk and threat by its id', () => {
    const getAnchors = (name: string) =>
      renderDocument(name, SAMPLES[name]).flatMap((block) =>
        block.type === 'heading' && block.anchor !== null ? [block.anchor] : [],
      )
    expect(getAnchors('PRD')).toEqual(['REQ-001'])
    expect(getAnchors('RTM')).toEqual(['REQ-001'])
    expect(getAnchors('UserStories')).toEqual(['US-001'])
    expect(getAnchors('ArchitectureDoc')).toEqual(['COMP-001', 'ADR-001'])
    expect(getAnchors('RiskRegister')).toEqual(['RISK-003', 'RISK-002', 'RISK-001'])
    expect(getAnchors('ThreatModel')).toEqual(['THR-001'])
    expect(getAnchors('OpenAPI')).toEqual(['addRecipe'])
    expect(getAnchors('NFRs')).toEqual(['NFR-001'])
  })

  test('follows the chain of a requirement from the idea to the dossier', () => {
    const shown = show('RTM')
    for (const link of [
      'From the idea: “a recipe box for a family of five” (IdeaSpec#/goals/0 → Idea#/text)',
      'Stories: US-001',
      'Test: REQ-001 keeps a recipe in test/a.test.js: pass',
      `Checked by tests in phase build, round 1: pass (report ${'a'.repeat(64)})`,
      'In the dossier: index.html#REQ-001',
      'Nothing is left over',
    ])
      expect(shown).toContain(link)
  })

  test('lists what leads nowhere', () => {
    const orphans = {
      requirementsWithoutStory: ['REQ-001'],
      requirementsWithoutTest: ['REQ-002'],
      requirementsWithoutOrigin: ['REQ-003'],
      goalsWithoutRequirement: ['IdeaSpec#/goals/4'],
      storiesWithoutRequirement: ['US-009'],
      testsWithoutRequirement: ['starts'],
    }
    const shown = show('RTM', change('RTM', { orphans }))
    for (const line of [
      '6 links are missing.',
      'REQ-001 has no story',
      'REQ-002 has no test',
      'REQ-003 rests on nothing that was asked for',
      'No requirement serves IdeaSpec#/goals/4',
      'US-009 serves no requirement that exists',
      'The test “starts” proves no requirement',
    ])
      expect(shown).toContain(line)
  })

  test('does the sums of a price again beside what its author states', () => {
    const { unit_economics: unit } = SAMPLES.PricingModel as { unit_economics: object }
    const lie = change('PricingModel', { unit_economics: { ...unit, ltv: 9000, ltv_cac: 225 } })
    const table = renderDocument('PricingModel', lie).find((block) => block.type === 'table')
    expect(table?.rows.slice(4)).toEqual([
      ['Worth of an account', '9000 EUR', '200'],
      ['Worth to cost', '225', '5'],
      ['Months to earn the cost back', '5', '5'],
    ])
  })

  test('says of the security pack what nobody looked at and what is not there to look at', () => {
    const table = renderDocument('SecurityPack', SAMPLES.SecurityPack).find((block) => block.type === 'table')
    const find = (section: string) => table?.rows.find(([name]) => name === section)
    expect(find('Containers')).toEqual(['Containers', 'not-run', '–', '–', 'There is no scanner.'])
    expect(find('Infrastructure as code')?.[1]).toBe('nothing to look at')
    expect(find('Static checks of the code')).toEqual([
      'Static checks of the code',
      'done',
      '1 low',
      `SastReport (${'a'.repeat(64)})`,
      '–',
    ])
  })

  test('says first that it was not made, where a tool could not run', () => {
    const reason = 'Chromium is not installed.'
    for (const name of ['A11yAudit', 'LoadReport', 'SastReport', 'SecurityPack'])
      expect(renderDocument(name, change(name, { outcome: 'not-run', reason })).slice(0, 2)).toMatchObject([
        { type: 'heading' },
        { type: 'note', tone: 'gap', text: `Not run, which is no pass: ${reason}` },
      ])
  })

  test('that breaks its contract is shown whole, and says where it is broken', () => {
    const blocks = renderDocument(
      'PRD',
      change('PRD', { requirements: [{ id: 'R1', title: 'Kept anyway' }] }),
    )
    expect(blocks[1]).toMatchObject({ type: 'note', tone: 'bad' })
    expect(getAll(blocks)).toContain('/requirements/0/id')
    expect(getAll(blocks)).toContain('Kept anyway')
    for (const value of [null, 'text', [], 3])
      expect(getAll(renderDocument('PRD', value))).toContain('breaks its contract at /')
  })

  test('without a contract is shown by its shape', () => {
    expect(renderDocument('toString', { plain_member: 1 })).toEqual([
      { type: 'heading', level: 1, text: 'To string', anchor: null },
      { type: 'list', ordered: false, items: ['Plain member: 1'] },
    ])
  })
})

describe('a value by its shape', () => {
  test.each([
    ['planned_testers', 'Planned testers'],
    ['toolVersion', 'Tool version'],
    ['is_primary', 'Primary'],
    ['NFRs', 'NFRs'],
    ['UXFlows', 'UX flows'],
    ['E2EReport', 'E2E report'],
    ['A11yAudit', 'A11y audit'],
    ['GTMStrategy', 'GTM strategy'],
    ['', ''],
  ])('the member %j is called %j', (key, words) => {
    expect(getWords(key)).toBe(words)
  })

  test('is never left out, however deep it lies', () => {
    let value: unknown = 'the bottom'
    for (let depth = 0; depth < 12; depth += 1)
      value = depth % 2 === 0 ? { inner: value, beside: `level ${String(depth)}` } : [value, ['x', 'y']]
    const shown = getAll(renderValue(value))
    for (const text of ['the bottom', ...[0, 2, 4, 6, 8, 10].map((depth) => `level ${String(depth)}`)])
      expect(shown).toContain(text)
  })

  test('is a table where its entries are short and alike, and entries below each other where not', () => {
    const short = [
      { a: 1, b: true },
      { a: null, c: ['x', 'y'] },
    ]
    expect(renderValue(short)).toEqual([
      {
        type: 'table',
        columns: ['A', 'B', 'C'],
        rows: [
          ['1', 'yes', '–'],
          ['–', '–', 'x, y'],
        ],
      },
    ])
    expect(renderValue([{ id: 'X-1', title: 'T', text: 'long '.repeat(50) }])[0]).toEqual({
      type: 'heading',
      level: 2,
      text: 'X-1: T',
      anchor: 'X-1',
    })
  })

  test('says that it is empty', () => {
    for (const value of [[], {}]) expect(renderValue(value)).toEqual([{ type: 'paragraph', text: 'None.' }])
  })
})
