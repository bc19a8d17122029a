import type { Command } from 'commander'
import type { DecideFlags, RequestFlags, Verb } from '../commands/waivers.ts'
import type { CommonFlags } from '../settings.ts'
import { addCommonFlags, parseCount, type Define } from './define.ts'

const RUN = 'id of the run, the beginning of it, or last'

const ABOUT: Readonly<Record<Verb, string>> = {
  approve: 'give a vote; it is in force once as many persons have as the playbook asks for',
  reject: 'refuse a waiver that was asked for',
  revoke: 'take a waiver back; a gate that leant on it judges again',
}

const addDecisions = (waiver: Command, { terminal, setExit }: Define): void => {
  for (const verb of ['approve', 'reject', 'revoke'] as const) {
    const command = addCommonFlags(waiver.command(verb))
      .description(ABOUT[verb])
      .argument('<waiver>', 'id of the waiver, or the beginning of it')
      .option('--run <run>', RUN, 'last')
    if (verb !== 'approve') command.requiredOption('--why <words>', 'the reason')
    command.action(async (id: string, flags: DecideFlags) => {
      const { decideWaiver } = await import('../commands/waivers.ts')
      setExit(await decideWaiver(terminal, { verb, waiver: id }, flags))
    })
  }
}

/** `waiver …`, and `runs readiness`, which says what could be waived. */
export const addWaiverCommands = (program: Command, define: Define): void => {
  const { terminal, setExit } = define
  const waiver = program.command('waiver').description('leave to pass a gate though one of its rubrics fails')
  addCommonFlags(waiver.command('list'))
    .description('waivers of a run, whatever became of them')
    .argument('[run]', RUN, 'last')
    .action(async (reference: string, flags: CommonFlags) => {
      const { listWaivers } = await import('../commands/waivers.ts')
      setExit(await listWaivers(terminal, reference, flags))
    })
  addCommonFlags(waiver.command('request'))
    .description(
      'ask for one; persons decide, and neither a critical finding nor waivable: false can be waived',
    )
    .argument('<run>', RUN)
    .argument('<phase>', 'name of the phase')
    .argument('<rubric>', 'the rubric that fails')
    .requiredOption('--owner <name>', 'who answers for it')
    .requiredOption('--why <words>', 'why it is acceptable')
    .requiredOption('--control <words>', 'what holds in its place meanwhile')
    .option('--details <words>', 'what exactly is let off; the reason again without it')
    .option('--days <count>', 'how long it lasts, 30 at most', parseCount, 30)
    .action(async (reference: string, phase: string, rubric: string, flags: RequestFlags) => {
      const { requestWaiver } = await import('../commands/waivers.ts')
      setExit(await requestWaiver(terminal, { reference, phase, rubric }, flags))
    })
  addDecisions(waiver, define)
  const runs = program.commands.find((command) => command.name() === 'runs')
  if (runs === undefined) return
  addCommonFlags(runs.command('readiness'))
    .description('what stands between the gates of a run and passing, the weightiest first')
    .argument('<run>', RUN)
    .argument('[phase]', 'of this phase only')
    .action(async (reference: string, phase: string | undefined, flags: CommonFlags) => {
      const { readiness } = await import('../commands/waivers.ts')
      setExit(await readiness(terminal, { reference, phase }, flags))
    })
}
