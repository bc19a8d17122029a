import { InvalidArgumentError, type Command } from 'commander'
import type { DlqListFlags, RedriveFlags } from '../commands/dlq.ts'
import type { TailFlags } from '../commands/events.ts'
import type { CommonFlags } from '../settings.ts'
import { addCommonFlags, collect, parseCount, type Define } from './define.ts'

const LETTER = 'the dead letter: its id, or any end or beginning of it'

const parsePosition = (value: string): number => {
  if (!/^\d{1,15}$/u.test(value)) throw new InvalidArgumentError('Expected a position, 0 or more.')
  return Number(value)
}

const addDlqCommands = (program: Command, { terminal, setExit }: Define): void => {
  const dlq = program.command('dlq').description('messages of the bus that came to nothing')
  addCommonFlags(dlq.command('list'))
    .description('dead letters that nobody has dealt with, the newest first')
    .option('--all', 'also what was sent again or dropped')
    .option('--limit <count>', 'the most to show', parseCount, 50)
    .action(async (flags: DlqListFlags) => {
      const { list } = await import('../commands/dlq.ts')
      setExit(await list(terminal, flags))
    })
  addCommonFlags(dlq.command('show'))
    .description('one of them: why it failed, and the message as it came')
    .argument('<letter>', LETTER)
    .action(async (reference: string, flags: CommonFlags) => {
      const { show } = await import('../commands/dlq.ts')
      setExit(await show(terminal, reference, flags))
    })
  addCommonFlags(dlq.command('redrive'))
    .description('send a message again')
    .argument('[letter]', LETTER)
    .option('--all', 'every open one')
    .option('--file <file>', 'the event as it should have been, as JSON')
    .option('--why <words>', 'what was mended')
    .action(async (reference: string | undefined, flags: RedriveFlags) => {
      const { redrive } = await import('../commands/dlq.ts')
      setExit(await redrive(terminal, reference, flags))
    })
  addCommonFlags(dlq.command('drop'))
    .description('close it for good')
    .argument('<letter>', LETTER)
    .requiredOption('--why <words>', 'the reason')
    .action(async (reference: string, flags: CommonFlags & { why: string }) => {
      const { drop } = await import('../commands/dlq.ts')
      setExit(await drop(terminal, reference, flags))
    })
}

/** `events tail` and `dlq …`. */
export const addBusCommands = (program: Command, define: Define): void => {
  const { terminal, setExit } = define
  const events = program.command('events').description('what happened, as the ledger has it')
  addCommonFlags(events.command('tail'))
    .description('the newest events, or those after a position; --follow goes on')
    .option('--project <project>', 'of this project only: its id, a part of it, or last')
    .option('--run <run>', 'of this run only: its id, the beginning of it, or last')
    .option('--type <glob>', "of this type only, such as 'WORK.*'; may be repeated", collect)
    .option('--after <position>', 'all after this position', parsePosition)
    .option('--limit <count>', 'how many of the newest, without --after', parseCount, 20)
    .option('-f, --follow', 'go on until it is interrupted')
    .action(async (flags: TailFlags) => {
      const { tail } = await import('../commands/events.ts')
      setExit(await tail(terminal, flags))
    })
  addDlqCommands(program, define)
}
