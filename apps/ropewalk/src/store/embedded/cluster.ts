import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chown, lstat, mkdir, readFile, readdir, rename, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Binaries } from './binaries.ts'
import type { Layout, ServerUser } from './layout.ts'
import { SERVER_ENVIRONMENT } from './settings.ts'
import { explainDiskTrouble, getErrorCode, makeStoreUnavailable } from './store-unavailable.ts'
import { createSuperuserKey, findSuperuserKey, syncFolder } from './superuser-key.ts'
import type { SuperuserKey } from './superuser-key.ts'

/** The data folders of another major release cannot be opened. */
const MAJOR = '18'

/** A new cluster takes 40 MB and its write-ahead log grows from there; less than this would fail soon after. */
const LEAST_FREE_BYTES = 256 * 1024 * 1024

const STAGING = 'staging-'

const run = promisify(execFile)

export type PrepareClusterOptions = {
  readonly layout: Layout
  readonly binaries: Binaries
  readonly log: (line: string) => void
  /** False only where losing everything in a power cut is all right. */
  readonly isDurable: boolean
}

/**
 * Makes the data folder and its superuser's key unless they are there, and gives the key. Only the owner calls it.
 * The data folder appears whole or not at all: a crash half-way leaves a staging folder, which the next call removes.
 * Throws STORE_UNAVAILABLE when initdb fails, when the data is of another release, or when it has lost its key.
 */
export async function prepareCluster(options: PrepareClusterOptions): Promise<SuperuserKey> {
  const { layout, log } = options
  await removeStaging(layout)
  const key = await findSuperuserKey(layout)
  const version = await findVersion(layout)
  if (version === MAJOR && key !== undefined) return key
  if (version !== undefined && version !== MAJOR) {
    throw makeStoreUnavailable({
      what: `The database in ${layout.dataDir} cannot be opened`,
      why: `it was made by Postgres ${version} and this program has ${MAJOR}`,
      next: 'Use the release of Ropewalk that made it, or set DATABASE_URL to a server that has the data.',
    })
  }
  if (version !== undefined) await setAside(layout, log)
  const made = key ?? (await createSuperuserKey(layout))
  await initialise(options, made)
  return made
}

async function findVersion(layout: Layout): Promise<string | undefined> {
  try {
    return (await readFile(join(layout.dataDir, 'PG_VERSION'), 'utf8')).trim()
  } catch (error) {
    if (getErrorCode(error) === 'ENOENT') return undefined
    return explainDiskTrouble('The data folder cannot be read', () => Promise.reject(error))
  }
}

/**
 * Data without its key. Where data lies outside the home, the home was most likely removed to start anew; the old
 * data is kept under another name, because nobody asked for its end. Inside a home only the key was lost, and
 * starting empty would look like a loss of everything.
 */
async function setAside(layout: Layout, log: (line: string) => void): Promise<void> {
  if (layout.runAs === undefined) {
    throw makeStoreUnavailable({
      what: `The database in ${layout.dataDir} cannot be opened`,
      why: `its password, ${layout.keyFile}, is gone`,
      next: `Restore that file from a backup, or move ${layout.dataDir} away to start empty.`,
    })
  }
  const kept = `${layout.dataDir}-${new Date().toISOString().replaceAll(/[:.]/gu, '-')}`
  await explainDiskTrouble('The data of a removed home cannot be moved aside', () =>
    rename(layout.dataDir, kept),
  )
  log(`postgres: ${layout.homeDir} is new, but there was data of a home of that name; it is kept in ${kept}`)
}

