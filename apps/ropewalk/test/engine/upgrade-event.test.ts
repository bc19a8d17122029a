import { expect, test } from 'vitest'
import { upgradeEvent } from '../../src/engine/upgrade-event.ts'

const codeOf = (work: () => unknown): unknown => {
  try {
    return work()
  } catch (error) {
    return (error as { code?: string }).code
  }
}

test('an event of the newest version is given as it is', () => {
  expect(upgradeEvent({ type: 'run.started', v: 1, data: {} })).toEqual({
    type: 'run.started',
    v: 1,
    data: {},
  })
})

test.each([
  ['a newer version', { type: 'run.started', v: 2, data: {} }, 'STREAM_TOO_NEW'],
  ['an unknown type', { type: 'run.teleported', v: 1, data: {} }, 'STREAM_TOO_NEW'],
  ['data of no release', { type: 'run.started', v: 1, data: { x: 1 } }, 'INVARIANT_BROKEN'],
])('%s is refused', (_what, event, code) => {
  expect(codeOf(() => upgradeEvent(event))).toBe(code)
})
