import { hasCode } from '@ropewalk/core/errors'
import { AgentId, SessionId, WorkspaceId } from '@ropewalk/core/ids'
import { makePolicyId } from '@ropewalk/core/policy/policy'
import type { DataPolicy } from '@ropewalk/core/policy/policy'
import { makeSessionKey } from '@ropewalk/core/session/session'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunningEngine } from '../../../src/engine/start.ts'
import { createWorkspace } from '../../../src/store/create-workspace.ts'
import { PERSON, startStage, WORKSPACE, type Stage } from '../support/stage.ts'
import { makeRegister } from './support/identity.ts'
import { expectRootsToMatch } from './support/root-histories.ts'

const OTHER = WorkspaceId.parse('other')
const AGENT = { kind: 'agent', id: 'reviewer' } as const

let stage: Stage
let second: RunningEngine
beforeAll(async () => {
  stage = await startStage()
  second = await stage.startAnother({
    policyDefaults: { retention: { mode: 'days', days: 7 }, redaction: true },
  })
  await createWorkspace(stage.engine.store, { id: OTHER, capMicros: 0 })
})
afterAll(async () => {
  await stage.stop()
})

type SessionRow = {
  readonly status: string
  readonly session_id: string
  readonly last_heartbeat_at: Date
  readonly head_at: Date
  readonly writer: string | null
}

const findSession = async (agent: string, workspaceId = WORKSPACE): Promise<SessionRow | undefined> => {
  const id = makeSessionKey(workspaceId, AgentId.parse(agent))
  const [row] = await stage.query<SessionRow>('SELECT * FROM ropewalk.sessions WHERE id = $1', [id])
  return row
}

describe('a session', () => {
  test('is registered once, whoever of many processes and callers says so', async () => {
    const engines = [stage.engine, second]
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        engines[n % 2]?.submit(makeRegister('crowd'), { by: { kind: 'agent', id: 'crowd' } }),
      ),
    )
    expect(new Set(answers.map((answer) => answer?.version))).toEqual(new Set([1]))
    expect(await findSession('crowd')).toMatchObject({ status: 'active', session_id: 's-1' })
  })

  test('is heard of when it says something new, and not when it is ended', async () => {
    await stage.engine.submit(makeRegister('reviewer'), { by: AGENT })
    const before = await findSession('reviewer')
    expect(before?.last_heartbeat_at).toEqual(before?.head_at)
    await stage.engine.submit(makeRegister('reviewer', { status: 'idle' }), { by: AGENT })
    const idle = await findSession('reviewer')
    expect(idle?.last_heartbeat_at).toEqual(idle?.head_at)
    const { workspaceId, agentId, sessionKey } = makeRegister('reviewer')
    await stage.engine.submit(
      { type: 'EndSession', workspaceId, agentId, sessionKey, reason: 'The work is done.' },
      { by: AGENT },
    )
    const ended = await findSession('reviewer')
    expect(ended?.status).toBe('offline')
    expect(ended?.last_heartbeat_at).toEqual(idle?.last_heartbeat_at)
  })

  test('keeps who writes into it, which is no history', async () => {
    await stage.engine.submit(makeRegister('written'), { by: AGENT })
    await stage.query(
      `UPDATE ropewalk.sessions SET writer = 'w1', writer_session_id = session_id, writer_until = now()
       WHERE agent_id = 'written'`,
    )
    await stage.engine.submit(makeRegister('written', { sessionId: SessionId.parse('s-2') }), { by: AGENT })
    expect(await findSession('written')).toMatchObject({ session_id: 's-2', writer: 'w1' })
  })

  test('of the same agent in another workspace is another one', async () => {
    await stage.engine.submit(makeRegister('twin'), { by: AGENT })
    await stage.engine.submit(makeRegister('twin', { status: 'idle' }, OTHER), { by: AGENT })
    expect(await findSession('twin')).toMatchObject({ status: 'active' })
    expect(await findSession('twin', OTHER)).toMatchObject({ status: 'idle' })
  })

  test('of another agent cannot be taken', async () => {
    await stage.engine.submit(makeRegister('victim'), { by: AGENT })
    const { sessionKey } = makeRegister('victim')
    const taken = await stage.engine
      .submit({ ...makeRegister('thief'), sessionKey }, { by: { kind: 'agent', id: 'thief' } })
      .catch((error: unknown) => error)
    expect(hasCode(taken, 'FORBIDDEN')).toBe(true)
  })
})

describe('the data policy', () => {
  const change = (policy: DataPolicy, workspaceId = WORKSPACE) =>
    stage.engine.submit(
      {
        type: 'ChangePolicy',
        workspaceId,
        policyId: makePolicyId(workspaceId),
        policy,
        reason: 'The contract says so.',
      },
      { by: PERSON },
    )

  test('is what the settings say until the workspace has one of its own', async () => {
    expect(await stage.engine.readPolicy(WORKSPACE)).toEqual({
      retention: { mode: 'permanent' },
      redaction: false,
    })
    expect(await second.readPolicy(WORKSPACE)).toEqual({
      retention: { mode: 'days', days: 7 },
      redaction: true,
    })
    const own: DataPolicy = { retention: { mode: 'permanent' }, redaction: true }
    await change(own)
    expect(await stage.engine.readPolicy(WORKSPACE)).toEqual(own)
    expect(await second.readPolicy(WORKSPACE)).toEqual(own)
    expect(await stage.engine.readPolicy(OTHER)).toEqual({
      retention: { mode: 'permanent' },
      redaction: false,
    })
  })

  test('that changes is told, and the same again is not', async () => {
    const days: DataPolicy = { retention: { mode: 'days', days: 30 }, redaction: false }
    const first = await change(days)
    expect(await second.readPolicy(WORKSPACE)).toEqual(days)
    expect((await change(days)).version).toBe(first.version)
    expect((await change({ ...days, redaction: true })).version).toBe(first.version + 1)
  })
})

test('what is stored is what the histories tell', async () => {
  expect(await expectRootsToMatch(stage)).toBeGreaterThan(5)
})