async function initialise(options: PrepareClusterOptions, key: SuperuserKey): Promise<void> {
  const { layout, log } = options
  const startedAt = performance.now()
  log('postgres: first start, making the database (a few seconds)')
  await explainDiskTrouble('The embedded Postgres cannot be made', async () => {
    await requireSpace(layout)
    const staging = join(layout.baseDir, `${STAGING}${randomBytes(6).toString('hex')}`)
    await mkdir(staging, { mode: 0o700 })
    try {
      await runInitdb(options, key, staging)
      await rename(join(staging, 'data'), layout.dataDir)
      await syncFolder(layout.baseDir)
    } finally {
      await rm(staging, { recursive: true, force: true })
    }
  })
  log(`postgres: database made in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
}

/**
 * initdb insists on a user with a name, so as root it runs as nobody; what it made is then handed to the server's
 * numeric user. `chown -h` follows no link, which matters while another process of nobody could still plant one.
 */
async function runInitdb(
  { layout, binaries, isDurable }: PrepareClusterOptions,
  key: SuperuserKey,
  staging: string,
) {
  const maker = layout.runAs === undefined ? undefined : await readNobody()
  const passwordFile = join(staging, 'password')
  await writeFile(passwordFile, `${key.password}\n`, { mode: 0o600, flag: 'wx' })
  if (maker !== undefined) for (const path of [passwordFile, staging]) await chown(path, maker.uid, maker.gid)
  const data = join(staging, 'data')
  const options = [
    ['-D', data, '-U', key.superuser, '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--encoding=UTF8'],
    // Postgres's own collation: an upgrade of the C library cannot change the order of an index.
    ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--data-checksums'],
    isDurable ? [] : ['--no-sync'],
  ].flat()
  try {
    const [program, before] = await findNamedStart(binaries.initdb, maker)
    await run(program, [...before, ...options], {
      cwd: '/',
      env: SERVER_ENVIRONMENT,
      timeout: 120_000,
      ...maker,
    })
  } catch (error) {
    throw makeInitdbTrouble(layout, error)
  }
  if (layout.runAs === undefined) return
  await chown(staging, 0, 0)
  const owner = `${String(layout.runAs.uid)}:${String(layout.runAs.gid)}`
  await run('chown', ['-R', '-h', owner, '--', data], { env: SERVER_ENVIRONMENT })
}

/**
 * A uid without an account, usual in containers, gets the name nobody in a user namespace of its own for as long as
 * initdb runs; the files belong to the real uid all the same. Where such namespaces are switched off, initdb says so.
 */
async function findNamedStart(
  initdb: string,
  maker: ServerUser | undefined,
): Promise<[string, readonly string[]]> {
  if (maker !== undefined || process.platform !== 'linux' || (await hasAccount())) return [initdb, []]
  const { uid, gid } = await readNobody()
  return ['unshare', ['--user', `--map-user=${String(uid)}`, `--map-group=${String(gid)}`, '--', initdb]]
}

async function hasAccount(): Promise<boolean> {
  try {
    await run('id', ['-un'], { env: SERVER_ENVIRONMENT })
    return true
  } catch (error) {
    // id exits with 1 when the number has no name; any other trouble is not about the account.
    if (error instanceof Error && 'code' in error && error.code === 1) return false
    throw error
  }
}

function makeInitdbTrouble(layout: Layout, error: unknown): Error {
  const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : ''
  const lines = said.split('\n').filter((line) => /error|fatal|could not|cannot|no space|hint/iu.test(line))
  const why = lines.length > 0 ? lines.join(' ') : error instanceof Error ? error.message : String(error)
  return makeStoreUnavailable({
    what: `initdb failed for ${layout.dataDir}`,
    why: why.slice(0, 1_000).replace(/\.$/u, ''),
    next: 'Correct that and start again, or set DATABASE_URL to a Postgres 18 server.',
    cause: error,
  })
}

async function readNobody(): Promise<ServerUser> {
  const read = async (flag: string): Promise<number> =>
    // macOS gives nobody the largest 32-bit number, which spawn takes only as -2.
    Number((await run('id', [flag, 'nobody'], { env: SERVER_ENVIRONMENT })).stdout.trim()) | 0
  return { uid: await read('-u'), gid: await read('-g') }
}

async function requireSpace(layout: Layout): Promise<void> {
  const { bavail, bsize } = await statfs(layout.baseDir)
  if (bavail * bsize >= LEAST_FREE_BYTES) return
  throw makeStoreUnavailable({
    what: `No room for a database in ${layout.baseDir}`,
    why: `${String(Math.floor((bavail * bsize) / 1024 / 1024))} MB are free and 256 MB are needed`,
    next: 'Free some space on that disk and start again.',
  })
}

async function removeStaging(layout: Layout): Promise<void> {
  await explainDiskTrouble('An unfinished data folder cannot be removed', async () => {
    for (const name of await readdir(layout.baseDir)) {
      if (!name.startsWith(STAGING)) continue
      const path = join(layout.baseDir, name)
      if ((await lstat(path)).isDirectory()) await rm(path, { recursive: true, force: true, maxRetries: 5 })
    }
  })
}
