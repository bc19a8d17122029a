import { Option, type Command } from 'commander'
import type { RunFlags } from '../commands/run.ts'
import { addWorkFlags, parseSeconds, parseUsd, type Define } from './define.ts'

const addRepoFlags = (command: Command): Command =>
  command
    .option(
      '--repo <path>',
      'start from this git repository instead of nothing; its commit is taken, not its folder',
    )
    .option('--allow-dirty', 'go on although changes there are not committed; they are left out')

const addRunFlags = (command: Command): Command =>
  addWorkFlags(command)
    .option('--budget <usd>', 'the most this run may spend, in US dollars; 0 makes no call', parseUsd)
    .addOption(
      new Option('--clarification <mode>', 'who answers questions').choices([
        'human',
        'autonomous',
        'hybrid',
      ]),
    )
    .option(
      '--deadline <seconds>',
      'until a question takes its default (600 at a terminal, 3 elsewhere)',
      parseSeconds,
    )
    .option(
      '--unconfined',
      'run agent-written code without a sandbox where there is none; the dossier says so',
    )

/** `run`, `start`, `demo` and `plan`. */
export const addRunCommands = (program: Command, { terminal, setExit }: Define): void => {
  addRepoFlags(addRunFlags(program.command('run')))
    .description('take an idea to a dossier, in the foreground')
    .argument('[idea...]', 'the idea, in words')
    .option('--idea-file <file>', 'read the idea from a file, or from standard input with -')
    .option('--title <text>', 'a name for the run')
    .option('--dry-run', 'show the plan, and what was found in the repository; the same as plan')
    .option('--approve', 'plan, then wait for a yes before the first task')
    .addOption(new Option('--hold', 'the same as --approve').hideHelp())
    .option('--detach', 'hand the run to the running server (./ropewalk up) and return')
    .addHelpText(
      'after',
      `
Ctrl-C stops the work in order and keeps the run; ./ropewalk runs resume RUN goes on. A second Ctrl-C ends at once.
With --json, the first line names runId, then come the events, and the last line is the result.`,
    )
    .action(async (words: string[], flags: RunFlags) => {
      const { run } = await import('../commands/run.ts')
      setExit(await run(terminal, words, flags))
    })
  addRunFlags(program.command('start'))
    .description('the first walk: the demo, or an idea of yours, through all phases (npm start)')
    .argument('[idea...]', 'the idea, in words')
    .action(async (words: string[], flags: RunFlags) => {
      const { start } = await import('../commands/start.ts')
      setExit(await start(terminal, words, flags))
    })
  addWorkFlags(program.command('demo'))
    .description('a sample run, offline and free, with a refused gate, a waiver, and a kill -9 it survives')
    .action(async (flags: RunFlags) => {
      const { demo } = await import('../commands/demo.ts')
      setExit((await demo(terminal, flags)).exit)
    })
  addRepoFlags(addRunFlags(program.command('plan')))
    .description('show what a run would do and cost; nothing is run, no server is needed')
    .argument('[idea...]', 'the idea, in words')
    .option('--idea-file <file>', 'read the idea from a file, or from standard input with -')
    .action(async (words: string[], flags: RunFlags) => {
      const { plan } = await import('../commands/plan.ts')
      setExit(await plan(terminal, words, flags))
    })
}
