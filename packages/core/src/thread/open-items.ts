import type { Addressing, MessageEventType, MessageKind } from '../contract/thread.ts'
import { isMessageFor } from './addressing.ts'
import { ROPEWALK } from './draft.ts'
import { quoteLine } from './quote.ts'
import { foldName } from './said-name.ts'
import type { Participant, Thread } from './state.ts'

/** What a summary needs to know of a message. `metadata.finding` and `metadata.fix` say what an event is about. */
export type SummaryMessage = {
  readonly id: string
  readonly seq: number
  readonly kind: MessageKind
  readonly sender: string
  /** Null where it was erased. */
  readonly body: string | null
  readonly metadata: Readonly<Record<string, unknown>>
  readonly eventType: MessageEventType | null
  readonly to: Addressing
  readonly inReplyTo: string | null
}

/** What a summary needs to know of a thread and of those who take or took part in it. */
export type SummaryThread = Pick<
  Thread,
  'title' | 'status' | 'awaitingHuman' | 'blockCause' | 'lastSeq' | 'findings' | 'fixes'
> & { readonly participants: readonly Pick<Participant, 'agentId' | 'role'>[] }

/** Something that waits for somebody. `seq` is the message that says it, `by` who wrote that. */
export type OpenItem = {
  readonly kind: 'finding' | 'question' | 'request' | 'escalation'
  readonly text: string
  readonly seq: number
  readonly by: string
}

/** Who wrote a message that was not among those looked at. */
const UNKNOWN = 'unknown'

/** A question mark, be it followed by quotation marks, brackets or stars. */
const ASKS = /[?\uff1f\u061f][\s"'*_`)\]\u201d\u2019\u00bb]*$/u

export const isQuestion = ({ kind, body }: SummaryMessage): boolean =>
  kind === 'chat' && body !== null && ASKS.test(body)

/** A text in the metadata of a message. */
export const getText = ({ metadata }: SummaryMessage, key: 'finding' | 'fix'): string | null => {
  const value = Object.hasOwn(metadata, key) ? metadata[key] : undefined
  return typeof value === 'string' ? value : null
}

const isAnswer = (
  asked: SummaryMessage,
  later: SummaryMessage,
  roles: ReadonlyMap<string, string | null>,
): boolean => {
  if (later.sender === asked.sender || later.seq <= asked.seq) return false
  if (later.inReplyTo === asked.id) return true
  return isMessageFor(asked, { agentId: later.sender, role: roles.get(later.sender) ?? null })
}

/**
 * Questions and requests nobody has answered. Who was the last to write decides for most of them, so that a
 * thousand questions need no million of comparisons: answers are looked for among the messages of each sender's own.
 */
const listAsked = (
  messages: readonly SummaryMessage[],
  { participants }: SummaryThread,
): readonly OpenItem[] => {
  const roles = new Map<string, string | null>(participants.map(({ agentId, role }) => [agentId, role]))
  const newest = new Map(messages.filter(({ kind }) => kind !== 'system').map((of) => [of.sender, of]))
  const replies = Map.groupBy(messages, ({ inReplyTo }) => inReplyTo)
  return messages.flatMap((of): OpenItem[] => {
    const isRequest = of.eventType === 're_review_requested'
    if (!isRequest && !isQuestion(of)) return []
    const candidates = [...newest.values(), ...(replies.get(of.id) ?? [])]
    if (candidates.some((later) => isAnswer(of, later, roles))) return []
    const text = quoteLine(of.body, isRequest ? 'first' : 'last')
    return [{ kind: isRequest ? 'request' : 'question', text, seq: of.seq, by: of.sender }]
  })
}

const listFindings = (
  messages: readonly SummaryMessage[],
  { findings }: SummaryThread,
): readonly OpenItem[] => {
  const reports = new Map(
    messages
      .filter(({ eventType }) => eventType === 'finding_reported')
      .map((of) => [foldName(getText(of, 'finding') ?? ''), of]),
  )
  return Object.entries(findings)
    .filter(([, { status }]) => status === 'open')
    .map(([name, finding]) => {
      const reported = reports.get(foldName(name))
      const title = quoteLine(name, 'first')
      return {
        kind: 'finding' as const,
        text: reported ? `${title}: ${quoteLine(reported.body, 'first')}` : title,
        seq: reported?.seq ?? finding.seq,
        by: reported?.sender ?? UNKNOWN,
      }
    })
}

/** Why a thread is blocked, in words. */
export const describeBlock = ({ blockCause }: Pick<Thread, 'blockCause'>): string => {
  switch (blockCause) {
    case 'turns':
      return 'agents wrote on without progress'
    case 'findings':
      return 'the same finding was reported again and again'
    case 'asked':
      return 'somebody asked for help'
    case null:
      return 'somebody stopped it'
  }
}

const listEscalations = (messages: readonly SummaryMessage[], thread: SummaryThread): readonly OpenItem[] => {
  if (thread.status !== 'blocked' || !thread.awaitingHuman) return []
  const told = messages.findLast(({ eventType }) => eventType === 'thread_escalated')
  const why = describeBlock(thread)
  return [
    {
      kind: 'escalation',
      text: told ? `${why}: ${quoteLine(told.body, 'first')}` : why,
      seq: told?.seq ?? thread.lastSeq,
      by: told?.sender ?? ROPEWALK,
    },
  ]
}

/** Everything that waits for somebody, what stops the thread first, then by place in it. `messages` oldest first. */
export const listOpenItems = (
  messages: readonly SummaryMessage[],
  thread: SummaryThread,
): readonly OpenItem[] => [
  ...listEscalations(messages, thread),
  ...[...listFindings(messages, thread), ...listAsked(messages, thread)].toSorted(
    (one, other) => one.seq - other.seq,
  ),
]
