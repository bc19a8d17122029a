import { GrantView, KeyRotated, TokenIssued, TokenKeySet, WhoAmI } from '@ropewalk/core/contract/api/tokens'
import { makePage } from '@ropewalk/core/contract/api/paging'
import { createPublicKey } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { claimTask, expectAnswer, expectProblem, readRun, startRun } from './support/drive.ts'
import { startApi, WORKSPACE, type TestApi } from './support/start-api.ts'
import { createToken, splitToken } from './support/tokens.ts'
import { ClaimedTasks } from '@ropewalk/core/contract/api/claims'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(async () => {
  await api.stop()
})

const revoke = (grantId: string, reason = 'It leaked.') =>
  api.ask(`/v1/tokens/${grantId}/revoke`, { body: { reason } })

const readGrant = async (grantId: string): Promise<GrantView> =>
  expectAnswer(await api.ask(`/v1/tokens/${grantId}`), GrantView)

const renew = (token: string, headers = {}) => api.ask('/v1/tokens/renew', { body: {}, token, headers })

describe('a new token', () => {
  test('is told once, in an answer that nobody keeps', async () => {
    const body = { agentId: 'once', role: 'participant' }
    const answered = await api.ask('/v1/tokens', { body })
    const { token, grantId } = expectAnswer(answered, TokenIssued)
    expect(answered.headers.get('cache-control')).toBe('no-store')
    for (const address of [`/v1/tokens/${grantId}`, '/v1/tokens', '/v1/events?after=0&limit=200'])
      expect((await api.ask(address)).text, address).not.toContain(token.split('.')[2])
  })

  test('has the claims of its grant and the defaults of an hour and 30 days', async () => {
    const { token, expiresAt, renewableUntil } = await createToken(api, {
      agentId: 'claims',
      role: 'coordinator',
      kind: 'automation',
      scopes: ['runs:read', 'threads:read', 'runs:read'],
      sessionId: 's-1',
    })
    const { header, claims } = splitToken(token)
    expect(header).toMatchObject({ alg: 'EdDSA', typ: 'at+jwt' })
    expect(claims).toMatchObject({
      iss: 'ropewalk',
      aud: 'ropewalk',
      sub: 'claims',
      agent_id: 'claims',
      workspace_id: WORKSPACE,
      role: 'coordinator',
      kind: 'automation',
      session_id: 's-1',
      scope: 'runs:read threads:read',
    })
    expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(3_590_000)
    expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(3_600_000)
    expect(Math.round((Date.parse(renewableUntil) - Date.now()) / 86_400_000)).toBe(30)
  })

  test('never outlives its grant', async () => {
    const { expiresAt, renewableUntil } = await createToken(api, { ttlSeconds: 3600, grantSeconds: 60 })
    expect(expiresAt).toBe(renewableUntil)
  })

  test('is the same one when the request is repeated with its key, and another without', async () => {
    const ask = (key: string) =>
      api.ask('/v1/tokens', {
        body: { agentId: 'repeated', role: 'participant' },
        headers: { 'idempotency-key': key },
      })
    const [first, again] = [
      expectAnswer(await ask('k1'), TokenIssued),
      expectAnswer(await ask('k1'), TokenIssued),
    ]
    expect(again).toEqual(first)
    expect(expectAnswer(await ask('k2'), TokenIssued).grantId).not.toBe(first.grantId)
    expect((await readGrant(first.grantId)).issued).toBe(1)
  })

  test.each([
    [{ role: 'operator', kind: 'agent' }, 400],
    [{ role: 'operator', kind: 'worker' }, 400],
    [{ role: 'participant', kind: 'operator' }, 400],
    [{ role: 'participant', scopes: ['tokens:manage'] }, 400],
    [{ role: 'participant', scopes: [] }, 400],
    [{ role: 'participant', scopes: ['all'] }, 400],
    [{ role: 'owner' }, 400],
    [{ role: 'participant', agentId: 'owner' }, 403],
    [{ role: 'participant', agentId: '' }, 400],
    [{ role: 'participant', agentId: 'a\u0000b' }, 400],
    [{ role: 'participant', workspaceId: 'other' }, 400],
    [{ role: 'participant', grantId: '01890000-0000-7000-8000-000000000000' }, 400],
    [{ role: 'participant', ttlSeconds: 0 }, 400],
    [{ role: 'participant', ttlSeconds: 99_999_999 }, 400],
    [{ role: 'participant', grantSeconds: 99_999_999 }, 400],
  ])('is refused for %j', async (request, status) => {
    expectProblem(await api.ask('/v1/tokens', { body: { agentId: 'nobody', ...request } }), status)
  })
})

