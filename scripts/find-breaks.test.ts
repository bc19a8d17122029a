import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { findBreaks } from './find-breaks.ts'

const makeSchema = (contract: z.ZodType) =>
  z.toJSONSchema(contract, { io: 'input' }) as Record<string, unknown>

const inner = z.strictObject({ id: z.string().min(2).max(20), kinds: z.array(z.enum(['a', 'b'])).max(5) })
const shape = {
  inner,
  note: z.string().optional(),
  count: z.int().min(0).max(9),
  at: z.string().regex(/^\d+$/u),
  map: z.record(z.string().max(9), z.number()),
  either: z.union([inner, z.strictObject({ other: z.string() })]),
  perhaps: z.string().nullable(),
  any: z.json(),
}
const now = z.strictObject(shape)

test('a contract does not break itself', () => {
  expect(findBreaks(makeSchema(now), makeSchema(now))).toEqual([])
})

describe('a change that only adds is none', () => {
  test.each([
    ['an optional field', now.extend({ more: z.string().optional() })],
    ['a field with a default', now.extend({ more: z.string().default('x') })],
    ['a field that need not be there any more', now.extend({ count: shape.count.optional() })],
    ['a higher limit', now.extend({ count: z.int().min(-1).max(10) })],
    ['a number where an integer was', now.extend({ count: z.number() })],
    ['no pattern', now.extend({ at: z.string() })],
    ['a value more', now.extend({ inner: inner.extend({ kinds: z.array(z.enum(['a', 'b', 'c'])) }) })],
    ['a form more', now.extend({ either: z.union([z.strictObject({ x: z.int() }), shape.either]) })],
    ['null where it was not', now.extend({ count: shape.count.nullable() })],
    ['longer names in a map', now.extend({ map: z.record(z.string().max(10), z.number()) })],
  ])('%s', (_what, contract) => {
    expect(findBreaks(makeSchema(now), makeSchema(contract))).toEqual([])
  })
})

describe('a break is named', () => {
  test.each([
    ['#/more: is required now', now.extend({ more: z.string() })],
    ['#/note: is required now', now.extend({ note: z.string() })],
    ['#/note: is gone', now.omit({ note: true })],
    ['#/count: is string now, was integer', now.extend({ count: z.string() })],
    ['#/count: maximum became 8', now.extend({ count: z.int().min(0).max(8) })],
    ['#/count: minimum became 1', now.extend({ count: z.int().min(1).max(9) })],
    ['#/at: maxLength became 5', now.extend({ at: shape.at.max(5) })],
    ['#/at: pattern became "^[a-z]+$"', now.extend({ at: z.string().regex(/^[a-z]+$/u) })],
    [
      '#/inner/kinds/[]: "b" is not allowed any more',
      now.extend({ inner: inner.extend({ kinds: z.array(z.enum(['a'])).max(5) }) }),
    ],
    ['#/note: only some values are allowed now', now.extend({ note: z.enum(['x']).optional() })],
    ['#/either/other: is gone', now.extend({ either: z.union([inner, z.strictObject({})]) })],
    ['#/perhaps: is string now, was null', now.extend({ perhaps: z.string() })],
    ['#/map/{name}: maxLength became 8', now.extend({ map: z.record(z.string().max(8), z.number()) })],
    ['#/map/*: is string now, was number', now.extend({ map: z.record(z.string().max(9), z.string()) })],
    ['#/any: is string now, was array', now.extend({ any: z.string() })],
  ])('%s', (problem, contract) => {
    expect(findBreaks(makeSchema(now), makeSchema(contract))).toContain(problem)
  })

  test('when a map gets names and when an open object is closed', () => {
    const map = makeSchema(z.record(z.string(), z.number()))
    expect(findBreaks(map, makeSchema(z.strictObject({})))).toContain('#: took further properties before')
    const open = { type: 'object', properties: {} }
    expect(findBreaks(open, makeSchema(z.strictObject({})))).toContain('#: took further properties before')
  })
})

test('every schema of an event can be read, and breaks without its first field', () => {
  const folder = join(import.meta.dirname, '..', 'schemas', 'inbound')
  for (const name of readdirSync(folder)) {
    const schema = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Record<string, unknown>
    expect(findBreaks(schema, schema)).toEqual([])
    const [first = '', ...others] = Object.entries(schema['properties'] as object)
    const less = { ...schema, properties: Object.fromEntries(others) }
    expect(findBreaks(schema, less)).toContain(`#/${first[0] ?? ''}: is gone`)
  }
})
