import { describe, expect, test } from 'vitest'
import { ENVELOPE_SCHEMA_ID, parseEnvelope } from '../../../src/contract/events/envelope.ts'
import { parseInboundMessage } from '../../../src/contract/events/inbound-message.ts'
import { parseEvent, parseInbound, parsePayload } from '../../../src/contract/events/payload.ts'

const projectId = '01890000-0000-7000-8000-00000000000a'
const itemId = '01890000-0000-7000-8000-00000000000b'
const taskId = '01890000-0000-7000-8000-00000000000c'

const started = { projectId, itemId, taskId, attempt: 1, worker: 'py-1' }
const message = (change: Readonly<Record<string, unknown>> = {}) => ({
  specversion: '1.0',
  id: 'e-1',
  source: '/py/1',
  type: 'WORK.ITEM_STARTED',
  data: started,
  ...change,
})

describe('an envelope', () => {
  test('has defaults for what an outsider may leave out', () => {
    expect(parseEnvelope(message())).toEqual({
      type: 'ok',
      envelope: {
        ...message(),
        datacontenttype: 'application/json',
        workspaceid: 'default',
        eventversion: 1,
        schemaversion: '1',
      },
    })
  })

  test('is judged without its payload', () => {
    expect(parseEnvelope(message({ data: { nonsense: true } })).type).toBe('ok')
    expect(parseEnvelope(message({ type: 'NO.SUCH_TYPE' })).type).toBe('ok')
  })

  test.each(['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.123456+00:00', '2026-01-31T13:00:00.5+01:00'])(
    'takes the time %s',
    (time) => {
      expect(parseEnvelope(message({ time })).type).toBe('ok')
    },
  )

  test.each([
    ['specversion', '0.3'],
    ['id', ''],
    ['source', undefined],
    ['type', 7],
    ['time', 'yesterday'],
    ['data', 'text'],
    ['data', [1]],
    ['datacontenttype', 'application/xml'],
    ['workspaceid', 'No Such Name'],
    ['projectid', 'p-1'],
    ['eventversion', 0],
    ['schemaversion', '2'],
    ['traceparent', 'x'],
  ])('is refused for the %s %j, naming it', (key, value) => {
    const result = parseEnvelope(message({ [key]: value }))
    expect(result).toMatchObject({ type: 'invalid', part: 'envelope', schemaId: ENVELOPE_SCHEMA_ID })
    expect(result.type === 'invalid' && result.problems[0]?.path).toBe(`/${key}`)
  })

  test('is refused for attributes nobody knows', () => {
    expect(parseEnvelope(message({ priority: 1 }))).toMatchObject({ type: 'invalid', part: 'envelope' })
  })

  test.each([null, undefined, 7, 'text', [], {}, { __proto__: null }])(
    'is refused where %j came',
    (value) => {
      expect(parseEnvelope(value).type).toBe('invalid')
    },
  )
})

