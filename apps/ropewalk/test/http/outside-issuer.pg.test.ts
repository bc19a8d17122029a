import { WhoAmI } from '@ropewalk/core/contract/api/tokens'
import { createHmac, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectAnswer, expectProblem } from './support/drive.ts'
import { startIssuer, type Issuer, type IssuerKey } from './support/issuer.ts'
import { startApi, type TestApi } from './support/start-api.ts'
import { assemble, createToken, splitToken } from './support/tokens.ts'

let issuer: Issuer
let api: TestApi
let keys: Readonly<Record<'EdDSA' | 'ES256' | 'RS256', IssuerKey>>
let key: IssuerKey
beforeAll(async () => {
  issuer = await startIssuer()
  keys = { EdDSA: issuer.addKey('EdDSA'), ES256: issuer.addKey('ES256'), RS256: issuer.addKey('RS256') }
  key = keys.EdDSA
  api = await startApi({}, { authJwksUrl: issuer.jwksUrl, authIssuer: issuer.url })
})
afterAll(async () => {
  await api.stop()
  await issuer.stop()
})

const whoAmI = (token: string) => api.ask('/v1/whoami', { token })

describe('a token of the issuer in the settings', () => {
  test.each(['EdDSA', 'ES256', 'RS256'] as const)('signed with %s says who calls', async (alg) => {
    const who = expectAnswer(await whoAmI(await issuer.sign(keys[alg])), WhoAmI)
    expect(who).toMatchObject({ kind: 'grant', agentId: 'visitor', role: 'participant', grantId: null })
  })

  test('is a person where it says operator, of that role', async () => {
    const token = await issuer.sign(key, { agent_id: 'ada@example', role: 'operator', kind: 'operator' })
    expect((await whoAmI(token)).status).toBe(200)
    expect(expectAnswer(await whoAmI(token), WhoAmI)).toMatchObject({ actsAs: 'person', role: 'operator' })
    expect((await api.ask('/v1/tokens', { token })).status).toBe(200)
    expectProblem(await whoAmI(await issuer.sign(key, { role: 'operator' })), 401)
    expectProblem(
      await whoAmI(await issuer.sign(key, { agent_id: 'owner', role: 'operator', kind: 'operator' })),
      401,
    )
  })

  test('has of its scopes those that are permissions here, and none where none is', async () => {
    const ask = async (scope: string, address: string) =>
      (await api.ask(address, { token: await issuer.sign(key, { scope }) })).status
    expect(await ask('openid runs:read', '/v1/runs')).toBe(200)
    expect(await ask('openid runs:read', '/v1/items')).toBe(403)
    expect(await ask('openid profile', '/v1/runs')).toBe(403)
  })

  test('is refused with another audience, issuer, type or workspace, without an end, or over', async () => {
    const now = Math.floor(Date.now() / 1000)
    for (const changed of [
      { aud: 'another' },
      { aud: undefined },
      { iss: `${issuer.url}/` },
      { exp: undefined },
      { exp: now - 60 },
      { nbf: now + 60 },
      { iat: now + 60 },
      { jti: undefined },
      { session_id: undefined },
      { kind: undefined },
      { role: 'admin' },
      { workspace_id: 'there-is-none' },
    ])
      expectProblem(await whoAmI(await issuer.sign(key, changed)), 401, 'UNAUTHORIZED')
    for (const typ of ['logout+jwt', 'dpop+jwt', 'id+jwt'])
      expectProblem(await whoAmI(await issuer.sign(key, {}, { typ })), 401, 'UNAUTHORIZED')
  })

  test('cannot be made out of what is public', async () => {
    const good = await issuer.sign(keys.RS256)
    const { header, claims } = splitToken(good)
    const pem = keys.RS256.publicKey.export({ type: 'spki', format: 'pem' })
    for (const alg of ['HS256', 'HS384', 'none', 'RS1', 'PS256'])
      expectProblem(
        await whoAmI(
          assemble({ ...header, alg }, claims, (text) => createHmac('sha256', pem).update(text).digest()),
        ),
        401,
        'UNAUTHORIZED',
      )
  })

  test('cannot say that it is of ours, nor one of ours that it is of the issuer', async () => {
    const pretended = await issuer.sign(
      key,
      { iss: 'ropewalk', nbf: 0, grant_id: '01890000-0000-7000-8000-000000000000' },
      { typ: 'at+jwt' },
    )
    expectProblem(await whoAmI(pretended), 401, 'UNAUTHORIZED')
    const { token } = await createToken(api)
    expectAnswer(await whoAmI(token), WhoAmI)
  })

  test('holds until it is revoked here, at once', async () => {
    const jti = randomUUID()
    const token = await issuer.sign(key, { jti })
    expect((await whoAmI(token)).status).toBe(200)
    const body = { issuer: issuer.url, jti, reason: 'It leaked.' }
    expect((await api.ask('/v1/tokens/revoke-foreign', { body })).status).toBe(200)
    const problem = expectProblem(await whoAmI(token), 401, 'UNAUTHORIZED')
    expect(problem.details).toEqual({ reason: 'revoked' })
    expect((await whoAmI(await issuer.sign(key))).status).toBe(200)
  })

  test('clients without a token are told of it', async () => {
    const answered = await api.ask('/.well-known/oauth-protected-resource/mcp', { token: null })
    expect(answered.json).toMatchObject({ authorization_servers: [issuer.url] })
  })
})

describe('an issuer whose keys cannot be had', () => {
  test.each(['down', 'nonsense', 'hangs'] as const)(
    '(%s) is told as such, is not asked by every token, and stands in nobody else’s way',
    async (how) => {
      const own = await startIssuer()
      own.setBroken(how)
      const other = await startApi({}, { authJwksUrl: own.jwksUrl, authIssuer: own.url })
      try {
        const key = own.addKey('EdDSA')
        const tokens = await Promise.all(Array.from({ length: 10 }, () => own.sign(key)))
        const answers = await Promise.all(tokens.map((token) => other.ask('/v1/whoami', { token })))
        for (const answered of answers) expectProblem(answered, 503, 'ISSUER_UNREACHABLE')
        expect(answers[0]?.headers.get('retry-after')).toBe('5')
        expectProblem(await other.ask('/v1/whoami', { token: tokens[0] ?? '' }), 503)
        expect(own.getAsked()).toBe(1)
        const { token } = await createToken(other)
        for (const good of [undefined, token])
          expect((await other.ask('/v1/whoami', good === undefined ? {} : { token: good })).status).toBe(200)
        own.setBroken('no')
        if (how !== 'down') return
        await expect
          .poll(async () => (await other.ask('/v1/whoami', { token: tokens[0] ?? '' })).status, {
            timeout: 9000,
            interval: 500,
          })
          .toBe(200)
      } finally {
        await other.stop()
        await own.stop()
      }
    },
    30_000,
  )

  test('goes on to serve keys that are at hand', async () => {
    const own = await startIssuer()
    const key = own.addKey('EdDSA')
    const other = await startApi({}, { authJwksUrl: own.jwksUrl, authIssuer: own.url })
    try {
      const ask = async (by = key) => (await other.ask('/v1/whoami', { token: await own.sign(by) })).status
      expect(await ask()).toBe(200)
      own.setBroken('down')
      expect(await ask(own.addKey('EdDSA'))).toBe(401)
      expect(await ask()).toBe(200)
    } finally {
      await other.stop()
      await own.stop()
    }
  }, 20_000)
})
