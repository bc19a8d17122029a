import { InvalidArgumentError, Option, type Command } from 'commander'
import type { MessageEventType, ThreadStatus, ThreadType } from '@ropewalk/core/contract/thread'
import type { CommonFlags } from '../settings.ts'
import type { ListFlags, SearchFlags, ShowFlags, SummaryFlags, TailFlags } from '../commands/thread.ts'
import type { CreateFlags, PostFlags, ReasonFlags, ThreadVerb, WakeFlags } from '../commands/thread-change.ts'
import { addCommonFlags, collect, parseCount, type Define } from './define.ts'

const THREAD = 'the thread: its id, any end or beginning of it, or last'
const WHY = 'why, for the audit'

const STATUSES: readonly ThreadStatus[] = ['active', 'blocked', 'resolved', 'closed']
const TYPES: readonly ThreadType[] = ['conversation', 'workflow', 'incident']
const EVENTS: readonly MessageEventType[] = [
  'finding_reported',
  'fix_pushed',
  're_review_requested',
  'finding_verified',
  'finding_rejected',
  'thread_escalated',
]

const parseAfter = (value: string): number => {
  if (!/^\d{1,15}$/u.test(value)) throw new InvalidArgumentError('Expected the number of a message, or 0.')
  return Number(value)
}

const addReadCommands = (thread: Command, { terminal, setExit }: Define): void => {
  addCommonFlags(thread.command('list'))
    .description('threads, the one with the newest message first')
    .addOption(new Option('--status <status>', 'of this status only').choices(STATUSES))
    .option('--run <run>', 'about this run only')
    .option('--item <item>', 'about this item only')
    .option('--limit <count>', 'the most to show', parseCount, 50)
    .action(async (flags: ListFlags) => {
      const { list } = await import('../commands/thread.ts')
      setExit(await list(terminal, flags))
    })
  addCommonFlags(thread.command('show'))
    .description('one thread: who takes part, how far they have read, its newest messages and wakes')
    .argument('[thread]', THREAD, 'last')
    .option('--messages <count>', 'the newest messages to show', parseCount, 20)
    .option('--wakes <count>', 'the newest wakes to show', parseCount, 20)
    .action(async (reference: string, flags: ShowFlags) => {
      const { show } = await import('../commands/thread.ts')
      setExit(await show(terminal, reference, flags))
    })
  addCommonFlags(thread.command('tail'))
    .description('messages of a thread as they come')
    .argument('[thread]', THREAD, 'last')
    .option('--after <number>', 'from after this message; 0 is from the start', parseAfter)
    .option('--follow', 'go on until interrupted')
    .action(async (reference: string, flags: TailFlags) => {
      const { tail } = await import('../commands/thread.ts')
      setExit(await tail(terminal, reference, flags))
    })
  addCommonFlags(thread.command('summary'))
    .description('what a thread has come to and what is open in it, made by rules')
    .argument('[thread]', THREAD, 'last')
    .option('--messages <count>', 'the newest messages to go by', parseCount, 200)
    .action(async (reference: string, flags: SummaryFlags) => {
      const { summary } = await import('../commands/thread.ts')
      setExit(await summary(terminal, reference, flags))
    })
  addCommonFlags(thread.command('search'))
    .description('messages that have all these words')
    .argument('<words...>', 'the words')
    .option('--thread <thread>', THREAD)
    .option('--limit <count>', 'the most to show', parseCount, 20)
    .action(async (words: string[], flags: SearchFlags) => {
      const { search } = await import('../commands/thread.ts')
      setExit(await search(terminal, words, flags))
    })
}

