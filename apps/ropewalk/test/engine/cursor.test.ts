import { expect, test } from 'vitest'
import { checkLimit, makePage, parseCursor } from '../../src/engine/views/cursor.ts'

const ROWS = [1, 2, 3].map((n) => ({
  createdAt: `2026-01-0${n}T00:00:00.000Z`,
  id: `00000000-0000-7000-8000-00000000000${n}`,
}))

test('a page names where the next begins, and the last one does not', () => {
  const page = makePage(ROWS, 2, ({ createdAt, id }) => [createdAt, id])
  expect(page.items).toHaveLength(2)
  expect(parseCursor(page.nextCursor ?? '')).toEqual(['2026-01-02T00:00:00.000Z', ROWS[1]?.id])
  expect(makePage(ROWS, 3, ({ createdAt, id }) => [createdAt, id]).nextCursor).toBeNull()
})

test.each([
  '',
  'nonsense',
  Buffer.from('[]').toString('base64url'),
  Buffer.from('["x","y"]').toString('base64url'),
])('the cursor "%s" is refused', (cursor) => {
  expect(() => parseCursor(cursor)).toThrow('Expected a cursor')
})

test.each([0, -1, 201, 1.5, Number.NaN])('the limit %s is refused', (limit) => {
  expect(() => checkLimit({ limit })).toThrow('Expected a limit')
})
