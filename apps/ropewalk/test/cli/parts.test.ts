import type { CloudEvent } from '@ropewalk/core/contract/api/events'
import { RopewalkError } from '@ropewalk/core/errors'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import { parseEventStream } from '../../src/cli/follow.ts'
import { getInterruptedText } from '../../src/cli/interrupted-runs.ts'
import { withInterrupt } from '../../src/cli/interrupts.ts'
import { applyEvent, describeEvent, makeProgress } from '../../src/cli/progress.ts'
import { getDurationText } from '../../src/cli/progress-view.ts'
import { getMoneyText, getRunExit } from '../../src/cli/result.ts'
import { pickRunId } from '../../src/cli/run-ref.ts'
import { clean, clip, makeTable, wrap } from '../../src/cli/terminal.ts'
import { makeTrouble, tell } from '../../src/cli/trouble.ts'

const event = (type: string, data: Record<string, unknown> = {}, time = '2026-01-01T00:00:00.000Z') =>
  ({ type, data, time, position: 1 }) as unknown as CloudEvent

describe('what others wrote', () => {
  test('cannot move the cursor, set the title or the clipboard, or turn text around', () => {
    expect(clean('a\u001b[2Jb\u001b]52;c;aGk=\u0007c\u001b]0;title\u001b\\d\u009be\u202ef\rg')).toBe(
      'abcdefg',
    )
    expect(clean('two\nlines\tand a tab')).toBe('two\nlines\tand a tab')
  })

  test('is cut and broken by width', () => {
    expect(clip('one\n two   three', 9)).toBe('one two…')
    expect(wrap('one two three four', 12, '  ')).toBe('  one two\n  three four')
    expect(
      makeTable([
        ['a', 'bb'],
        ['ccc', 'd'],
      ]),
    ).toBe('a    bb\nccc  d')
  })

  test('is cut in the last column of a table that is too wide, but never to nothing', () => {
    const rows = [['a', 'one two three four five']]
    expect(makeTable(rows, 20)).toBe('a  one two three f…')
    expect(makeTable(rows, 5)).toBe('a  one two thr…')
    expect(makeTable(rows, 80)).toBe('a  one two three four five')
  })
})

test('durations and money read as people write them', () => {
  expect([0, 999, 61_000, 3_661_000].map(getDurationText)).toEqual(['0 s', '1 s', '1 min 1 s', '1 h 1 min'])
  expect([0, 0.0042, 1.5].map(getMoneyText)).toEqual(['$0.00', '$0.0042', '$1.50'])
})

test('runs that go on beside the wanted one are told on one line', () => {
  expect(getInterruptedText([])).toBe(undefined)
  expect(getInterruptedText(['a'])).toMatch(
    /^1 interrupted run goes on too: a; stop one with \S+ runs cancel/u,
  )
  expect(getInterruptedText(['a', 'b', 'c', 'd'])).toMatch(/^4 interrupted runs go on too: a, b, c, …; stop/u)
})

describe('exit codes', () => {
  const run = { status: 'succeeded', pauseReason: null, verdict: null, failureCode: null } as const
  test.each([
    [{ ...run, verdict: 'verified' }, 0],
    [{ ...run, verdict: 'gaps' }, 0],
    [{ ...run, verdict: 'unverified' }, 5],
    [{ ...run, status: 'failed', failureCode: 'GATE_FAILED' }, 5],
    [{ ...run, status: 'failed', failureCode: 'TASK_FAILED' }, 1],
    [{ ...run, status: 'cancelled' }, 2],
    [{ ...run, status: 'paused', pauseReason: 'budget' }, 7],
    [{ ...run, status: 'paused', pauseReason: 'signal' }, 6],
    [{ ...run, status: 'awaiting_human' }, 6],
    [{ ...run, status: 'planned' }, 6],
  ] as const)('of a run that is %j: %i', (standing, exit) => {
    expect(getRunExit(standing)).toBe(exit)
  })

  test.each([
    ['INVALID_ARGUMENT', 64],
    ['UNAUTHORIZED', 4],
    ['BUDGET_EXCEEDED', 7],
    ['STORE_UNAVAILABLE', 69],
    ['NOT_FOUND', 1],
    ['INTERNAL', 1],
  ] as const)('of the error %s: %i', (code, exit) => {
    const told = tell(new RopewalkError(code, 'It broke.'))
    expect(told).toMatchObject({ code, what: 'It broke', exit })
    expect(told.next).toMatch(/\S/u)
  })

  test('an error of ours tells what, why and next in its own words', () => {
    const told = tell(makeTrouble({ code: 'CONFLICT', what: 'a', why: 'b', next: 'c', exit: 69 }))
    expect(told).toEqual({ code: 'CONFLICT', what: 'a', why: 'b', next: 'c', exit: 69 })
  })

  test('a broken contract names the places', () => {
    const error = new RopewalkError('INVALID_ARGUMENT', 'Not valid.', {
      details: { issues: [{ pointer: '/title', message: 'too long' }] },
    })
    expect(tell(error).why).toBe('/title: too long')
  })

  test('what is not ours is told as our fault', () => {
    expect(tell(new TypeError('x is undefined'))).toMatchObject({
      code: 'INTERNAL',
      exit: 1,
      why: 'TypeError: x is undefined',
    })
  })
})

