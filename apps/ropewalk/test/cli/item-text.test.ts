import type { ItemView } from '@ropewalk/core/contract/api/items'
import { expect, test } from 'vitest'
import { layOutItems } from '../../src/cli/item-text.ts'

const makeItem = (projectId: string, title: string): ItemView =>
  ({
    id: `01a1f9df-9de4-7c5d-8a48-${title.padEnd(12, '0')}`,
    projectId,
    kind: 'task',
    status: 'ready',
    priority: 3,
    capability: null,
    title,
  }) as unknown as ItemView

const ONE = '01a1f9df-9de4-7c5d-8a48-0000aaaaaaaa'
const OTHER = '01a1f9df-9de4-7c5d-8a48-0000bbbbbbbb'

test('items of one project are listed without it, those of several with theirs', () => {
  expect(layOutItems([makeItem(ONE, 'a'), makeItem(ONE, 'b')], 80)).not.toContain('PROJECT')
  const [head, first, second] = layOutItems([makeItem(ONE, 'a'), makeItem(OTHER, 'b')], 80).split('\n')
  expect(head).toMatch(/^PROJECT\s+ITEM/u)
  expect(first).toMatch(/^aaaaaaaa/u)
  expect(second).toMatch(/^bbbbbbbb/u)
})