describe('by its role', () => {
  test('each token does what the table says, and is told what it lacks', async () => {
    const participant = (await createToken(api)).token
    const coordinator = (await createToken(api, { agentId: 'lead', role: 'coordinator' })).token
    const auditor = (await createToken(api, { agentId: 'eyes', role: 'auditor' })).token
    const run = await startRun(api)
    const body = { kind: 'pause', reason: 'A look.' }
    const signal = (token: string) => api.ask(`/v1/runs/${run.runId}/signals`, { body, token })
    const refused = expectProblem(await signal(participant), 403, 'FORBIDDEN')
    expect(refused.details).toEqual({ permission: 'runs:write', role: 'participant' })
    expectProblem(await signal(auditor), 403, 'FORBIDDEN')
    for (const token of [participant, auditor])
      expect((await api.ask('/v1/runs', { token })).status).toBe(200)
    expect((await signal(coordinator)).status).not.toBe(403)
    for (const token of [participant, coordinator, auditor])
      expectProblem(await api.ask('/v1/tokens', { body: { agentId: 'x', role: 'participant' }, token }), 403)
  })

  test('an operator acts as a person, with a name of their own in the ledger', async () => {
    const { token } = await createToken(api, { agentId: 'ada', role: 'operator', kind: 'operator' })
    expect(expectAnswer(await api.ask('/v1/whoami', { token }), WhoAmI).actsAs).toBe('person')
    const body = { idea: 'By Ada', budgetUsd: 0 }
    const { runId } = (await api.ask('/v1/runs', { body, token })).json as { runId: string }
    const [planned] = await api.engine.listEvents(WORKSPACE, { after: 0, limit: 1, stream: runId })
    expect(planned?.by).toEqual({ kind: 'person', id: 'ada' })
  })

  test('nobody hands on more than they have: a narrowed operator makes no wider token', async () => {
    const { token } = await createToken(api, {
      agentId: 'clerk',
      role: 'operator',
      kind: 'operator',
      scopes: ['tokens:manage', 'runs:read'],
    })
    const ask = (rest: object) =>
      api.ask('/v1/tokens', { body: { agentId: 'next', role: 'coordinator', ...rest }, token })
    expectProblem(await ask({}), 403, 'FORBIDDEN')
    expectProblem(await ask({ scopes: ['runs:read', 'runs:write'] }), 403, 'FORBIDDEN')
    expectAnswer(await ask({ scopes: ['runs:read'] }), TokenIssued)
  })
})

describe('renewing', () => {
  test('gives another token of the same grant', async () => {
    const first = await createToken(api, { agentId: 'renewing' })
    const next = expectAnswer(await renew(first.token), TokenIssued)
    expect(next.grantId).toBe(first.grantId)
    expect(next.token).not.toBe(first.token)
    expectAnswer(await api.ask('/v1/whoami', { token: next.token }), WhoAmI)
    expect((await readGrant(first.grantId)).issued).toBe(2)
  })

  test('takes nothing that would change what the token may', async () => {
    const { token } = await createToken(api)
    for (const body of [{ role: 'operator' }, { kind: 'operator' }, { scopes: [] }, { workspaceId: 'x' }])
      expectProblem(await api.ask('/v1/tokens/renew', { body, token }), 400)
  })

  test('is not for the owner, nor for the token of a task', async () => {
    expectProblem(await api.ask('/v1/tokens/renew', { body: {} }), 403, 'FORBIDDEN')
    const { runId } = await startRun(api)
    const { token } = await claimTask(api, runId)
    expectProblem(await renew(token), 403, 'FORBIDDEN')
  })
})

