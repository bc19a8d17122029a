import { describe, expect, test } from 'vitest'
import { readJson } from '../../src/engine/inputs/read-json.ts'
import { checkAddress, isReadableJson } from '../../src/http/read-json.ts'

const read = (text: string): unknown => readJson(Buffer.from(text))

describe('a body', () => {
  test.each([
    '{"a":[1,"\\"}",{"b":null}]}',
    '"[[[["',
    '"\\\\"',
    ' 5 ',
    '"\\ud83d\\ude00"',
    `${'['.repeat(64)}${']'.repeat(64)}`,
  ])('is read: %s', (text) => {
    expect(read(text)).toEqual(JSON.parse(text))
  })

  test('with as many brackets inside of text as anybody wants is read', () => {
    expect(read(JSON.stringify('['.repeat(100_000)))).toHaveLength(100_000)
  })

  test.each([
    '',
    '{',
    '"',
    '"\\',
    "{'a':1}",
    '{"a":1,}',
    'NaN',
    '"\\u0000"',
    '{"\\u0000":1}',
    '"\\ud800"',
    '{"\\udc00":1}',
    '{"a":{"__proto__":1}}',
    `${'['.repeat(65)}${']'.repeat(65)}`,
    '['.repeat(5_000_000),
    `[${'{},'.repeat(200_000)}1]`,
  ])('is refused: %#', (text) => {
    const before = process.threadCpuUsage()
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    expect(process.threadCpuUsage(before).user).toBeLessThan(1_000_000)
  })

  test('that is not UTF-8 is refused', () => {
    for (const bytes of [
      [0x22, 0xff, 0x22],
      [0x22, 0xed, 0xa0, 0x80, 0x22],
      [0x22, 0xc0, 0x80, 0x22],
    ])
      expect(() => readJson(Uint8Array.from(bytes))).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      )
  })
})

test('JSON is read in UTF-8 alone', () => {
  for (const type of [
    'application/json',
    'Application/JSON; charset=UTF-8',
    'application/json;charset="utf-8"',
  ])
    expect(isReadableJson(type), type).toBe(true)
  for (const type of ['application/json; charset=latin1', 'text/json', 'application/json; profile=x', ''])
    expect(isReadableJson(type), type).toBe(false)
})

test('an address is text', () => {
  checkAddress('/v1/runs?cursor=%E2%82%AC')
  for (const address of ['/%', '/%00', '/?a=%ED%A0%80', '/%c0%80', '/?a=%f'])
    expect(() => checkAddress(address), address).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    )
})
