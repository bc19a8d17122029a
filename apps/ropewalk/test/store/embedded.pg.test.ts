import { lstat, readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { findRunningPostgres } from '../../src/store/embedded/find-running-postgres.ts'
import { startEmbeddedPostgres } from '../../src/store/embedded/start-embedded-postgres.ts'
import type { EmbeddedPostgres, StartOptions } from '../../src/store/embedded/start-embedded-postgres.ts'
import { withClient } from '../support/postgres.ts'
import { suits } from '../support/needs.ts'
import { TestHome, endProcess, canRunAsOthers, isRoot } from './embedded-home.ts'

const homes: TestHome[] = []
const servers: EmbeddedPostgres[] = []

async function makeHome(options: Parameters<typeof TestHome.make>[0] = {}): Promise<TestHome> {
  const home = await TestHome.make(options)
  homes.push(home)
  return home
}

async function start(home: TestHome, options: Partial<StartOptions> = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ homeDir: home.homeDir, log: () => undefined, ...options })
  servers.push(server)
  return server
}

afterEach(async () => {
  for (const server of servers.splice(0).toReversed()) await server.stop()
  for (const home of homes.splice(0)) await home.remove()
})

const modeOf = async (path: string): Promise<number> => (await lstat(path)).mode & 0o777

const ask = (url: string, sql: string): Promise<unknown> =>
  withClient(url, async (client) => {
    const { rows } = await client.query<Record<string, unknown>>(sql)
    return Object.values(rows[0] ?? {})[0]
  })

const FOR_OTHERS = 'running as another user needs root, and a checkout and a Node that all may read'
const isLinux = suits(process.platform === 'linux', 'what /proc tells is looked at on Linux alone')

describe('a start', () => {
  test('from nothing makes a durable database that only a socket reaches, and says so', async () => {
    const home = await makeHome()
    const lines: string[] = []
    const server = await start(home, { log: (line) => lines.push(line) })
    expect(lines.join('\n')).toMatch(/first start.*\n.*database made in/u)
    expect(server.isOwner).toBe(true)
    for (const [setting, value] of [
      ['fsync', 'on'],
      ['full_page_writes', 'on'],
      ['synchronous_commit', 'on'],
      ['data_checksums', 'on'],
      ['listen_addresses', ''],
      ['password_encryption', 'scram-sha-256'],
    ] as const) {
      expect([setting, await ask(server.url, `SHOW ${setting}`)]).toEqual([setting, value])
    }
    await expect(ask(server.url.replace(server.password, 'wrong'), 'SELECT 1')).rejects.toMatchObject({
      code: '28P01',
    })
  })

  test('keeps password, data and socket to itself', async () => {
    const home = await makeHome()
    const server = await start(home)
    expect(await modeOf(home.layout.keysDir)).toBe(0o700)
    expect(await modeOf(home.layout.keyFile)).toBe(0o600)
    expect(await modeOf(home.layout.logFile)).toBe(0o600)
    expect(await modeOf(home.layout.lockFile)).toBe(0o600)
    expect(await modeOf(server.dataDir)).toBe(0o700)
    expect(await modeOf(server.socketDir)).toBe(0o700)
    expect((await lstat(home.layout.keyFile)).uid).toBe(process.geteuid?.())
    if (isRoot) expect((await lstat(server.dataDir)).uid).not.toBe(0)
    const left = await readdir(home.layout.baseDir)
    expect(left.filter((name) => name.startsWith('staging-'))).toEqual([])
    expect(await readdir(home.layout.keysDir)).toEqual(['postgres.json'])
    expect(await readFile(home.layout.logFile, 'utf8')).not.toContain(server.password)
  })

  test('of a home that has a database makes no other and finds what was stored', async () => {
    const home = await makeHome()
    const first = await start(home)
    await ask(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer')
    await first.stop()
    expect(await home.listServer()).toEqual([])
    const lines: string[] = []
    const second = await start(home, { log: (line) => lines.push(line) })
    expect(lines.join('\n')).not.toMatch(/first start|database made/u)
    expect(await ask(second.url, 'SELECT answer FROM kept')).toBe(42)
    expect(second.url).toBe(first.url)
  })

  test('in a home whose path is too long for a socket uses a short folder of its own, the same each time', async () => {
    // Root's own data never lies in a long path, so an ordinary uid stands in where that can be had.
    const user = canRunAsOthers ? { user: { uid: 54_321, gid: 54_321 } } : {}
    const home = await makeHome({ below: join('with a space, and "quotes"', 'long-'.repeat(30)), ...user })
    const first = home.startHost()
    const { socketDir, url } = await first.ready
    expect(Buffer.byteLength(socketDir)).toBeLessThan(90)
    expect(await modeOf(socketDir)).toBe(0o700)
    expect(await ask(url, 'SELECT 1')).toBe(1)
    await endProcess(first.process, 'SIGTERM')
    expect(await home.startHost().ready).toMatchObject({ socketDir })
  })

  test.runIf(isLinux)('lets neither initdb nor Postgres see our environment', async () => {
    const home = await makeHome()
    const host = home.startHost({
      env: { OPENAI_API_KEY: 'sk-planted', PGOPTIONS: '', HTTPS_PROXY: 'planted' },
    })
    const seen = new Map<string, string>()
    let isReady = false
    const ready = host.ready.finally(() => {
      isReady = true
    })
    while (!isReady) {
      for (const [words, environment] of await readPrograms(home.layout.baseDir)) seen.set(words, environment)
      await sleep(5)
    }
    const { pid } = await ready
    expect([...seen.keys()].some((words) => words.includes('/initdb\0'))).toBe(true)
    for (const environment of seen.values()) expect(environment).not.toMatch(/planted|OPENAI/u)
    const names = (await readFile(`/proc/${String(pid)}/environ`, 'utf8'))
      .split('\0')
      .filter((line) => line !== '')
    expect(names.map((line) => line.split('=')[0]).toSorted()).toEqual(['LANG', 'PATH', 'TZ'])
  })

  test.runIf(suits(canRunAsOthers, FOR_OTHERS))(
    'works for a uid without an account, all in its home',
    async () => {
      const user = { uid: 54_321, gid: 54_321 }
      const home = await makeHome({ user })
      const { url, dataDir, socketDir, pid } = await home.startHost().ready
      expect(await ask(url, 'SELECT 1')).toBe(1)
      for (const path of [dataDir, socketDir, `/proc/${String(pid)}`])
        expect((await lstat(path)).uid).toBe(user.uid)
      expect([dataDir, socketDir].every((path) => path.startsWith(home.homeDir))).toBe(true)
    },
  )
})

/** Every initdb or postgres that names `baseDir`, as command line and environment. */
async function readPrograms(baseDir: string): Promise<readonly (readonly [string, string])[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/u.test(name))
  const found = await Promise.all(
    pids.map(async (pid) => {
      try {
        const words = await readFile(`/proc/${pid}/cmdline`, 'utf8')
        if (!/\/(?:initdb|postgres)\0/u.test(words) || !words.includes(baseDir)) return []
        return [[words, await readFile(`/proc/${pid}/environ`, 'utf8')] as const]
      } catch (error) {
        if (error instanceof Error && 'code' in error && ['ENOENT', 'ESRCH'].includes(String(error.code)))
          return []
        throw error
      }
    }),
  )
  return found.flat()
}