describe('revoking', () => {
  test('ends all tokens of a grant with the answer, and they cannot be renewed', async () => {
    const first = await createToken(api, { agentId: 'leaked' })
    const second = expectAnswer(await renew(first.token), TokenIssued)
    expect((await revoke(first.grantId)).status).toBe(200)
    for (const { token } of [first, second]) {
      const problem = expectProblem(await api.ask('/v1/whoami', { token }), 401, 'UNAUTHORIZED')
      expect(problem.details).toEqual({ reason: 'revoked' })
      expectProblem(await renew(token), 401)
    }
    const grant = await readGrant(first.grantId)
    expect(grant).toMatchObject({ revokeReason: 'It leaked.' })
    expect(grant.revokedAt).not.toBeNull()
    expect((await revoke(first.grantId)).status).toBe(200)
  })

  test('wants a reason, and a grant that is there', async () => {
    const { grantId } = await createToken(api)
    expectProblem(await api.ask(`/v1/tokens/${grantId}/revoke`, { body: {} }), 400)
    expectProblem(await revoke('01890000-0000-7000-8000-000000000000'), 404, 'NOT_FOUND')
  })

  test('ends the tokens of tasks that were claimed with it', async () => {
    const { token, grantId } = await createToken(api, { agentId: 'worker-7', kind: 'worker' })
    const { runId } = await startRun(api)
    const body = { worker: 'worker-7', capabilities: ['sketch'], limit: 20 }
    const { tasks } = expectAnswer(await api.ask('/v1/tasks/claim', { body, token }), ClaimedTasks)
    const mine = tasks.find(({ task }) => task.runId === runId)
    const beat = (with_: string) =>
      api.ask(`/v1/tasks/${mine?.task.id ?? ''}/heartbeat`, { body: { attempt: 1 }, token: with_ })
    const fresh = await beat(mine?.token ?? '')
    expect(fresh.status, fresh.text).toBe(200)
    await revoke(grantId)
    expectProblem(await beat(mine?.token ?? ''), 401, 'UNAUTHORIZED')
    expectProblem(await beat((fresh.json as { token: string }).token), 401, 'UNAUTHORIZED')
  })

  test('hangs up on a stream that is open', async () => {
    const { token, grantId } = await createToken(api, { agentId: 'watcher', role: 'auditor' })
    const response = await fetch(`${api.url}/v1/events/stream`, {
      headers: { authorization: `Bearer ${token}` },
    })
    expect(response.status).toBe(200)
    const reading = response.text().then(
      () => 'over',
      () => 'cut',
    )
    await revoke(grantId)
    expect(await reading).toMatch(/cut|over/u)
  }, 15_000)

  test('works for a token of another issuer that was never seen here', async () => {
    const body = { issuer: 'https://id.example', jti: 'abc', reason: 'Lost laptop.' }
    expect((await api.ask('/v1/tokens/revoke-foreign', { body })).status).toBe(200)
    const page = expectAnswer(await api.ask('/v1/tokens?limit=200'), makePage(GrantView))
    expect(page.items.find(({ jti }) => jti === 'abc')).toMatchObject({ issuer: 'https://id.example' })
    expectProblem(await api.ask('/v1/tokens/revoke-foreign', { body: { ...body, issuer: 'ropewalk' } }), 400)
  })
})

describe('a claim in the name of another', () => {
  test('is refused: the token says who works', async () => {
    const { token } = await createToken(api, { agentId: 'honest', kind: 'worker' })
    const body = { worker: 'somebody-else', capabilities: ['sketch'] }
    expectProblem(await api.ask('/v1/tasks/claim', { body, token }), 403, 'CLAIM_MISMATCH')
    expectProblem(await api.ask('/v1/work/claim', { body, token }), 403, 'CLAIM_MISMATCH')
  })

  test('a worker of the owner that calls itself owner does not speak as the owner', async () => {
    const { runId } = await startRun(api)
    const body = { worker: 'owner', capabilities: ['sketch'], limit: 20 }
    const { tasks } = expectAnswer(await api.ask('/v1/tasks/claim', { body }), ClaimedTasks)
    const mine = tasks.find(({ task }) => task.runId === runId)
    const who = expectAnswer(await api.ask('/v1/whoami', { token: mine?.token ?? '' }), WhoAmI)
    expect(who).toMatchObject({ kind: 'task', actsAs: 'agent', role: 'participant' })
    expect(who.agentId).toBe(`task:${mine?.task.id ?? ''}`)
    expect((await readRun(api, runId)).id).toBe(runId)
  })
})

