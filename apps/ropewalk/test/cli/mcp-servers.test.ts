import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setSecret } from '../../src/secrets/secrets.ts'
import { runInProcess } from './support/run-in-process.ts'

const SECRET = 'tok-5f2c9a1e7b'
const PROGRAM = path.resolve(import.meta.dirname, '../worker/agents/mcp/support/stdio-server.ts')

let home: string
beforeAll(async () => {
  home = mkdtempSync(path.join(tmpdir(), 'ropewalk-mcp-cli-'))
  mkdirSync(path.join(home, 'keys'), { mode: 0o700 })
  await setSecret(home, 'TOKEN', SECRET)
  writeFileSync(
    path.join(home, 'mcp-servers.yaml'),
    `servers:
  local:
    workspaces: all
    phases: [prd]
    tools: [add, who, absent]
    transport:
      kind: stdio
      argv: [${JSON.stringify(process.execPath)}, ${JSON.stringify(PROGRAM)}, --flag-of-its-own]
      env: { API_TOKEN: { secret: TOKEN }, MODE: literal-value }
  private:
    workspaces: all
    phases: all
    tools: all
    transport:
      kind: http
      url: http://127.0.0.1:9999/path-of-its-own
      headers: { Authorization: { secret: OTHER } }
`,
  )
})
afterAll(() => {
  rmSync(home, { recursive: true, force: true })
})

const run = (...argv: string[]) =>
  runInProcess(['mcp-servers', ...argv, '--home', home], { env: { PATH: process.env['PATH'] ?? '' } })

describe('mcp-servers', () => {
  test('list shows what is registered, and no value of it', async () => {
    const { exit, stdout, stderr } = await run('list')
    expect(exit).toBe(0)
    expect(stdout).toMatch(/^local +stdio +\S*node\S* +all +prd +add,who,absent +TOKEN$/mu)
    expect(stdout).toMatch(/^private +http +http:\/\/127\.0\.0\.1:9999 +all +all +all +OTHER$/mu)
    expect(stderr).toContain('private needs the secret OTHER: ./ropewalk secret set OTHER')
    const { stdout: json } = await run('list', '--json')
    expect((JSON.parse(json) as { items: unknown[] }).items).toMatchObject([
      {
        name: 'local',
        sets: ['API_TOKEN', 'MODE'],
        secrets: ['TOKEN'],
        missingSecrets: [],
        timeoutSeconds: 30,
      },
      { name: 'private', sets: ['Authorization'], missingSecrets: ['OTHER'] },
    ])
    expect(`${stdout}${stderr}${json}`).not.toMatch(/tok-5f2c|literal-value|of-its-own/u)
  })

  test('check connects and tells tools, time and problems', async () => {
    const { exit, stdout, stderr } = await run('check', 'local')
    expect([exit, stderr]).toEqual([
      0,
      expect.stringMatching(/^local 1\.2\.3 answers in \d+ ms, protocol 2026-07-28, 7 tools\./u),
    ])
    expect(stderr).toContain('Problem: the file allows "absent", which the server does not have.')
    expect(stdout).toMatch(/^mcp:local\/add +allowed +Adds two numbers/mu)
    expect(stdout).toMatch(/^mcp:local\/quit +- +Ends the server/mu)
    expect(`${stdout}${stderr}`).not.toContain(SECRET)
  })

  test('check ends with 1 for a server that cannot be used, and says why', async () => {
    const missing = await run('check', 'private')
    expect([missing.exit, missing.stderr]).toEqual([1, expect.stringContaining('No secret named OTHER')])
    await setSecret(home, 'OTHER', 'Bearer something')
    const { exit, stdout } = await run('check', 'private', '--json')
    expect([exit, JSON.parse(stdout)]).toEqual([
      1,
      {
        ok: false,
        name: 'private',
        code: 'FORBIDDEN',
        problem: expect.stringContaining('loopback') as string,
      },
    ])
    const unknown = await run('check', 'nobody')
    expect([unknown.exit, unknown.stderr]).toEqual([1, expect.stringContaining('there are local, private')])
  })

  test('a broken file is told with its place', async () => {
    const other = mkdtempSync(path.join(tmpdir(), 'ropewalk-mcp-cli-'))
    writeFileSync(path.join(other, 'mcp-servers.yaml'), 'servers:\n  a: { tools: all }\n')
    const { exit, stderr } = await runInProcess(['mcp-servers', 'list', '--home', other])
    rmSync(other, { recursive: true })
    expect([exit, stderr]).toEqual([64, expect.stringContaining('mcp-servers.yaml:2:')])
  })
})
