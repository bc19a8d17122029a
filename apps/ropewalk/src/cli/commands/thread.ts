import type { MessageView } from '@ropewalk/core/contract/methods/threads'
import type { AgentId, ItemId, RunId, ThreadId } from '@ropewalk/core/ids'
import { getShortId } from '@ropewalk/core/short-id'
import type { Api } from '../api.ts'
import { resolveItemId } from '../backlog-ref.ts'
import { findLiveServer } from '../connect.ts'
import { followThread } from '../follow-thread.ts'
import { withInterrupt } from '../interrupts.ts'
import { getAgoText } from '../question-text.ts'
import { resolveRunId } from '../run-ref.ts'
import type { CommonFlags } from '../settings.ts'
import { clip, makeTable, wrap, type Terminal } from '../terminal.ts'
import { resolveThreadId } from '../thread-ref.ts'
import { layOutMessage, paintStatus } from '../thread-text.ts'
import { EXIT, withNext } from '../trouble.ts'
import { withApi } from '../with-api.ts'

const PAGE = 200
const SEE_ALL = 'See what there is: ./ropewalk thread list'

export type ListFlags = CommonFlags & {
  readonly status?: 'active' | 'blocked' | 'resolved' | 'closed'
  readonly run?: string
  readonly item?: string
  readonly limit: number
}

/** Ids that were resolved are what the contract asks for; the server checks them again. */
const resolveSubject = async (api: Api, of: { readonly run?: string; readonly item?: string }) => ({
  ...(of.run === undefined ? {} : { run_id: (await resolveRunId(api, of.run)) as RunId }),
  ...(of.item === undefined ? {} : { item_id: (await resolveItemId(api, of.item)) as ItemId }),
})

/** As many threads as are asked for, the one with the newest message first, and whether there are more. */
const readThreads = async (api: Api, flags: ListFlags) => {
  const of = {
    ...(await resolveSubject(api, flags)),
    ...(flags.status === undefined ? {} : { status: flags.status }),
  }
  const found: Awaited<ReturnType<Api['listThreads']>>['threads'][number][] = []
  let cursor: string | undefined
  do {
    const limit = Math.min(flags.limit - found.length, PAGE)
    const page = await api.listThreads({ ...of, limit, ...(cursor === undefined ? {} : { cursor }) })
    found.push(...page.threads)
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined && found.length < flags.limit)
  return { items: found, hasMore: cursor !== undefined }
}

/** Threads, the one with the newest message first. */
export const list = (terminal: Terminal, flags: ListFlags): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const found = await readThreads(api, flags)
    if (flags.json === true) {
      terminal.out(JSON.stringify(found))
      return EXIT.ok
    }
    if (found.items.length === 0) {
      terminal.say(
        flags.status === undefined
          ? 'There are no threads. Start one: ./ropewalk thread create "…" --with NAME --with NAME'
          : `No thread is ${flags.status}.`,
      )
    } else {
      const rows = found.items.map((thread) => [
        getShortId(thread.thread_id),
        thread.awaiting_human ? `${thread.status}, needs you` : thread.status,
        thread.type,
        String(thread.last_seq),
        getAgoText(thread.updated_at),
        clip(thread.title, 60),
      ])
      const head = ['THREAD', 'STATUS', 'TYPE', 'MESSAGES', 'LAST', 'TITLE']
      terminal.out(makeTable([head, ...rows], terminal.stdout.columns))
      if (found.hasMore) terminal.say(`There is more: ./ropewalk thread list --limit ${flags.limit * 2}`)
    }
    return EXIT.ok
  })

export type ShowFlags = CommonFlags & { readonly messages: number; readonly wakes: number }

const readNewest = async (
  api: Api,
  of: { readonly threadId: ThreadId; readonly lastSeq: number },
  count: number,
): Promise<readonly MessageView[]> => {
  const messages: MessageView[] = []
  let since = Math.max(0, of.lastSeq - count)
  for (;;) {
    const page = await api.readMessages({ thread_id: of.threadId, since_seq: since, limit: PAGE })
    messages.push(...page.messages)
    if (!page.has_more) return messages
    since = page.next_seq
  }
}

type ThreadFacts = Awaited<ReturnType<Api['getThread']>>
type Wakes = Awaited<ReturnType<Api['listWakes']>>['items']

const layOutThread = (
  { paintOut: paint, stdout }: Terminal,
  thread: ThreadFacts,
  messages: readonly MessageView[],
  wakes: Wakes,
): string => {
  const facts: string[][] = [
    ['  thread', thread.thread_id],
    ['  type', thread.type],
    ['  started', `${thread.created_at} by ${clip(thread.created_by, 60)}`],
    ...(thread.run_id === null ? [] : [['  run', thread.run_id]]),
    ...(thread.item_id === null ? [] : [['  item', thread.item_id]]),
    ...(thread.turns_without_progress === 0
      ? []
      : [['  turns', `${thread.turns_without_progress} without progress`]]),
  ]
  const people = thread.participants.map((one) => [
    `  ${clip(one.agent_id, 40)}`,
    one.role ?? '-',
    one.gone_at === null ? `read to #${one.last_read_seq}` : `gone since ${one.gone_at}`,
    one.unread === 0 ? '' : `${one.unread} unread`,
  ])
  const wakeRows = wakes.map((wake) => [
    `  ${getShortId(wake.id)}`,
    wake.targetAgentId,
    wake.fallbackAction ?? wake.action,
    wake.status,
    getAgoText(wake.createdAt),
    clip(wake.reason, 50),
  ])
  return [
    `${paint('bold', clip(thread.title, Math.min(stdout.columns ?? 100, 100) - 22))}  ${paintStatus(paint, thread)}`,
    makeTable(facts),
    makeTable(people),
    ...(wakeRows.length === 0 ? [] : ['', 'wakes', makeTable(wakeRows)]),
    ...(messages.length === 0 ? [] : ['']),
    ...messages.map((message) => layOutMessage({ paint, columns: stdout.columns }, message)),
    ...(thread.status === 'blocked'
      ? [
          '',
          `next: ./ropewalk thread unblock ${getShortId(thread.thread_id)} --reason "…", or override-close`,
        ]
      : []),
  ].join('\n')
}

