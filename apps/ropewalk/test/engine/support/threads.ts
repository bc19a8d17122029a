import { sha256 } from '@ropewalk/core/canonical'
import type { Metadata } from '@ropewalk/core/contract/json'
import { AgentId, MessageId, ThreadId, type WorkspaceId } from '@ropewalk/core/ids'
import type { ThreadCommandOf, ThreadLimits } from '@ropewalk/core/thread/commands'
import type { RunningEngine } from '../../../src/engine/start.ts'
import { WORKSPACE, makeUuid } from './stage.ts'

export const LIMITS: ThreadLimits = {
  messagesPerMinute: 1_000_000,
  wakesPerMinute: 10,
  turns: 1_000_000,
  sameFindings: 3,
}

export const agent = (id: string): AgentId => AgentId.parse(id)

/** By whom the commands of an agent are; one whose name begins with "person" is a person. */
const makeBy = (agentId: string) =>
  ({ kind: agentId.startsWith('person') ? 'person' : 'agent', id: agentId }) as const

type InThread = { readonly workspaceId: WorkspaceId; readonly threadId: ThreadId }

export type ThreadInput = {
  readonly workspaceId?: WorkspaceId
  readonly subject?: ThreadCommandOf<'CreateThread'>['subject']
  readonly title?: string
}

/** A thread that its lead has started; a name may be followed by its role: `ben:reviewer`. */
export const createThread = async (
  engine: RunningEngine,
  names: readonly string[],
  input: ThreadInput = {},
): Promise<InThread> => {
  const { workspaceId = WORKSPACE, subject = { runId: null, itemId: null }, title = 'Review' } = input
  const threadId = ThreadId.parse(makeUuid())
  const participants = names.map((name) => {
    const [id = '', role = null] = name.split(':')
    return { agentId: agent(id), role }
  })
  await engine.submit(
    {
      type: 'CreateThread',
      workspaceId,
      threadId,
      agentId: agent('lead'),
      role: 'coordinator',
      title,
      threadType: 'conversation',
      participants,
      subject,
    },
    { by: makeBy('lead') },
  )
  return { workspaceId, threadId }
}

export type Posted = {
  readonly messageId: MessageId
  readonly seq: number
  readonly bounced: readonly string[]
  readonly version: number
}

type PostInput = Partial<ThreadCommandOf<'PostMessage'>> & { readonly metadata?: Metadata }

export const makePost = (
  of: InThread,
  sender: string,
  body: string,
  rest: PostInput = {},
): ThreadCommandOf<'PostMessage'> => ({
  type: 'PostMessage',
  ...of,
  agentId: agent(sender),
  role: 'participant',
  sessionId: null,
  kind: 'chat',
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
})

export const post = async (
  engine: RunningEngine,
  of: InThread,
  sender: string,
  body: string,
  rest: PostInput = {},
): Promise<Posted> => {
  const answer = await engine.submit(makePost(of, sender, body, rest), { by: makeBy(sender) })
  return {
    messageId: MessageId.parse(answer['messageId']),
    seq: Number(answer['seq']),
    bounced: answer['bounced'] as readonly string[],
    version: answer.version,
  }
}

/** What the lead asks of a thread. */
export const lead = (
  engine: RunningEngine,
  of: InThread,
  command: Readonly<Record<string, unknown>> & { readonly type: string },
): Promise<Readonly<Record<string, unknown>>> =>
  engine.submit(
    { ...of, agentId: agent('lead'), role: 'coordinator', ...command } as Parameters<
      RunningEngine['submit']
    >[0],
    { by: makeBy('lead') },
  )

export const setStatus = (engine: RunningEngine, of: InThread, status: string, reason = 'So it is.') =>
  lead(engine, of, { type: 'ChangeThreadStatus', status, reason, awaitingHuman: false })

/** The state of one message for each of those it is for. */
export const readStates = async (
  engine: RunningEngine,
  of: InThread,
  seq: number,
): Promise<Readonly<Record<string, string>>> => {
  const deliveries = await engine.readDeliveries({ ...of, seq })
  return Object.fromEntries(deliveries.map(({ agentId, state }) => [agentId, state]))
}
