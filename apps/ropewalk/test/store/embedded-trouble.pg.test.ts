import { execFile } from 'node:child_process'
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { copyBinaries, getPlatformTrouble, isOpenToAll } from '../../src/store/embedded/binaries.ts'
import { prepareCluster } from '../../src/store/embedded/cluster.ts'
import { prepareLayout } from '../../src/store/embedded/layout.ts'
import { tryOwnerLock } from '../../src/store/embedded/owner-lock.ts'
import { trimLog } from '../../src/store/embedded/postmaster.ts'
import { prepareSocketFolder } from '../../src/store/embedded/socket-folder.ts'
import { startEmbeddedPostgres } from '../../src/store/embedded/start-embedded-postgres.ts'
import { suits } from '../support/needs.ts'
import { TestHome, endProcess, isRoot } from './embedded-home.ts'

const FOR_ROOT = 'some tests are for root alone'
const FOR_ORDINARY_USERS = 'one test is for ordinary users, and this is root'

const homes: TestHome[] = []

async function makeHome(): Promise<TestHome> {
  const home = await TestHome.make()
  homes.push(home)
  return home
}

afterEach(async () => {
  for (const home of homes.splice(0)) await home.remove()
})

const start = (homeDir: string, settings: Record<string, string> = {}) =>
  startEmbeddedPostgres({ homeDir, log: () => undefined, settings })

const unavailable = (why: RegExp) => ({
  code: 'STORE_UNAVAILABLE',
  details: { why: expect.stringMatching(why) as string, next: expect.stringMatching(/\S/u) as string },
})

describe('a platform without a package', () => {
  test.each([
    [{ os: 'win32', arch: 'x64', glibc: undefined }, /WSL2.*DATABASE_URL/u],
    [{ os: 'linux', arch: 'x64', glibc: undefined }, /DATABASE_URL/u],
    [{ os: 'linux', arch: 'x64', glibc: '2.17' }, /DATABASE_URL/u],
    [{ os: 'freebsd', arch: 'x64', glibc: undefined }, /DATABASE_URL/u],
  ])('%o is told what to do instead', (platform, next) => {
    expect(getPlatformTrouble(platform)?.next).toMatch(next)
  })

  test.each([
    { os: 'linux', arch: 'arm64', glibc: '2.27' },
    { os: 'linux', arch: 'x64', glibc: '2.41' },
    { os: 'darwin', arch: 'arm64', glibc: undefined },
  ])('%o is no such platform', (platform) => {
    expect(getPlatformTrouble(platform)).toBeUndefined()
  })
})

