import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { EVENTS, INBOUND_EVENTS } from '../../../src/contract/events/registry.ts'

const FOLDER = join(import.meta.dirname, 'recorded')

/** Every form of data that some owner has, with the file of a payload that was written in it. */
const forms = [...EVENTS.contracts, ...INBOUND_EVENTS.contracts].flatMap(({ type, v, owners }) =>
  owners.map(({ owner, data }) => ({ name: join(owner, `${type}@${v}.json`), data })),
)

const readRecorded = (name: string): unknown => JSON.parse(readFileSync(join(FOLDER, name), 'utf8'))

/** Why a payload that was written once does not parse any more; none when it does. */
const listBreaks = (data: z.ZodType, recorded: unknown): readonly string[] =>
  data.safeParse(recorded).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? []

test('each form of each event has a payload of old, and there is no other', () => {
  const missing = forms.filter(({ name }) => !existsSync(join(FOLDER, name)))
  const advice = missing.map(
    ({ name }) =>
      `recorded/${name} is missing: put the data of one such event there, as a ledger or a sender has it, with as many fields as it can have`,
  )
  expect(advice).toEqual([])
  const known = new Set(forms.map(({ name }) => name))
  const others = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .filter((name) => !known.has(name))
  // A form that was written once is read for ever: its contract may not go.
  expect(others).toEqual([])
})

test.each(forms)('$name still parses', ({ name, data }) => {
  if (!existsSync(join(FOLDER, name))) return
  const breaks = listBreaks(data, readRecorded(name))
  expect(breaks, 'a payload of old breaks: give the new form a higher version instead').toEqual([])
})

describe('a change of a contract', () => {
  const now = z.strictObject({
    id: z.string().max(20),
    kind: z.enum(['a', 'b']),
    note: z.string().optional(),
  })
  const recorded = { id: 'a-long-identifier', kind: 'b', note: 'x' }

  test.each([
    ['a field that may be absent', now.extend({ more: z.string().optional() })],
    ['a field with a default', now.extend({ more: z.string().default('') })],
    ['one value more', now.extend({ kind: z.enum(['a', 'b', 'c']) })],
    ['a wider limit', now.extend({ id: z.string().max(40) })],
  ])('that adds %s breaks nothing', (_what, contract) => {
    expect(listBreaks(contract, recorded)).toEqual([])
  })

  test.each([
    ['a new required field', now.extend({ more: z.string() })],
    ['a field taken away', now.omit({ note: true })],
    ['a value less', now.extend({ kind: z.enum(['a']) })],
    ['a tighter limit', now.extend({ id: z.string().max(10) })],
    ['another type', now.extend({ id: z.number() })],
  ])('is caught when it is %s', (_what, contract) => {
    expect(listBreaks(contract, recorded)).not.toEqual([])
  })
})
