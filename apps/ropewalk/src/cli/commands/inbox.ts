import type { InboxEntry } from '@ropewalk/core/contract/api/inbox'
import { getQuestionRef, getShortId } from '@ropewalk/core/short-id'
import { listAll, type Api } from '../api.ts'
import { getAgoText, getAheadText } from '../question-text.ts'
import type { CommonFlags } from '../settings.ts'
import { clean, clip, wrap, type Paint, type Terminal } from '../terminal.ts'
import { EXIT } from '../trouble.ts'
import { withApi } from '../with-api.ts'

export type InboxFlags = CommonFlags & {
  readonly kind?: string
  readonly limit: number
  readonly exitCode?: boolean
}

const PAGE = 200

const KIND_WORDS = {
  budget: 'over budget',
  approval: 'approval',
  question: 'question',
  waiver: 'waiver',
  'failed-item': 'failed',
  'dead-letters': 'dead letters',
  'persons-item': 'to do',
  'blocked-item': 'parked',
} as const satisfies Record<InboxEntry['kind'], string>

const RISK_STYLES = { high: 'red', medium: 'yellow', low: 'dim' } as const

/** Commands with the short ids that people read; never wrapped, since they are there to be copied. */
const shorten = ({ questionId, itemId }: InboxEntry, command: string): string => {
  const withQuestion =
    questionId === null ? command : command.replaceAll(questionId, getQuestionRef(questionId))
  return itemId === null ? withQuestion : withQuestion.replaceAll(itemId, getShortId(itemId))
}

/** One entry: what it is, why it needs somebody, what happens in silence, and the commands that end it. */
export const layOutEntry = (
  of: { readonly paint: Paint; readonly columns: number | undefined },
  entry: InboxEntry,
): string => {
  const width = Math.min(of.columns ?? 100, 100) - 1
  const due = entry.deadlineAt === null ? '' : `, due ${getAheadText(entry.deadlineAt)}`
  const hasChoices = entry.kind === 'question' && entry.choices.length > 0
  // One command stands for all choices; they differ in one word.
  const acts = hasChoices ? entry.acts.slice(0, 1) : entry.acts
  const when = `since ${getAgoText(entry.since)}${due}, ${entry.risk} risk`
  const kind = KIND_WORDS[entry.kind]
  const room = Math.max(12, width - kind.length - when.length - 4)
  const head = `${of.paint(RISK_STYLES[entry.risk], kind)}  ${clip(entry.of, room)}  ${of.paint('dim', when)}`
  return [
    head,
    of.paint('bold', wrap(entry.title, width, '  ')),
    wrap(entry.why, width, '  '),
    wrap(`If nobody acts: ${entry.ifNobodyAnswers}`, width, '  '),
    ...(hasChoices ? [wrap(`Choices: ${entry.choices.join(', ')}`, width, '  ')] : []),
    ...acts.map(({ about, command }) => {
      const line = `  ${of.paint('cyan', shorten(entry, clean(command)))}`
      return hasChoices ? line : `${line}  ${of.paint('dim', clip(about, 60))}`
    }),
  ].join('\n')
}

/** How many threads agents may not go on with until a person has looked, and whether there are more. */
const countBlockedThreads = async (
  api: Api,
): Promise<{ readonly count: number; readonly hasMore: boolean }> => {
  const { threads, next_cursor: more } = await api.listThreads({ status: 'blocked', limit: PAGE })
  return { count: threads.filter((thread) => thread.awaiting_human).length, hasMore: more !== null }
}

const sayBlocked = ({ count, hasMore }: { readonly count: number; readonly hasMore: boolean }): string =>
  `${count}${hasMore ? ' or more' : ''} blocked ${count === 1 ? 'thread needs' : 'threads need'} you: ./ropewalk thread list --status blocked`

/** What needs a person, what holds up most first. Ends with 0, or 6 for `--exit-code` when there is something. */
export const inbox = (terminal: Terminal, flags: InboxFlags): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const entries: InboxEntry[] = []
    let hasMore = false
    const limit = Math.min(flags.limit + 1, PAGE)
    for await (const entry of listAll((cursor) => api.listInbox({ limit, cursor, kind: flags.kind }))) {
      hasMore = entries.length >= flags.limit
      if (hasMore) break
      entries.push(entry)
    }
    const blocked = flags.kind === undefined ? await countBlockedThreads(api) : { count: 0, hasMore: false }
    if (flags.json === true)
      terminal.out(JSON.stringify({ items: entries, hasMore, blockedThreads: blocked.count }))
    else if (entries.length === 0 && blocked.count === 0) terminal.say('Nothing needs you.')
    else if (entries.length > 0) {
      const of = { paint: terminal.paintOut, columns: terminal.stdout.columns }
      terminal.out(entries.map((entry) => layOutEntry(of, entry)).join('\n\n'))
      if (hasMore) terminal.say(`There is more: ./ropewalk inbox --limit ${flags.limit * 2}`)
    }
    if (blocked.count > 0 && flags.json !== true) terminal.say(sayBlocked(blocked))
    return flags.exitCode === true && (entries.length > 0 || blocked.count > 0) ? EXIT.awaitingHuman : EXIT.ok
  })
