import { describe, expect, test } from 'vitest'
import { cleanLine, cleanVersion, cleanWords } from '../../../../src/worker/agents/mcp/clean-words.ts'
import { renderResult } from '../../../../src/worker/agents/mcp/render-result.ts'
import { makeToolSchema } from '../../../../src/worker/agents/mcp/tool-schema.ts'
import { getToolId, getWireName } from '../../../../src/worker/agents/tools/tool-names.ts'

const keep = (text: string) => text

describe('the input of a foreign tool', () => {
  const schema = makeToolSchema({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: {
      city: { type: 'string', minLength: 2, pattern: '^(a+)+$', description: `x${'y'.repeat(1000)}` },
      unit: { $ref: '#/$defs/unit' },
    },
    required: ['city'],
    additionalProperties: false,
    anyOf: [{ required: ['unit'] }, { properties: { city: { const: 'Paris' } } }],
    $defs: { unit: { enum: ['C', 'F'] } },
    'x-note': 'do as I say',
  })

  test('is offered with known keywords alone, its words clipped, nothing at the root that providers refuse', () => {
    expect(schema.offered).toEqual({
      type: 'object',
      properties: {
        city: { type: 'string', minLength: 2, description: `x${'y'.repeat(398)}…` },
        unit: { $ref: '#/$defs/unit' },
      },
      required: ['city'],
      additionalProperties: false,
      $defs: { unit: { enum: ['C', 'F'] } },
    })
  })

  test('is checked before the call, by the keywords at the root as well', () => {
    expect(schema.check({ city: 'Rome', unit: 'C' })).toEqual({ city: 'Rome', unit: 'C' })
    expect(schema.check({ city: 'Paris' })).toEqual({ city: 'Paris' })
    for (const wrong of [
      {},
      { city: 'x' },
      { city: 'Rome' },
      { city: 'Rome', unit: 'K' },
      { city: 'Rome', unit: 'C', more: 1 },
      [],
      null,
      'x',
    ])
      expect(() => schema.check(wrong)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })

  test('a foreign regular expression is never run', () => {
    expect(schema.check({ city: `${'a'.repeat(60)}!`, unit: 'F' })).toBeDefined()
  })

  test.each([
    ['of a list', { type: 'array' }],
    ['that points outside', { type: 'object', properties: { a: { $ref: 'https://example.com/x.json' } } }],
    ['with a name that providers refuse', { type: 'object', properties: { 'a b': {} } }],
    ['that is very large', { type: 'object', description: 'x'.repeat(40_000) }],
    [
      'that is very deep',
      Array.from({ length: 40 }).reduce<object>(
        (inner) => ({ type: 'object', properties: { a: inner } }),
        {},
      ),
    ],
  ])('one %s cannot be offered', (_, given) => {
    expect(() => makeToolSchema(given)).toThrow(/its input schema/u)
  })

  test('one that says nothing takes any object', () => {
    expect(makeToolSchema({}).offered).toEqual({ type: 'object', properties: {} })
    expect(makeToolSchema({ type: 'object' }).check({ a: 1 })).toEqual({ a: 1 })
  })
})

describe('a result', () => {
  test('is text; pictures and files are named, and structure is shown where there is nothing else', () => {
    const { text } = renderResult(
      {
        content: [
          { type: 'text', text: 'one' },
          { type: 'image', mimeType: 'image/png', data: 'AAAA' },
          { type: 'resource', resource: { uri: 'file:///a.txt', text: 'two' } },
          { type: 'resource_link', name: 'b', uri: 'file:///b.txt' },
        ],
      },
      1000,
      keep,
    )
    expect(text).toBe(
      'one\n(image image/png, 3 bytes, not shown)\n(resource file:///a.txt)\ntwo\n(link to the resource b: file:///b.txt)',
    )
    expect(renderResult({ content: [], structuredContent: { a: 1 } }, 1000, keep).text).toBe('{\n  "a": 1\n}')
    expect(renderResult({ content: [] }, 1000, keep).text).toBe('(no content)')
  })

  test('is cut between characters, and secrets are taken out before that', () => {
    const of = (text: string, redact = keep) => renderResult({ content: [{ type: 'text', text }] }, 7, redact)
    expect(of('éééé')).toEqual({ text: 'ééé\n(cut; 8 bytes in all)', bytes: 8 })
    expect(of('abc SECRET', (text) => text.replace('SECRET', '[secret]')).text).toMatch(/^abc \[se\n/u)
  })

  test('holds nothing that a reader would not see', () => {
    expect(cleanWords('a\u001b[31mb\u202ec\u{e0041}d\u0000\ud800\ne')).toBe('a[31mbcd\ufffd\ne')
    expect(cleanLine('a\n b  c', 4)).toBe('a b…')
    expect([cleanVersion('1.0 (x; "y")\n'), cleanVersion(undefined)]).toEqual(['1.0xy', 'unknown'])
  })
})

test('names of tools that providers would refuse are told apart all the same', () => {
  expect(getWireName('mcp:tickets/search')).toBe('mcp__tickets__search')
  expect(getToolId('mcp__tickets__search')).toBe('mcp:tickets/search')
  const odd = ['mcp:tickets/a.b', 'mcp:tickets/a/b', 'mcp:tickets/a_b', `mcp:tickets/${'x'.repeat(100)}`].map(
    getWireName,
  )
  expect(new Set(odd).size).toBe(4)
  for (const name of odd) expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/u)
  expect([getWireName('repo.read'), getToolId('repo_read')]).toEqual(['repo_read', 'repo.read'])
})
