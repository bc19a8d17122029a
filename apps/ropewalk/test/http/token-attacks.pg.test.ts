import { createHmac, generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto'
import { WhoAmI } from '@ropewalk/core/contract/api/tokens'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectAnswer, expectProblem } from './support/drive.ts'
import { startApi, type TestApi } from './support/start-api.ts'
import { assemble, createToken, encode, getSigningKey, splitToken } from './support/tokens.ts'

let api: TestApi
let token: string
let header: Record<string, unknown>
let claims: Record<string, unknown>
let key: KeyObject
beforeAll(async () => {
  api = await startApi()
  token = (await createToken(api)).token
  ;({ header, claims } = splitToken(token))
  key = getSigningKey(api).privateKey
})
afterAll(async () => {
  await api.stop()
})

const nowSeconds = (): number => Math.floor(Date.now() / 1000)

/** What our own key signs, with claims and header changed; undefined takes one away. */
const forge = (
  changed: Record<string, unknown>,
  head: Record<string, unknown> = {},
  by: KeyObject = key,
): string => assemble({ ...header, ...head }, { ...claims, ...changed }, (text) => sign(null, text, by))

const whoAmI = (with_: string) => api.ask('/v1/whoami', { token: with_ })

const expectRefused = async (forged: string, reason = 'invalid'): Promise<void> => {
  const answered = await whoAmI(forged)
  const problem = expectProblem(answered, 401, 'UNAUTHORIZED')
  expect(problem.details).toEqual({ reason })
  expect(answered.headers.get('www-authenticate')).toBe('Bearer realm="ropewalk"')
  // Never given back, whole or in parts.
  for (const part of forged.split('.')) if (part.length > 10) expect(answered.text).not.toContain(part)
}

describe('a token of ours', () => {
  test('says who calls', async () => {
    const who = expectAnswer(await whoAmI(token), WhoAmI)
    expect(who).toMatchObject({ kind: 'grant', agentId: 'tester', role: 'participant', actsAs: 'agent' })
  })

  test('is taken again when our own key signs the same claims: the attacks below fail for what they change', async () => {
    expectAnswer(await whoAmI(forge({})), WhoAmI)
  })
})

describe('a forged token', () => {
  test('without a signature is refused, however "none" is spelled', async () => {
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) {
      const head = `${encode({ ...header, alg })}.${encode(claims)}`
      await expectRefusedOrUnread(`${head}.`)
      await expectRefused(`${head}.${encode('x'.repeat(64))}`)
    }
  })

  test('signed with the public key as a shared secret is refused', async () => {
    const jwk = getSigningKey(api).all[0]?.jwk ?? {}
    const secrets = [
      Buffer.from(String(jwk['x']), 'base64url'),
      Buffer.from(String(jwk['x'])),
      Buffer.from(JSON.stringify(jwk)),
    ]
    for (const secret of secrets)
      for (const [alg, hash] of [
        ['HS256', 'sha256'],
        ['HS512', 'sha512'],
      ] as const)
        await expectRefused(
          assemble({ ...header, alg }, claims, (text) => createHmac(hash, secret).update(text).digest()),
        )
  })

  test('that brings its own key along is refused, in the header and by address', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: header['kid'], alg: 'EdDSA' }
    const jku = `${api.url}/.well-known/jwks.json`
    for (const head of [
      { jwk },
      { jwk, kid: undefined },
      { jku },
      { x5u: jku },
      { jwk, jku },
      { x5c: ['AAAA'] },
    ])
      await expectRefused(forge({}, head, privateKey))
  })

  test('under another algorithm that our key could make, or none we know, is refused', async () => {
    for (const alg of ['Ed25519', 'ES256', 'RS256', 'PS256', 'ES256K', 'eddsa', 'XX'])
      await expectRefused(forge({}, { alg }))
  })

  test('for another audience, issuer or type is refused', async () => {
    for (const aud of ['other', ['other'], '', undefined, 7]) await expectRefused(forge({ aud }))
    for (const iss of ['other', 'Ropewalk', '', undefined, ['ropewalk'], null])
      await expectRefused(forge({ iss }))
    for (const typ of ['JWT', 'id+jwt', 'logout+jwt', '', undefined, 'at+jwt+x'])
      await expectRefused(forge({}, { typ }))
  })

  test('that is over, not begun, or from the future is refused', async () => {
    const now = nowSeconds()
    await expectRefused(forge({ exp: now - 10 }), 'expired')
    await expectRefused(forge({ exp: 0 }), 'expired')
    await expectRefused(forge({ nbf: now + 60 }))
    await expectRefused(forge({ iat: now + 60 }))
    for (const exp of [undefined, 'tomorrow', null, {}]) await expectRefused(forge({ exp }))
    expectAnswer(await whoAmI(forge({ nbf: now + 2, iat: now + 2 })), WhoAmI)
  })

  test('without one of the claims is refused', async () => {
    const names = ['jti', 'agent_id', 'workspace_id', 'role', 'kind', 'session_id', 'grant_id', 'iat', 'nbf']
    for (const name of names) await expectRefused(forge({ [name]: undefined }))
  })

  test('whose claims are no claims of ours is refused', async () => {
    const wrong: Record<string, unknown>[] = [
      { role: 'owner' },
      { role: ['operator'] },
      { role: 'operator' },
      { kind: 'operator' },
      { kind: 'person' },
      { agent_id: 'owner' },
      { agent_id: '' },
      { agent_id: 'a b' },
      { agent_id: '\u0000' },
      { workspace_id: '../default' },
      { workspace_id: 'Default' },
      { session_id: '' },
      { grant_id: 'all' },
      { scope: ['runs:read'] },
      { jti: '' },
      { jti: 'x'.repeat(300) },
    ]
    for (const changed of wrong) await expectRefused(forge(changed))
  })

  test('with a role written over it is refused: the signature is of the other claims', async () => {
    const [head = '', , signature = ''] = token.split('.')
    for (const changed of [
      { role: 'operator', kind: 'operator' },
      { role: 'coordinator' },
      { agent_id: 'boss' },
    ])
      await expectRefused(`${head}.${encode({ ...claims, ...changed })}.${signature}`)
  })

  test('of a key that is not ours is refused, whichever name it gives it', async () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    for (const kid of [header['kid'], randomUUID(), '', undefined, '../token-0001', '__proto__', 7])
      await expectRefused(forge({}, { kid }, privateKey))
    for (const kid of [randomUUID(), undefined, 'constructor']) await expectRefused(forge({}, { kid }))
  })

  test('of a grant or workspace that there is not is refused', async () => {
    await expectRefused(forge({ grant_id: '01890000-0000-7000-8000-000000000000' }), 'revoked')
    await expectRefused(forge({ workspace_id: 'other' }), 'revoked')
  })

  test('that asks for an extension that we do not know is refused', async () => {
    await expectRefused(forge({}, { crit: ['exp'] }))
    await expectRefused(forge({}, { crit: ['b64'], b64: false }))
  })

  test('in any other spelling of the same bytes is refused', async () => {
    const [head = '', payload = '', signature = ''] = token.split('.')
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const twins = [...letters].filter(
      (letter) =>
        letter !== signature.at(-1) &&
        Buffer.from(signature.slice(0, -1) + letter, 'base64url').equals(Buffer.from(signature, 'base64url')),
    )
    expect(twins.length).toBeGreaterThan(0)
    for (const letter of twins) await expectRefused(`${head}.${payload}.${signature.slice(0, -1)}${letter}`)
    for (const other of [
      `${head}.${payload}.${signature}=`,
      `${head}=.${payload}.${signature}`,
      `${head}.${payload}=.${signature}`,
      `${head}.${payload}.${signature}A`,
      `${head}.${payload}.${signature.slice(0, -1)}`,
      `${token}.`,
      `${token}.${signature}`,
      `${head}..${signature}`,
      `.${payload}.${signature}`,
    ])
      await expectRefusedOrUnread(other)
  })

  test('is refused when any single character of it is changed', async () => {
    for (let index = 0; index < token.length; index += 7) {
      const other = token[index] === 'A' ? 'B' : 'A'
      await expectRefusedOrUnread(`${token.slice(0, index)}${other}${token.slice(index + 1)}`)
    }
  })
})