describe('a second process of a home', () => {
  test('joins the running server, and leaves it running when it goes', async () => {
    const home = await makeHome()
    const server = await start(home)
    const joiner = home.startHost()
    expect(await joiner.ready).toMatchObject({ pid: server.pid, url: server.url, isOwner: false })
    await endProcess(joiner.process, 'SIGTERM')
    expect(await ask(server.url, 'SELECT 1')).toBe(1)
  })

  test('that starts at the same moment shares one server with the first', async () => {
    const home = await makeHome()
    const waits: number[] = []
    const hosts = [home.startHost(), home.startHost()]
    const server = await start(home, { onLockWait: (waitedMs) => waits.push(waitedMs) })
    const facts = await Promise.all(hosts.map((host) => host.ready))
    expect(new Set([server.pid, ...facts.map(({ pid }) => pid)]).size).toBe(1)
    expect([server.isOwner, ...facts.map(({ isOwner }) => isOwner)].filter(Boolean)).toHaveLength(1)
  })

  test('takes over and starts the server again when the owner stops it', async () => {
    const home = await makeHome()
    const owner = home.startHost()
    await owner.ready
    const joiner = await start(home)
    const before = joiner.pid
    await endProcess(owner.process, 'SIGTERM')
    await expect.poll(() => joiner.isOwner && joiner.pid !== before).toBe(true)
    expect(await ask(joiner.url, 'SELECT 1')).toBe(1)
  })

  test('finds the server without starting one', async () => {
    const home = await makeHome()
    expect(await findRunningPostgres(home.homeDir)).toBeUndefined()
    const server = await start(home)
    expect(await findRunningPostgres(home.homeDir)).toMatchObject({ url: server.url, pid: server.pid })
    await server.stop()
    expect(await findRunningPostgres(home.homeDir)).toBeUndefined()
  })
})
