import { expect, test } from 'vitest'
import { METHOD_CONTRACTS } from '../../src/contract/methods/list.ts'
import { POST_MESSAGE } from '../../src/contract/methods/threads.ts'

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

test('whoever addresses a message wrongly is told the three ways', () => {
  const message = { thread_id: '01a1fa83-8724-7ce8-b0d8-f00f26757fe7', body: 'Hello' }
  const parse = (to: unknown) => POST_MESSAGE.input.safeParse({ ...message, to })
  expect(parse('ben').error?.issues).toMatchObject([
    { path: ['to'], message: 'expected "all", {"agents": ["NAME"]} or {"role": "NAME"}' },
  ])
  expect(parse({ agents: ['ben'] }).success).toBe(true)
})