/** Refused as a token, or as something that is none; either way without a word about it. */
async function expectRefusedOrUnread(forged: string): Promise<void> {
  expectProblem(await whoAmI(forged), 401, 'UNAUTHORIZED')
}

describe('no Authorization header breaks the door', () => {
  const strange = [
    'Bearer',
    'Bearer ',
    'Bearer  ',
    'bearer x',
    'Basic b3duZXI6b3duZXI=',
    'Bearer ..',
    'Bearer ...',
    'Bearer a.b.c',
    'Bearer ey.ey.ey',
    'Bearer eyJ.eyJ.eyJ',
    `Bearer ${encode('null')}.${encode('null')}.AAAA`,
    `Bearer ${encode('[]')}.${encode('[]')}.AAAA`,
    `Bearer ${encode({ alg: 'EdDSA' })}.${encode('"text"')}.AAAA`,
    `Bearer ${encode({ alg: 'EdDSA', typ: 'at+jwt' })}.${encode({ iss: 'ropewalk' })}.AAAA`,
    `Bearer ${encode({ alg: { a: 1 } })}.${encode({ iss: 'ropewalk' })}.AAAA`,
    `Bearer ${encode({ alg: 'EdDSA', kid: 'a'.repeat(2000) })}.${encode({ iss: 'ropewalk' })}.AAAA`,
    `Bearer ${encode(`{"alg":"EdDSA","alg":"none"}`)}.${encode(`{"iss":"ropewalk","iss":"x"}`)}.AAAA`,
    `Bearer ${encode(`${'['.repeat(1000)}${']'.repeat(1000)}`)}.${encode('{}')}.AAAA`,
    `Bearer ${'A'.repeat(4090)}`,
    `Bearer ${'A'.repeat(5000)}`,
    'Bearer rwt1.e30.AAAA',
    `Bearer rwt1.${encode('{}')}.${'A'.repeat(43)}`,
    'Bearer owner-token-of-the-test',
    'Bearer owner-token-of-the-tests.',
    'Token owner-token-of-the-tests',
    'Bearer \t\t',
  ]

  test.each(strange)('%#', async (authorization) => {
    const answered = await api.ask('/v1/whoami', { token: null, headers: { authorization } })
    expectProblem(answered, 401, 'UNAUTHORIZED')
  })

  test('nor does random text, or a real token with holes in it', async () => {
    let seed = 7
    const next = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
      return seed % below
    }
    const alphabet = 'abcXYZ019.-_=+/ ey~"\\{}[]:,'
    for (let round = 0; round < 200; round += 1) {
      const text = Array.from({ length: 1 + next(60) }, () => alphabet[next(alphabet.length)]).join('')
      const cut = next(token.length)
      const authorization = round % 2 === 0 ? `Bearer ${text}` : `Bearer ${token.slice(0, cut)}${text}`
      const answered = await api.ask('/v1/whoami', { token: null, headers: { authorization } })
      expect(answered.status, authorization).toBe(401)
    }
  })
})
