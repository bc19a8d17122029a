import { expect, test } from 'vitest'
import { readPlaybook } from '../../../src/engine/playbook/read-playbook.ts'
import { CAUTIOUS_PRICE, getCostMicros, getPrice } from '@ropewalk/core/contract/price'
import { parseModelList } from '../../../src/worker/agents/providers.ts'

const price = (model: string, from: string, input: number) => ({
  model,
  from,
  input_usd_per_million: input,
  output_usd_per_million: 2 * input,
})

test('the newest price that has begun counts, by full or bare name', () => {
  const prices = [
    price('openai/a', '2026-01-01', 1),
    price('openai/a', '2026-06-01', 2),
    price('openai/a', '2027-01-01', 3),
    price('b', '2026-01-01', 4),
  ]
  expect(getPrice(prices, 'openai/a', '2026-11-20').inputUsd).toBe(2)
  expect(getPrice(prices, 'openai/a', '2027-01-01').inputUsd).toBe(3)
  expect(getPrice(prices, 'compatible/b', '2026-11-20').inputUsd).toBe(4)
  expect(getPrice(prices, 'openai/a', '2025-01-01')).toBe(CAUTIOUS_PRICE)
})

test('a cost is in millionths of a dollar, rounded up', () => {
  expect(getCostMicros({ inputUsd: 2, outputUsd: 10, known: true }, 1000, 100)).toBe(3000)
  expect(getCostMicros({ inputUsd: 0.1, outputUsd: 0.5, known: true }, 1, 0)).toBe(1)
})

test('the price list of the playbook names each model as ROPEWALK_MODEL does', () => {
  const { prices } = readPlaybook({
    base: new URL('../../../../../playbook', import.meta.url).pathname,
    project: null,
  }).playbook
  for (const each of prices) expect(parseModelList(each.model)[0]?.entry).toBe(each.model)
})

test('the list of models is read in order, and refused where it names no provider', () => {
  expect(parseModelList('openai/gpt-x, offline').map((entry) => entry.entry)).toEqual([
    'openai/gpt-x',
    'offline',
  ])
  expect(parseModelList('compatible/org/model:8b')[0]).toMatchObject({
    provider: 'compatible',
    name: 'org/model:8b',
  })
  for (const text of ['', ' , ', 'gpt-5', 'mistral/x', 'openai/', 'openai/a b'])
    expect(() => parseModelList(text)).toThrow(/ROPEWALK_MODEL/u)
})
