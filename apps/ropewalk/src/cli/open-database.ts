import { hkdfSync } from 'node:crypto'
import path from 'node:path'
import { RopewalkError } from '@ropewalk/core/errors'
import type { Config } from '../config.ts'
import type { Log } from '../log.ts'
import { startEmbeddedPostgres } from '../store/embedded/start-embedded-postgres.ts'
import { makePrivateFolder, readOrMakeSecret } from '../store/keys/home-folder.ts'
import { makeApiToken } from './home.ts'
import { migrate } from '../store/migrate.ts'
import { openStore, type DatabaseUrls, type Store, type StoreLog } from '../store/open.ts'
import { ROLES, type RolePasswords } from '../store/roles.ts'
import { makeRoleUrl } from '../store/urls.ts'

/** A database that is migrated and open. `stop` closes it, and the embedded server when this process owns it. */
export type Database = {
  readonly store: Store
  readonly adminUrl: string
  readonly isEmbedded: boolean
  readonly stop: () => Promise<void>
}

export type DatabaseOptions = {
  readonly config: Pick<Config, 'home' | 'databaseUrl' | 'workspaceBudgetUsd'>
  readonly log: Log
  /** Called while another process of this home brings the server up. */
  readonly onWait?: ((waitedMs: number) => void) | undefined
}

const LOGIN_ROLES = ['writer', 'reader'] as const

/** The password of a url like `postgres://user:password@host/…`; empty where it has none. */
const getPassword = (url: string): string => {
  const userInfo = /^postgres(?:ql)?:\/\/([^/?#@]*)@/iu.exec(url)?.[1] ?? ''
  return decodeURIComponent(userInfo.split(':').slice(1).join(':'))
}

/**
 * Passwords of our roles, derived from the administrator's: every process that may migrate a database knows
 * the same ones, and nothing more has to be kept.
 */
const makeRolePasswords = (adminUrl: string, home: string): RolePasswords => {
  const secret =
    getPassword(adminUrl) || readOrMakeSecret(path.join(home, 'keys', 'database-roles'), makeApiToken)
  const derive = (role: string) =>
    Buffer.from(hkdfSync('sha256', secret, '', `ropewalk/database-role/v1/${role}`, 32)).toString('base64url')
  return Object.fromEntries(LOGIN_ROLES.map((role) => [role, derive(role)]))
}

const getUrls = (adminUrl: string, passwords: RolePasswords): DatabaseUrls => ({
  writer: makeRoleUrl(adminUrl, ROLES.writer, passwords.writer ?? ''),
  reader: makeRoleUrl(adminUrl, ROLES.reader, passwords.reader ?? ''),
})

/** Whether an error says that our roles or tables are not there yet, rather than that there is no server. */
const isUnprepared = (error: unknown): boolean => {
  if (!(error instanceof RopewalkError)) return false
  if (error.code === 'STORE_UNAVAILABLE') return String(error.details['sqlState'] ?? '').startsWith('28')
  const { found, known } = error.details
  return error.code === 'MIGRATION_REQUIRED' && !(Number(found) > Number(known))
}

/**
 * A log for the store that is quiet from `hush` on. Pools say that they have ended before their connections are
 * gone, and a server that stops then says farewell to each: no news when we are the ones who end it.
 */
const makeStoreLog = (log: Log): { readonly storeLog: StoreLog; readonly hush: () => void } => {
  let isEnding = false
  const storeLog: StoreLog = {
    debug: (facts, message) => {
      log.debug(facts, message)
    },
    warn: (facts, message) => {
      log[isEnding ? 'debug' : 'warn'](facts, message)
    },
  }
  return { storeLog, hush: () => (isEnding = true) }
}

/** Opens the store as our roles; a database that was never prepared, or by an older release, is migrated first. */
const openPrepared = async (
  adminUrl: string,
  storeLog: StoreLog,
  { config, log }: DatabaseOptions,
): Promise<Store> => {
  const passwords = makeRolePasswords(adminUrl, config.home)
  const urls = getUrls(adminUrl, passwords)
  try {
    return await openStore({ urls, log: storeLog })
  } catch (error) {
    if (!isUnprepared(error)) throw error
    log.info({ err: error }, 'the database is prepared first')
  }
  const { mode } = await migrate({
    adminUrl,
    passwords,
    defaultCapMicros: Math.round(config.workspaceBudgetUsd * 1_000_000),
    log: (line) => {
      log.info({}, line)
    },
  })
  return openStore({ urls: mode === 'roles' ? urls : { writer: adminUrl, reader: adminUrl }, log: storeLog })
}

/** The administrator's url of this home's database, its server started or joined. */
export const startServer = async ({
  config,
  log,
  onWait,
}: DatabaseOptions): Promise<{ adminUrl: string; isEmbedded: boolean; stop: () => Promise<void> }> => {
  makePrivateFolder(config.home)
  makePrivateFolder(path.join(config.home, 'keys'))
  if (config.databaseUrl !== undefined)
    return { adminUrl: config.databaseUrl, isEmbedded: false, stop: () => Promise.resolve() }
  const server = await startEmbeddedPostgres({
    homeDir: config.home,
    log: (line) => {
      log.info({}, line)
    },
    ...(onWait === undefined ? {} : { onLockWait: onWait }),
  })
  return { adminUrl: server.url, isEmbedded: true, stop: () => server.stop() }
}

/**
 * The database of this home: the embedded server, started or joined, or `DATABASE_URL`; migrated when it has to be.
 * Throws STORE_UNAVAILABLE and MIGRATION_REQUIRED (the database is newer).
 */
export const openDatabase = async (options: DatabaseOptions): Promise<Database> => {
  const server = await startServer(options)
  const { storeLog, hush } = makeStoreLog(options.log)
  try {
    const store = await openPrepared(server.adminUrl, storeLog, options)
    return {
      store,
      adminUrl: server.adminUrl,
      isEmbedded: server.isEmbedded,
      stop: async () => {
        hush()
        try {
          await store.close()
        } finally {
          await server.stop()
        }
      },
    }
  } catch (error) {
    await server.stop()
    throw error
  }
}

/** Migrates the database of this home and says what was done. */
export const migrateDatabase = async (options: DatabaseOptions) => {
  const server = await startServer(options)
  try {
    return await migrate({
      adminUrl: server.adminUrl,
      passwords: makeRolePasswords(server.adminUrl, options.config.home),
      defaultCapMicros: Math.round(options.config.workspaceBudgetUsd * 1_000_000),
    })
  } finally {
    await server.stop()
  }
}
