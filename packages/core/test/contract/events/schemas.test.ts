import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { EVENTS, INBOUND_EVENTS } from '../../../src/contract/events/registry.ts'

const ROOT = join(import.meta.dirname, '../../../../../schemas')

type Json = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const readSchemas = (folder: string): readonly Json[] =>
  readdirSync(join(ROOT, folder)).map((name) => {
    const schema = JSON.parse(readFileSync(join(ROOT, folder, name), 'utf8')) as Json
    expect(name).toBe(`${String(schema['x_event_type'])}.schema.json`)
    return schema
  })

/** Where a schema takes properties that nobody has named. A map of values that have a form of their own is none. */
const listOpen = (value: unknown, path = '#'): readonly string[] => {
  if (Array.isArray(value)) return value.flatMap((each, index) => listOpen(each, `${path}/${index}`))
  if (!isObject(value)) return []
  const inner = Object.entries(value).flatMap(([key, each]) => listOpen(each, `${path}/${key}`))
  if (value['type'] !== 'object') return inner
  const others = value['additionalProperties']
  const isMap = !('properties' in value) && isObject(others) && Object.keys(others).length > 0
  return others === false || isMap ? inner : [path, ...inner]
}

describe.each([
  ['events', EVENTS],
  ['inbound', INBOUND_EVENTS],
] as const)('the schemas in %s', (folder, registry) => {
  const schemas = readSchemas(folder)

  test('name each event of the registry once', () => {
    const named = schemas.map((schema) => schema['x_event_type'])
    expect(named.toSorted()).toEqual(registry.contracts.map(({ type }) => type))
    expect(schemas.map((schema) => schema['$id']).toSorted()).toEqual(
      registry.contracts.map(({ schemaId }) => schemaId).toSorted(),
    )
  })

  test('are of 2020-12 and take no properties that nobody named', () => {
    for (const schema of schemas) {
      expect(schema['$schema']).toBe('https://json-schema.org/draft/2020-12/schema')
      expect({ of: schema['title'], open: listOpen(schema) }).toEqual({ of: schema['title'], open: [] })
    }
  })
})

test('a schema that is open somewhere is seen', () => {
  const closed = { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false }
  expect(listOpen(closed)).toEqual([])
  expect(listOpen({ ...closed, additionalProperties: true })).toEqual(['#'])
  expect(listOpen({ anyOf: [closed, { type: 'object', properties: {} }] })).toEqual(['#/anyOf/1'])
  expect(listOpen({ type: 'object', additionalProperties: {} })).toEqual(['#'])
  expect(listOpen({ type: 'object', additionalProperties: { type: 'string' } })).toEqual([])
})
