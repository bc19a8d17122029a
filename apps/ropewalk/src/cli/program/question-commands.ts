import { Option, type Command } from 'commander'
import type { AnswerFlags, ApproveFlags, QuestionFlags } from '../commands/answer.ts'
import type { InboxFlags } from '../commands/inbox.ts'
import { addCommonFlags, collect, parseCount, type Define } from './define.ts'

const QUESTION = 'the question, as Q-…, or any end or beginning of its id'

const ANSWERS = `
An answer is given in one way: words, --text, --choice, --set or --file. --choice default takes what holds if nobody
answers. Values are checked by the form of the question before they are sent. Without any it asks at a terminal.`

const INBOX_KINDS = [
  'budget',
  'approval',
  'question',
  'waiver',
  'failed-item',
  'dead-letters',
  'persons-item',
  'blocked-item',
] as const

/** What needs a person, of runs and projects alike: the inbox, questions, answers and approvals. */
export const addQuestionCommands = (program: Command, { terminal, setExit }: Define): void => {
  addCommonFlags(program.command('inbox'))
    .description('what needs a person, of all runs and projects; what holds up most comes first')
    .addOption(new Option('--kind <kind>', 'of this kind only').choices(INBOX_KINDS))
    .option('--limit <count>', 'the most to show', parseCount, 50)
    .option('--exit-code', 'end with 6 when something waits')
    .action(async (flags: InboxFlags) => {
      const { inbox } = await import('../commands/inbox.ts')
      setExit(await inbox(terminal, flags))
    })
  addCommonFlags(program.command('questions'))
    .description('questions that wait for you, laid out; inbox ranks them with all else that waits')
    .option('--run <run>', 'of this run only: its id, the beginning of it, or last')
    .option('--project <project>', 'of this project only: its id, a part of it, or last')
    .option('--all', 'also what was decided')
    .action(async (flags: QuestionFlags) => {
      const { questions } = await import('../commands/answer.ts')
      setExit(await questions(terminal, flags))
    })
  addCommonFlags(program.command('answer'))
    .description('answer a question; without one, go through all that wait')
    .argument('[question]', QUESTION)
    .argument('[answer...]', 'the answer, in words')
    .option('--choice <value>', 'one of the choices it gives, or default')
    .option('--text <words>', 'the answer, in words')
    .option('--file <file>', 'fields and values as JSON or YAML, or a text; - for standard input')
    .option('--set <field=value>', 'one field of its form; may be repeated', collect)
    .option('--change', 'replace an answer that was given; what was built upon it is done again')
    .addHelpText('after', ANSWERS)
    .action(async (question: string | undefined, words: string[], flags: AnswerFlags) => {
      const { answer } = await import('../commands/answer.ts')
      setExit(await answer(terminal, { question, words }, flags))
    })
  addCommonFlags(program.command('approve'))
    .description('say yes, or with --reject no, where your leave is asked')
    .argument('<question|item>', `${QUESTION}; or the item that waits for it`)
    .option('--reject', 'say no')
    .option('--why <words>', 'the reason; a rejection wants one')
    .addOption(new Option('--notes <words>', 'the same as --why').hideHelp())
    .action(async (reference: string, flags: ApproveFlags) => {
      const { approve } = await import('../commands/answer.ts')
      setExit(await approve(terminal, reference, flags))
    })
}
