import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fillValues, listSecretForms } from '../../../../src/worker/agents/mcp/server-values.ts'
import {
  getServerFile,
  judgeServerFile,
  readMcpServers,
} from '../../../../src/worker/agents/mcp/server-file.ts'

const GOOD = `servers:
  tickets:
    workspaces: all
    phases: [prd, build]
    tools: [search, issue.read]
    transport:
      kind: stdio
      argv: [npx, tickets-server, --read-only]
      env: { TICKETS_TOKEN: { secret: TICKETS }, MODE: fast }
  docs:
    workspaces: [default]
    phases: all
    tools: all
    transport:
      kind: http
      url: https://docs.example.com/mcp
      headers: { Authorization: { secret: DOCS_AUTH, prefix: "Bearer " }, X-Team: blue }
    timeoutSeconds: 5
    maxResultBytes: 1000
`

let home: string
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'ropewalk-servers-'))
})
afterEach(() => {
  rmSync(home, { recursive: true, force: true })
})

test('a home without the file, or with an empty one, has no servers', () => {
  expect(readMcpServers(home)).toEqual([])
  writeFileSync(getServerFile(home), '# none yet\n')
  expect(readMcpServers(home)).toEqual([])
})

test('servers are read with their defaults, and secrets stay names', () => {
  writeFileSync(getServerFile(home), GOOD)
  expect(readMcpServers(home)).toEqual([
    {
      name: 'tickets',
      workspaces: 'all',
      phases: ['prd', 'build'],
      tools: ['search', 'issue.read'],
      transport: {
        kind: 'stdio',
        argv: ['npx', 'tickets-server', '--read-only'],
        env: { TICKETS_TOKEN: { secret: 'TICKETS' }, MODE: 'fast' },
        cwd: undefined,
      },
      timeoutMs: 30_000,
      maxResultBytes: 65_536,
    },
    {
      name: 'docs',
      workspaces: ['default'],
      phases: 'all',
      tools: 'all',
      transport: {
        kind: 'http',
        url: 'https://docs.example.com/mcp',
        headers: { Authorization: { secret: 'DOCS_AUTH', prefix: 'Bearer ' }, 'X-Team': 'blue' },
        allowPrivate: false,
      },
      timeoutMs: 5000,
      maxResultBytes: 1000,
    },
  ])
})

test('a file that others may write to is refused: it names programs that are started', () => {
  writeFileSync(getServerFile(home), GOOD)
  chmodSync(getServerFile(home), 0o666)
  expect(() => readMcpServers(home)).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }))
})

describe('what is wrong is told with its line and what to change', () => {
  type Broken = readonly [string, string | RegExp, string, number, RegExp, RegExp]
  const BROKEN: readonly Broken[] = [
    ['no YAML', 'phases: [prd, build]', 'phases: [prd, build', 5, /not YAML/u, /Mend/u],
    [
      'an unknown key',
      'timeoutSeconds: 5',
      'timeoutSecond: 5',
      18,
      /unknown key timeoutSecond\b/u,
      /timeoutSeconds\?/u,
    ],
    ['too long a wait', 'timeoutSeconds: 5', 'timeoutSeconds: 600', 18, /timeoutSeconds is 600/u, /./u],
    ['who may use it left out', '    workspaces: all\n', '', 3, /workspaces is missing/u, /Add workspaces/u],
    [
      'another transport',
      'kind: stdio',
      'kind: shell',
      7,
      /transport.kind is "shell"; expected one of stdio, http/u,
      /./u,
    ],
    [
      'a command line for a shell',
      'argv: [npx, tickets-server, --read-only]',
      'argv: npx tickets-server',
      8,
      /argv is .*expected a list/u,
      /./u,
    ],
    ['a key of the other transport', 'headers: {', 'env: {', 17, /unknown key env/u, /headers/u],
    [
      'a relative folder',
      'MODE: fast }',
      'MODE: fast }\n      cwd: tools',
      10,
      /cwd is no absolute path/u,
      /whole path/u,
    ],
    [
      'a file as address',
      'https://docs.example.com/mcp',
      'file:///etc/passwd',
      16,
      /only http and https/u,
      /https/u,
    ],
    ['a name in capitals', '  docs:', '  Docs:', 10, /"Docs" is no name for a server/u, /lower-case/u],
    ['an odd tool', '[search, issue.read]', '[search, "a b"]', 5, /tools.* is /u, /./u],
    [
      'a header of the transport',
      'X-Team: blue',
      'Mcp-Session-Id: x',
      17,
      /may not set Mcp-Session-Id/u,
      /Remove/u,
    ],
    [
      'a header that splits',
      'X-Team: blue',
      '"X-Team": "a\\nb"',
      17,
      /holds what no header may/u,
      /one line/u,
    ],
  ]
  test.for(BROKEN)('%s', ([, from, to, line, problem, fix]) => {
    const { servers, faults } = judgeServerFile('/home/x/mcp-servers.yaml', GOOD.replace(from, to))
    expect(faults.map((fault) => [fault.line, fault.problem, fault.fix])).toEqual([
      [line, expect.stringMatching(problem), expect.stringMatching(fix)],
    ])
    expect(servers.length).toBeLessThan(3)
  })

  test('and the whole file is refused by its first fault', () => {
    writeFileSync(getServerFile(home), GOOD.replace('kind: stdio', 'kind: shell'))
    expect(() => readMcpServers(home)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining(`${getServerFile(home)}:7:13: server tickets: `) as string,
      }),
    )
  })

  test.for([
    ['{ secret: DOCS_AUTH, prefix: "Bearer " }', 'Bearer hunter2-hunter2', /stands written out/u],
    [
      '{ secret: DOCS_AUTH, prefix: "Bearer " }',
      '{ secret: "hunter2 hunter2" }',
      /neither text nor the name/u,
    ],
    ['{ secret: DOCS_AUTH, prefix: "Bearer " }', '[hunter2-hunter2]', /neither text nor the name/u],
    ['https://docs.example.com/mcp', 'https://hunter2-hunter2@docs.example.com/', /user name or a password/u],
  ] as const)('a secret that was written in the file is not repeated: %s to %s', ([from, to, problem]) => {
    const { faults } = judgeServerFile('/home/x/mcp-servers.yaml', GOOD.replace(from, to))
    expect(faults).toHaveLength(1)
    expect(faults[0]?.problem).toMatch(problem)
    expect(JSON.stringify(faults)).not.toContain('hunter2')
  })
})

test('a secret is put behind its prefix, and is known again by each of its parts', () => {
  const values = { a: 'plain', b: { secret: 'T', prefix: 'Bearer ' }, c: { secret: 'T' } }
  expect(fillValues(values, { T: 'abc' })).toEqual({ a: 'plain', b: 'Bearer abc', c: 'abc' })
  expect(() => fillValues(values, {})).toThrow(/No secret named T/u)
  expect(listSecretForms('Bearer 0123456789')).toEqual(['Bearer 0123456789', '0123456789'])
  const basic = `Basic ${Buffer.from('ann:longpassword').toString('base64')}`
  expect(listSecretForms(basic)).toEqual(expect.arrayContaining(['ann:longpassword', 'longpassword']))
})
