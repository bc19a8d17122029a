import { AgentId, SessionId, WorkspaceId } from '@ropewalk/core/ids'
import { makeSessionKey, SessionFacts } from '@ropewalk/core/session/session'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createWorkspace } from '../../../src/store/create-workspace.ts'
import { WORKSPACE, startStage, type Stage } from '../support/stage.ts'

const OTHER = WorkspaceId.parse('other')

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
  await createWorkspace(stage.engine.store, { id: OTHER, capMicros: 0 })
})
afterAll(async () => {
  await stage.stop()
})

const facts = (sessionId: string, rest: object = {}): SessionFacts =>
  SessionFacts.parse({
    sessionId,
    runtime: 'codex',
    managementMode: 'managed',
    resumable: true,
    status: 'active',
    ...rest,
  })

/** As the method does: a beat, and a command where the beat tells something new. */
const beat = async (agentName: string, of: SessionFacts): Promise<boolean> => {
  const agentId = AgentId.parse(agentName)
  const { isKnown } = await stage.engine.beatSession({ workspaceId: WORKSPACE, agentId, facts: of })
  if (!isKnown)
    await stage.engine.submit(
      {
        type: 'RegisterSession',
        workspaceId: WORKSPACE,
        sessionKey: makeSessionKey(WORKSPACE, agentId),
        agentId,
        facts: of,
      },
      { by: { kind: 'agent', id: agentName } },
    )
  return isKnown
}

const find = (agentName: string, workspaceId = WORKSPACE) =>
  stage.engine.findSession(workspaceId, AgentId.parse(agentName))

test('a beat is known once its session is registered, until it tells something new', async () => {
  expect(await find('ann')).toBeUndefined()
  expect(await beat('ann', facts('s-1'))).toBe(false)
  expect(await beat('ann', facts('s-1'))).toBe(true)
  expect(await beat('ann', facts('s-1', { status: 'idle' }))).toBe(false)
  expect(await beat('ann', facts('s-2'))).toBe(false)
  expect(await beat('ann', facts('s-2'))).toBe(true)
  expect(await find('ann')).toMatchObject({ agentId: 'ann', sessionId: 's-2', isStale: false, writer: null })
  expect(await find('ann', OTHER)).toBeUndefined()
})

test('a session is stale after twelve hours of silence, and not after its next beat', async () => {
  await beat('ben', facts('s-1'))
  await stage.shiftTime('11 hours 59 minutes')
  expect((await find('ben'))?.isStale).toBe(false)
  await stage.shiftTime('12 hours 1 minute')
  expect((await find('ben'))?.isStale).toBe(true)
  expect(await beat('ben', facts('s-1'))).toBe(true)
  expect((await find('ben'))?.isStale).toBe(false)
})

test('one may write into a session at a time, for as long as it says', async () => {
  await beat('cem', facts('s-1'))
  const agentId = AgentId.parse('cem')
  const of = { workspaceId: WORKSPACE, agentId, sessionId: SessionId.parse('s-1'), leaseMs: 60_000 }
  const claims = await Promise.all(
    Array.from({ length: 10 }, (_, index) => stage.engine.claimSessionWriter({ ...of, writer: `w${index}` })),
  )
  const holders = claims.flatMap((claim, index) => (claim === undefined ? [] : [`w${index}`]))
  expect(holders).toHaveLength(1)
  const [writer = ''] = holders
  expect(await stage.engine.claimSessionWriter({ ...of, writer })).toMatchObject({
    until: expect.stringContaining('Z') as string,
  })
  expect((await find('cem'))?.writer).toBe(writer)
  await stage.engine.releaseSessionWriter({ workspaceId: WORKSPACE, agentId, writer: 'somebody' })
  expect((await find('cem'))?.writer).toBe(writer)
  await stage.engine.releaseSessionWriter({ workspaceId: WORKSPACE, agentId, writer })
  expect(await find('cem')).toMatchObject({ writer: null, writerUntil: null })
  expect(await stage.engine.claimSessionWriter({ ...of, writer: 'next' })).toBeDefined()
  // Another session of the same agent is another thing to write into.
  await beat('cem', facts('s-2'))
  expect((await find('cem'))?.writer).toBeNull()
  await expect(stage.engine.claimSessionWriter({ ...of, writer: 'next' })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  })
})

test('sessions are listed a page at a time', async () => {
  const names: string[] = []
  let cursor: string | undefined
  do {
    const page = await stage.engine.listSessions(WORKSPACE, { limit: 2, cursor })
    names.push(...page.items.map(({ agentId }) => agentId))
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  expect(names.toSorted()).toEqual(['ann', 'ben', 'cem'])
  expect((await stage.engine.listSessions(OTHER, { limit: 2 })).items).toEqual([])
})
