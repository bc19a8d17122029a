import { expect, test } from 'vitest'
import { METHOD_CONTRACTS } from '../../src/contract/methods/list.ts'

test('a method that waits has answered within 50 s: clients give up at 60', () => {
  const waiting = METHOD_CONTRACTS.filter(({ mayWait }) => mayWait === true)
  expect(waiting.map(({ name }) => name)).toContain('wait_for_messages')
  for (const { name, input } of waiting) {
    const parse = (seconds?: number) => input.safeParse({ timeout_seconds: seconds })
    expect(parse().data, name).toMatchObject({ timeout_seconds: 50 })
    expect(
      [0, 50, 50.001, 600, -1].map((seconds) => parse(seconds).success),
      name,
    ).toEqual([true, true, false, false, false])
  }
})
