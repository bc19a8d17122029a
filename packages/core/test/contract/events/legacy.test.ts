import { describe, expect, test } from 'vitest'
import { parseInboundMessage } from '../../../src/contract/events/inbound-message.ts'
import { isLegacy, LEGACY_SCHEMA_ID, upgradeLegacy } from '../../../src/contract/events/legacy.ts'
import { ACCEPTED_MESSAGES, BARE_MESSAGES, makeOldMessage } from './given-legacy.ts'

describe('a message of the old form', () => {
  test('keeps its id, times and chain', () => {
    const old = makeOldMessage('USER.ANSWER_SUBMITTED', {})
    expect(isLegacy(old)).toBe(true)
    expect(upgradeLegacy(old)).toMatchObject({
      type: 'ok',
      message: {
        specversion: '1.0',
        id: old.event_id,
        source: '/agent_runner/host-3',
        time: '2025-11-03T09:15:27.104233+00:00',
        correlationid: old.correlation_id,
        causationid: old.causation_id,
        eventversion: 1,
      },
    })
  })

  test('without a cause has none, and its workspace and run come along', () => {
    const runId = '01890000-0000-7000-8000-0000000000aa'
    const old = { ...makeOldMessage('WORK.ITEM_STARTED', {}), causation_id: null, workspace_id: 'shop' }
    const result = upgradeLegacy({ ...old, run_id: runId })
    expect(result).toMatchObject({ type: 'ok', message: { workspaceid: 'shop', runid: runId } })
    expect(result.type === 'ok' && 'causationid' in result.message).toBe(false)
  })

  test.each(ACCEPTED_MESSAGES)('of type $old.event_type is taken in as $to', ({ old, to, data }) => {
    expect(parseInboundMessage(old)).toMatchObject({ type: 'ok', legacy: true, event: { type: to, data } })
  })

  test.each(BARE_MESSAGES)(
    'of type $old.event_type that does not say which attempt it is of is told so',
    ({ old, lacks }) => {
      const result = parseInboundMessage(old)
      expect(result).toMatchObject({ type: 'invalid', part: 'payload' })
      const paths = result.type === 'invalid' ? result.problems.map(({ path }) => path) : []
      expect(paths).toEqual(lacks)
    },
  )

  test.each([
    ['WORK.ITEM_DISPATCHED', 'WORK.ITEM_DISPATCHED is told by Ropewalk only, as WORK.ITEM_DISPATCHED'],
    [
      'QUESTION.ANSWER_RECORDED',
      'QUESTION.ANSWER_RECORDED is told by Ropewalk only, as CLARIFICATION.ANSWER_PROVIDED',
    ],
    ['ORDER.VALIDATED', 'no such event type of the old form: ORDER.VALIDATED'],
    ['constructor', 'no such event type of the old form: constructor'],
  ])('of type %s is refused by name', (type, problem) => {
    expect(parseInboundMessage(makeOldMessage(type, {}))).toEqual({
      type: 'invalid',
      part: 'envelope',
      schemaId: LEGACY_SCHEMA_ID,
      problems: [{ path: '/event_type', message: problem }],
      envelope: null,
    })
  })

  test.each([
    ['event_id', '7'],
    ['event_version', 0],
    ['timestamp', 'now'],
    ['source', 'agent'],
    ['correlation_id', null],
    ['payload', []],
  ])('with the %s %j is refused for its envelope', (key, value) => {
    const result = upgradeLegacy({ ...makeOldMessage('WORK.ITEM_STARTED', {}), [key]: value })
    expect(result).toMatchObject({ type: 'invalid', part: 'envelope', schemaId: LEGACY_SCHEMA_ID })
    expect(result.type === 'invalid' && result.problems[0]?.path).toBe(`/${key}`)
  })

  test('with a field that the old payload did not have is refused for its payload', () => {
    const old = makeOldMessage('PROJECT.INITIAL_REQUEST_RECEIVED', { request_text: 'x', urgency: 'high' })
    expect(parseInboundMessage(old)).toMatchObject({ type: 'invalid', part: 'payload' })
  })

  test.each([null, 7, 'text', [], {}, { specversion: '1.0', event_type: 'x' }])(
    'is not what %j is',
    (value) => {
      expect(isLegacy(value)).toBe(false)
    },
  )
})