/** One thread: what it is, who takes part and how far they have read, its newest messages and wakes. */
export const show = (terminal: Terminal, reference: string, flags: ShowFlags): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const id = await resolveThreadId(api, reference)
    const thread = await withNext(SEE_ALL, () => api.getThread(id))
    const [messages, { items: wakes }] = await Promise.all([
      readNewest(api, { threadId: thread.thread_id, lastSeq: thread.last_seq }, flags.messages),
      api.listWakes(id, { limit: Math.min(flags.wakes, PAGE) }),
    ])
    terminal.out(
      flags.json === true
        ? JSON.stringify({ ...thread, messages, wakes })
        : layOutThread(terminal, thread, messages, wakes),
    )
    return EXIT.ok
  })

export type TailFlags = CommonFlags & { readonly after?: number; readonly follow?: boolean }

/** Messages as they come, one by one; with `--follow` until it is interrupted. */
export const tail = (terminal: Terminal, reference: string, flags: TailFlags): Promise<number> =>
  withApi(terminal, flags, (api, { home }) =>
    withInterrupt(async ({ signal }) => {
      const id = await resolveThreadId(api, reference)
      const thread = await withNext(SEE_ALL, () => api.getThread(id))
      const { thread_id: threadId } = thread
      let since = flags.after ?? Math.max(0, thread.last_seq - 20)
      const tell = (messages: readonly MessageView[]) => {
        const of = { paint: terminal.paintOut, columns: terminal.stdout.columns }
        for (const message of messages)
          terminal.out(flags.json === true ? JSON.stringify(message) : layOutMessage(of, message))
      }
      for (let hasMore = true; hasMore && !signal.aborted;) {
        const page = await api.readMessages({ thread_id: threadId, since_seq: since, limit: PAGE })
        tell(page.messages)
        hasMore = page.has_more
        since = page.next_seq
      }
      if (flags.follow !== true) return signal.aborted ? EXIT.interrupted : EXIT.ok
      const onGone = () => {
        terminal.say('The server does not answer. This goes on with the next one: ./ropewalk up')
      }
      const findApi = () => findLiveServer(home)
      const messages = followThread({ api, findApi, onGone, threadId, since, signal })
      for await (const message of messages) tell([message])
      return EXIT.interrupted
    }),
  )

export type SummaryFlags = CommonFlags & { readonly messages: number }

/** What a thread has come to, made by rules. */
export const summary = (terminal: Terminal, reference: string, flags: SummaryFlags): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const id = await resolveThreadId(api, reference)
    const found = await withNext(SEE_ALL, () =>
      api.summarizeThread({ thread_id: id as ThreadId, max_messages: Math.min(flags.messages, 1000) }),
    )
    if (flags.json === true) terminal.out(JSON.stringify(found))
    else {
      const { columns } = terminal.stdout
      terminal.out(wrap(found.summary, Math.min(columns ?? 100, 100) - 1, ''))
      const rows = found.open_items.map((item) => [`  #${item.seq}`, item.kind, item.by, clip(item.text, 90)])
      if (rows.length > 0) terminal.out(`open\n${makeTable(rows, columns)}`)
    }
    return EXIT.ok
  })

export type SearchFlags = CommonFlags & { readonly thread?: string; readonly limit: number }

/** Messages that have all the words, newest first. */
export const search = (terminal: Terminal, words: readonly string[], flags: SearchFlags): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const { matches } = await api.searchMessages({
      words: words.join(' '),
      limit: Math.min(flags.limit, 100),
      ...(flags.thread === undefined
        ? {}
        : { thread_id: (await resolveThreadId(api, flags.thread)) as ThreadId }),
    })
    if (flags.json === true) terminal.out(JSON.stringify({ items: matches }))
    else if (matches.length === 0) terminal.say('No message has all these words.')
    else {
      const rows = matches.map((match) => [
        getShortId(match.thread_id),
        `#${match.seq}`,
        clip(match.sender_agent_id, 30),
        getAgoText(match.created_at),
        clip(match.body ?? '', 80),
      ])
      terminal.out(
        makeTable([['THREAD', 'MESSAGE', 'BY', 'WHEN', 'WORDS'], ...rows], terminal.stdout.columns),
      )
    }
    return EXIT.ok
  })

/** `NAME` or `NAME:ROLE`; the server checks both. */
export const parseParticipant = (text: string): { agent_id: AgentId; role?: string } => {
  const [, name = '', role] = /^(.*?)(?::([^:]*))?$/su.exec(text) ?? []
  return { agent_id: name as AgentId, ...(role === undefined ? {} : { role }) }
}
