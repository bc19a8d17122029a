import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { startHttp, type HttpServer } from '../../src/http/start-http.ts'
import { makeLog } from '../../src/log.ts'
import { openSigningKeys } from '../../src/store/keys/signing-keys.ts'
import { runRead } from '../../src/store/open.ts'
import { makeTestPlaybook } from './support/playbook.ts'
import { API_TOKEN, startApi, WORKSPACE, type TestApi } from './support/start-api.ts'

let api: TestApi
let http: HttpServer
let folder: string
let file: string
beforeAll(async () => {
  api = await startApi()
  folder = mkdtempSync(path.join(tmpdir(), 'ropewalk-unseen-'))
  file = path.join(folder, 'server.log')
  http = await startHttp({
    engine: api.engine,
    deadLetters: api.deadLetters,
    config: readConfig({ HOME: api.home }, { flags: { home: api.home, port: 0 }, cwd: api.home }),
    pinned: makeTestPlaybook(),
    token: API_TOKEN,
    keys: openSigningKeys(api.home),
    home: api.home,
    readiness: () => Promise.resolve(),
    log: makeLog({ level: 'debug', file }),
  })
})
afterAll(async () => {
  await http.stop()
  await api.stop()
  rmSync(folder, { recursive: true, force: true })
})

const ask = async (address: string, token: string, body?: unknown) => {
  const response = await fetch(`${http.url}${address}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'idempotency-key': `key of ${address}`.replaceAll(' ', '-'),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, text: await response.text() }
}

const readRows = async (text: string, values: readonly unknown[] = []): Promise<readonly object[]> => {
  const [rows = []] = await runRead(api.engine.store, WORKSPACE, [{ name: '', text, values: [...values] }])
  return rows as readonly object[]
}

test('no token is in the log or in any table, whatever became of the request it came with', async () => {
  const made = await ask('/v1/tokens', API_TOKEN, { agentId: 'unseen', role: 'coordinator' })
  const { token, grantId } = JSON.parse(made.text) as { token: string; grantId: string }
  const renewed = JSON.parse((await ask('/v1/tokens/renew', token, {})).text) as { token: string }
  const broken = `${token.slice(0, -3)}AAA`
  for (const [address, with_, body] of [
    ['/v1/whoami', token],
    ['/v1/runs', token, { idea: 'Unseen', budgetUsd: 0 }],
    ['/v1/tokens', token],
    ['/v1/runs/01890000-0000-7000-8000-000000000000', token],
    ['/v1/nowhere', token],
    ['/v1/runs', token, { idea: 7 }],
    ['/v1/whoami', broken],
    ['/v1/whoami', renewed.token],
    [`/v1/tokens/${grantId}/revoke`, API_TOKEN, { reason: 'Enough.' }],
    ['/v1/whoami', token],
  ] as const)
    await ask(address, with_, body)

  const signatures = [token, renewed.token, broken].map((each) => each.split('.')[2] ?? '')
  const secrets = [...signatures, API_TOKEN]
  await expect.poll(() => readFileSync(file, 'utf8')).toContain('revokeToken')
  const log = readFileSync(file, 'utf8')
  for (const secret of secrets) expect(log).not.toContain(secret)

  const tables = (await readRows(
    `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables t
      WHERE table_schema = 'ropewalk' AND table_type = 'BASE TABLE'
        AND has_table_privilege(format('%I.%I', table_schema, table_name), 'SELECT')`,
  )) as readonly { name: string }[]
  expect(tables.length).toBeGreaterThan(20)
  for (const { name } of tables)
    for (const secret of secrets) {
      const found = await readRows(`SELECT 1 FROM ${name} t WHERE strpos(t::text, $1) > 0 LIMIT 1`, [secret])
      expect(found, name).toEqual([])
    }
  // The same look finds what is there.
  expect(
    await readRows('SELECT 1 FROM ropewalk.grants t WHERE strpos(t::text, $1) > 0', [grantId]),
  ).toHaveLength(1)
})
