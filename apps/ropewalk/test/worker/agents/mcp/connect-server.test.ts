import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { connectServer, type McpConnection } from '../../../../src/worker/agents/mcp/connect-server.ts'
import type { McpServer } from '../../../../src/worker/agents/mcp/server-file.ts'
import { killOrphans } from '../../../../src/worker/confine/process-tree.ts'
import { startOldHttpServer } from './support/old-http-server.ts'
import { startHttpServer, type HttpServer } from './support/http-server.ts'

const SECRET = 'tok-5f2c9a1e7b'
const PROGRAM = path.join(import.meta.dirname, 'support/stdio-server.ts')
const HOLDER = path.join(import.meta.dirname, 'support/hold-server.ts')
const OLD = path.join(import.meta.dirname, 'support/old-stdio-server.ts')

let folder: string
let http: HttpServer
const open: McpConnection[] = []
beforeAll(async () => {
  http = await startHttpServer(SECRET)
})
afterAll(() => http.stop())
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ropewalk-mcp-test-'))
})
afterEach(async () => {
  for (const connection of open.splice(0)) await connection.close()
  rmSync(folder, { recursive: true, force: true })
})

const makeServer = (transport: Partial<McpServer['transport']>, more: Partial<McpServer> = {}): McpServer =>
  ({
    name: 'tools',
    workspaces: 'all',
    phases: 'all',
    tools: 'all',
    timeoutMs: 20_000,
    maxResultBytes: 65_536,
    transport: { kind: 'stdio', argv: [process.execPath, PROGRAM], env: {}, cwd: undefined, ...transport },
    ...more,
  }) as McpServer

const makeHttp = (more: object = {}): McpServer =>
  ({
    ...makeServer({}),
    transport: {
      kind: 'http',
      url: http.url,
      headers: { authorization: { secret: 'HTTP_AUTH' } },
      allowPrivate: true,
      ...more,
    },
  }) as McpServer

const connect = async (server: McpServer, legacy = new Set<string>()): Promise<McpConnection> => {
  const connection = await connectServer(server, {
    means: {
      environment: { PATH: process.env['PATH'] ?? '' },
      readSecrets: (names) =>
        Promise.resolve(
          Object.fromEntries(names.map((name) => [name, name === 'HTTP_AUTH' ? `Bearer ${SECRET}` : SECRET])),
        ),
    },
    folder,
    legacy,
    signal: new AbortController().signal,
  })
  open.push(connection)
  return connection
}

const call = async (connection: McpConnection, name: string, input = {}) =>
  (await connection.callTool(name, input, new AbortController().signal)).content

/** Processes whose environment holds this text. */
const findProcesses = (text: string): string[] =>
  readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/u.test(pid) && readFileSync(`/proc/${pid}/environ`, 'latin1').includes(text)
    } catch {
      return false
    }
  })