describe('the keys', () => {
  test('are published for everybody, to be kept for a while, without their private half', async () => {
    const answered = await api.ask('/.well-known/jwks.json', { token: null })
    const { keys } = expectAnswer(answered, TokenKeySet)
    expect(answered.headers.get('cache-control')).toBe('public, max-age=300')
    expect(keys.length).toBeGreaterThan(0)
    for (const key of keys) {
      expect(Object.keys(key).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x'])
      expect(createPublicKey({ key: key, format: 'jwk' }).asymmetricKeyType).toBe('ed25519')
    }
  })

  test('are files that only their owner can read', () => {
    const dir = path.join(api.home, 'keys')
    const files = readdirSync(dir).filter((name) => name.startsWith('token-'))
    expect(files.length).toBeGreaterThan(0)
    for (const name of files) expect(statSync(path.join(dir, name)).mode & 0o777).toBe(0o600)
  })

  test('change when asked: older tokens go on to hold, unless their key is retired', async () => {
    const before = (await createToken(api, { agentId: 'before' })).token
    const rotate = async (body: object) =>
      expectAnswer(await api.ask('/v1/tokens/rotate-key', { body }), KeyRotated)
    const { kid, retired } = await rotate({ reason: 'As every quarter.' })
    expect(retired).toEqual([])
    const after = (await createToken(api, { agentId: 'after' })).token
    expect(splitToken(after).header['kid']).toBe(kid)
    for (const token of [before, after]) expectAnswer(await api.ask('/v1/whoami', { token }), WhoAmI)
    const strict = await rotate({ retireOlder: true, reason: 'It was on a stolen disk.' })
    expect(strict.retired).toContain(kid)
    // Other processes learn of it within 5 s, this one as well.
    await expect
      .poll(async () => (await api.ask('/v1/whoami', { token: after })).status, { timeout: 10_000 })
      .toBe(401)
    const { keys } = expectAnswer(await api.ask('/.well-known/jwks.json', { token: null }), TokenKeySet)
    expect(keys.map((key) => key['kid'])).toEqual([strict.kid])
    expectProblem(await api.ask('/v1/tokens/rotate-key', { body: {} }), 400)
    const noted = await api.engine.listAudit(WORKSPACE, { limit: 10, operation: 'rotateTokenKey' })
    expect(
      noted.items.map(({ actor, reason, resourceId }) => ({ actor, reason, resourceId })),
    ).toContainEqual({
      actor: 'owner',
      reason: 'It was on a stolen disk.',
      resourceId: strict.kid,
    })
  }, 20_000)
})

describe('what a client without a token is told', () => {
  test('is where tokens come from', async () => {
    for (const [address, resource] of [
      ['/.well-known/oauth-protected-resource', api.url],
      ['/.well-known/oauth-protected-resource/mcp', `${api.url}/mcp`],
    ] as const) {
      const answered = await api.ask(address, { token: null })
      expect(answered.status).toBe(200)
      expect(answered.json).toMatchObject({ resource, bearer_methods_supported: ['header'] })
      expect(answered.json).not.toHaveProperty('authorization_servers')
    }
  })
})

test('what a token did and was refused is in the audit', async () => {
  const { token, grantId } = await createToken(api, { agentId: 'audited', role: 'coordinator' })
  const key = await api.ask('/v1/runs', { body: { idea: 'Audited', budgetUsd: 0 }, token })
  expect(key.status).toBe(202)
  expectProblem(await api.ask(`/v1/tokens/${grantId}`, { token }), 403, 'FORBIDDEN')
  await expect
    .poll(async () =>
      (await api.engine.listAudit(WORKSPACE, { limit: 200, actor: 'audited' })).items.map(
        ({ operation, result, actorRole }) => `${actorRole} ${operation} ${result}`,
      ),
    )
    .toEqual(
      expect.arrayContaining(['coordinator startRun ok', 'coordinator readToken FORBIDDEN']) as string[],
    )
  const made = await api.engine.listAudit(WORKSPACE, { limit: 200, operation: 'createToken' })
  expect(made.items[0]).toMatchObject({
    actor: 'owner',
    result: 'ok',
    resourceType: 'token',
    resourceId: grantId,
  })
  expect(JSON.stringify(made.items)).not.toContain('eyJ')
})
