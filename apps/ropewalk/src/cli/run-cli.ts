import { CommanderError, type Command } from 'commander'
import { makeProgram } from './program/make-program.ts'
import { makeTerminal, type CliInput, type Terminal } from './terminal.ts'
import { EXIT, tell, type Told } from './trouble.ts'

/** A reader that went away (`| head`) is no failure; everything else about a stream is. */
const ignoreBrokenPipe = (input: CliInput): void => {
  for (const stream of [input.stdout, input.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
      process.exit(process.exitCode ?? EXIT.ok)
    })
  }
}

/** The words at the front of a command line that name a command, as far as there is one. */
const findCommandWords = (program: Command, argv: readonly string[]): readonly string[] => {
  const words: string[] = []
  let command: Command | undefined = program
  for (const word of argv) {
    command = command?.commands.find((each) => each.name() === word)
    if (command === undefined) break
    words.push(word)
  }
  return words
}

/** Commander's own words for a mistake in the command line, without its "error:" and with a way on. */
const tellUsage = (error: CommanderError, program: Command, argv: readonly string[]): Told => {
  const [what = '', hint] = error.message.replace(/^error: /u, '').split('\n')
  return {
    code: 'INVALID_ARGUMENT',
    what: error.code === 'commander.help' ? 'a command is missing' : what,
    why: hint?.replace(/^\(|\)$/gu, ''),
    next: `./ropewalk ${[...findCommandWords(program, argv), '--help'].join(' ')}`,
    exit: EXIT.usage,
  }
}

const show = (terminal: Terminal, told: Told, isJson: boolean): void => {
  if (isJson) {
    terminal.say(JSON.stringify({ type: 'error', ...told }))
    return
  }
  terminal.say(`${terminal.paint('red', 'ropewalk:')} ${told.what}`)
  if (told.why !== undefined) terminal.say(`  why:  ${told.why}`)
  terminal.say(`  next: ${told.next}`)
}

/** Runs one command line and gives the exit code. Errors are told on standard error, never thrown. */
export const runCli = async (input: CliInput): Promise<number> => {
  ignoreBrokenPipe(input)
  const terminal = makeTerminal(input)
  let exit: number = EXIT.ok
  const program = makeProgram(terminal, (code) => {
    exit = code
  })
  try {
    await program.parseAsync([...input.argv], { from: 'user' })
    return exit
  } catch (error) {
    const isHelp = error instanceof CommanderError && error.exitCode === 0
    if (isHelp) return EXIT.ok
    const told = error instanceof CommanderError ? tellUsage(error, program, input.argv) : tell(error)
    show(terminal, told, input.argv.includes('--json'))
    return told.exit
  }
}
