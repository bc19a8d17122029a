import { InvalidArgumentError, type Command } from 'commander'
import type { Terminal } from '../terminal.ts'

/** What definitions of commands need: where the command talks, and where its exit code goes. */
export type Define = { readonly terminal: Terminal; readonly setExit: (code: number) => void }

/** Flags that every command takes. */
export const addCommonFlags = (command: Command): Command =>
  command
    .option('--home <dir>', 'folder of keys, data and dossiers (ROPEWALK_HOME)')
    .option('--json', 'one JSON document on standard output; NDJSON where it is a stream')
    .option('--no-input', 'never ask; what would be asked is refused or takes its default')
    .option('--yes', 'answer every confirmation with yes')

/** Flags of commands that start work. */
export const addWorkFlags = (command: Command): Command =>
  addCommonFlags(command)
    .option('--workspace <name>', 'workspace of the command (ROPEWALK_WORKSPACE)')
    .option('--model <list>', 'models in order, such as anthropic/NAME,offline (ROPEWALK_MODEL)')

const makeNumber = (least: number, what: string) => (value: string) => {
  const number = Number(value)
  if (value.trim() === '' || !Number.isFinite(number) || number < least)
    throw new InvalidArgumentError(`Expected ${what}.`)
  return number
}

export const parseUsd = makeNumber(0, 'US dollars, such as 5 or 0.5')
export const parseSeconds = makeNumber(0, 'seconds, 0 or more')
export const parseCount = makeNumber(1, 'a whole number from 1 on')

export const parsePort = (value: string): number => {
  const port = Number(value)
  if (!/^\d+$/u.test(value) || port > 65_535)
    throw new InvalidArgumentError('Expected a port from 0 to 65535.')
  return port
}

/** Gathers an option that may be given more than once. */
export const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  value,
]
