import type { Command } from 'commander'
import type { ForkFlags } from '../commands/fork.ts'
import type { ListFlags, ResumeFlags, SignalFlags } from '../commands/runs.ts'
import type { ExportRunFlags } from '../commands/export.ts'
import type { CommonFlags } from '../settings.ts'
import { addCommonFlags, addWorkFlags, parseCount, parseUsd, type Define } from './define.ts'

const RUN = 'id of the run, the beginning of it, or last'

const addSignalCommands = (runs: Command, { terminal, setExit }: Define): void => {
  addCommonFlags(runs.command('pause'))
    .description('stop handing out work')
    .argument('<run>', RUN)
    .addHelpText(
      'after',
      `
Agents at work go on until their task is done, and its result counts; their leases and reservations stay as they
are. No new task is handed out, and the clocks of the phases stand. ./ropewalk runs resume RUN goes on.`,
    )
    .action(async (reference: string, flags: SignalFlags) => {
      const { signal } = await import('../commands/runs.ts')
      setExit(await signal(terminal, { signal: 'pause', reference }, flags))
    })
  addCommonFlags(runs.command('cancel'))
    .description('end a run, or a phase or task of it')
    .argument('<run>', RUN)
    .option('--phase <name>', 'end this phase only; the run then fails, and may be retried')
    .option('--task <id>', 'end this task only; the run then fails, and may be retried')
    .addHelpText(
      'after',
      `
Agents at work are told with their next heartbeat, within seconds, and their commands are killed; what they hand in
after that is refused. Leases end at once. Money that was reserved for a model call already made is charged when the
call is settled, or in full at its deadline; everything else goes back to the workspace. What was accepted and the
ledger stay; no dossier is made. A cancelled run cannot go on; fork it instead.`,
    )
    .action(async (reference: string, flags: SignalFlags) => {
      const { signal } = await import('../commands/runs.ts')
      setExit(await signal(terminal, { signal: 'cancel', reference }, flags))
    })
}

const addGoOnCommands = (runs: Command, { terminal, setExit }: Define): void => {
  for (const name of ['resume', 'retry'] as const) {
    addWorkFlags(runs.command(name))
      .description(
        name === 'resume'
          ? 'go on with a run that was paused, interrupted, held or has failed, and follow it'
          : 'try a failed run again, and follow it; the same as resume',
      )
      .argument('<run>', RUN)
      .option('--budget <usd>', 'US dollars to add to its budget', parseUsd)
      .option('--detach', 'leave the work to the running server and return')
      .addHelpText(
        'after',
        `
What was accepted stays. A task whose agent died is handed out again once its lease has run out; the old attempt can
then hand in nothing more. Reservations of calls that were under way are charged when they settle, or in full at
their deadline. A failed phase begins anew with all its rounds.`,
      )
      .action(async (reference: string, flags: ResumeFlags) => {
        const { resume } = await import('../commands/runs.ts')
        setExit(await resume(terminal, reference, flags))
      })
  }
  addWorkFlags(runs.command('fork'))
    .description('start a new run from a phase of another; the other is not changed')
    .argument('<run>', RUN)
    .requiredOption('--from <phase>', 'the first phase that is done anew')
    .option('--edit <name=file...>', 'documents to put in place of those taken over')
    .option(
      '--budget <usd>',
      'what the new run may spend, in US dollars; as much as the other without it',
      parseUsd,
    )
    .option('--playbook <dir>', 'go on by this playbook instead of that of the other run')
    .option('--detach', 'leave the work to the running server and return')
    .addHelpText(
      'after',
      `
The new run is given what the phases before had handed in, each with who made it; edited documents are held to their
contracts before anything begins. It has money of its own, from the workspace. Checks of phases that are taken over are not
run again: what only they prove is not verified in the new run. ./ropewalk runs compare shows the two.`,
    )
    .action(async (reference: string, flags: ForkFlags) => {
      const { fork } = await import('../commands/fork.ts')
      setExit(await fork(terminal, reference, flags))
    })
}

/** `runs …`. */
export const addRunsCommands = (program: Command, define: Define): void => {
  const { terminal, setExit } = define
  const runs = program.command('runs').description('look at runs, and steer them')
  addCommonFlags(runs.command('list'))
    .description('runs, newest first')
    .option('--status <status>', 'only those of this status')
    .option('--limit <count>', 'how many', parseCount)
    .option('--all', 'every page')
    .action(async (flags: ListFlags) => {
      const { list } = await import('../commands/runs.ts')
      setExit(await list(terminal, flags))
    })
  addCommonFlags(runs.command('show'))
    .description('one run: status, phases, money, open questions')
    .argument('<run>', RUN)
    .action(async (reference: string, flags: CommonFlags) => {
      const { show } = await import('../commands/runs.ts')
      setExit(await show(terminal, reference, flags))
    })
  addSignalCommands(runs, define)
  addGoOnCommands(runs, define)
  addCommonFlags(runs.command('export'))
    .description('the dossier and the code it is about, ready to run, in a folder; or the work on a branch')
    .argument('<run>', RUN)
    .option('--to <dir>', 'folder that does not exist yet, or is empty')
    .option(
      '--branch [name]',
      'branch for the work of a run on a repository (ropewalk/RUN where none is named)',
    )
    .option('--repo <path>', 'the repository of that branch; the one the run was started from otherwise')
    .action(async (reference: string, flags: ExportRunFlags) => {
      const { exportRun } = await import('../commands/export.ts')
      setExit(await exportRun(terminal, reference, flags))
    })
}
