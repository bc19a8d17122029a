import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { METHOD_CONTRACTS } from '../../src/contract/methods/list.ts'

/** What clients of the first release with methods send. Never edited: what a later release takes more is added. */
const RECORDED = JSON.parse(
  readFileSync(path.join(import.meta.dirname, 'recorded-method-inputs.json'), 'utf8'),
) as readonly { readonly method: string; readonly input: unknown }[]

describe('what clients of former releases send', () => {
  it.each(RECORDED.map(({ method, input }, index) => ({ method, input, index })))(
    'is still taken: $index, $method',
    ({ method, input }) => {
      const contract = METHOD_CONTRACTS.find(({ name }) => name === method)
      const parsed = contract?.input.safeParse(input)
      expect(parsed?.success, JSON.stringify(parsed?.error?.issues)).toBe(true)
    },
  )

  it('is recorded for each method of threads and sessions', () => {
    const recorded = new Set(RECORDED.map(({ method }) => method))
    const missing = METHOD_CONTRACTS.filter(
      ({ name, permission }) => /^(?:threads|sessions):/u.test(permission) && !recorded.has(name),
    )
    expect(missing.map(({ name }) => name)).toEqual([])
  })
})
