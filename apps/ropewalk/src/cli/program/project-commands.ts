import { Option, type Command } from 'commander'
import type { ProjectListFlags, ReportFlags } from '../commands/project.ts'
import type { ProjectStartFlags } from '../commands/project-start.ts'
import type { CommonFlags } from '../settings.ts'
import { addCommonFlags, collect, parseCount, parseSeconds, type Define } from './define.ts'

const PROJECT = 'the project: its id, any end or beginning of it, or last'

const FOLLOWING = `
It is followed to its report, or until only a person's word brings it on; that ends with 6 and the commands that help.
Where no server of this home runs, this process does the work as long as it lasts.`

const STATUSES = [
  'created',
  'in_progress',
  'awaiting_input',
  'paused',
  'completed',
  'failed',
  'cancelled',
] as const

const addStartCommands = (project: Command, { terminal, setExit }: Define): void => {
  addCommonFlags(project.command('start'))
    .description('make a backlog of a request, and work it off')
    .argument('[request...]', 'what is asked for, in words')
    .option('--file <file>', 'a CSV or XLSX table of records; may be repeated', collect)
    .option('--name <words>', 'what it is called')
    .option('--template <name>', 'backlog template, or none; else it is picked by the words of the request')
    .option('--param <name=value>', 'a parameter, such as hourlyRate=40; may be repeated', collect)
    .addOption(
      new Option('--clarification <mode>', 'who decides what is unclear').choices([
        'human',
        'autonomous',
        'hybrid',
      ]),
    )
    .option('--deadline <seconds>', 'how long questions wait before their policy acts', parseSeconds)
    .option('--manual', 'give items out only when told to: backlog dispatch')
    .option('--detach', 'hand it to the running server and end at once')
    .option('--workspace <name>', 'workspace of the command (ROPEWALK_WORKSPACE)')
    .addHelpText('after', FOLLOWING)
    .action(async (words: string[], flags: ProjectStartFlags) => {
      const { start } = await import('../commands/project-start.ts')
      setExit(await start(terminal, words, flags))
    })
  addCommonFlags(project.command('resume'))
    .description('go on with a project: takes a paused one up, and follows it')
    .argument('[project]', PROJECT, 'last')
    .option('--detach', 'leave it to the running server')
    .addHelpText('after', FOLLOWING)
    .action(async (reference: string, flags: CommonFlags & { detach?: boolean }) => {
      const { resume } = await import('../commands/project-start.ts')
      setExit(await resume(terminal, reference, flags))
    })
}

const addReadCommands = (project: Command, { terminal, setExit }: Define): void => {
  addCommonFlags(project.command('list'))
    .description('projects, the newest first')
    .addOption(new Option('--status <status>', 'of this status only').choices(STATUSES))
    .option('--limit <count>', 'the most to show', parseCount, 20)
    .option('--all', 'all of them')
    .action(async (flags: ProjectListFlags) => {
      const { list } = await import('../commands/project.ts')
      setExit(await list(terminal, flags))
    })
  addCommonFlags(project.command('status'))
    .description('how far a project is, who works on what, and what waits for whom')
    .argument('[project]', PROJECT, 'last')
    .action(async (reference: string, flags: CommonFlags) => {
      const { status } = await import('../commands/project.ts')
      setExit(await status(terminal, reference, flags))
    })
  addCommonFlags(project.command('report'))
    .description('the final report as Markdown; with --json its figures and data as well')
    .argument('[project]', PROJECT, 'last')
    .option('--markdown', 'as Markdown, which it is without --json')
    .option('--out <file>', 'into a file that does not exist yet')
    .action(async (reference: string, flags: ReportFlags) => {
      const { report } = await import('../commands/project.ts')
      setExit(await report(terminal, reference, flags))
    })
  addCommonFlags(project.command('templates'))
    .description('backlog templates that a project may start from')
    .action(async (flags: CommonFlags) => {
      const { templates } = await import('../commands/project.ts')
      setExit(await templates(terminal, flags))
    })
}

const SIGNALS = {
  pause: 'give out nothing more until it is resumed; what is under way is finished',
  cancel: 'end a project without a report',
} as const

/** `project …`: a request, its backlog, and the report it ends in. */
export const addProjectCommands = (program: Command, define: Define): void => {
  const { terminal, setExit } = define
  const project = program.command('project').description('requests that become a backlog and end in a report')
  addStartCommands(project, define)
  addReadCommands(project, define)
  for (const signal of ['pause', 'cancel'] as const)
    addCommonFlags(project.command(signal))
      .description(SIGNALS[signal])
      // What cannot be undone is done to nothing that was not named.
      .argument(
        signal === 'cancel' ? '<project>' : '[project]',
        PROJECT,
        ...(signal === 'cancel' ? [] : ['last']),
      )
      .action(async (reference: string, flags: CommonFlags) => {
        const commands = await import('../commands/project.ts')
        setExit(await commands.signal(terminal, { signal, reference }, flags))
      })
  addCommonFlags(
    project.command('params').description('set what a project knows; project status shows it').command('set'),
  )
    .description('set parameters; open questions that ask for nothing else are answered by that')
    .argument('<project>', PROJECT)
    .argument('<name=value...>', 'such as hourlyRate=40')
    .action(async (reference: string, pairs: string[], flags: CommonFlags) => {
      const { setParameters } = await import('../commands/project.ts')
      setExit(await setParameters(terminal, { reference, pairs }, flags))
    })
}
