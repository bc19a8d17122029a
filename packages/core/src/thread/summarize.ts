import type { ThreadStatus } from '../contract/thread.ts'
import { getFindingsBy } from './findings.ts'
import {
  describeBlock,
  getText,
  listOpenItems,
  type OpenItem,
  type SummaryMessage,
  type SummaryThread,
} from './open-items.ts'
import { quoteLine } from './quote.ts'

export type ThreadSummary = {
  readonly summary: string
  readonly openItems: readonly OpenItem[]
  readonly lastStatus: ThreadStatus
}

/** Names that one sentence lists; the rest are counted. */
const MAX_NAMES = 5

/** Characters of a name in a sentence. */
const MAX_NAME = 60

const count = (amount: number, one: string, many = `${one}s`): string =>
  `${amount} ${amount === 1 ? one : many}`

const listNames = (names: readonly string[]): string => {
  const shown = names.slice(0, MAX_NAMES).map((name) => quoteLine(name, 'first', MAX_NAME))
  const others = names.length - shown.length
  return [...shown, ...(others > 0 ? [`${count(others, 'other')}`] : [])].join(', ')
}

const describeStatus = (thread: SummaryThread, messages: readonly SummaryMessage[]): string => {
  const { title, status, awaitingHuman } = thread
  const waits = awaitingHuman ? ', and a person or the coordinator has to look at it' : ''
  const why = status === 'blocked' ? `: ${describeBlock(thread)}${waits}` : ''
  const changed = messages.findLast(({ kind }) => kind === 'system')
  const last = changed ? ` Last change, in message ${changed.seq}: ${quoteLine(changed.body, 'first')}` : ''
  return `"${quoteLine(title, 'first')}" is ${status}${why}.${last}`
}

const describeWriters = (messages: readonly SummaryMessage[], { lastSeq }: SummaryThread): string => {
  if (lastSeq === 0) return 'Nobody has written yet.'
  const written = messages.filter(({ kind }) => kind !== 'system')
  const writers = [...Map.groupBy(written, ({ sender }) => sender)]
    .map(([name, { length }]) => ({ name, length }))
    .toSorted((one, other) => other.length - one.length || (one.name < other.name ? -1 : 1))
  const names = listNames(writers.map(({ name, length }) => `${name} ${length}`))
  const read =
    messages.length === lastSeq
      ? count(lastSeq, 'message')
      : `The newest ${messages.length} of ${lastSeq} messages`
  return names === '' ? `${read}.` : `${read}, by ${names}.`
}

const describeFindings = ({ findings }: SummaryThread): readonly string[] => {
  const parts = (['open', 'verified', 'rejected'] as const).flatMap((status) => {
    const names = getFindingsBy(findings, status)
    return names.length === 0 ? [] : [`${names.length} ${status} (${listNames(names)})`]
  })
  return parts.length === 0 ? [] : [`Findings: ${parts.join('; ')}.`]
}

const describeFix = ({ fixes }: SummaryThread, messages: readonly SummaryMessage[]): readonly string[] => {
  const pushed = messages.findLast(({ eventType }) => eventType === 'fix_pushed')
  const fix = (pushed ? getText(pushed, 'fix') : null) ?? fixes.at(-1)
  if (pushed) {
    const name = fix === undefined ? '' : ` ${quoteLine(fix, 'first', MAX_NAME)}`
    return [`Last fix:${name} by ${pushed.sender}, in message ${pushed.seq}.`]
  }
  return fix === undefined ? [] : [`Last fix: ${quoteLine(fix, 'first', MAX_NAME)}.`]
}

const describeOpen = (items: readonly OpenItem[]): string => {
  const counted = [...Map.groupBy(items, ({ kind }) => kind)]
  return counted.length === 0
    ? 'Nothing is open.'
    : `Open: ${counted.map(([kind, { length }]) => count(length, kind)).join(', ')}.`
}

/**
 * What a thread has come to, by rule: its status and why, who wrote, findings by what became of them, the last fix,
 * and what is open. `messages` are its newest, oldest first; what only older ones say is not seen, but findings and
 * fixes are, which the thread itself keeps. Texts are quoted by the line, cut, with no control characters in them.
 */
export const summarizeThread = (
  thread: SummaryThread,
  messages: readonly SummaryMessage[],
): ThreadSummary => {
  const openItems = listOpenItems(messages, thread)
  const sentences = [
    describeStatus(thread, messages),
    describeWriters(messages, thread),
    ...describeFindings(thread),
    ...describeFix(thread, messages),
    describeOpen(openItems),
  ]
  return { summary: sentences.join(' '), openItems, lastStatus: thread.status }
}
