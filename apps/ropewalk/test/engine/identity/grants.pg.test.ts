import { hasCode } from '@ropewalk/core/errors'
import { AgentId, WorkspaceId, type GrantId } from '@ropewalk/core/ids'
import { makeForeignGrantId } from '@ropewalk/core/token/token'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunningEngine } from '../../../src/engine/start.ts'
import { createWorkspace } from '../../../src/store/create-workspace.ts'
import { makeUuid, PERSON, startStage, WORKSPACE, type Stage } from '../support/stage.ts'
import { inDays, makeCreateGrant, makeGrantId } from './support/identity.ts'
import { expectRootsToMatch } from './support/root-histories.ts'

const OTHER = WorkspaceId.parse('other')
const ISSUER = 'https://issuer.example'

let stage: Stage
let second: RunningEngine
beforeAll(async () => {
  stage = await startStage()
  second = await stage.startAnother()
  await createWorkspace(stage.engine.store, { id: OTHER, capMicros: 0 })
})
afterAll(async () => {
  await stage.stop()
})

const give = async (change: Parameters<typeof makeCreateGrant>[0] = {}): Promise<GrantId> => {
  const command = makeCreateGrant(change)
  await stage.engine.submit(command, { by: PERSON })
  return command.grantId
}
const revoke = (grantId: GrantId, workspaceId = WORKSPACE) =>
  stage.engine.submit(
    { type: 'RevokeGrant', workspaceId, grantId, reason: 'The laptop is lost.' },
    { by: PERSON },
  )
const issue = (grantId: GrantId, engine = stage.engine) =>
  engine.submit(
    { type: 'IssueToken', workspaceId: WORKSPACE, grantId, jti: makeUuid(), expiresAt: inDays(1) },
    { by: { kind: 'agent', id: 'reviewer' } },
  )

describe('a grant', () => {
  test('is read as it was given, and tokens under it are counted', async () => {
    const grantId = await give({ name: 'the one', scopes: ['threads:read', 'threads:write'] })
    await issue(grantId)
    await issue(grantId, second)
    expect(await second.readGrant(WORKSPACE, grantId)).toMatchObject({
      id: grantId,
      name: 'the one',
      scopes: ['threads:read', 'threads:write'],
      issuer: 'ropewalk',
      jti: null,
      createdBy: 'anna',
      issued: 2,
      revokedAt: null,
    })
  })

  test('that is missing and that of another workspace are told alike', async () => {
    const foreign = await give({ workspaceId: OTHER })
    const read = (id: GrantId) =>
      stage.engine.readGrant(WORKSPACE, id).catch((error: unknown) => String(error))
    expect(await read(foreign)).toBe(await read(makeGrantId()))
    const end = (id: GrantId) => revoke(id).catch((error: unknown) => String(error))
    expect(await end(foreign)).toBe(await end(makeGrantId()))
    expect(await stage.engine.isGrantLive(OTHER, foreign)).toBe(true)
  })

  test('is listed, newest first, a page at a time', async () => {
    const made: GrantId[] = []
    for (const name of ['a', 'b', 'c']) made.push(await give({ name }))
    const first = await stage.engine.listGrants(WORKSPACE, { limit: 2 })
    expect(first.items.map(({ id }) => id)).toEqual([made[2], made[1]])
    const next = await stage.engine.listGrants(WORKSPACE, { limit: 2, cursor: first.nextCursor ?? '' })
    expect(next.items[0]?.id).toBe(made[0])
    const others = await stage.engine.listGrants(OTHER, { limit: 200 })
    expect(others.items.map(({ id }) => id)).not.toContain(made[0])
  })
})

