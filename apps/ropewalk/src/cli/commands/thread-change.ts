import type { AgentId, ThreadId } from '@ropewalk/core/ids'
import { getShortId } from '@ropewalk/core/short-id'
import type { MessageEventType, ThreadType } from '@ropewalk/core/contract/thread'
import type { MessageId } from '@ropewalk/core/ids'
import type { Api } from '../api.ts'
import { resolveItemId } from '../backlog-ref.ts'
import { resolveRunId } from '../run-ref.ts'
import type { CommonFlags } from '../settings.ts'
import type { Terminal } from '../terminal.ts'
import { resolveThreadId } from '../thread-ref.ts'
import { EXIT, makeTrouble, withNext } from '../trouble.ts'
import { withApi } from '../with-api.ts'
import { parseParticipant } from './thread.ts'

/** Every change says why; it stays in the audit. */
export type ReasonFlags = CommonFlags & { readonly reason: string }

/** A thread that a person named. The server checks the id again. */
const resolve = async (api: Api, reference: string): Promise<ThreadId> =>
  (await resolveThreadId(api, reference)) as ThreadId

const getNext = (reference: string): string => `See how it stands: ./ropewalk thread show ${reference}`

export type CreateFlags = Omit<ReasonFlags, 'reason'> & {
  readonly with: readonly string[]
  readonly type: ThreadType
  readonly run?: string
  readonly item?: string
  readonly reason?: string
}

/** Starts a thread; its id goes to standard output. */
export const create = (terminal: Terminal, title: string, flags: CreateFlags): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const made = await api.createThread({
      title,
      type: flags.type,
      participants: flags.with.map(parseParticipant),
      ...(flags.run === undefined ? {} : { run_id: (await resolveRunId(api, flags.run)) as never }),
      ...(flags.item === undefined ? {} : { item_id: (await resolveItemId(api, flags.item)) as never }),
      ...(flags.reason === undefined ? {} : { reason: flags.reason }),
    })
    terminal.out(flags.json === true ? JSON.stringify(made) : made.thread_id)
    if (flags.json !== true) terminal.say(`next: ./ropewalk thread post ${getShortId(made.thread_id)} "…"`)
    return EXIT.ok
  })

export type PostFlags = Omit<ReasonFlags, 'reason'> & {
  readonly to?: readonly string[]
  readonly role?: string
  readonly replyTo?: string
  readonly event?: MessageEventType
  readonly finding?: string
  readonly fix?: string
  readonly ttl?: number
  readonly reason?: string
}

/** The id of the message that has this number; an id is taken as it is. */
const resolveMessage = async (api: Api, threadId: ThreadId, text: string): Promise<MessageId> => {
  const number = /^#?(\d{1,15})$/u.exec(text)?.[1]
  if (number === undefined) return text as MessageId
  const { messages } = await api.readMessages({
    thread_id: threadId,
    since_seq: Number(number) - 1,
    limit: 1,
  })
  const [found] = messages
  if (found?.seq === Number(number)) return found.message_id
  throw makeTrouble({
    code: 'NOT_FOUND',
    what: `there is no message #${number} in this thread`,
    why: 'numbers begin at 1 and end with the newest message',
    next: getNext(getShortId(threadId)),
    exit: 1,
  })
}

/** A finding without a name can neither be counted nor settled, and nobody would see why. */
const checkFinding = ({ event, finding }: PostFlags): void => {
  if (event === undefined || !event.startsWith('finding_') || finding !== undefined) return
  throw makeTrouble({
    code: 'INVALID_ARGUMENT',
    what: `${event} does not say which finding`,
    why: 'reports of one finding are counted, and it is settled, by its name',
    next: 'Name it with --finding NAME, a word or two that stay the same.',
  })
}

/** Writes into a thread, as the owner of the home. */
export const post = (
  terminal: Terminal,
  of: { readonly reference: string; readonly words: readonly string[] },
  flags: PostFlags,
): Promise<number> => {
  checkFinding(flags)
  return withApi(terminal, flags, async (api) => {
    const threadId = await resolve(api, of.reference)
    const { to, role, event, finding, fix } = flags
    const metadata = {
      ...(event === undefined ? {} : { event_type: event }),
      ...(finding === undefined ? {} : { finding }),
      ...(fix === undefined ? {} : { fix }),
    }
    const posted = await withNext(getNext(of.reference), async () =>
      api.postMessage({
        thread_id: threadId,
        kind: event === undefined ? 'chat' : 'event',
        body: of.words.join(' '),
        metadata,
        to: role !== undefined ? { role } : to === undefined ? 'all' : { agents: [...to] as AgentId[] },
        ...(flags.replyTo === undefined
          ? {}
          : { in_reply_to: await resolveMessage(api, threadId, flags.replyTo) }),
        ...(flags.ttl === undefined ? {} : { ttl_seconds: flags.ttl }),
        ...(flags.reason === undefined ? {} : { reason: flags.reason }),
      }),
    )
    if (flags.json === true) terminal.out(JSON.stringify(posted))
    else {
      terminal.say(`posted: #${posted.seq}`)
      if (posted.bounced.length > 0)
        terminal.say(`came back, because they are gone: ${posted.bounced.join(', ')}`)
    }
    return EXIT.ok
  })
}

