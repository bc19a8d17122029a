import { existsSync, lstatSync } from 'node:fs'
import path from 'node:path'
import type { Config } from '../../config.ts'
import {
  checkDisk,
  checkGit,
  checkHome,
  checkModels,
  checkNode,
  checkPort,
  checkSandbox,
  checkTmux,
  type Check,
} from '../checks.ts'
import { findLiveServer } from '../connect.ts'
import { getTokenFile } from '../home.ts'
import { openDatabase } from '../open-database.ts'
import { layOutCheck } from '../preflight.ts'
import { readSettings, type CommonFlags } from '../settings.ts'
import type { Terminal } from '../terminal.ts'
import { EXIT, tell } from '../trouble.ts'

export type DoctorFlags = CommonFlags & { readonly unconfined?: boolean }

/** Files that only their owner may read; others there may not be any more once they were read. */
const checkKeyFiles = ({ home }: Config): Check => {
  const files = [
    getTokenFile(home),
    path.join(home, 'keys', 'secrets.json'),
    path.join(home, 'keys', 'postgres.json'),
  ]
  const open = files.filter((file) => existsSync(file) && (lstatSync(file).mode & 0o077) !== 0)
  const [first] = open
  return first === undefined
    ? {
        name: 'keys',
        standing: 'good',
        found: existsSync(path.join(home, 'keys')) ? 'readable by you alone' : 'none yet',
      }
    : {
        name: 'keys',
        standing: 'bad',
        found: `others can read ${open.join(', ')}`,
        fix: `Run: chmod 600 ${open.map((file) => `'${file}'`).join(' ')}`,
      }
}

/** Really opens the database: starts or joins the embedded server, compares versions. */
const checkRealDatabase = async (config: Config): Promise<Check> => {
  const { makeLog } = await import('../../log.ts')
  try {
    const database = await openDatabase({ config, log: makeLog({ level: 'silent' }) })
    const mode = database.store.isSingleRole ? 'one role for everything (no row security)' : 'roles apart'
    const found = `${database.isEmbedded ? 'embedded Postgres' : 'Postgres at DATABASE_URL'}, schema current, ${mode}`
    await database.stop()
    return { name: 'database', standing: database.store.isSingleRole ? 'weak' : 'good', found }
  } catch (error) {
    const { what, why, next } = tell(error)
    return {
      name: 'database',
      standing: 'bad',
      found: why === undefined ? what : `${what}: ${why}`,
      fix: next,
      exit: EXIT.unreachable,
    }
  }
}

const checkServer = async ({ home }: Config): Promise<Check> => {
  const live = await findLiveServer(home)
  return {
    name: 'server',
    standing: 'good',
    found:
      live === undefined ? 'none running; commands start one when they need it' : `answers at ${live.url}`,
  }
}

/** Looks at everything that Ropewalk needs and tells the fix of what is not right. */
export const doctor = async (terminal: Terminal, flags: DoctorFlags): Promise<number> => {
  const config = await readSettings(terminal, flags, { unconfined: flags.unconfined })
  const home = checkHome(config)
  const checks = [
    checkNode(),
    home,
    checkKeyFiles(config),
    checkDisk(config),
    await checkGit(),
    await checkSandbox(config),
    await checkTmux(),
    await checkModels(config),
    await checkPort(config),
    // A home that is not ours is left alone.
    ...(home.standing === 'bad' ? [] : [await checkRealDatabase(config), await checkServer(config)]),
  ]
  const bad = checks.find(({ standing }) => standing === 'bad')
  if (flags.json === true) terminal.out(JSON.stringify({ ok: bad === undefined, checks }))
  else for (const check of checks) terminal.out(layOutCheck(terminal.paintOut, check))
  return bad === undefined ? EXIT.ok : (bad.exit ?? EXIT.failure)
}
