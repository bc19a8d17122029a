import { execFile } from 'node:child_process'
import { lstatSync, statfsSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Config } from '../config.ts'
import { findServerRecord, isAlive } from './home.ts'
import { EXIT } from './trouble.ts'

/** One thing looked at. `bad` keeps a run from starting where it `blocks`; the fix is a sentence with a command. */
export type Check = {
  readonly name: string
  readonly standing: 'good' | 'weak' | 'bad'
  readonly found: string
  readonly fix?: string
  readonly exit?: number
}

const run = promisify(execFile)

/** A program that does not tell its version within this hangs. */
const VERSION_MS = 5000

const findVersion = async (program: string, args: readonly string[]): Promise<string | undefined> => {
  try {
    const { stdout } = await run(program, [...args], { timeout: VERSION_MS })
    return stdout.trim().split('\n')[0]
  } catch {
    // Not installed, or not to be run by this user: for us both mean that it is not there.
    return undefined
  }
}

const MIN_NODE = 24

export const checkNode = (): Check => {
  const isNew = Number(process.versions.node.split('.')[0]) >= MIN_NODE
  return {
    name: 'node',
    standing: isNew ? 'good' : 'bad',
    found: `${process.versions.node} on ${process.platform} ${process.arch}`,
    ...(isNew ? {} : { fix: 'Start through the launcher: ./ropewalk brings its own Node.' }),
  }
}

export const checkGit = async (): Promise<Check> => {
  const version = await findVersion('git', ['--version'])
  return version === undefined
    ? {
        name: 'git',
        standing: 'bad',
        found: 'not found',
        fix: 'Install git (Debian: apt-get install git; macOS: xcode-select --install).',
      }
    : { name: 'git', standing: 'good', found: version.replace(/^git version /u, '') }
}

export const checkTmux = async (): Promise<Check> => {
  const version = await findVersion('tmux', ['-V'])
  return version === undefined
    ? {
        name: 'tmux',
        standing: 'weak',
        found: 'not found; only agents in terminals need it',
        fix: 'Install tmux if you want those.',
      }
    : { name: 'tmux', standing: 'good', found: version }
}

/** Without a sandbox only the offline model's own service runs; a real model's code is refused. */
export const checkSandbox = async (config: Config): Promise<Check> => {
  const { findSandbox } = await import('../worker/confine/find-sandbox.ts')
  const sandbox = await findSandbox()
  if (sandbox.available) return { name: 'sandbox', standing: 'good', found: `bubblewrap at ${sandbox.path}` }
  const isOffline = config.models[0] === 'offline'
  if (config.unconfined || isOffline) {
    const why = config.unconfined ? '--unconfined' : 'offline model only'
    return {
      name: 'sandbox',
      standing: 'weak',
      found: `none, code runs unconfined (${why}); the verdict will have a gap`,
      fix: sandbox.reason,
    }
  }
  return {
    name: 'sandbox',
    standing: 'bad',
    found: 'none; code that a model wrote is not run without one',
    fix: `${sandbox.reason} Or accept it with --unconfined.`,
  }
}

/** A run needs some megabytes; a database that runs out of room stops everything. */
const MIN_FREE_BYTES = 500 * 1024 ** 2

/** The nearest folder above that exists; the home may not have been made yet. */
const findExisting = (dir: string): string => {
  try {
    lstatSync(dir)
    return dir
  } catch (error) {
    const parent = path.dirname(dir)
    if (parent === dir) throw error
    return findExisting(parent)
  }
}

export const checkDisk = (config: Config): Check => {
  const { bavail, bsize } = statfsSync(findExisting(config.home))
  const free = bavail * bsize
  const found = `${(free / 1024 ** 3).toFixed(1)} GB free at ${config.home}`
  return free >= MIN_FREE_BYTES
    ? { name: 'disk', standing: 'good', found }
    : {
        name: 'disk',
        standing: 'bad',
        found,
        fix: 'Free at least 0.5 GB, or set ROPEWALK_HOME to another disk.',
      }
}

