import { expect, test } from 'vitest'
import { upgradeEvent, upgradeProjectEvent } from '../../src/engine/upgrade-event.ts'

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

test('a name that runs and projects share is read by the contract of its stream', () => {
  const closed = { type: 'CLARIFICATION.QUESTION_CLOSED', v: 1 }
  const questionId = '01900000-0000-7000-8000-000000000001'
  const ofRun = { ...closed, data: { questionId, phase: 'prd', reason: 'The phase ended.' } }
  const ofProject = { ...closed, data: { questionId, reason: 'The item was cancelled.' } }
  expect(upgradeEvent(ofRun)).toEqual(ofRun)
  expect(upgradeProjectEvent(ofProject)).toEqual(ofProject)
  expect(codeOf(() => upgradeEvent(ofProject))).toBe('INVARIANT_BROKEN')
  expect(codeOf(() => upgradeProjectEvent(ofRun))).toBe('INVARIANT_BROKEN')
  expect(codeOf(() => upgradeProjectEvent({ type: 'run.started', v: 1, data: {} }))).toBe('STREAM_TOO_NEW')
})
