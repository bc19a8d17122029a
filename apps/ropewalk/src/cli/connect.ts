import type { Config } from '../config.ts'
import { ServerGone } from './server-gone.ts'
import { makeApi, type Api } from './api.ts'
import { findServerRecord, isAlive, readApiToken } from './home.ts'
import type { House, Roles } from './house.ts'
import type { Log } from '../log.ts'
import { EXIT, makeTrouble } from './trouble.ts'

export type ConnectOptions = {
  readonly config: Config
  readonly log: Log
  /** What this process does itself where no server lives. */
  readonly roles: Roles
  readonly onWait?: (waitedMs: number) => void
  /** Called before this process becomes the server, which takes seconds the first time. */
  readonly onStart?: () => void
}

/** A way to the API of this home, over a server that was found or one of our own. */
export type Link = {
  readonly api: Api
  /** Whether this process is the server; then it must not end before the work has. */
  readonly isOwn: boolean
  readonly close: () => Promise<void>
}

/** A server on this machine answers in milliseconds; one that does not within this is hung or gone. */
const PROBE_MS = 2000

const isHealthy = async (url: string): Promise<boolean> => {
  try {
    const response = await fetch(new URL('/healthz', url), {
      signal: AbortSignal.timeout(PROBE_MS),
      redirect: 'error',
    })
    return response.ok && ((await response.json()) as { status?: unknown }).status === 'ok'
  } catch {
    // Nobody there, or not one of ours: both mean that there is no server to use.
    return false
  }
}

/**
 * Where the live server of a home answers, or undefined. A record that outlived its process counts for nothing: a
 * token is shown to no other program that may have the port now.
 */
export const findServerUrl = async (home: string): Promise<string | undefined> => {
  const record = findServerRecord(home)
  if (record === undefined || record.pid === process.pid || !isAlive(record.pid)) return undefined
  return (await isHealthy(record.url)) ? record.url : undefined
}

/** The live server of a home, spoken to as its owner, or undefined. */
export const findLiveServer = async (home: string): Promise<Api | undefined> => {
  const url = await findServerUrl(home)
  if (url === undefined) return undefined
  const api = makeApi({ url, token: readApiToken(home) })
  try {
    await api.listRuns({ limit: 1 })
    return api
  } catch (error) {
    if (error instanceof ServerGone) return undefined
    throw error
  }
}

/** Uses the live server of this home, or becomes one on a free loopback port until `close`. */
export const connect = async (options: ConnectOptions): Promise<Link> => {
  const { config, log, roles } = options
  const api = await findLiveServer(config.home)
  if (api !== undefined) return { api, isOwn: false, close: () => Promise.resolve() }
  options.onStart?.()
  const { startHouse } = await import('./house.ts')
  const house: House = await startHouse({
    config,
    log,
    roles: { ...roles, serve: true },
    isEphemeral: true,
    // Only a server that does the work may be leant on by others.
    isAnnounced: roles.worker && roles.timers,
    onWait: options.onWait,
  })
  return {
    api: makeApi({ url: house.url ?? '', token: house.token }),
    isOwn: true,
    close: () => house.stop(),
  }
}

/** The live server of this home, for commands that only make sense beside one. */
export const connectToLive = async (home: string): Promise<Api> => {
  const api = await findLiveServer(home)
  if (api !== undefined) return api
  throw makeTrouble({
    code: 'DRAINING',
    what: 'no server of this home is running',
    why: `nobody would do the work after this command has ended (home ${home})`,
    next: 'Start one with ./ropewalk up, or leave --detach out.',
    exit: EXIT.unreachable,
  })
}
