import { describe, expect, test } from 'vitest'
import { sha256 } from '../../src/canonical.ts'
import { SessionId } from '../../src/ids.ts'
import { chooseWay } from '../../src/thread/request-wake.ts'
import { ALICE, ANNA, BOB, first, given, LEAD, LIMITS, THREAD } from './given.ts'

const SESSION = {
  sessionId: SessionId.parse('s-1'),
  isManaged: true,
  isResumable: true,
  status: 'active' as const,
  isStale: false,
}

const wake = (targetAgentId: string, rest: Readonly<Record<string, unknown>> = {}) => ({
  type: 'RequestWake',
  targetAgentId,
  session: SESSION,
  reason: 'There is a finding for you.',
  promptDigest: sha256('Read the thread.'),
  limits: LIMITS,
  ...rest,
})

const start = () => {
  const run = given()
  run.create()
  return run
}

const yesNo = [true, false]
const sessions = yesNo.flatMap((isManaged) =>
  yesNo.flatMap((isResumable) =>
    yesNo.flatMap((isStale) =>
      (['active', 'idle', 'offline'] as const).map((status) => ({
        ...SESSION,
        isManaged,
        isResumable,
        isStale,
        status,
      })),
    ),
  ),
)

describe('the way to wake an agent', () => {
  test.each(sessions)(
    'whose session is managed $isManaged, resumable $isResumable, stale $isStale, $status',
    (session) => {
      const isLive = session.isManaged && session.status !== 'offline' && !session.isStale
      const fallback = session.isResumable && !session.isStale ? 'resume_session' : 'spawn_session'
      expect(chooseWay(session)).toEqual({
        action: isLive ? 'trigger_runtime' : 'fallback_required',
        fallbackAction: isLive ? null : fallback,
      })
    },
  )

  test('that has no session is to start one', () => {
    expect(chooseWay(null)).toEqual({ action: 'fallback_required', fallbackAction: 'spawn_session' })
  })
})

describe('a wake', () => {
  test('is recorded with how it is to be done, and without its prompt', () => {
    const run = start()
    const { events, answer, effects } = run.accept(wake('alice'), LEAD)
    const data = first(events, 'thread.wake_requested')
    expect(data).toMatchObject({
      targetAgentId: 'alice',
      targetSessionId: 's-1',
      action: 'trigger_runtime',
      fallbackAction: null,
      maxRetries: 2,
      by: 'lead',
    })
    expect(JSON.stringify(events)).not.toContain('Read the thread.')
    expect(effects).toEqual([])
    expect(answer).toEqual({
      wakeId: data.wakeId,
      targetSessionId: 's-1',
      action: 'trigger_runtime',
      fallbackAction: null,
      status: 'queued',
      at: run.now(),
    })
    expect(run.state.wakes.get(data.wakeId)).toMatchObject({
      threadId: THREAD,
      status: 'queued',
      attempts: 0,
      requestedBy: 'lead',
    })
  })

  test('is queued as well when it needs a fallback', () => {
    const run = start()
    expect(run.accept(wake('alice', { session: null }), LEAD).answer).toMatchObject({
      action: 'fallback_required',
      fallbackAction: 'spawn_session',
      status: 'queued',
      targetSessionId: null,
    })
  })

  test('is for one who takes part', () => {
    const run = start()
    run.remove('bob')
    for (const target of ['bob', 'carol'])
      expect(run.refuse(wake(target), LEAD)).toMatchObject({
        code: 'INVALID_ARGUMENT',
        details: { targetAgentId: target },
      })
  })

  test('comes at most ten times a minute for each in a thread', () => {
    const run = start()
    for (let index = 0; index < 10; index += 1) run.accept(wake('alice'), index % 2 ? LEAD : ANNA)
    expect(run.refuse(wake('alice'), LEAD)).toMatchObject({
      code: 'RATE_LIMITED',
      details: { retryAfterMs: 50_000, reason: 'TRIGGER_RATE_LIMITED' },
    })
    run.accept(wake('bob'), LEAD)
    run.wait(50_000)
    run.accept(wake('alice'), LEAD)
    expect(run.participant('alice').minuteCount).toBe(0)
  })

  test('from a blocked thread is for coordinators and operators to ask', () => {
    const run = start()
    run.setStatus(LEAD, 'blocked')
    expect(run.refuse(wake('alice'), BOB)).toMatchObject({
      code: 'CONFLICT',
      details: { reason: 'THREAD_AUTO_BLOCKED' },
    })
    run.accept(wake('alice'), LEAD)
    run.accept(wake('alice'), ANNA)
    run.setStatus(LEAD, 'active')
    run.accept(wake('bob'), ALICE)
  })

  test.each(['resolved', 'closed'])('is not to be had from a thread that is %s', (status) => {
    const run = start()
    run.setStatus(LEAD, status)
    expect(run.refuse(wake('alice'), ANNA)).toMatchObject({ code: 'CONFLICT', details: { status } })
  })
})
