import { Argument, InvalidArgumentError, Option, type Command } from 'commander'
import type { ItemKind } from '@ropewalk/core/contract/item'
import type { AddFlags, BacklogListFlags, DispatchFlags, ImportFlags } from '../commands/backlog.ts'
import type { UpdateFlags, WhyFlags } from '../commands/backlog-change.ts'
import type { CommonFlags } from '../settings.ts'
import { addCommonFlags, collect, parseCount, type Define } from './define.ts'

const ITEM = 'the item: its id, or any end or beginning of it'
const PROJECT = 'the project: its id, any end or beginning of it, or last'
const KINDS: readonly ItemKind[] = ['epic', 'feature', 'story', 'task']
const STATUSES = [
  'created',
  'ready',
  'blocked',
  'in_progress',
  'in_review',
  'done',
  'failed',
  'cancelled',
] as const

const parsePriority = (value: string): number => {
  if (!/^[1-5]$/u.test(value)) throw new InvalidArgumentError('Expected 1 (first) to 5 (last).')
  return Number(value)
}

const parseVotes = (value: string): number => {
  if (!/^(?:\d|10)$/u.test(value)) throw new InvalidArgumentError('Expected a count of persons from 0 to 10.')
  return Number(value)
}

const makeKind = (about: string): Option => new Option('--kind <kind>', about).choices(KINDS)

const addFields = (command: Command): Command =>
  command
    .option('--description <words>', 'what it is about')
    .option('--priority <number>', '1 is done first, 5 last', parsePriority)
    .option('--capability <name>', 'who can do it, or none: people do it')
    .option('--needs <name>', 'a parameter it cannot be done without; may be repeated', collect)
    .option('--approvals <count>', 'persons who have to approve the result', parseVotes)
    .option('--label <label>', 'a label; may be repeated', collect)

/** `--why`; the API calls it reason. */
const addWhy = (command: Command, about: string): Command =>
  command
    .option('--why <words>', about)
    .addOption(new Option('--reason <words>', 'the same as --why').hideHelp())

const addReadCommands = (backlog: Command, { terminal, setExit }: Define): void => {
  addCommonFlags(backlog.command('list'))
    .description('items of all projects or of one, by what they are')
    .option('--project <project>', PROJECT)
    .addOption(new Option('--status <status>', 'of this status only').choices(STATUSES))
    .addOption(makeKind('of this kind only'))
    .option('--capability <name>', 'of this capability only')
    .option('--label <label>', 'with this label only')
    .option('--text <words>', 'part of the title or the description')
    .option('--limit <count>', 'the most to show', parseCount, 100)
    .option('--all', 'all of them')
    .action(async (flags: BacklogListFlags) => {
      const { list } = await import('../commands/backlog.ts')
      setExit(await list(terminal, flags))
    })
  addCommonFlags(backlog.command('tree'))
    .description('the items of a project, each below the one that holds it')
    .argument('[project]', PROJECT, 'last')
    .action(async (reference: string, flags: CommonFlags) => {
      const { tree } = await import('../commands/backlog.ts')
      setExit(await tree(terminal, reference, flags))
    })
  addCommonFlags(backlog.command('show'))
    .description('one item: what it waits for, its work, what it handed in, its history')
    .argument('<item>', ITEM)
    .action(async (reference: string, flags: CommonFlags) => {
      const { show } = await import('../commands/backlog.ts')
      setExit(await show(terminal, reference, flags))
    })
}

const addMakeCommands = (backlog: Command, { terminal, setExit }: Define): void => {
  addFields(addCommonFlags(backlog.command('add')))
    .description('add an item; its id goes to standard output')
    .argument('<title>', 'what is to be done, in a line')
    .option('--project <project>', `${PROJECT} (the parent's, else last)`)
    .addOption(makeKind('how large it is').default('task'))
    .option('--parent <item>', 'the item that holds it')
    .option('--depends-on <item>', 'an item it waits for; may be repeated', collect)
    .action(async (title: string, flags: AddFlags) => {
      const { add } = await import('../commands/backlog.ts')
      setExit(await add(terminal, title, flags))
    })
  addCommonFlags(backlog.command('import'))
    .description(
      'add items from a JSON or YAML file, or from the stories of a run; known ones are left alone',
    )
    .argument('[file]', 'a list of items, or a mapping with items')
    .option('--run <run>', 'id of the run, the beginning of it, or last')
    .option('--project <project>', PROJECT, 'last')
    .action(async (file: string | undefined, flags: ImportFlags) => {
      const { importItems } = await import('../commands/backlog.ts')
      setExit(await importItems(terminal, file, flags))
    })
  addCommonFlags(backlog.command('split'))
    .description('make an item the parent of its pieces')
    .argument('<item>', ITEM)
    .argument('<pieces...>', 'titles of two pieces or more')
    .addOption(makeKind('how large the pieces are').default('task'))
    .option('--capability <name>', "who can do them; the item's own without it")
    .action(
      async (
        reference: string,
        pieces: string[],
        flags: CommonFlags & { kind: ItemKind; capability?: string },
      ) => {
        const { split } = await import('../commands/backlog-change.ts')
        setExit(await split(terminal, { reference, pieces }, flags))
      },
    )
  addFields(addCommonFlags(backlog.command('update')))
    .description('change what an item says')
    .argument('<item>', ITEM)
    .option('--title <words>', 'its title')
    .addOption(makeKind('how large it is'))
    .option('--if-version <number>', 'only while this is its version', parseCount)
    .action(async (reference: string, flags: UpdateFlags) => {
      const { update } = await import('../commands/backlog-change.ts')
      setExit(await update(terminal, reference, flags))
    })
}

