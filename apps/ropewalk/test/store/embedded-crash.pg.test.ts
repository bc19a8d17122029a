import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { sendSignal } from '../../src/store/embedded/processes.ts'
import { startEmbeddedPostgres } from '../../src/store/embedded/start-embedded-postgres.ts'
import type { EmbeddedPostgres } from '../../src/store/embedded/start-embedded-postgres.ts'
import { withClient } from '../support/postgres.ts'
import { TestHome, endProcess, canRunAsOthers } from './embedded-home.ts'

const homes: TestHome[] = []
const servers: EmbeddedPostgres[] = []

async function makeHome(options: Parameters<typeof TestHome.make>[0] = {}): Promise<TestHome> {
  const home = await TestHome.make(options)
  homes.push(home)
  return home
}

async function start(home: TestHome, settings: Record<string, string> = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ homeDir: home.homeDir, log: () => undefined, settings })
  servers.push(server)
  return server
}

afterEach(async () => {
  for (const server of servers.splice(0).toReversed()) await server.stop()
  for (const home of homes.splice(0)) await home.remove()
})

const listRows = (url: string): Promise<readonly number[]> =>
  withClient(url, async (client) => {
    const { rows } = await client.query<{ n: string }>('SELECT n FROM kept ORDER BY n')
    return rows.map(({ n }) => Number(n))
  })

describe('after kill -9 of the owner', () => {
  test('the next start adopts the server that was left, connections and all', async () => {
    const home = await makeHome()
    const owner = home.startHost()
    const { pid, url } = await owner.ready
    await withClient(url, async (client) => {
      await owner.kill()
      const server = await start(home)
      expect(server).toMatchObject({ pid, isOwner: true })
      expect((await client.query('SELECT 1')).rowCount).toBe(1)
      await client.end()
    })
  })

  test('a process that had joined takes over without a break', async () => {
    const home = await makeHome()
    const owner = home.startHost()
    await owner.ready
    const joiner = await start(home)
    const before = joiner.pid
    const exits: string[] = []
    joiner.onExit((why) => exits.push(why))
    await owner.kill()
    await expect.poll(() => joiner.isOwner).toBe(true)
    expect(joiner.pid).toBe(before)
    expect(exits).toEqual([])
  })

  test('a start with other settings restarts the server that was left', async () => {
    const home = await makeHome()
    const owner = home.startHost()
    const { pid } = await owner.ready
    await owner.kill()
    const server = await start(home, { work_mem: '9MB' })
    expect(server.pid).not.toBe(pid)
    expect(await withClient(server.url, (client) => client.query('SHOW work_mem'))).toMatchObject({
      rows: [{ work_mem: '9MB' }],
    })
  })
})

describe('after kill -9 of the postmaster', () => {
  test('the owner says so and has it back', async () => {
    const home = await makeHome()
    const server = await start(home)
    const before = server.pid
    const exits: string[] = []
    server.onExit((why) => exits.push(why))
    for (let round = 1; round <= 2; round += 1) {
      const killed = server.pid
      sendSignal(killed, 'SIGKILL')
      await expect.poll(() => server.pid, { interval: 50 }).not.toBe(killed)
      expect(await withClient(server.url, (client) => client.query('SELECT 1'))).toMatchObject({
        rowCount: 1,
      })
      expect(exits).toHaveLength(round)
    }
    expect(server.pid).not.toBe(before)
  })

  test('an adopted server is brought back too, though it is no child of the owner', async () => {
    const home = await makeHome()
    const owner = home.startHost()
    const { pid } = await owner.ready
    await owner.kill()
    const server = await start(home)
    expect(server.pid).toBe(pid)
    sendSignal(pid, 'SIGKILL')
    await expect.poll(() => server.pid, { interval: 50 }).not.toBe(pid)
    expect(await withClient(server.url, (client) => client.query('SELECT 1'))).toMatchObject({ rowCount: 1 })
  })

  test('a child in a long query does not keep the new server waiting', async () => {
    const home = await makeHome()
    const server = await start(home)
    const busy = withClient(server.url, (client) => {
      client.on('error', () => undefined)
      return client.query('SELECT count(*) FROM generate_series(1, 10000000000)')
    }).catch((error: unknown) => error)
    await sleep(300)
    const killed = server.pid
    sendSignal(killed, 'SIGKILL')
    await expect.poll(() => server.pid, { interval: 50 }).not.toBe(killed)
    expect(await busy).toBeInstanceOf(Error)
  })

  test('kill -9 of one child: the server itself goes on', async () => {
    const home = await makeHome()
    const server = await start(home)
    const child = (await home.listServer()).find((pid) => pid !== server.pid)
    if (child === undefined) throw new Error('expected the server to have children')
    const before = server.pid
    sendSignal(child, 'SIGKILL')
    const askAgain = () =>
      withClient(server.url, (client) => client.query('SELECT 1')).then(
        () => 'answered',
        () => 'refused',
      )
    await expect.poll(askAgain).toBe('answered')
    expect(server.pid).toBe(before)
  })
})

describe('after kill -9 of everything', () => {
  const users = canRunAsOthers ? [undefined, { uid: 54_321, gid: 54_321 }] : [undefined]

  test.each(users)('every acknowledged row is there, each time (as %o)', async (user) => {
    const home = await makeHome(user === undefined ? {} : { user })
    let acknowledged = 0
    for (const lifeMs of [700, 50, 333]) {
      const writer = home.startHost({ mode: 'write' })
      await writer.ready
      await expect.poll(() => writer.facts.some((fact) => fact.acknowledged !== undefined)).toBe(true)
      await sleep(lifeMs)
      await home.killEverything()
      acknowledged = Math.max(acknowledged, ...writer.facts.flatMap((fact) => fact.acknowledged ?? []))
    }
    const { url } = await home.startHost().ready
    const rows = await listRows(url)
    expect(acknowledged).toBeGreaterThan(2)
    expect(rows.length).toBeGreaterThanOrEqual(acknowledged)
    expect(rows).toEqual(rows.map((_, index) => index + 1))
  })

  test('a lock file that names a stranger’s process keeps nobody out', async () => {
    const home = await makeHome()
    const owner = home.startHost()
    const { dataDir } = await owner.ready
    const pidFile = join(dataDir, 'postmaster.pid')
    const text = await readFile(pidFile, 'utf8')
    await home.killEverything()
    await expect.poll(() => home.listServer()).toEqual([])
    // Of the server's own user: Postgres takes the number of anybody else's process for stale by itself.
    const stranger = spawn('/bin/sleep', ['60'], { ...home.layout.runAs })
    try {
      await once(stranger, 'spawn')
      await writeFile(pidFile, text.replace(/^\d+/u, String(stranger.pid)))
      const server = await start(home)
      expect(server.isOwner).toBe(true)
      expect(stranger.exitCode ?? stranger.signalCode).toBeNull()
    } finally {
      await endProcess(stranger, 'SIGKILL')
    }
  })

  test('a first start that was cut off begins again', async () => {
    const home = await makeHome()
    const host = home.startHost()
    await expect
      .poll(() => host.facts.some(({ log }) => log?.includes('first start')), { interval: 5 })
      .toBe(true)
    await sleep(100)
    await host.kill()
    const server = await start(home)
    expect(await withClient(server.url, (client) => client.query('SELECT 1'))).toMatchObject({ rowCount: 1 })
  })
})
