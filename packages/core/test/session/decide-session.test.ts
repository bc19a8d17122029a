import { describe, expect, test } from 'vitest'
import type { Stamp } from '../../src/decision.ts'
import { AgentId, SessionId, SessionKey, WorkspaceId } from '../../src/ids.ts'
import { decideSession } from '../../src/session/decide-session.ts'
import { foldSession } from '../../src/session/evolve-session.ts'
import { makeSessionKey, SessionEvent } from '../../src/session/session.ts'
import type { Session, SessionCommand, SessionEventAt, SessionFacts } from '../../src/session/session.ts'

const workspaceId = WorkspaceId.parse('default')
const agentId = AgentId.parse('reviewer')
const sessionKey = makeSessionKey(workspaceId, agentId)
const on = { workspaceId, agentId, sessionKey }

const FACTS: SessionFacts = {
  sessionId: SessionId.parse('s-1'),
  runtime: 'codex',
  managementMode: 'managed',
  resumable: true,
  status: 'active',
}

const stampAt = (minute: number): Stamp => ({
  at: `2026-01-31T12:0${minute}:00.000Z`,
  seed: `seed-${minute}`,
  by: { kind: 'agent', id: 'reviewer' },
})

const register = (facts: Partial<SessionFacts> = {}): SessionCommand => ({
  type: 'RegisterSession',
  ...on,
  facts: { ...FACTS, ...facts },
})
const END: SessionCommand = { type: 'EndSession', ...on, reason: 'The work is done.' }

/** Decides commands one after another, a minute apart, and folds what they told. */
const run = (...commands: readonly SessionCommand[]) => {
  const history: SessionEventAt[] = []
  let session: Session | null = null
  for (const [minute, command] of commands.entries()) {
    const stamp = stampAt(minute)
    const decision = decideSession(session, command, stamp)
    if (decision.type === 'refused') return { session, history, refused: decision }
    for (const event of decision.events) expect(SessionEvent.parse(event)).toEqual(event)
    history.push(...decision.events.map((event) => ({ ...event, at: stamp.at })))
    session = decision.state
  }
  expect(foldSession(sessionKey, history)).toEqual(session)
  return { session, history, refused: undefined }
}

test('a heartbeat of an agent that is not known registers its session', () => {
  const { session, history } = run(register())
  expect(history.map(({ type }) => type)).toEqual(['session.registered'])
  expect(session).toEqual({
    ...FACTS,
    id: sessionKey,
    agentId,
    registeredAt: stampAt(0).at,
    endedAt: null,
  })
})

test('what is known already is accepted and is no event', () => {
  const { history } = run(register(), register())
  expect(history).toHaveLength(1)
})

test.each<Partial<SessionFacts>>([
  { status: 'idle' },
  { resumable: false },
  { managementMode: 'unmanaged' },
  { runtime: 'opencode' },
])('%j of the same session is told, and it is the same session still', (change) => {
  const { session, history } = run(register(), register(change))
  expect(history).toHaveLength(2)
  expect(session).toMatchObject({ ...change, registeredAt: stampAt(0).at })
})

test('another session takes the place of the one before', () => {
  const { session } = run(register(), register({ sessionId: SessionId.parse('s-2') }))
  expect(session).toMatchObject({ sessionId: 's-2', registeredAt: stampAt(1).at })
})

test('a session that was ended is offline, and its next heartbeat registers it anew', () => {
  expect(run(register(), END).session).toMatchObject({ status: 'offline', endedAt: stampAt(1).at })
  const { session, history } = run(register(), END, register())
  expect(history.map(({ type }) => type)).toEqual([
    'session.registered',
    'session.ended',
    'session.registered',
  ])
  expect(session).toMatchObject({ status: 'active', endedAt: null, registeredAt: stampAt(2).at })
})

test('ending twice is one end; ending what is not there is refused', () => {
  expect(run(register(), END, END).history).toHaveLength(2)
  expect(run(END).refused).toMatchObject({ code: 'NOT_FOUND' })
})

describe('the key of a session', () => {
  test('is of one agent in one workspace', () => {
    const keys = [
      sessionKey,
      makeSessionKey(workspaceId, AgentId.parse('writer')),
      makeSessionKey(WorkspaceId.parse('other'), agentId),
    ]
    expect(new Set(keys).size).toBe(3)
    expect(makeSessionKey(workspaceId, agentId)).toBe(sessionKey)
    expect(SessionKey.safeParse(sessionKey).success).toBe(true)
  })

  test('of another agent is refused, known or not', () => {
    const other = makeSessionKey(workspaceId, AgentId.parse('writer'))
    expect(run({ ...register(), sessionKey: other }).refused).toMatchObject({ code: 'FORBIDDEN' })
    expect(run(register(), { ...END, sessionKey: other }).refused).toMatchObject({ code: 'FORBIDDEN' })
  })
})

test('a history that ends what never began does not fold', () => {
  const data = { agentId, reason: 'x', by: 'y' }
  const history: SessionEventAt[] = [{ type: 'session.ended', v: 1, data, at: stampAt(0).at }]
  expect(() => foldSession(sessionKey, history)).toThrow(/no session to end/u)
})