const addPlaceCommands = (backlog: Command, { terminal, setExit }: Define): void => {
  addCommonFlags(backlog.command('move'))
    .description('put an item below another one')
    .argument('<item>', ITEM)
    .requiredOption('--parent <item>', 'the item that is to hold it, or none')
    .action(async (reference: string, flags: CommonFlags & { parent: string }) => {
      const { move } = await import('../commands/backlog-change.ts')
      setExit(await move(terminal, reference, flags))
    })
  addCommonFlags(backlog.command('depend'))
    .description('make an item wait for another one; a circle is refused, and named')
    .argument('<item>', ITEM)
    .requiredOption('--on <item>', 'the item it waits for')
    .option('--remove', 'it no longer waits for it')
    .action(async (reference: string, flags: CommonFlags & { on: string; remove?: boolean }) => {
      const { depend } = await import('../commands/backlog-change.ts')
      setExit(await depend(terminal, reference, flags))
    })
  addCommonFlags(backlog.command('dispatch'))
    .description('give a ready item out now')
    .argument('[item]', ITEM)
    .option('--ready', 'all of the project that are ready')
    .option('--project <project>', PROJECT, 'last')
    .option('--capability <name>', "to workers of this capability instead of the item's own")
    .action(async (reference: string | undefined, flags: DispatchFlags) => {
      const { dispatch } = await import('../commands/backlog.ts')
      setExit(await dispatch(terminal, reference, flags))
    })
}

const STATE_WORDS = {
  cancel: 'end an item, and what is below it, without a result',
  block: 'park an item: nobody is given it until it is unblocked',
  retry: 'take an item that failed up again',
  unblock: 'take an item up again that was parked',
} as const

const addStateCommands = (backlog: Command, { terminal, setExit }: Define): void => {
  for (const verb of ['cancel', 'block'] as const)
    addWhy(addCommonFlags(backlog.command(verb)), 'the reason, which stays in its history')
      .description(STATE_WORDS[verb])
      .argument('<item>', ITEM)
      .action(async (reference: string, flags: WhyFlags) => {
        const { endOrPark } = await import('../commands/backlog-change.ts')
        setExit(await endOrPark(terminal, { verb, reference }, flags))
      })
  for (const verb of ['retry', 'unblock'] as const)
    addCommonFlags(backlog.command(verb))
      .description(STATE_WORDS[verb])
      .argument('<item>', ITEM)
      .action(async (reference: string, flags: CommonFlags) => {
        const { takeUp } = await import('../commands/backlog-change.ts')
        setExit(await takeUp(terminal, { verb, reference }, flags))
      })
  addWhy(addCommonFlags(backlog.command('delete')), 'the reason')
    .description('take an item, and what is below it, out of all lists; its history stays')
    .argument('<item>', ITEM)
    .action(async (reference: string, flags: WhyFlags) => {
      const { remove } = await import('../commands/backlog-change.ts')
      setExit(await remove(terminal, reference, flags))
    })
  addWhy(addCommonFlags(backlog.command('review')), 'what was done, or what is to be mended')
    .description('your word on what is in review; approve also ends what people do, once they have')
    .argument('<item>', ITEM)
    .addArgument(new Argument('<result>', 'your word').choices(['approve', 'reject', 'needs-changes']))
    .action(async (reference: string, result: 'approve' | 'reject' | 'needs-changes', flags: WhyFlags) => {
      const { review } = await import('../commands/backlog-change.ts')
      setExit(await review(terminal, { reference, result }, flags))
    })
}

/** `backlog …`: epics, features, stories and tasks of projects. */
export const addBacklogCommands = (program: Command, define: Define): void => {
  const backlog = program
    .command('backlog')
    .description('epics, features, stories and tasks of projects, and who does them')
  addReadCommands(backlog, define)
  addMakeCommands(backlog, define)
  addPlaceCommands(backlog, define)
  addStateCommands(backlog, define)
}