describe('a start that cannot work says what, why and what next', () => {
  test('when the home is a file', async () => {
    const { homeDir } = await makeHome()
    await writeFile(homeDir, '')
    await expect(start(homeDir)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })

  test('when a setting is ours', async () => {
    const { homeDir } = await makeHome()
    await expect(start(homeDir, { listen_addresses: '*' })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
    await expect(start(homeDir, { 'a b': '1' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  test('when Postgres refuses a setting, in Postgres’s words, and lets go of the home', async () => {
    const { homeDir } = await makeHome()
    await expect(start(homeDir, { work_mem: 'much' })).rejects.toMatchObject(unavailable(/work_mem.*much/u))
    const server = await start(homeDir)
    expect(server.isOwner).toBe(true)
    await server.stop()
  })

  test('when initdb fails, and leaves nothing half-made', async () => {
    const home = await makeHome()
    const layout = await prepareLayout(home.homeDir)
    const binaries = { initdb: '/bin/false', postgres: '/bin/false' }
    const work = prepareCluster({ layout, binaries, log: () => undefined, isDurable: true })
    await expect(work).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(await readdir(layout.baseDir)).toEqual([])
  })

  test('when the database is of another release', async () => {
    const home = await makeHome()
    const server = await start(home.homeDir)
    await server.stop()
    await writeFile(join(server.dataDir, 'PG_VERSION'), '17\n')
    await expect(start(home.homeDir)).rejects.toMatchObject(unavailable(/Postgres 17/u))
  })

  test('when the key is not the one the database was made with', async () => {
    const home = await makeHome()
    const server = await start(home.homeDir)
    await server.stop()
    await writeFile(
      home.layout.keyFile,
      JSON.stringify({ superuser: server.superuser, password: 'x'.repeat(32) }),
    )
    await expect(start(home.homeDir)).rejects.toMatchObject(unavailable(/password/u))
    expect(await home.listServer()).toEqual([])
  })

  test('when the key file is damaged', async () => {
    const home = await makeHome()
    await prepareLayout(home.homeDir)
    await writeFile(home.layout.keyFile, '{')
    await expect(start(home.homeDir)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })
})

describe('data that has lost its key', () => {
  test.runIf(suits(!isRoot, FOR_ORDINARY_USERS))(
    'inside the home is not opened and not replaced',
    async () => {
      const home = await makeHome()
      await (await start(home.homeDir)).stop()
      await rm(home.layout.keyFile)
      await expect(start(home.homeDir)).rejects.toMatchObject(unavailable(/is gone/u))
    },
  )

  test.runIf(suits(isRoot, FOR_ROOT))(
    'of a removed home of root is kept aside, and the new home starts empty',
    async () => {
      const home = await makeHome()
      await (await start(home.homeDir)).stop()
      await rm(home.homeDir, { recursive: true })
      const lines: string[] = []
      const server = await startEmbeddedPostgres({ homeDir: home.homeDir, log: (line) => lines.push(line) })
      await server.stop()
      expect(lines.join('\n')).toContain('it is kept in')
      const names = await readdir(home.layout.baseDir)
      expect(names.filter((name) => name.startsWith('data-'))).toHaveLength(1)
    },
  )
})

describe('the owner’s lock', () => {
  test('has one holder, in one process as among several, and is free again after release', async () => {
    const home = await makeHome()
    const { lockFile } = await prepareLayout(home.homeDir)
    const lock = tryOwnerLock(lockFile)
    expect(lock).toBeDefined()
    expect(tryOwnerLock(lockFile)).toBeUndefined()
    lock?.release()
    const again = tryOwnerLock(lockFile)
    expect(again).toBeDefined()
    expect(again?.isInPlace()).toBe(true)
    await rename(lockFile, `${lockFile}.gone`)
    expect(again?.isInPlace()).toBe(false)
    again?.release()
  })
})

describe('folders', () => {
  test.runIf(suits(isRoot, FOR_ROOT))('that somebody else owns are not used', async () => {
    const home = await makeHome()
    const layout = await prepareLayout(home.homeDir)
    await chown(layout.baseDir, 54_321, 54_321)
    await expect(prepareLayout(home.homeDir)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })

  test('a short socket folder whose owner or mode changed is given up for a new one', async () => {
    const home = await makeHome()
    const baseDir = join(home.homeDir, 'long-'.repeat(30))
    await mkdir(baseDir, { recursive: true })
    const layout = { ...home.layout, baseDir, runAs: undefined }
    const first = await prepareSocketFolder(layout)
    expect(await prepareSocketFolder(layout)).toBe(first)
    await chmod(first, 0o755)
    const second = await prepareSocketFolder(layout)
    expect(second).not.toBe(first)
    expect((await lstat(second)).mode & 0o777).toBe(0o700)
  })

  test('the programs are copied whole, with their links, out of a folder that others cannot enter', async () => {
    const main = createRequire(import.meta.url).resolve('embedded-postgres')
    const entry = createRequire(main).resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
    const base = await mkdtemp(join(tmpdir(), 'ropewalk-copy-'))
    try {
      expect(await isOpenToAll(base)).toBe(false)
      await chmod(base, 0o755)
      const copy = await copyBinaries(join(dirname(entry), '..', 'native'), base)
      expect(await copyBinaries(join(dirname(entry), '..', 'native'), base)).toBe(copy)
      expect(await readdir(base)).toHaveLength(1)
      const asUser = isRoot ? { uid: 54_321, gid: 54_321 } : {}
      const { stdout } = await promisify(execFile)(join(copy, 'bin', 'postgres'), ['--version'], asUser)
      expect(stdout).toMatch(/ 18\./u)
    } finally {
      await rm(base, { recursive: true })
    }
  })
})

test('a log that has grown too large is kept once and begun again', async () => {
  const home = await makeHome()
  const { logFile } = await prepareLayout(home.homeDir)
  await trimLog(logFile)
  await writeFile(logFile, 'small')
  await trimLog(logFile)
  expect((await stat(logFile)).size).toBe(5)
  await truncate(logFile, 9 * 1024 * 1024)
  await trimLog(logFile)
  expect((await stat(logFile)).size).toBe(0)
  expect((await stat(`${logFile}.1`)).size).toBe(9 * 1024 * 1024)
})

test('a process that is told to stop leaves no server behind', async () => {
  const home = await makeHome()
  const host = home.startHost()
  await host.ready
  await endProcess(host.process, 'SIGTERM')
  expect(await home.listServer()).toEqual([])
})