describe('a program', () => {
  test('speaks the newest protocol, and its secret and folder are all it has of ours', async () => {
    const connection = await connect(
      makeServer({ env: { API_TOKEN: { secret: 'API_TOKEN' }, MODE: 'test' } }),
    )
    expect(connection).toMatchObject({ version: '1.2.3', protocol: '2026-07-28' })
    expect(connection.tools.map(({ name }) => name)).toContain('add')
    expect(await call(connection, 'add', { a: 1, b: 2 })).toEqual([{ type: 'text', text: 'the sum is 3' }])
    const [who] = await call(connection, 'who')
    expect(who).toEqual({
      type: 'text',
      text: `secret ${SECRET}, variables API_TOKEN HOME LANG MODE PATH ROPEWALK_COMMAND TMPDIR, home ${folder}`,
    })
  })

  test('that knows only the older protocol, and ends at the newer one, is started again', async () => {
    const legacy = new Set<string>()
    const server = makeServer({ argv: [process.execPath, OLD] })
    const connection = await connect(server, legacy)
    expect(connection).toMatchObject({ version: '0.9beta', protocol: '2025-06-18' })
    expect(await call(connection, 'greet')).toEqual([{ type: 'text', text: 'good day' }])
    expect([...legacy]).toEqual(['tools'])
    expect((await connect(server, legacy)).protocol).toBe('2025-06-18')
  })

  test('that passes over the newer protocol, and writes what is no message, is spoken to in the older one', async () => {
    const connection = await connect(
      makeServer({ argv: [process.execPath, OLD, '--silent'] }, { timeoutMs: 4000 }),
    )
    expect(connection.protocol).toBe('2025-06-18')
    expect(await call(connection, 'greet')).toEqual([{ type: 'text', text: 'good day' }])
  })

  test.runIf(process.platform === 'linux')(
    'leaves nothing behind when it is closed, nor does what it started',
    async () => {
      const connection = await connect(makeServer({ env: { HELPER: '1', MARKER: folder } }))
      expect(findProcesses(`MARKER=${folder}`)).toHaveLength(2)
      await connection.close()
      expect(connection.isOpen()).toBe(false)
      expect(findProcesses(`MARKER=${folder}`)).toEqual([])
    },
  )

  test.runIf(process.platform === 'linux')(
    'of a worker that was killed is ended by the next, even one that heeds nothing',
    async () => {
      const holder = spawn(process.execPath, [HOLDER, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
      await once(holder.stdout, 'data')
      holder.kill('SIGKILL')
      await once(holder, 'exit')
      expect(findProcesses(`MARKER=${folder}`)).toHaveLength(1)
      killOrphans()
      await vi.waitFor(() => {
        expect(findProcesses(`MARKER=${folder}`)).toEqual([])
      })
    },
  )

  test('that ends by itself closes the connection, and its call fails', async () => {
    const connection = await connect(makeServer({}))
    await expect(call(connection, 'quit')).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' })
    expect(connection.isOpen()).toBe(false)
  })

  test('that does not start is told with what it wrote, without its secret', async () => {
    const broken = makeServer({
      argv: [process.execPath, PROGRAM, '--broken'],
      env: { API_TOKEN: { secret: 'API_TOKEN' } },
    })
    const error = await connect(broken).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'AGENT_UNREACHABLE' })
    expect(String(error)).toContain('cannot start with [secret]')
    await expect(connect(makeServer({ argv: ['/nonexistent/program'] }))).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('ENOENT') as string,
    })
  })

  test('that never answers is given up after its time, and ended', async () => {
    const silent = makeServer(
      { argv: [process.execPath, '-e', 'process.stdin.resume()'], env: { MARKER: folder } },
      { timeoutMs: 600 },
    )
    await expect(connect(silent)).rejects.toMatchObject({
      code: 'AGENT_UNREACHABLE',
      message: expect.stringContaining('no answer within 0.6 s') as string,
    })
    if (process.platform === 'linux') expect(findProcesses(`MARKER=${folder}`)).toEqual([])
  })
})

describe('a server elsewhere', () => {
  test('is given its headers with their secrets, and answers', async () => {
    const connection = await connect(makeHttp())
    expect(connection).toMatchObject({ version: '1.2.3', protocol: '2026-07-28' })
    expect(await call(connection, 'add', { a: 2, b: 2 })).toEqual([{ type: 'text', text: 'the sum is 4' }])
    expect(http.seen.at(-1)).toMatchObject({ authorization: `Bearer ${SECRET}`, 'user-agent': 'ropewalk' })
  })

  test('that knows only the older protocol is spoken to in it, and told when its session is over', async () => {
    const old = await startOldHttpServer()
    try {
      const connection = await connect(makeHttp({ url: old.url }))
      expect(connection).toMatchObject({ version: '0.9', protocol: '2025-06-18' })
      expect(await call(connection, 'greet')).toEqual([{ type: 'text', text: 'good day' }])
      await connection.close()
      expect(old.seen).toEqual([
        'POST server/discover no session',
        'POST initialize no session',
        'POST notifications/initialized s-1',
        'POST tools/list s-1',
        'POST tools/call s-1',
        'DELETE - s-1',
      ])
    } finally {
      await old.stop()
    }
  })

  test('on this machine is refused unless the file allows it, and nothing is asked', async () => {
    const before = http.seen.length
    await expect(connect(makeHttp({ allowPrivate: false }))).rejects.toMatchObject({
      code: 'FORBIDDEN',
      message: expect.stringContaining('its address is loopback') as string,
    })
    expect(http.seen).toHaveLength(before)
  })

  test('that refuses the credentials is told as that', async () => {
    await expect(connect(makeHttp({ headers: {} }))).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
  })

  test('that is not there is unreachable', async () => {
    await expect(connect(makeHttp({ url: 'http://127.0.0.1:9999/mcp' }))).rejects.toMatchObject({
      code: 'AGENT_UNREACHABLE',
    })
  })

  test('that points elsewhere is not followed there', async () => {
    const [from, to] = await Promise.all([startHttpServer(SECRET), startHttpServer(SECRET)])
    from.redirectTo(to.url)
    try {
      await expect(connect(makeHttp({ url: from.url }))).rejects.toMatchObject({
        code: 'FORBIDDEN',
        message: expect.stringContaining('redirects are not followed') as string,
      })
      expect(to.seen).toEqual([])
    } finally {
      await Promise.all([from.stop(), to.stop()])
    }
  })
})