describe('a payload', () => {
  const parse = (change: Readonly<Record<string, unknown>>) => {
    const outer = parseEnvelope(message(change))
    if (outer.type === 'invalid') throw new Error('The envelope of this test is wrong.')
    return outer.envelope
  }

  test('of an outsider comes typed, with its defaults', () => {
    expect(parseInbound(parse({}))).toEqual({
      type: 'ok',
      schemaId: 'urn:ropewalk:inbound:WORK.ITEM_STARTED:1',
      event: { type: 'WORK.ITEM_STARTED', data: { ...started, leaseMs: 60_000 } },
    })
  })

  test('of ours is another than that of an outsider with the same type', () => {
    expect(parseEvent(parse({}))).toMatchObject({
      type: 'invalid',
      part: 'payload',
      schemaId: 'urn:ropewalk:events:WORK.ITEM_STARTED:1',
    })
    const told = { itemId, taskId, attempt: 1, worker: 'w', claimedAt: null }
    const at = '2026-01-31T12:00:00.000Z'
    const envelope = parse({ data: { ...told, startedAt: at, leaseUntil: null } })
    expect(parseEvent(envelope)).toMatchObject({ type: 'ok', event: { type: 'WORK.ITEM_STARTED', v: 1 } })
    expect(parseInbound(envelope).type).toBe('invalid')
  })

  test('names what is wrong by JSON pointer', () => {
    const result = parseInbound(parse({ data: { ...started, attempt: 0, wroker: 'x' } }))
    expect(result).toMatchObject({ type: 'invalid', part: 'payload' })
    expect(result.type === 'invalid' && result.problems.map(({ path }) => path)).toEqual(['/attempt', ''])
  })

  test('of a shared type is told what the nearest form lacks', () => {
    const result = parsePayload(
      parse({
        type: 'CLARIFICATION.QUESTION_CLOSED',
        data: { questionId: taskId, phase: 'prd', reason: '' },
      }),
    )
    expect(result).toMatchObject({ type: 'invalid', problems: [{ path: '/reason' }] })
  })

  test('of an unknown type or version has no schema', () => {
    expect(parseInbound(parse({ type: 'WORK.ITEM_EATEN' }))).toEqual({
      type: 'invalid',
      part: 'payload',
      schemaId: null,
      problems: [{ path: '/type', message: 'no such event type here: WORK.ITEM_EATEN' }],
    })
    expect(parseInbound(parse({ eventversion: 2 }))).toMatchObject({
      schemaId: null,
      problems: [{ path: '/eventversion', message: 'expected WORK.ITEM_STARTED up to version 1, got 2' }],
    })
  })

  test('never names more than twenty problems', () => {
    const items = Array.from({ length: 40 }, () => ({ kind: 'saga' }))
    const result = parseInbound(parse({ type: 'BACKLOG.ITEM_PROPOSED', data: { projectId, items } }))
    expect(result.type === 'invalid' && result.problems.length).toBe(20)
  })

  test('is refused where a deliverable and its body say two types', () => {
    const body = {
      type: 'Cost',
      agent: 'py',
      confidence: 0.5,
      simulated: false,
      facts: [],
      claims: [],
      content: {},
    }
    const data = {
      ...started,
      deliverables: [{ name: 'cost', type: 'TimeWaste', body }],
      evidence: [{ kind: 'computation', statement: 'Summed.' }],
    }
    expect(parseInbound(parse({ type: 'WORK.ITEM_COMPLETED', data }))).toMatchObject({
      type: 'invalid',
      problems: [{ path: '/deliverables/0/type', message: 'expected the type of the body' }],
    })
  })

  test.each([
    ['an approval of nothing', 'HUMAN.APPROVAL_SUBMITTED', { projectId, approved: true }],
    ['work without a deliverable', 'WORK.ITEM_COMPLETED', { ...started, deliverables: [], evidence: [] }],
    ['records without rows', 'PROJECT.INITIAL_REQUEST_RECEIVED', { requestText: 'x', records: { rows: [] } }],
    ['a request with NUL', 'PROJECT.INITIAL_REQUEST_RECEIVED', { requestText: 'a\u0000b' }],
  ])('is refused where it is %s', (_what, type, data) => {
    expect(parseInbound(parse({ type, data })).type).toBe('invalid')
  })
})

describe('a message', () => {
  test('is read whole: envelope, then payload', () => {
    expect(parseInboundMessage(message())).toMatchObject({
      type: 'ok',
      legacy: false,
      envelope: { id: 'e-1' },
      event: { type: 'WORK.ITEM_STARTED' },
    })
  })

  test('with a wrong payload still gives its envelope', () => {
    expect(parseInboundMessage(message({ data: {} }))).toMatchObject({
      type: 'invalid',
      part: 'payload',
      envelope: { id: 'e-1' },
    })
    expect(parseInboundMessage({})).toMatchObject({ type: 'invalid', part: 'envelope', envelope: null })
  })
})
