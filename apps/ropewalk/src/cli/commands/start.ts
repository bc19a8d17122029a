import path from 'node:path'
import { getTokenFile } from '../home.ts'
import type { Terminal } from '../terminal.ts'
import { EXIT } from '../trouble.ts'
import { runIdea, type RunFlags } from './run.ts'

/** Small enough for a minute, and with something to count, redirect and refuse. */
const SAMPLE_IDEA = 'a link shortener with click counts'

/** A path as a shell takes it, whatever it is made of. */
const quote = (value: string): string => `'${value.replaceAll("'", String.raw`'\''`)}'`

/** The first walk: like `run`, and at the end how to open the API. */
export const start = async (
  terminal: Terminal,
  words: readonly string[],
  flags: RunFlags,
): Promise<number> => {
  const given = words.join(' ').trim()
  if (given === '' && flags.json !== true)
    terminal.say(`No idea was given; taking the sample: ${SAMPLE_IDEA}\n`)
  const { exit, config } = await runIdea(terminal, given === '' ? SAMPLE_IDEA : given, flags)
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
