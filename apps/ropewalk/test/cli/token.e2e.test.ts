import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { GrantView, TokenIssued, WhoAmI } from '@ropewalk/core/contract/api/tokens'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { makeProgramHome, type ProgramHome } from '../support/program.ts'

let at: ProgramHome
let url: string

beforeAll(async () => {
  at = await makeProgramHome('short')
  const server = at.start(['serve', '--json'])
  await vi.waitUntil(() => server.getStdout().includes('\n'), { timeout: 60_000 })
  url = (JSON.parse(readFileSync(path.join(at.home, 'server.json'), 'utf8')) as { url: string }).url
})

afterAll(() => at.remove())

const readJson = async <T>(args: readonly string[]): Promise<T> => {
  const ended = await at.run([...args, '--json'])
  expect(ended.exit, ended.stderr).toBe(0)
  return JSON.parse(ended.stdout) as T
}

const whoAmI = (token: string): Promise<Response> =>
  fetch(`${url}/v1/whoami`, { headers: { authorization: `Bearer ${token}` } })

describe('tokens at the command line', () => {
  test('are made, used, listed and revoked; the token alone is on standard output, once', async () => {
    const made = await at.run(['token', 'create', '--agent', 'codex', '--role', 'participant'])
    expect(made.exit, made.stderr).toBe(0)
    const token = made.stdout.trimEnd()
    expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/u)
    expect(made.stderr).toContain('For codex as participant')
    expect(made.stderr).not.toContain(token)

    const who = (await (await whoAmI(token)).json()) as WhoAmI
    expect(who).toMatchObject({ agentId: 'codex', role: 'participant', kind: 'grant' })

    const shown = await at.run(['token', 'list'])
    expect(shown.stdout).toMatch(/codex +participant +agent +until /u)
    expect(shown.stdout).not.toContain(token.split('.')[2])
    const { items } = await readJson<{ items: GrantView[] }>(['token', 'list'])
    const id = items.find(({ agentId }) => agentId === 'codex')?.id ?? ''

    expect(await at.run(['token', 'revoke', id])).toMatchObject({ exit: 64 })
    const revoked = await at.run(['token', 'revoke', id.slice(-12), '--reason', 'Not needed.'])
    expect(revoked.exit, revoked.stderr).toBe(0)
    expect((await whoAmI(token)).status).toBe(401)
    expect((await at.run(['token', 'list'])).stdout).not.toContain('codex')
    expect((await at.run(['token', 'list', '--all'])).stdout).toMatch(/codex .* revoked /u)
  })

  test('are narrowed, timed and named by flags', async () => {
    const args = [
      '--role',
      'operator',
      '--scope',
      'runs:read,tokens:manage',
      '--ttl',
      '5m',
      '--expires',
      '2d',
    ]
    const issued = await readJson<TokenIssued>([
      ...['token', 'create', '--agent', 'ada', '--name', 'Laptop of Ada', '--session', 's-1'],
      ...args,
    ])
    const lifeMs = Date.parse(issued.expiresAt) - Date.now()
    expect(lifeMs).toBeGreaterThan(4 * 60_000)
    expect(lifeMs).toBeLessThanOrEqual(5 * 60_000)
    const who = (await (await whoAmI(issued.token)).json()) as WhoAmI
    expect(who).toMatchObject({
      actsAs: 'person',
      sessionId: 's-1',
      permissions: ['runs:read', 'tokens:manage'],
    })
    const { items } = await readJson<{ items: GrantView[] }>(['token', 'list'])
    expect(items[0]).toMatchObject({ name: 'Laptop of Ada', kind: 'operator', ttlSeconds: 300 })
  })

  test.each([
    ['--role', 'boss'],
    ['--role', 'participant', '--ttl', '1 hour'],
    ['--role', 'participant', '--expires', '-3d'],
  ])('with a flag that is none are wrong usage: %s %s', async (...flags) => {
    const ended = await at.run(['token', 'create', '--agent', 'x', ...flags])
    expect(ended).toMatchObject({ exit: 64, stdout: '' })
  })

  test.each([
    ['does not have tokens:manage', 'x', '--role', 'participant', '--scope', 'tokens:manage'],
    ['--scope: expected names of permissions', 'x', '--role', 'participant', '--scope', 'everything'],
    ['operator', 'x', '--role', 'operator', '--kind', 'agent'],
    ['Choose another name', 'owner', '--role', 'participant'],
    ['--agent: expected the name', 'two words', '--role', 'participant'],
    ['--ttl: expected 60s to 30d', 'x', '--role', 'participant', '--ttl', '365d'],
  ])('that cannot be are refused with a reason: %s', async (reason, agent, ...flags) => {
    const ended = await at.run(['token', 'create', '--agent', agent, ...flags])
    expect(ended.exit).not.toBe(0)
    expect(ended.stdout).toBe('')
    expect(ended.stderr).toContain(reason)
  })

  test('their key is changed; with --retire-older what it signed is over', async () => {
    const { token } = await readJson<TokenIssued>(['token', 'create', '--agent', 'late', '--role', 'auditor'])
    const kept = await at.run(['token', 'rotate-key', '--reason', 'Every quarter.'])
    expect(kept.exit, kept.stderr).toBe(0)
    expect((await whoAmI(token)).status).toBe(200)
    const ended = await at.run(['token', 'rotate-key', '--retire-older', '--reason', 'A disk was stolen.'])
    expect(ended.exit, ended.stderr).toBe(0)
    await expect.poll(async () => (await whoAmI(token)).status, { timeout: 10_000 }).toBe(401)
  }, 30_000)

  test('of another issuer are revoked by what they call themselves', async () => {
    const flags = ['--issuer', 'https://id.example', '--reason', 'Lost.']
    const ended = await at.run(['token', 'revoke', 'jti-1', ...flags])
    expect(ended.exit, ended.stderr).toBe(0)
    const { items } = await readJson<{ items: GrantView[] }>(['token', 'list', '--all'])
    expect(items.some(({ jti }) => jti === 'jti-1')).toBe(true)
  })
})