describe('whether a grant is live', () => {
  test('a revocation holds in another process from its answer on', async () => {
    const grantId = await give()
    expect(await second.isGrantLive(WORKSPACE, grantId)).toBe(true)
    await revoke(grantId)
    expect(await second.isGrantLive(WORKSPACE, grantId)).toBe(false)
    const late = await issue(grantId, second).catch((error: unknown) => error)
    expect(hasCode(late, 'FORBIDDEN')).toBe(true)
  })

  test('no question that came after the answer of a revocation is told otherwise, however many ask', async () => {
    const grantId = await give()
    let isRevoked = false
    let wrong = 0
    const ask = async () => {
      for (let n = 0; n < 40; n += 1) {
        const mustBeOff = isRevoked
        const isLive = await second.isGrantLive(WORKSPACE, grantId)
        if (mustBeOff && isLive) wrong += 1
      }
    }
    const asking = Array.from({ length: 20 }, ask)
    await revoke(grantId)
    isRevoked = true
    await Promise.all(asking)
    expect(wrong).toBe(0)
    expect(await second.isGrantLive(WORKSPACE, grantId)).toBe(false)
  })

  test('one that is missing, and one asked for in another workspace, are not', async () => {
    const grantId = await give()
    expect(await stage.engine.isGrantLive(WORKSPACE, makeGrantId())).toBe(false)
    expect(await stage.engine.isGrantLive(OTHER, grantId)).toBe(false)
  })

  test('those of several workspaces that are asked for at once are told apart', async () => {
    const [own, foreign] = [await give(), await give({ workspaceId: OTHER })]
    const asked = [
      [WORKSPACE, own],
      [OTHER, foreign],
      [WORKSPACE, foreign],
      [OTHER, own],
    ] as const
    const answers = await Promise.all(asked.map(([of, id]) => stage.engine.isGrantLive(of, id)))
    expect(answers).toEqual([true, true, false, false])
  })

  test('many who ask at once share a few queries', async () => {
    const grantId = await give()
    const reader = second.store.reader
    let taken = 0
    const count = () => {
      taken += 1
    }
    reader.on('acquire', count)
    const answers = await Promise.all(
      Array.from({ length: 500 }, () => second.isGrantLive(WORKSPACE, grantId)),
    )
    reader.off('acquire', count)
    expect(answers.every((isLive) => isLive)).toBe(true)
    expect(taken).toBeLessThanOrEqual(3)
  })

  test('one that has ended is not', async () => {
    const grantId = await give({ expiresAt: inDays(2) })
    await stage.shiftTime('3 days')
    try {
      expect(await stage.engine.isGrantLive(WORKSPACE, grantId)).toBe(false)
      const late = await issue(grantId).catch((error: unknown) => error)
      expect(hasCode(late, 'FORBIDDEN')).toBe(true)
    } finally {
      await stage.shiftTime('0')
    }
  })
})

test('a token of another issuer is good until it is revoked, in its own workspace', async () => {
  const jti = makeUuid()
  expect(await second.isForeignTokenLive(WORKSPACE, ISSUER, jti)).toBe(true)
  await stage.engine.submit(
    {
      type: 'RevokeForeignToken',
      workspaceId: WORKSPACE,
      grantId: makeForeignGrantId(WORKSPACE, ISSUER, jti),
      issuer: ISSUER,
      jti,
      reason: 'It was found in a log.',
    },
    { by: PERSON },
  )
  expect(await second.isForeignTokenLive(WORKSPACE, ISSUER, jti)).toBe(false)
  expect(await second.isForeignTokenLive(WORKSPACE, ISSUER, makeUuid())).toBe(true)
  expect(await second.isForeignTokenLive(OTHER, ISSUER, jti)).toBe(true)
  const grantId = makeForeignGrantId(WORKSPACE, ISSUER, jti)
  expect(await second.isGrantLive(WORKSPACE, grantId)).toBe(false)
})

test('there is a workspace, or there is none', async () => {
  expect(await stage.engine.isWorkspace(WORKSPACE)).toBe(true)
  const late = WorkspaceId.parse('made-later')
  expect(await stage.engine.isWorkspace(late)).toBe(false)
  await createWorkspace(second.store, { id: late, capMicros: 0 })
  expect(await stage.engine.isWorkspace(late)).toBe(true)
})

describe('keys of tokens', () => {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: 'aaaa' }

  test('are known to every process, the same one once, and are retired for good', async () => {
    await stage.engine.publishTokenKey({ kid: 'k-1', jwk })
    await second.publishTokenKey({ kid: 'k-1', jwk: { x: 'aaaa', crv: 'Ed25519', kty: 'OKP' } })
    await second.publishTokenKey({ kid: 'k-2', jwk: { ...jwk, x: 'bbbb' } })
    const listed = await second.listTokenKeys()
    expect(listed.map(({ kid }) => kid)).toEqual(['k-1', 'k-2'])
    expect(listed[0]).toMatchObject({ jwk, retiredAt: null })
    await stage.engine.retireTokenKey('k-1')
    const [retired] = await second.listTokenKeys()
    expect(retired?.retiredAt).not.toBeNull()
    await second.retireTokenKey('k-1')
    await second.publishTokenKey({ kid: 'k-1', jwk })
    expect((await second.listTokenKeys())[0]).toEqual(retired)
  })

  test('have names of their own', async () => {
    await stage.engine.publishTokenKey({ kid: 'k-3', jwk })
    const other = await stage.engine
      .publishTokenKey({ kid: 'k-3', jwk: { ...jwk, x: 'cccc' } })
      .catch((error: unknown) => error)
    expect(hasCode(other, 'CONFLICT')).toBe(true)
  })
})

test('a grant may be for an agent of any name that agents have', async () => {
  const agentId = AgentId.parse('team-a/reviewer@2:x_y')
  const grantId = await give({ agentId })
  expect(await stage.engine.readGrant(WORKSPACE, grantId)).toMatchObject({ agentId })
})

test('what is stored is what the histories tell', async () => {
  expect(await expectRootsToMatch(stage)).toBeGreaterThan(5)
})
