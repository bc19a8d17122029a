import { InvalidArgumentError, type Command } from 'commander'
import type { ReplayFlags } from '../commands/replay.ts'
import type { CommonFlags } from '../settings.ts'
import { addCommonFlags, type Define } from './define.ts'

const RUN = 'id of the run, the beginning of it, or last'

const parseSpeed = (value: string): number => {
  const speed = Number(value)
  if (!(speed > 0) || !Number.isFinite(speed))
    throw new InvalidArgumentError('Expected a number above 0, such as 60.')
  return speed
}

/** What runs cost, what happened to them, and how they differ: `runs cost`, `runs replay`, `runs compare`. */
export const addStoryCommands = (program: Command, { terminal, setExit }: Define): void => {
  const runs = program.commands.find((command) => command.name() === 'runs')
  if (runs === undefined) return
  addCommonFlags(runs.command('cost'))
    .description('money and tokens, expected and used; the same as cost')
    .argument('<run>', RUN)
    .action(async (reference: string, flags: CommonFlags) => {
      const { cost } = await import('../commands/records.ts')
      setExit(await cost(terminal, reference, flags))
    })
  addCommonFlags(runs.command('compare'))
    .description('how two runs differ: plans, phases, requirements, documents, code, evidence')
    .argument('<a>', RUN)
    .argument('<b>', `the other; ${RUN}`)
    .action(async (a: string, b: string, flags: CommonFlags) => {
      const { compare } = await import('../commands/compare.ts')
      setExit(await compare(terminal, { a, b }, flags))
    })
  addCommonFlags(runs.command('replay'))
    .description('the story of a run, told from its ledger')
    .argument('<run>', RUN)
    .option('--from <phase>', 'leave out what happened before this phase began')
    .option('--speed <factor>', 'pause between lines as the run did, so many times faster', parseSpeed)
    .option('--instant', 'without pauses, which is the default')
    .action(async (reference: string, flags: ReplayFlags) => {
      const { replay } = await import('../commands/replay.ts')
      setExit(await replay(terminal, reference, flags))
    })
}
