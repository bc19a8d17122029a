import { expect } from 'vitest'
import type { Role } from '../../src/access/roles.ts'
import { sha256 } from '../../src/canonical.ts'
import { type Accepted, addMs, type Principal, type Refused } from '../../src/decision.ts'
import { AgentId, MessageId, ThreadId, WorkspaceId } from '../../src/ids.ts'
import { ThreadCommand } from '../../src/thread/commands.ts'
import { decideThread } from '../../src/thread/decide.ts'
import {
  ThreadEvent,
  type ThreadEventAt,
  type ThreadEventOf,
  type ThreadEventType,
} from '../../src/thread/events.ts'
import { makeEmptyThreadState, type Thread, type ThreadState } from '../../src/thread/state.ts'

export const THREAD = ThreadId.parse('00000000-0000-7000-8000-0000000000aa')
export const NO_MESSAGE = MessageId.parse('00000000-0000-7000-8000-00000000dead')
export const onThread = { workspaceId: WorkspaceId.parse('default'), threadId: THREAD }
const ENGINE: Principal = { kind: 'engine', id: 'timers' }

/** Who speaks: the principal and the claims of its token. */
export type Speaker = { readonly agentId: string; readonly role: Role; readonly isPerson?: boolean }

export const ALICE: Speaker = { agentId: 'alice', role: 'participant' }
export const BOB: Speaker = { agentId: 'bob', role: 'participant' }
export const CAROL: Speaker = { agentId: 'carol', role: 'participant' }
/** Takes no part unless a test says so. */
export const LEAD: Speaker = { agentId: 'lead', role: 'coordinator' }
export const ANNA: Speaker = { agentId: 'anna', role: 'operator', isPerson: true }
export const AUDITOR: Speaker = { agentId: 'audit', role: 'auditor' }

export const LIMITS = { messagesPerMinute: 1000, wakesPerMinute: 10, turns: 20, sameFindings: 3 }

export type Input = Readonly<Record<string, unknown>> & { readonly type: string }
type Result = Accepted<ThreadEvent, ThreadState> | Refused
export type Given = ReturnType<typeof given>

/** Commands that no caller gives: they name nobody. */
const isOwn = ({ type }: Input): boolean => type === 'ExpireMessage' || type === 'EraseMessages'

/** What one who speaks asks for, and as whom. */
export const makeAsked = (
  input: Input,
  { agentId, role, isPerson }: Speaker,
): { readonly command: ThreadCommand; readonly by: Principal } =>
  isOwn(input)
    ? { command: ThreadCommand.parse({ ...onThread, ...input }), by: ENGINE }
    : {
        command: ThreadCommand.parse({ ...onThread, agentId, role, ...input }),
        by: { kind: isPerson ? 'person' : 'agent', id: agentId },
      }

