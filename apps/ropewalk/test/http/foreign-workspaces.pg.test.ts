import { randomUUID } from 'node:crypto'
import { WhoAmI } from '@ropewalk/core/contract/api/tokens'
import { AgentId, GrantId, SessionId, WorkspaceId } from '@ropewalk/core/ids'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { issueToken } from '../../src/engine/identity/issue-token.ts'
import { createWorkspace } from '../../src/store/create-workspace.ts'
import { openTokenKeys } from '../../src/store/keys/token-keys.ts'
import { expectAnswer, expectProblem, startRun } from './support/drive.ts'
import { startApi, WORKSPACE, type TestApi } from './support/start-api.ts'
import { assemble, createToken, splitToken } from './support/tokens.ts'
import { sign } from 'node:crypto'

const OTHER = WorkspaceId.parse('other')

let api: TestApi
let stranger: string
beforeAll(async () => {
  api = await startApi()
  await createWorkspace(api.engine.store, { id: OTHER, capMicros: 0 })
  const grantId = GrantId.parse(randomUUID())
  const by = { kind: 'person', id: 'owner' } as const
  await api.engine.submit(
    {
      type: 'CreateGrant',
      workspaceId: OTHER,
      grantId,
      grant: {
        name: 'stranger',
        kind: 'operator',
        agentId: AgentId.parse('stranger'),
        role: 'operator',
        scopes: null,
        sessionId: SessionId.parse('s-1'),
        ttlMs: 3_600_000,
        expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
      },
    },
    { by },
  )
  const sources = { engine: api.engine, keys: openTokenKeys(api.home), audience: 'ropewalk' }
  stranger = (await issueToken(sources, { workspaceId: OTHER, grantId }, { by })).token
})
afterAll(async () => {
  await api.stop()
})

/** What differs from answer to answer, and the id that was asked for. */
const strip = (text: string, id: string): string =>
  text.replaceAll(id, 'ID').replaceAll(/"(request_id|occurred_at)":"[^"]*"/gu, '"$1":""')

describe('somebody of another workspace', () => {
  test('is who they are, there', async () => {
    const who = expectAnswer(await api.ask('/v1/whoami', { token: stranger }), WhoAmI)
    expect(who).toMatchObject({ workspaceId: OTHER, role: 'operator' })
  })

  test('is told of what is here as of what is not, word for word, and it is noted in both workspaces', async () => {
    const { runId } = await startRun(api)
    const { grantId } = await createToken(api)
    for (const [address, id, body] of [
      ['/v1/runs/ID', runId, undefined],
      ['/v1/tokens/ID', grantId, undefined],
      ['/v1/tokens/ID/revoke', grantId, { reason: 'Mine now.' }],
      ['/v1/runs/ID/waivers', runId, undefined],
    ] as const) {
      const ask = (one: string) =>
        api.ask(address.replace('ID', one), { token: stranger, ...(body === undefined ? {} : { body }) })
      const missing = randomUUID()
      const [foreign, none] = [await ask(id), await ask(missing)]
      expectProblem(foreign, 404, 'NOT_FOUND')
      expect(strip(foreign.text, id)).toBe(strip(none.text, missing))
      const requestId = foreign.headers.get('x-request-id')
      for (const workspace of [OTHER, WORKSPACE])
        await expect
          .poll(async () =>
            (await api.engine.listAudit(workspace, { limit: 200 })).items.some(
              (entry) => entry.requestId === requestId && entry.result === 'NOT_FOUND',
            ),
          )
          .toBe(true)
      const here = (await api.engine.listAudit(WORKSPACE, { limit: 200 })).items
      expect(here.some((entry) => entry.requestId === none.headers.get('x-request-id'))).toBe(false)
    }
    expect((await api.ask('/v1/runs', { token: stranger })).json).toMatchObject({ items: [] })
  })

  test('cannot move their token here: the grant is not one of this workspace', async () => {
    const { header, claims } = splitToken(stranger)
    const { privateKey } = openTokenKeys(api.home)
    const moved = assemble(header, { ...claims, workspace_id: WORKSPACE }, (text) =>
      sign(null, text, privateKey),
    )
    expectProblem(await api.ask('/v1/whoami', { token: moved }), 401, 'UNAUTHORIZED')
  })

  test('learns nothing by an idempotency key that somebody here used', async () => {
    const headers = { 'idempotency-key': 'shared-key' }
    const body = { agentId: 'mine', role: 'participant' }
    const ours = await api.ask('/v1/tokens', { body, headers })
    const theirs = await api.ask('/v1/tokens', { body, headers, token: stranger })
    expect(theirs.status).toBe(200)
    expect((theirs.json as { grantId: string }).grantId).not.toBe((ours.json as { grantId: string }).grantId)
  })
})
