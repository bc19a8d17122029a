import path from 'node:path'
import type { Config } from '../config.ts'
import type { SettingName } from '../settings/setting-table.ts'
import type { Log } from '../log.ts'
import type { Terminal } from './terminal.ts'

/** Flags that every command takes. Commander writes `--no-input` as `input: false`. */
export type CommonFlags = {
  readonly home?: string
  readonly workspace?: string
  readonly model?: string
  readonly json?: boolean
  readonly input?: boolean
  readonly yes?: boolean
}

/** All settings of a command: its flags win over environment and files. */
export const readSettings = async (
  terminal: Terminal,
  flags: CommonFlags,
  more: Readonly<Partial<Record<SettingName, unknown>>> = {},
): Promise<Config> => {
  const { readConfig } = await import('../config.ts')
  const given = { home: flags.home, workspace: flags.workspace, models: flags.model, ...more }
  return readConfig(terminal.env, {
    flags: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    cwd: terminal.cwd,
  })
}

/** Whether a person can be asked: nobody said not to, and both ends are a terminal. */
export const canAsk = (terminal: Terminal, flags: CommonFlags): boolean =>
  flags.input !== false && flags.json !== true && terminal.stdin.isTTY && terminal.isStderrTerminal

/** The log of a command for a person: a file of the home, unless somebody set how much is to be told. */
export const openLog = async (config: Config): Promise<Log> => {
  const [{ makeLog }, { makeSettingsRedactor }] = await Promise.all([
    import('../log.ts'),
    import('./model-access.ts'),
  ])
  const file = config.given.has('logLevel') ? undefined : path.join(config.home, 'logs', 'ropewalk.log')
  return makeLog({ level: config.logLevel, file, redact: makeSettingsRedactor(config) })
}