const addWriteCommands = (thread: Command, { terminal, setExit }: Define): void => {
  addCommonFlags(thread.command('create'))
    .description('start a thread; its id goes to standard output')
    .argument('<title>', 'what it is about, in a line')
    .requiredOption('--with <name[:role]>', 'who takes part, and as what; may be repeated', collect)
    .addOption(new Option('--type <type>', 'what it is for').choices(TYPES).default('conversation'))
    .option('--run <run>', 'the run it is about')
    .option('--item <item>', 'the item it is about')
    .option('--reason <words>', WHY)
    .action(async (title: string, flags: CreateFlags) => {
      const { create } = await import('../commands/thread-change.ts')
      setExit(await create(terminal, title, flags))
    })
  addCommonFlags(thread.command('post'))
    .description('write into a thread')
    .argument('<thread>', THREAD)
    .argument('<words...>', 'what you say')
    .option('--to <name>', 'for these only; may be repeated', collect)
    .option('--role <role>', 'for all who have this role in the thread')
    .option('--reply-to <number>', 'the message you answer')
    .addOption(new Option('--event <type>', 'tell that this has happened').choices(EVENTS))
    .option('--finding <name>', 'the finding that the event is about')
    .option('--fix <name>', 'what was pushed, such as a commit')
    .option('--ttl <seconds>', 'how long it is worth reading', parseCount)
    .option('--reason <words>', WHY)
    .action(async (reference: string, words: string[], flags: PostFlags) => {
      const { post } = await import('../commands/thread-change.ts')
      setExit(await post(terminal, { reference, words }, flags))
    })
  addCommonFlags(thread.command('add'))
    .description('take somebody into a thread, or give them another role in it')
    .argument('<thread>', THREAD)
    .argument('<name[:role]>', 'who, and as what')
    .option('--reason <words>', WHY)
    .action(async (reference: string, participant: string, flags: CommonFlags & { reason?: string }) => {
      const { add } = await import('../commands/thread-change.ts')
      setExit(await add(terminal, { reference, participant }, flags))
    })
  addCommonFlags(thread.command('remove'))
    .description('take somebody out of a thread; what they have not read comes back')
    .argument('<thread>', THREAD)
    .argument('<name>', 'who')
    .requiredOption('--reason <words>', WHY)
    .action(async (reference: string, agent: string, flags: ReasonFlags) => {
      const { remove } = await import('../commands/thread-change.ts')
      setExit(await remove(terminal, { reference, agent }, flags))
    })
  addCommonFlags(thread.command('wake'))
    .description('ask for an agent of a thread to be woken')
    .argument('<thread>', THREAD)
    .argument('<name>', 'who')
    .requiredOption('--prompt <words>', 'what it is told')
    .requiredOption('--reason <words>', WHY)
    .action(async (reference: string, agent: string, flags: WakeFlags) => {
      const { wake } = await import('../commands/thread-change.ts')
      setExit(await wake(terminal, { reference, agent }, flags))
    })
}

const VERBS = {
  escalate: 'block a thread until a person has looked at it',
  unblock: 'let a blocked thread go on',
  resolve: 'say that the matter of a thread is settled',
  reopen: 'take a resolved thread up again',
  close: 'end a thread for good; a blocked one wants override-close',
  'override-close': 'end a blocked thread for good, as a person',
} as const satisfies Record<ThreadVerb, string>

const addStatusCommands = (thread: Command, { terminal, setExit }: Define): void => {
  // Object.keys cannot know that these are all the names there are.
  for (const verb of Object.keys(VERBS) as ThreadVerb[])
    addCommonFlags(thread.command(verb))
      .description(VERBS[verb])
      .argument('<thread>', THREAD)
      .requiredOption('--reason <words>', WHY)
      .action(async (reference: string, flags: ReasonFlags) => {
        const { changeStatus } = await import('../commands/thread-change.ts')
        setExit(await changeStatus(terminal, { reference, verb }, flags))
      })
}

/** Threads of agents and people, at the command line. */
export const addThreadCommands = (program: Command, define: Define): void => {
  const thread = program
    .command('thread')
    .description('where agents and people talk: read, write, block, end')
  addReadCommands(thread, define)
  addWriteCommands(thread, define)
  addStatusCommands(thread, define)
}
