import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { connectHttp, type Connected } from '../mcp/support/clients.ts'
import { makeProgramHome, type ProgramHome, type Started } from '../support/program.ts'
import { killAll } from './crash-processes.ts'

const PATIENCE = { timeout: 120_000, interval: 100 }

/** Two agents, of different eras of the protocol: one reviews and leads, one mends. */
const ANN = { agent: 'ann', role: 'coordinator', era: 'modern' } as const
const BEN = { agent: 'ben', role: 'participant', era: 'legacy' } as const

type Message = {
  readonly seq: number
  readonly event_type: string | null
  readonly kind: string
  readonly body: string
}

let program: ProgramHome
let up: Started
let url: string
let tokens: { readonly ann: string; readonly ben: string }

const startUp = async (): Promise<void> => {
  up = program.start(['up', '--json'])
  await vi.waitUntil(() => up.getStdout().includes('\n'), PATIENCE)
  url = (JSON.parse(up.getStdout().split('\n')[0] ?? '') as { url: string }).url
}

/** A command that must go well; gives what it wrote to standard output. */
const rope = async (...args: readonly string[]): Promise<string> => {
  const { exit, stdout, stderr } = await program.run(args)
  expect(exit, `${args.join(' ')}: ${stderr}`).toBe(0)
  return stdout.trim()
}

const issue = ({ agent, role }: typeof ANN | typeof BEN): Promise<string> =>
  rope('token', 'create', '--agent', agent, '--role', role)

const enter = async (): Promise<{ ann: Connected; ben: Connected; leave: () => Promise<void> }> => {
  const ann = await connectHttp({ url }, { token: tokens.ann, era: ANN.era })
  const ben = await connectHttp({ url }, { token: tokens.ben, era: BEN.era })
  return {
    ann,
    ben,
    leave: async () => {
      await Promise.all([ann.close(), ben.close()])
    },
  }
}

/** What lies after a message, waited for, and said to be read. */
const hear = async (who: Connected, threadId: string, sinceSeq: number): Promise<readonly Message[]> => {
  const found = await who.ask('wait_for_messages', { thread_id: threadId, since_seq: sinceSeq })
  const messages = found['messages'] as readonly Message[]
  await who.ask('ack_read', { thread_id: threadId, last_read_seq: found['next_seq'] })
  return messages
}

const tell = async (
  who: Connected,
  threadId: string,
  of: { readonly event: string; readonly body: string; readonly fix?: string },
): Promise<void> => {
  await who.ask('post_message', {
    thread_id: threadId,
    kind: 'event',
    body: of.body,
    metadata: { event_type: of.event, finding: 'total', ...(of.fix === undefined ? {} : { fix: of.fix }) },
  })
}

beforeAll(async () => {
  program = await makeProgramHome('short')
  await startUp()
  tokens = { ann: await issue(ANN), ben: await issue(BEN) }
})

afterAll(async () => {
  await program.remove()
})

const createThread = (ann: Connected, title: string): Promise<string> =>
  ann
    .ask('create_thread', {
      title,
      type: 'workflow',
      participants: [
        { agent_id: 'ann', role: 'reviewer' },
        { agent_id: 'ben', role: 'fixer' },
      ],
    })
    .then((made) => String(made['thread_id']))

/** The one who mends: answers each finding, and each rejection, with another fix until it is verified. */
const mend = async (ben: Connected, threadId: string): Promise<number> => {
  let since = 0
  let fixes = 0
  for (;;) {
    for (const message of await hear(ben, threadId, since)) {
      since = message.seq
      if (message.event_type === 'finding_verified') return fixes
      if (message.event_type !== 'finding_reported') continue
      fixes += 1
      await tell(ben, threadId, { event: 'fix_pushed', body: 'The discount counts now.', fix: `c${fixes}` })
      await tell(ben, threadId, { event: 're_review_requested', body: 'Please look again.' })
    }
  }
}

/** The one who reviews: is not content with the first fix. */
const review = async (ann: Connected, threadId: string): Promise<void> => {
  await tell(ann, threadId, { event: 'finding_reported', body: 'The total ignores the discount.' })
  let since = 0
  let looks = 0
  while (looks < 2) {
    for (const message of await hear(ann, threadId, since)) {
      since = message.seq
      if (message.event_type !== 're_review_requested') continue
      looks += 1
      if (looks === 1)
        await tell(ann, threadId, { event: 'finding_reported', body: 'Not for two discounts.' })
    }
  }
  await tell(ann, threadId, { event: 'finding_verified', body: 'It holds.' })
  await ann.ask('update_thread_status', {
    thread_id: threadId,
    status: 'resolved',
    reason: 'The finding is settled.',
  })
}