/** A thread whose commands are decided one after another; time passes by a second each. */
export const given = () => {
  let state: ThreadState = makeEmptyThreadState()
  let now = '2026-01-01T00:00:00.000Z'
  let commands = 0
  const history: ThreadEventAt[] = []
  const when = (input: Input, speaker: Speaker): Result => {
    commands += 1
    now = addMs(now, 1000)
    const { command, by } = makeAsked(input, speaker)
    const decision = decideThread(state, command, { at: now, seed: `seed-${commands}`, by })
    if (decision.type === 'refused') return decision
    for (const event of decision.events) expect(ThreadEvent.parse(event)).toEqual(event)
    history.push(...decision.events.map((event) => ({ ...event, at: now })))
    state = decision.state
    return decision
  }
  const accepted = (decision: Result) => {
    if (decision.type === 'refused') throw new Error(`${decision.code}: ${decision.message}`)
    return decision
  }
  const refused = (decision: Result): Refused => {
    if (decision.type === 'accepted') throw new Error('It was not refused.')
    return decision
  }
  const toPost = (rest: Readonly<Record<string, unknown>> = {}): Input => {
    const body = typeof rest['body'] === 'string' ? rest['body'] : 'Hello.'
    return {
      type: 'PostMessage',
      sessionId: null,
      kind: rest['eventType'] ? 'event' : 'chat',
      body,
      digest: sha256(body),
      bytes: Buffer.byteLength(body),
      metadata: {},
      eventType: null,
      finding: null,
      fix: null,
      to: { kind: 'all' },
      inReplyTo: null,
      ttlMs: null,
      limits: LIMITS,
      ...rest,
    }
  }
  const toStatus = (status: string, rest: Readonly<Record<string, unknown>> = {}): Input => ({
    type: 'ChangeThreadStatus',
    status,
    reason: 'r',
    awaitingHuman: false,
    ...rest,
  })
  return {
    history,
    when,
    toPost,
    toStatus,
    accept: (input: Input, by: Speaker) => accepted(when(input, by)),
    refuse: (input: Input, by: Speaker) => refused(when(input, by)),
    /** By Ropewalk's own timers. */
    acceptOf: (input: Input) => accepted(when(input, LEAD)),
    refuseOf: (input: Input) => refused(when(input, LEAD)),
    get state() {
      return state
    },
    get thread(): Thread {
      if (!state.thread) throw new Error('There is no thread yet.')
      return state.thread
    },
    now: () => now,
    wait: (ms: number) => {
      now = addMs(now, ms)
    },
    participant: (agentId: string) => {
      const found = state.participants.get(agentId)
      if (!found) throw new Error(`${agentId} never took part.`)
      return found
    },
    /** Alice and Bob, who reviews, unless said otherwise. */
    create: (rest: Readonly<Record<string, unknown>> = {}, by: Speaker = LEAD) =>
      accepted(
        when(
          {
            type: 'CreateThread',
            title: 'Review',
            threadType: 'workflow',
            participants: [
              { agentId: 'alice', role: null },
              { agentId: 'bob', role: 'reviewer' },
            ],
            subject: { runId: null, itemId: null },
            ...rest,
          },
          by,
        ),
      ),
    /** Posts, and gives back the event of the message. */
    post: (by: Speaker, rest: Readonly<Record<string, unknown>> = {}) =>
      first(accepted(when(toPost(rest), by)).events, 'thread.message_posted'),
    refusePost: (by: Speaker, rest: Readonly<Record<string, unknown>> = {}) =>
      refused(when(toPost(rest), by)),
    say: (by: Speaker, times: number) => {
      for (let index = 0; index < times; index += 1) accepted(when(toPost(), by))
    },
    setStatus: (by: Speaker, status: string, rest: Readonly<Record<string, unknown>> = {}) =>
      accepted(when(toStatus(status, rest), by)),
    refuseStatus: (by: Speaker, status: string, rest: Readonly<Record<string, unknown>> = {}) =>
      refused(when(toStatus(status, rest), by)),
    remove: (agentId: string, lastRead = 0) =>
      accepted(when({ type: 'RemoveParticipant', participantId: agentId, lastRead, reason: 'r' }, LEAD)),
    add: (agentId: string, role: string | null = null) =>
      accepted(when({ type: 'AddParticipant', participant: { agentId, role } }, LEAD)),
  }
}

/** The data of the first event of a type. */
export const first = <T extends ThreadEventType>(
  events: readonly ThreadEvent[],
  type: T,
): ThreadEventOf<T>['data'] => {
  const found = events.find((event) => event.type === type)
  if (!found) throw new Error(`There is no ${type}.`)
  return found.data as ThreadEventOf<T>['data']
}

export const typesOf = ({ events }: { readonly events: readonly ThreadEvent[] }): readonly string[] =>
  events.map(({ type }) => type)

export const agents = (...names: readonly string[]) => ({
  kind: 'agents' as const,
  agents: names.map((name) => AgentId.parse(name)),
})
