import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { makeRegistry, type EventOwner } from '../../../src/contract/events/make-registry.ts'
import {
  EVENTS,
  findEventOwner,
  getEventContract,
  INBOUND_EVENTS,
  listEventTypes,
  listInboundTypes,
} from '../../../src/contract/events/registry.ts'

const data = z.strictObject({ id: z.string() })

const owner = (name: string, ...types: readonly string[]): EventOwner => ({
  owner: name,
  contracts: types.map((type) => ({ type, v: 1, data })),
})

describe('a registry', () => {
  test('finds contracts by type and version, and knows the newest', () => {
    const registry = makeRegistry('events', [
      {
        owner: 'run',
        contracts: [
          { type: 'run.started', v: 2, data },
          { type: 'run.started', v: 1, data },
        ],
      },
    ])
    expect(registry.get('run.started', 1)?.schemaId).toBe('urn:ropewalk:events:run.started:1')
    expect(registry.getNewest('run.started')).toBe(2)
    expect(registry.get('run.started', 3)).toBeUndefined()
    expect(registry.getNewest('run.stopped')).toBeUndefined()
    expect(registry.get('constructor', 1)).toBeUndefined()
  })

  test('refuses a type that one owner has twice', () => {
    expect(() => makeRegistry('events', [owner('run', 'run.started', 'run.started')])).toThrow(
      /run has run\.started@1 twice/u,
    )
    const question = 'CLARIFICATION.NEEDED'
    expect(() => makeRegistry('events', [owner('run', question, question)])).toThrow(/twice/u)
  })

  test('refuses a type of two owners', () => {
    expect(() =>
      makeRegistry('events', [owner('run', 'WORK.ITEM_READY'), owner('project', 'WORK.ITEM_READY')]),
    ).toThrow(/WORK\.ITEM_READY has several owners \(run, project\)/u)
  })

  test('holds a clarification of two owners once, as the union of their data', () => {
    const type = 'CLARIFICATION.ANSWER_PROVIDED'
    const other = z.strictObject({ itemId: z.string() })
    const registry = makeRegistry('events', [
      owner('run', type),
      { owner: 'project', contracts: [{ type, v: 1, data: other }] },
    ])
    expect(registry.contracts).toHaveLength(1)
    const contract = registry.get(type, 1)
    expect(contract?.data.safeParse({ id: 'a' }).success).toBe(true)
    expect(contract?.data.safeParse({ itemId: 'a' }).success).toBe(true)
    expect(contract?.data.safeParse({ id: 'a', itemId: 'a' }).success).toBe(false)
  })

  test.each(['WORK.item_started', 'Work.ITEM', 'work.started', 'project.created', 'human.asked', 'REPORT'])(
    'refuses %s: its family is written in capitals',
    (type) => {
      expect(() => makeRegistry('events', [owner('some', type)])).toThrow(/expected an event type like/u)
    },
  )

  test.each(['RUN.STARTED', 'Phase.ready', 'phase', 'phase.', 'phase.gatePassed', 'task-x.done', ''])(
    'refuses %j: all other families are written in lower case',
    (type) => {
      expect(() => makeRegistry('events', [owner('some', type)])).toThrow(/expected an event type like/u)
    },
  )

  test.each([0, 1.5, -1])('refuses version %d', (v) => {
    expect(() =>
      makeRegistry('events', [{ owner: 'run', contracts: [{ type: 'run.started', v, data }] }]),
    ).toThrow(/expected a version of run\.started from 1/u)
  })
})

describe('the events of Ropewalk', () => {
  test('are at least forty, each listed once', () => {
    const types = listEventTypes()
    expect(types.length).toBeGreaterThanOrEqual(40)
    expect(new Set(types).size).toBe(types.length)
    expect(types).toContain('WORK.ITEM_DISPATCHED')
    expect(types).toContain('phase.gate.passed')
  })

  test('have schema ids that differ, also from those of what comes in', () => {
    const ids = [...EVENTS.contracts, ...INBOUND_EVENTS.contracts].map(({ schemaId }) => schemaId)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('share nothing but the four events of the inbox', () => {
    const shared = EVENTS.contracts.filter(({ owners }) => owners.length > 1)
    expect(shared.map(({ type }) => type)).toEqual([
      'CLARIFICATION.ANSWER_PROVIDED',
      'CLARIFICATION.QUESTION_ASKED',
      'CLARIFICATION.QUESTION_CLOSED',
      'CLARIFICATION.QUESTION_ESCALATED',
    ])
  })

  test('tell whose they are, where both have the type by their data', () => {
    const questionId = '01890000-0000-7000-8000-000000000001'
    const type = 'CLARIFICATION.QUESTION_CLOSED'
    expect(findEventOwner('run.started', 1, {})).toBe('run')
    expect(findEventOwner('BACKLOG.ITEM_READY', 1, {})).toBe('project')
    expect(findEventOwner(type, 1, { questionId, phase: 'prd', reason: 'gone' })).toBe('run')
    expect(findEventOwner(type, 1, { questionId, reason: 'gone' })).toBe('project')
    expect(findEventOwner(type, 1, { reason: 'gone' })).toBeUndefined()
    expect(findEventOwner('run.flown', 1, {})).toBeUndefined()
  })

  test('of outsiders are ten', () => {
    expect(listInboundTypes()).toEqual([
      'BACKLOG.ITEM_PROPOSED',
      'CLARIFICATION.ANSWER_PROVIDED',
      'CLARIFICATION.NEEDED',
      'HUMAN.APPROVAL_SUBMITTED',
      'PROJECT.INITIAL_REQUEST_RECEIVED',
      'WORK.HEARTBEAT',
      'WORK.ITEM_COMPLETED',
      'WORK.ITEM_FAILED',
      'WORK.ITEM_STARTED',
      'WORK.WORKER_SEEN',
    ])
  })

  test('that only outsiders send are no events of ours', () => {
    expect(getEventContract('WORK.HEARTBEAT', 1)).toBeUndefined()
  })
})
