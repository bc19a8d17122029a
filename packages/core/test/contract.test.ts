import { describe, expect, test } from 'vitest'
import { canonicalText, digestOf, sha256 } from '../src/canonical.ts'
import { addUsage, NO_USAGE } from '../src/contract/budget.ts'
import { Citation, findDocumentContract } from '../src/contract/documents.ts'
import { getPhasePlanHash } from '../src/contract/phase-plan.ts'
import { Duration, getDurationMs } from '../src/contract/playbook.ts'
import { getEntryKind } from '../src/run/events.ts'
import { text } from '../src/text.ts'
import { phase } from './run/given.ts'

describe('durations', () => {
  test.each([
    ['PT1H30M', 5_400_000],
    ['P1D', 86_400_000],
    ['P2DT3H4M5S', 183_845_000],
    ['PT90S', 90_000],
    ['PT0S', 0],
  ])('%s is %i ms', (duration, ms) => {
    expect(Duration.safeParse(duration).success).toBe(true)
    expect(getDurationMs(duration)).toBe(ms)
  })

  test.each(['P', 'PT', '1H', 'P1M', 'PT1.5H', 'PT-1H', 'P1DT'])('%s is refused', (duration) => {
    expect(Duration.safeParse(duration).success).toBe(false)
  })
})

describe('texts', () => {
  test('hold nothing that Postgres or a hash cannot', () => {
    const some = text(5)
    expect(some.safeParse('漢字').success).toBe(true)
    for (const bad of ['a\u0000b', '\ud800', 'abcdef']) expect(some.safeParse(bad).success).toBe(false)
  })

  test('that cite name an artifact and perhaps a place in it', () => {
    for (const good of ['IdeaSpec#/problem', 'IdeaSpec#', 'PRD#/requirements/0/id'])
      expect(Citation.safeParse(good).success).toBe(true)
    for (const bad of ['IdeaSpec', '#/x', 'Idea Spec#/x', 'IdeaSpec#/a b'])
      expect(Citation.safeParse(bad).success).toBe(false)
  })
})

describe('canonical form', () => {
  test('does not depend on the order of keys', () => {
    expect(canonicalText({ b: 1, a: [true, null, 'x'] })).toBe('{"a":[true,null,"x"],"b":1}')
    expect(digestOf({ b: 1, a: 2 })).toBe(digestOf({ a: 2, b: 1 }))
  })

  test('is refused to what JSON cannot say', () => {
    expect(() => canonicalText(undefined)).toThrow()
    expect(() => canonicalText({ a: Number.NaN })).toThrow()
  })

  test('of text and its bytes has one digest', () => {
    expect(sha256('é')).toBe(sha256(new TextEncoder().encode('é')))
  })
})

test('usages add up unit by unit', () => {
  const one = { inputTokens: 1, outputTokens: 2, modelCalls: 3, toolMs: 4, costMicros: 5 }
  expect(addUsage(one, one)).toEqual({
    inputTokens: 2,
    outputTokens: 4,
    modelCalls: 6,
    toolMs: 8,
    costMicros: 10,
  })
  expect(addUsage(one, NO_USAGE)).toEqual(one)
})

test('the hash of a phase plan is of its agents, rubrics and budgets alone', () => {
  const hash = (rest: Record<string, unknown>) =>
    getPhasePlanHash(phase({ phase: 'prd', agents: ['a'], ...rest }))
  expect(hash({ title: 'Other', timebox: 'PT2H' })).toBe(hash({}))
  expect(hash({ agents: ['b'] })).not.toBe(hash({}))
})

test('documents have contracts, other artifacts have none', () => {
  expect(findDocumentContract('PRD')).toBeDefined()
  expect(findDocumentContract('toString')).toBeUndefined()
  // An agent's part of it has the form of the whole.
  expect(findDocumentContract('PRD.writer')).toBe(findDocumentContract('PRD'))
  expect(findDocumentContract('Sketch.writer')).toBeUndefined()
})

test.each([
  ['run.started', 'decision'],
  ['CLARIFICATION.ANSWER_PROVIDED', 'decision'],
  ['phase.gate.passed', 'gate'],
  ['guard.reported', 'gate'],
  ['task.completed', 'task'],
  ['tool.refused', 'task'],
  ['artifact.created', 'artifact'],
  ['code.accepted', 'artifact'],
  ['budget.settled', 'cost'],
  ['dossier.published', 'signature'],
])('%s is a ledger entry of kind %s', (type, kind) => {
  expect(getEntryKind(type)).toBe(kind)
})
