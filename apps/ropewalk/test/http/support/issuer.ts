import { generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SignJWT } from 'jose'

export type IssuerKey = {
  readonly kid: string
  readonly alg: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

const makeKey = (alg: string): IssuerKey => {
  const pair =
    alg === 'EdDSA'
      ? generateKeyPairSync('ed25519')
      : alg === 'ES256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { kid: randomUUID(), alg, ...pair }
}

export type Issuer = {
  readonly url: string
  readonly jwksUrl: string
  /** How often its keys were asked for. */
  readonly getAsked: () => number
  readonly setBroken: (broken: 'no' | 'down' | 'nonsense' | 'hangs') => void
  /** Makes a key of an algorithm and publishes it. */
  readonly addKey: (alg: string) => IssuerKey
  readonly sign: (
    key: IssuerKey,
    changed?: Record<string, unknown>,
    head?: Record<string, unknown>,
  ) => Promise<string>
  readonly stop: () => Promise<void>
}

/** An issuer of its own on loopback, as an identity provider would be. */
export const startIssuer = async (): Promise<Issuer> => {
  const keys: IssuerKey[] = []
  let broken: 'no' | 'down' | 'nonsense' | 'hangs' = 'no'
  let asked = 0
  const server = createServer((_request, response) => {
    asked += 1
    if (broken === 'hangs') return
    if (broken === 'down') {
      response.writeHead(500).end()
      return
    }
    const set = keys.map(({ kid, alg, publicKey }) => ({
      ...publicKey.export({ format: 'jwk' }),
      kid,
      alg,
      use: 'sig',
    }))
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(broken === 'nonsense' ? '<html>' : JSON.stringify({ keys: set }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    jwksUrl: `${url}/keys`,
    getAsked: () => asked,
    setBroken: (how) => {
      broken = how
    },
    addKey: (alg) => {
      const key = makeKey(alg)
      keys.push(key)
      return key
    },
    sign: ({ kid, alg, privateKey }, changed = {}, head = {}) => {
      const now = Math.floor(Date.now() / 1000)
      const claims = {
        iss: url,
        aud: 'ropewalk',
        sub: 'user-1',
        jti: randomUUID(),
        iat: now,
        exp: now + 300,
        agent_id: 'visitor',
        workspace_id: 'default',
        role: 'participant',
        kind: 'agent',
        session_id: 'visit-1',
        ...changed,
      }
      const kept = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined))
      return new SignJWT(kept).setProtectedHeader({ alg, kid, typ: 'JWT', ...head }).sign(privateKey)
    },
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
