import { describe, expect, test } from 'vitest'
import { type Permission, PERMISSIONS } from '../../src/access/permissions.ts'
import { type Role, Role as Roles, type TokenKind, TokenKind as Kinds } from '../../src/access/roles.ts'
import type { Stamp } from '../../src/decision.ts'
import { AgentId, GrantId, SessionId, WorkspaceId } from '../../src/ids.ts'
import { decideGrant } from '../../src/token/decide-grant.ts'
import { foldGrant } from '../../src/token/evolve-grant.ts'
import { makeForeignGrantId, TokenEvent } from '../../src/token/token.ts'
import type { Grant, GrantDraft, TokenCommand, TokenEventAt } from '../../src/token/token.ts'

const workspaceId = WorkspaceId.parse('default')
const grantId = GrantId.parse('01890000-0000-7000-8000-000000000001')
const on = { workspaceId, grantId }

const stampAt = (at: string): Stamp => ({ at, seed: at, by: { kind: 'person', id: 'anna' } })
const NOON = stampAt('2026-01-31T12:00:00.000Z')
const LATER = stampAt('2026-01-31T12:05:00.000Z')

const DRAFT: GrantDraft = {
  name: 'the reviewer of the night',
  kind: 'agent',
  agentId: AgentId.parse('reviewer'),
  role: 'participant',
  scopes: null,
  sessionId: SessionId.parse('s-1'),
  ttlMs: 3_600_000,
  expiresAt: '2026-02-28T12:00:00.000Z',
}

const create = (change: Partial<GrantDraft> = {}): TokenCommand => ({
  type: 'CreateGrant',
  ...on,
  grant: { ...DRAFT, ...change },
})
const issue = (expiresAt = '2026-01-31T13:00:00.000Z', jti = 'j-1'): TokenCommand => ({
  type: 'IssueToken',
  ...on,
  jti,
  expiresAt,
})
const REVOKE: TokenCommand = { type: 'RevokeGrant', ...on, reason: 'The laptop is lost.' }

/** Decides commands, all of them at `stamp`s given or at noon, and folds what they told. */
const run = (...steps: readonly (TokenCommand | readonly [TokenCommand, Stamp])[]) => {
  const history: TokenEventAt[] = []
  let grant: Grant | null = null
  let id: GrantId = grantId
  let answer: Readonly<Record<string, unknown>> = {}
  for (const step of steps) {
    const [command, stamp] = 'type' in step ? [step, NOON] : step
    id = command.grantId
    const decision = decideGrant(grant, command, stamp)
    if (decision.type === 'refused') return { grant, history, answer, refused: decision }
    for (const event of decision.events) expect(TokenEvent.parse(event)).toEqual(event)
    history.push(...decision.events.map((event) => ({ ...event, at: stamp.at })))
    grant = decision.state
    answer = decision.answer
  }
  expect(foldGrant(id, history)).toEqual(grant)
  return { grant, history, answer, refused: undefined }
}

describe('a grant', () => {
  test('is what was asked for, and says who gave it and when', () => {
    const { grant, answer } = run(create())
    expect(grant).toEqual({
      ...DRAFT,
      id: grantId,
      issuer: 'ropewalk',
      jti: null,
      createdBy: 'anna',
      createdAt: NOON.at,
      issued: 0,
      lastIssuedAt: null,
      revokedAt: null,
      revokeReason: null,
    })
    expect(answer).toEqual({ grantId, expiresAt: DRAFT.expiresAt })
  })

  test('is made once', () => {
    expect(run(create(), create()).refused).toMatchObject({ code: 'CONFLICT' })
  })

  test.each(['2026-01-31T11:59:59.999Z', NOON.at, '2027-02-01T12:00:00.001Z', '9999-12-31T23:59:59.999Z'])(
    'that ends at %s is refused: its end lies ahead, a year at most',
    (expiresAt) => {
      expect(run(create({ expiresAt })).refused).toMatchObject({ code: 'INVALID_ARGUMENT' })
    },
  )

  test('may end a year from now', () => {
    expect(run(create({ expiresAt: '2027-01-31T12:00:00.000Z' })).refused).toBeUndefined()
  })

  const pairs = Kinds.options.flatMap((kind) => Roles.options.map((role) => [kind, role] as const))
  const GOOD: Readonly<Record<TokenKind, readonly Role[]>> = {
    operator: ['auditor', 'operator'],
    agent: ['participant', 'coordinator', 'auditor'],
    worker: ['participant', 'coordinator', 'auditor'],
    automation: ['participant', 'coordinator', 'auditor'],
  }
  test.each(pairs)('of kind %s with role %s is given only where they fit', (kind, role) => {
    const { refused } = run(create({ kind, role }))
    expect(refused?.code).toBe(GOOD[kind].includes(role) ? undefined : 'INVALID_ARGUMENT')
  })

  // Object.keys cannot know that these are all the names there are.
  const scopes = Object.keys(PERMISSIONS) as Permission[]
  test.each(scopes)('can be narrowed to %s by roles that have it, and by no other', (scope) => {
    const having: readonly Role[] = PERMISSIONS[scope].roles
    for (const role of Roles.options) {
      const kind = role === 'operator' ? 'operator' : 'agent'
      const { refused } = run(create({ kind, role, scopes: [scope] }))
      expect({ role, code: refused?.code }).toEqual({
        role,
        code: having.includes(role) ? undefined : 'INVALID_ARGUMENT',
      })
    }
  })

  test('that is to have one scope too much names it', () => {
    const { refused } = run(create({ scopes: ['threads:read', 'policy:write'] }))
    expect(refused).toMatchObject({ details: { scopes: ['policy:write'] } })
  })
})

