import path from 'node:path'
import { getTokenFile } from '../home.ts'
import type { Terminal } from '../terminal.ts'
import { EXIT } from '../trouble.ts'
import { demo } from './demo.ts'
import { runIdea, type RunFlags } from './run.ts'

/** A path as a shell takes it, whatever it is made of. */
const quote = (value: string): string => `'${value.replaceAll("'", String.raw`'\''`)}'`

/** The first walk: the demo, or `run` with an idea of one's own; at the end how to open the API. */
export const start = async (
  terminal: Terminal,
  words: readonly string[],
  flags: RunFlags,
): Promise<number> => {
  const given = words.join(' ').trim()
  const { exit, config } = given === '' ? await demo(terminal, flags) : await runIdea(terminal, given, flags)
  if (flags.json === true || exit === EXIT.interrupted) return exit
  const tokenFile = getTokenFile(path.resolve(config.home))
  terminal.say(
    [
      '',
      'Open the API of the board:',
      '  ./ropewalk up',
      `  curl -H "Authorization: Bearer $(cat ${quote(tokenFile)})" http://${config.host}:${config.port}/v1/runs`,
      '',
      'Your own idea:  ./ropewalk run "…"',
    ].join('\n'),
  )
  return exit
}
