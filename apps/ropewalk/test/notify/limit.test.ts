import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { makeLimiter } from '../../src/notify/limit.ts'

test('no more than so many works run at once, in their order, and a failure gives its place on', async () => {
  const limit = makeLimiter(2, 10_000)
  const begun: number[] = []
  let now = 0
  let most = 0
  const results = await Promise.allSettled(
    [0, 1, 2, 3, 4, 5].map((index) =>
      limit(async () => {
        begun.push(index)
        now += 1
        most = Math.max(most, now)
        await sleep(5)
        now -= 1
        if (index === 1) throw new Error('one fails')
        return index
      }),
    ),
  )
  expect(begun).toEqual([0, 1, 2, 3, 4, 5])
  expect(most).toBe(2)
  expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(1)
})

test('what has waited too long is not begun, and what comes after it is', async () => {
  const limit = makeLimiter(1, 50)
  const first = limit(() => sleep(120))
  const late = limit(() => Promise.resolve('begun'))
  await expect(late).rejects.toMatchObject({ code: 'OVERLOADED' })
  await first
  expect(await limit(() => Promise.resolve('begun'))).toBe('begun')
})