export const checkHome = (config: Config): Check => {
  const { home } = config
  const existing = findExisting(home)
  if (existing !== home) return { name: 'home', standing: 'good', found: `${home} (will be made)` }
  const { mode, uid } = lstatSync(home)
  const isOwn = process.getuid?.() === undefined || uid === process.getuid()
  if (!isOwn)
    return {
      name: 'home',
      standing: 'bad',
      found: `${home} belongs to user ${uid}`,
      fix: 'Set ROPEWALK_HOME to a folder of your own.',
    }
  if ((mode & 0o077) !== 0)
    return {
      name: 'home',
      standing: (mode & 0o022) === 0 ? 'weak' : 'bad',
      found: `${home} is open to others (mode ${(mode & 0o777).toString(8)})`,
      fix: `Run: chmod 700 '${home}'`,
    }
  return { name: 'home', standing: 'good', found: home }
}

/** The models of the list and whether each can be called; `bad` when none can. */
export const checkModels = async (config: Config): Promise<Check> => {
  const [{ getUsableEntries }, { getModelAccess }] = await Promise.all([
    import('../worker/agents/providers.ts'),
    import('./model-access.ts'),
  ])
  const { usable, unusable } = getUsableEntries(getModelAccess(config))
  const [firstUnusable] = unusable
  const names = usable.map(({ entry }) => entry)
  if (config.production && names.includes('offline'))
    return {
      name: 'models',
      standing: 'bad',
      found: 'offline, whose work is simulated, and ROPEWALK_PRODUCTION is on',
      fix: 'Name models without it: ROPEWALK_MODEL=anthropic/NAME,openai/NAME, each with its key.',
    }
  if (firstUnusable === undefined)
    return {
      name: 'models',
      standing: 'good',
      found:
        names[0] === 'offline' ? 'offline (no key needed; what it writes is simulated)' : names.join(', '),
    }
  const missing = unusable.map(({ entry, reason }) => `${entry}: ${reason}`).join('; ')
  return {
    name: 'models',
    standing: names.length === 0 ? 'bad' : 'weak',
    found: names.length === 0 ? missing : `${names.join(', ')}; left out: ${missing}`,
    fix: `Set what is missing (${firstUnusable.reason.replace(/ is not set$/u, '')}=…), or choose others with ROPEWALK_MODEL or --model.`,
    exit: EXIT.notLoggedIn,
  }
}

const isPortFree = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => {
      resolve(false)
    })
    server.listen(port, host, () => {
      server.close(() => {
        resolve(true)
      })
    })
  })

export const checkPort = async (config: Config): Promise<Check> => {
  const record = findServerRecord(config.home)
  if (record !== undefined && isAlive(record.pid))
    return {
      name: 'port',
      standing: 'good',
      found: `a server of this home runs at ${record.url} (pid ${record.pid})`,
    }
  if (config.port === 0 || (await isPortFree(config.host, config.port)))
    return {
      name: 'port',
      standing: 'good',
      found: config.port === 0 ? 'any free one' : `${config.port} is free`,
    }
  return {
    name: 'port',
    standing: 'weak',
    found: config.given.has('port')
      ? `${config.port} is taken, so ./ropewalk up cannot use it`
      : `${config.port} is taken; ./ropewalk up takes the next free one`,
    fix: 'End the program that has it, or set ROPEWALK_PORT.',
  }
}

/** The password of a url is nobody's business. */
const withoutPassword = (url: string): string => url.replace(/\/\/([^:/?#@]*)(:[^/?#@]*)?@/u, '//$1@')

/** What is known of the database without starting one. */
export const checkDatabase = (config: Config): Check => ({
  name: 'database',
  standing: 'good',
  found:
    config.databaseUrl === undefined
      ? 'embedded Postgres'
      : `Postgres at ${withoutPassword(config.databaseUrl)}`,
})