describe('two agents with tokens of their own', () => {
  it('bring a review from finding over fix and second look to its end, and nobody helps them', async () => {
    const { ann, ben, leave } = await enter()
    const threadId = await createThread(ann, 'review of the invoice total')
    const [fixes] = await Promise.all([mend(ben, threadId), review(ann, threadId)])
    expect(fixes).toBe(2)
    const thread = await ben.ask('get_thread', { thread_id: threadId })
    expect(thread).toMatchObject({ status: 'resolved', awaiting_human: false })
    const { messages } = await ann.ask('read_messages', { thread_id: threadId })
    const seen = (messages as readonly Message[]).map(({ seq, event_type: type }) => [seq, type])
    expect(seen).toEqual([
      [1, 'finding_reported'],
      [2, 'fix_pushed'],
      [3, 're_review_requested'],
      [4, 'finding_reported'],
      [5, 'fix_pushed'],
      [6, 're_review_requested'],
      [7, 'finding_verified'],
      [8, 'thread_resolved'],
    ])
    await leave()
  })

  it('are stopped after 20 turns without progress, until the operator lets them go on', async () => {
    const { ann, ben, leave } = await enter()
    const threadId = await createThread(ann, 'tabs or spaces')
    const say = (who: Connected, body: string) => who.call('post_message', { thread_id: threadId, body })
    for (let turn = 1; turn <= 20; turn += 1) {
      const { isError } = await say(turn % 2 === 0 ? ben : ann, `No. (${turn})`)
      expect(isError, `turn ${turn}`).not.toBe(true)
    }
    const refused = await say(ben, 'But.')
    expect(refused.isError).toBe(true)
    expect(JSON.stringify(refused.content)).toContain('THREAD_AUTO_BLOCKED')

    const shown = JSON.parse(await rope('thread', 'show', threadId, '--json')) as {
      status: string
      awaiting_human: boolean
      messages: readonly Message[]
    }
    expect(shown).toMatchObject({ status: 'blocked', awaiting_human: true })
    expect(shown.messages.at(-1)).toMatchObject({ kind: 'system', event_type: 'thread_escalated' })
    const asked = await program.run(['thread', 'unblock', threadId])
    expect(asked.exit).toBe(64)
    await rope('thread', 'unblock', threadId, '--reason', 'Spaces, and that is that.')
    expect((await say(ben, 'Spaces it is.')).isError).not.toBe(true)

    const audit = JSON.parse(await rope('audit', 'list', '--thread', threadId, '--json')) as {
      items: readonly Record<string, unknown>[]
    }
    expect(audit.items[0]).toMatchObject({
      actor: 'owner',
      actorRole: 'operator',
      operation: 'update_thread_status',
      result: 'ok',
      reason: 'Spaces, and that is that.',
    })
    await leave()
  })

  it('find all they wrote after kill -9 of the program and its Postgres, and their tokens still hold', async () => {
    const before = await enter()
    const threadId = await createThread(before.ann, 'what stays')
    for (let turn = 1; turn <= 5; turn += 1)
      await before.ben.ask('post_message', { thread_id: threadId, body: `word ${turn}` })
    await before.ann.ask('ack_read', { thread_id: threadId, last_read_seq: 3 })
    await killAll(program.home, up.child.pid ?? 0)
    await before.leave().catch((error: unknown) => {
      expect(error).toBeInstanceOf(Error)
    })
    await startUp()
    const { ann, leave } = await enter()
    const { messages } = await ann.ask('read_messages', { thread_id: threadId })
    expect((messages as readonly Message[]).map(({ body }) => body)).toEqual(
      [1, 2, 3, 4, 5].map((turn) => `word ${turn}`),
    )
    expect(await ann.ask('get_thread', { thread_id: threadId })).toMatchObject({
      participants: [
        { agent_id: 'ann', last_read_seq: 3, unread: 2 },
        { agent_id: 'ben', last_read_seq: 0, unread: 0 },
      ],
    })
    await leave()
  })

  it('are refused at once when a token was revoked', async () => {
    const { items } = JSON.parse(await rope('token', 'list', '--json')) as {
      items: readonly { readonly id: string; readonly agentId: string }[]
    }
    const grant = items.find(({ agentId }) => agentId === 'ben')
    await rope('token', 'revoke', grant?.id ?? '', '--reason', 'Lost with a laptop.')
    await expect(connectHttp({ url }, { token: tokens.ben, era: BEN.era })).rejects.toThrow()
  })
})
