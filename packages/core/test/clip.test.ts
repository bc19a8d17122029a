import fc from 'fast-check'
import { expect, test } from 'vitest'
import { clipList, clipText, getJsonBytes } from '../src/clip.ts'

test('a text is cut to its length and its bytes, never empty and never in half a character', () => {
  const check = (value: string, max: number) => {
    const clipped = clipText(value, max, max * 2)
    expect(clipped.length).toBeLessThanOrEqual(max)
    expect(getJsonBytes(clipped)).toBeLessThanOrEqual(Math.max(5, max * 2))
    expect(clipped.isWellFormed()).toBe(true)
    expect(clipped).not.toBe('')
  }
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.integer({ min: 3, max: 200 }), check),
  )
})

test('a text that fits stays as it is', () => {
  expect(clipText('short', 10)).toBe('short')
  expect(clipText('', 10)).toBe('…')
})

test('a list keeps its first texts, as many as fit', () => {
  expect(clipList(['a', 'b', 'c'], { count: 2, maxChars: 10 })).toEqual(['a', 'b'])
  expect(
    clipList(['a'.repeat(50), 'b'.repeat(50), 'c'], { count: 9, maxChars: 60, maxBytes: 105 }),
  ).toHaveLength(2)
})
