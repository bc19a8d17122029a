import { WhoAmI } from '@ropewalk/core/contract/api/tokens'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectAnswer, expectProblem } from './support/drive.ts'
import { API_TOKEN, startApi, type TestApi } from './support/start-api.ts'
import { createToken } from './support/tokens.ts'

const AS_LEAD = { 'x-ropewalk-agent': 'lead', 'x-ropewalk-role': 'coordinator' }

const whoAmI = (api: TestApi, headers: Record<string, string>, token: string | null = null) =>
  api.ask('/v1/whoami', { token, headers })

describe('behind a proxy that is trusted', () => {
  let api: TestApi
  beforeAll(async () => {
    api = await startApi({}, { trustedProxies: '127.0.0.1, 10.9.9.9' })
  })
  afterAll(async () => {
    await api.stop()
  })

  test('its headers say who calls', async () => {
    const who = expectAnswer(await whoAmI(api, { ...AS_LEAD, 'x-ropewalk-session': 's-9' }), WhoAmI)
    expect(who).toMatchObject({
      kind: 'grant',
      agentId: 'lead',
      role: 'coordinator',
      sessionId: 's-9',
      workspaceId: 'default',
      actsAs: 'agent',
      grantId: null,
      tokenExpiresAt: null,
    })
    const person = { 'x-ropewalk-agent': 'ada', 'x-ropewalk-role': 'operator', 'x-ropewalk-kind': 'operator' }
    expect(expectAnswer(await whoAmI(api, person), WhoAmI).actsAs).toBe('person')
  })

  test('they give what their role has and no more', async () => {
    const body = { agentId: 'x', role: 'participant' }
    expectProblem(await api.ask('/v1/tokens', { token: null, headers: AS_LEAD, body }), 403, 'FORBIDDEN')
  })

  test('headers that are no such claims are refused', async () => {
    for (const headers of [
      { 'x-ropewalk-agent': 'lead' },
      { 'x-ropewalk-role': 'operator' },
      { ...AS_LEAD, 'x-ropewalk-role': 'operator' },
      { ...AS_LEAD, 'x-ropewalk-role': 'owner' },
      { ...AS_LEAD, 'x-ropewalk-agent': 'owner' },
      { ...AS_LEAD, 'x-ropewalk-agent': '' },
      { ...AS_LEAD, 'x-ropewalk-kind': 'person' },
      { ...AS_LEAD, 'x-ropewalk-workspace': 'other' },
      { ...AS_LEAD, 'x-ropewalk-grant': 'x' },
    ])
      expectProblem(await whoAmI(api, headers), 401, 'UNAUTHORIZED')
    expectProblem(await whoAmI(api, {}), 401, 'UNAUTHORIZED')
  })

  test('a token that is sent wins, and a bad one is refused whatever the headers say', async () => {
    const { token } = await createToken(api, { agentId: 'small' })
    expect(expectAnswer(await whoAmI(api, AS_LEAD, token), WhoAmI).agentId).toBe('small')
    expect(expectAnswer(await whoAmI(api, AS_LEAD, API_TOKEN), WhoAmI).kind).toBe('owner')
    for (const authorization of ['Bearer wrong', 'Basic eDp5', ''])
      expectProblem(await whoAmI(api, { ...AS_LEAD, authorization }), 401, 'UNAUTHORIZED')
    expectProblem(await whoAmI(api, { ...AS_LEAD, 'x-auth-token': 'wrong' }), 401, 'UNAUTHORIZED')
  })
})

describe('without one, or from elsewhere', () => {
  test.each([{}, { trustedProxies: '10.9.9.9' }, { trustedProxies: '0.0.0.0' }])(
    'headers of the kind count for nothing, nor do those that forward an address: %j',
    async (settings) => {
      const api = await startApi({}, settings)
      try {
        for (const headers of [
          AS_LEAD,
          { ...AS_LEAD, 'x-forwarded-for': '10.9.9.9' },
          { ...AS_LEAD, forwarded: 'for=10.9.9.9', 'x-real-ip': '10.9.9.9' },
        ])
          expectProblem(await whoAmI(api, headers), 401, 'UNAUTHORIZED')
        const { token } = await createToken(api, { agentId: 'small' })
        expect(expectAnswer(await whoAmI(api, AS_LEAD, token), WhoAmI)).toMatchObject({
          agentId: 'small',
          role: 'participant',
        })
      } finally {
        await api.stop()
      }
    },
  )
})

describe('requests of one token', () => {
  test('are counted together and limited by themselves; others go on', async () => {
    const api = await startApi({}, { tokenRequestsPerSecond: 5 })
    try {
      const first = await createToken(api, { agentId: 'busy' })
      const second = await createToken(api, { agentId: 'calm' })
      const ask = (token: string) => api.ask('/v1/whoami', { token })
      const answers = await Promise.all(Array.from({ length: 20 }, () => ask(first.token)))
      const limited = answers.filter(({ status }) => status === 429)
      expect(limited.length).toBeGreaterThan(9)
      for (const answered of limited) {
        expectProblem(answered, 429, 'RATE_LIMITED')
        expect(answered.headers.get('retry-after')).toBe('1')
      }
      expect((await ask(second.token)).status).toBe(200)
      expect((await api.ask('/v1/whoami')).status).toBe(200)
      // A fresh token of the same grant is no way around it.
      await expect.poll(async () => (await ask(first.token)).status).toBe(200)
      const fresh = await api.ask('/v1/tokens/renew', { body: {}, token: first.token })
      const token = (fresh.json as { token: string }).token
      const both = await Promise.all(
        Array.from({ length: 20 }, (_, index) => ask(index % 2 === 0 ? token : first.token)),
      )
      expect(both.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(10)
    } finally {
      await api.stop()
    }
  })
})