describe('a run is named', () => {
  const ids = ['01a1f86d-5028-754b-bcca-e3e050b4f169', '01a1f860-1a48-7766-89f0-a58c930be39e']
  test('as last, by its beginning or whole', () => {
    expect(pickRunId('last', ids)).toBe(ids[0])
    expect(pickRunId('01a1f860', ids)).toBe(ids[1])
    expect(pickRunId(ids[1] ?? '', ids)).toBe(ids[1])
  })
  test.each([
    ['01a1', '2 runs begin so'],
    ['ffff', 'no run has that id'],
    ['x', 'not the beginning'],
    ['../..', 'not the beginning'],
  ])('not as %s', (text, why) => {
    expect(() => pickRunId(text, ids)).toThrow(why)
  })
})

test('a stream of events is read across chunks, without comments', async () => {
  const text =
    'retry: 2000\n\n: still here\n\nid: 1\ndata: {"position":1,"type":"ä"}\n\nid: 2\r\ndata: {"position":2}\r\n\r\nid: 3\ndata: {"pos'
  const bytes = new TextEncoder().encode(text)
  async function* inPieces(size: number) {
    for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size))
  }
  for (const size of [1, 7, 1000]) {
    const events = await Array.fromAsync(parseEventStream(inPieces(size)))
    expect(events).toEqual([{ position: 1, type: 'ä' }, { position: 2 }])
  }
})

describe('progress', () => {
  const makeOne = () =>
    makeProgress({ id: 'run', title: 'an idea', phases: [{ phase: 'prd' }, { phase: 'build' }] } as never)
  const task = (id: string, target: string, guard: string | null = null) => ({
    spec: { id, phase: 'prd', target, guard: guard === null ? null : { guard } },
  })

  test('follows a phase from its start through a mended gate to its end', () => {
    const progress = makeOne()
    const prd = () => progress.phases.get('prd')
    applyEvent(progress, event('run.started'))
    applyEvent(progress, event('phase.started', { phase: 'prd', round: 1 }))
    applyEvent(progress, event('task.created', task('t1', 'prd-writer')))
    expect([...(prd()?.open.values() ?? [])]).toEqual(['prd-writer'])
    applyEvent(progress, event('task.completed', { taskId: 't1' }))
    applyEvent(progress, event('phase.ready', { phase: 'prd' }))
    applyEvent(progress, event('task.created', task('t2', 'guard', 'schema')))
    expect(prd()).toMatchObject({ status: 'gating', done: 1 })
    expect([...(prd()?.open.values() ?? [])]).toEqual(['checks schema'])
    applyEvent(progress, event('phase.gate.failed', { phase: 'prd', score: 0.5 }))
    applyEvent(progress, event('phase.started', { phase: 'prd', round: 2 }))
    applyEvent(progress, event('phase.gate.passed', { phase: 'prd', score: 0.9 }))
    applyEvent(
      progress,
      event('phase.completed', { phase: 'prd', status: 'success' }, '2026-01-01T00:00:09.000Z'),
    )
    expect(prd()).toMatchObject({ status: 'passed', round: 2, score: 0.9 })
    expect((prd()?.endedAtMs ?? 0) - (prd()?.startedAtMs ?? 0)).toBe(9000)
    expect(progress.status).toBe('running')
  })

  test.each([
    [
      'phase.gate.failed',
      { phase: 'prd', round: 1, maxAttempts: 5, reasons: ['vague\u001b[2J'] },
      'prd: gate not passed in round 1 of 5: vague',
    ],
    [
      'CLARIFICATION.QUESTION_ASKED',
      { phase: 'prd', text: 'Who?', defaultAnswer: 'all' },
      'prd asks: Who? (default: all)',
    ],
    ['CLARIFICATION.ANSWER_PROVIDED', { status: 'assumed', answer: 'all' }, 'assumed: all'],
    [
      'CLARIFICATION.ANSWER_PROVIDED',
      { status: 'accepted', answer: 'me', decidedBy: 'owner' },
      'answered by owner: me',
    ],
    ['run.failed', { message: 'it broke' }, 'failed: it broke'],
    ['budget.settled', {}, undefined],
  ])('tells %s', (type, data, line) => {
    expect(describeEvent(event(type, data))).toBe(line)
  })
})

test('the first signal asks for an orderly end, its echo is passed over, a later one ends at once', async () => {
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never)
  const before = process.listeners('SIGINT')
  try {
    await withInterrupt(async (interrupt) => {
      let said = 0
      interrupt.say = () => {
        said += 1
      }
      process.emit('SIGINT')
      process.emit('SIGINT')
      expect({ said, isAborted: interrupt.signal.aborted }).toEqual({ said: 1, isAborted: true })
      expect(exit).not.toHaveBeenCalled()
      await sleep(700)
      process.emit('SIGTERM')
      expect(exit).toHaveBeenCalledExactlyOnceWith(130)
    })
  } finally {
    exit.mockRestore()
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      for (const listener of process.listeners(signal))
        if (!before.includes(listener) && listener.name === 'trap') process.off(signal, listener)
  }
})
