import { Command, Help, type Option } from 'commander'
import type { Terminal } from '../terminal.ts'
import { addBacklogCommands } from './backlog-commands.ts'
import { addBusCommands } from './bus-commands.ts'
import { addHouseCommands } from './house-commands.ts'
import { addMcpCommands } from './mcp-commands.ts'
import { addMcpServersCommands } from './mcp-servers-commands.ts'
import { addOversightCommands } from './oversight-commands.ts'
import { addPlaybookCommands } from './playbook-commands.ts'
import { addProjectCommands } from './project-commands.ts'
import { addQuestionCommands } from './question-commands.ts'
import { addRecordCommands } from './record-commands.ts'
import { addRunCommands } from './run-commands.ts'
import { addRunsCommands } from './runs-commands.ts'
import { addStoryCommands } from './story-commands.ts'
import { addThreadCommands } from './thread-commands.ts'
import { addTokenCommands } from './token-commands.ts'
import { addWaiverCommands } from './waiver-commands.ts'
import type { Define } from './define.ts'

/** Help that tells which options a command cannot do without. */
const describeOption = (option: Option): string =>
  new Help().optionDescription(option) + (option.mandatory ? ' (needed)' : '')

/**
 * The whole command line. What a command does is loaded when it runs, so that help and mistakes are told at once.
 * `setExit` is given the exit code of the command.
 */
export const makeProgram = (terminal: Terminal, setExit: (code: number) => void): Command => {
  const program = new Command('ropewalk')
    .description('Takes an idea through phases to a release whose every claim can be checked.')
    .version('0.1.0', '--version')
    .showSuggestionAfterError()
    .exitOverride()
    .configureHelp({ optionDescription: describeOption })
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: () => undefined,
      outputError: () => undefined,
    })
    .addHelpText(
      'after',
      `
Settings: a flag wins over ROPEWALK_… in the environment, that over .ropewalk/config.yaml of the project, that over
config.yaml of the home (ROPEWALK_HOME, default ~/.ropewalk).
Exit codes: 0 done (verified, also with gaps), 1 failure, 2 cancelled, 4 not logged in, 5 a gate was not passed,
6 waits for a person, 7 over budget, 64 wrong usage, 69 unreachable, 130 interrupted.`,
    )
  const define: Define = { terminal, setExit }
  addRunCommands(program, define)
  addRunsCommands(program, define)
  addRecordCommands(program, define)
  addQuestionCommands(program, define)
  addProjectCommands(program, define)
  addBacklogCommands(program, define)
  addBusCommands(program, define)
  addThreadCommands(program, define)
  addOversightCommands(program, define)
  addWaiverCommands(program, define)
  addStoryCommands(program, define)
  addPlaybookCommands(program, define)
  addMcpCommands(program, define)
  addMcpServersCommands(program, define)
  addTokenCommands(program, define)
  addHouseCommands(program, define)
  return program
}