/** What each word makes of a thread. */
const CHANGES = {
  escalate: { status: 'blocked', awaiting_human: true },
  unblock: { status: 'active', awaiting_human: false },
  resolve: { status: 'resolved', awaiting_human: false },
  reopen: { status: 'active', awaiting_human: false },
  close: { status: 'closed', awaiting_human: false },
  'override-close': { status: 'closed', awaiting_human: false },
} as const

export type ThreadVerb = keyof typeof CHANGES

const OVERRIDE = 'human_override:'

/** Changes the status of a thread. `override-close` says itself that a person overrides. */
export const changeStatus = (
  terminal: Terminal,
  of: { readonly reference: string; readonly verb: ThreadVerb },
  flags: ReasonFlags,
): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const threadId = await resolve(api, of.reference)
    const isBare = of.verb === 'override-close' && !flags.reason.startsWith(OVERRIDE)
    const reason = isBare ? `${OVERRIDE} ${flags.reason}` : flags.reason
    const next =
      of.verb === 'close'
        ? `Where it is blocked, end it as a person: ./ropewalk thread override-close ${of.reference} --reason "…"`
        : getNext(of.reference)
    const changed = await withNext(next, () =>
      api.updateThreadStatus({ thread_id: threadId, reason, ...CHANGES[of.verb] }),
    )
    if (flags.json === true) terminal.out(JSON.stringify(changed))
    else terminal.say(`${getShortId(threadId)} is ${changed.status}`)
    return EXIT.ok
  })

/** Takes somebody into a thread, or gives them another role. */
export const add = (
  terminal: Terminal,
  of: { readonly reference: string; readonly participant: string },
  flags: Omit<ReasonFlags, 'reason'> & { readonly reason?: string },
): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const threadId = await resolve(api, of.reference)
    const added = await withNext(getNext(of.reference), () =>
      api.addParticipant({
        thread_id: threadId,
        participant: parseParticipant(of.participant),
        ...(flags.reason === undefined ? {} : { reason: flags.reason }),
      }),
    )
    if (flags.json === true) terminal.out(JSON.stringify(added))
    else terminal.say(`${added.participant.agentId} takes part in ${getShortId(threadId)}`)
    return EXIT.ok
  })

/** Takes somebody out of a thread, and says which messages for them came back. */
export const remove = (
  terminal: Terminal,
  of: { readonly reference: string; readonly agent: string },
  flags: ReasonFlags,
): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const threadId = await resolve(api, of.reference)
    const removed = await withNext(getNext(of.reference), () =>
      api.removeParticipant({ thread_id: threadId, agent_id: of.agent as AgentId, reason: flags.reason }),
    )
    if (flags.json === true) terminal.out(JSON.stringify(removed))
    else {
      terminal.say(`${of.agent} takes no part in ${getShortId(threadId)} any more`)
      if (removed.bounced.length > 0)
        terminal.say(`came back unread: ${removed.bounced.map((seq) => `#${seq}`).join(', ')}`)
    }
    return EXIT.ok
  })

export type WakeFlags = ReasonFlags & { readonly prompt: string }

/** Asks for an agent to be woken. */
export const wake = (
  terminal: Terminal,
  of: { readonly reference: string; readonly agent: string },
  flags: WakeFlags,
): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const threadId = await resolve(api, of.reference)
    const asked = await withNext(getNext(of.reference), () =>
      api.triggerParticipant({
        thread_id: threadId,
        target_agent_id: of.agent as AgentId,
        reason: flags.reason,
        trigger_prompt: flags.prompt,
      }),
    )
    if (flags.json === true) terminal.out(JSON.stringify(asked))
    else
      terminal.say(`asked for: ${asked.fallback_action ?? asked.action} of ${of.agent} (${asked.job_status})`)
    return EXIT.ok
  })