describe('a token', () => {
  test('is counted, and is told without what it is', () => {
    const { grant, history, answer } = run(create(), issue(), [issue(undefined, 'j-2'), LATER])
    expect(grant).toMatchObject({ issued: 2, lastIssuedAt: LATER.at })
    expect(history.at(-1)?.data).toEqual({ jti: 'j-2', expiresAt: '2026-01-31T13:00:00.000Z' })
    expect(answer).toEqual({ grantId, jti: 'j-2', expiresAt: '2026-01-31T13:00:00.000Z' })
  })

  test('is refused without a grant, under one that was revoked, and under one that has ended', () => {
    expect(run(issue()).refused).toMatchObject({ code: 'NOT_FOUND' })
    expect(run(create(), REVOKE, issue()).refused).toMatchObject({ code: 'FORBIDDEN' })
    expect(run(create(), [issue(), stampAt(DRAFT.expiresAt)]).refused).toMatchObject({ code: 'FORBIDDEN' })
  })

  test('does not outlive its grant', () => {
    expect(run(create(), issue(DRAFT.expiresAt)).refused).toBeUndefined()
    expect(run(create(), issue('2026-02-28T12:00:00.001Z')).refused).toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
  })
})

describe('revoking', () => {
  test('says when and why, once', () => {
    const again = { ...REVOKE, reason: 'And again.' }
    const { grant, history } = run(create(), [REVOKE, LATER], again)
    expect(history).toHaveLength(2)
    expect(grant).toMatchObject({ revokedAt: LATER.at, revokeReason: 'The laptop is lost.' })
  })

  test('what is not there is refused', () => {
    expect(run(REVOKE).refused).toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('a token of another issuer', () => {
  const issuer = 'https://issuer.example'
  const foreign = (jti: string, from = issuer): TokenCommand => ({
    type: 'RevokeForeignToken',
    workspaceId,
    grantId: makeForeignGrantId(workspaceId, from, jti),
    issuer: from,
    jti,
    reason: 'It was stolen.',
  })

  test('is known once it was revoked, and stays so', () => {
    const { grant, history } = run(foreign('abc'), [foreign('abc'), LATER])
    expect(history).toHaveLength(1)
    expect(grant).toMatchObject({ issuer, jti: 'abc', revokedAt: NOON.at, role: 'participant', issued: 0 })
  })

  test('gives no tokens', () => {
    const id = makeForeignGrantId(workspaceId, issuer, 'abc')
    expect(run(foreign('abc'), { ...issue(), grantId: id }).refused).toMatchObject({ code: 'FORBIDDEN' })
  })

  test('has an id of its own, which must be the one that is named', () => {
    const ids = [
      makeForeignGrantId(workspaceId, issuer, 'abc'),
      makeForeignGrantId(workspaceId, issuer, 'abd'),
      makeForeignGrantId(workspaceId, `${issuer}a`, 'bc'),
      makeForeignGrantId(WorkspaceId.parse('other'), issuer, 'abc'),
    ]
    expect(new Set(ids).size).toBe(4)
    expect(run({ ...foreign('abc'), grantId }).refused).toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  test('is none of ours', () => {
    expect(run(foreign('abc', 'ropewalk')).refused).toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  test('may have a name of any length', () => {
    const { grant } = run(foreign('x'.repeat(200)))
    expect(grant?.name.length).toBeLessThanOrEqual(120)
    expect(grant?.jti).toHaveLength(200)
  })
})

test('a history without its beginning does not fold', () => {
  const history: TokenEventAt[] = [
    { type: 'token.revoked', v: 1, data: { reason: 'x', by: 'y' }, at: NOON.at },
  ]
  expect(() => foldGrant(grantId, history)).toThrow(/no grant for token\.revoked/u)
})
