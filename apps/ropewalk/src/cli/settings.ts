import path from 'node:path'
import type { Config, SettingName } from '../config.ts'
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

/** The log of a command that runs a house; beside a live picture it goes to a file of the home. */
export const openLog = async (terminal: Terminal, config: Config): Promise<Log> => {
  const { makeLog } = await import('../log.ts')
  const isBesideView = terminal.isStderrTerminal && !config.given.has('logLevel')
  return makeLog({
    level: config.logLevel,
    ...(isBesideView ? { file: path.join(config.home, 'logs', 'ropewalk.log') } : {}),
  })
}
