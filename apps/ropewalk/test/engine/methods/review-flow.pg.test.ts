import type { Caller } from '@ropewalk/core/access/caller'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startStage, type Stage } from '../support/stage.ts'
import {
  ANNA,
  expectRefusal,
  LEAD,
  makeCall,
  makeCaller,
  makeSources,
  startThread,
  type CallAs,
  type Fields,
} from './support/methods.ts'

const AUTHOR = makeCaller('author')
const REVIEWER = makeCaller('reviewer')

let stage: Stage
let call: CallAs
beforeAll(async () => {
  stage = await startStage()
  call = makeCall(makeSources(stage.engine))
})
afterAll(async () => {
  await stage.stop()
})

type Message = Fields & {
  readonly seq: number
  readonly message_id: string
  readonly sender_agent_id: string
  readonly event_type: string | null
  readonly metadata: Fields
}

/** What an agent does with a message of somebody else; true once it is done with the thread. */
type React = (message: Message) => Promise<boolean>

/** An agent that only ever waits for what is for it, deals with it and says that it has. */
const live = async (self: Caller, react: React): Promise<void> => {
  for (;;) {
    const answer = await call(self, 'wait_for_messages', { timeout_seconds: 20 })
    const messages = answer['messages'] as Message[]
    expect(messages.length, `${self.agentId} waits in vain`).toBeGreaterThan(0)
    let isDone = false
    for (const message of messages)
      if (message.sender_agent_id !== self.agentId) isDone = (await react(message)) || isDone
    const { thread_id, next_seq: last_read_seq } = answer
    await call(self, 'ack_read', { thread_id, last_read_seq })
    if (isDone) return
  }
}

test('two agents review, fix and review again until a finding is verified, with nobody else there', async () => {
  const thread_id = await startThread(call, ['author:author', 'reviewer:reviewer'])
  const tell = (self: Caller, event_type: string, rest: Fields, more: Fields = {}) =>
    call(self, 'post_message', {
      thread_id,
      kind: 'event',
      body: event_type.replaceAll('_', ' '),
      metadata: { event_type, ...rest },
      ...more,
    })
  let rounds = 0
  const author: React = async ({ event_type, metadata: { finding }, message_id }) => {
    if (event_type === 'finding_verified') return true
    if (event_type !== 'finding_reported') return false
    rounds += 1
    await tell(AUTHOR, 'fix_pushed', { finding, fix: `commit-${rounds}` }, { in_reply_to: message_id })
    await tell(AUTHOR, 're_review_requested', { finding }, { to: { role: 'reviewer' } })
    return false
  }
  const reviewer: React = async ({ event_type }) => {
    if (event_type !== 're_review_requested') return false
    // The first fix is not good enough.
    await tell(REVIEWER, rounds < 2 ? 'finding_reported' : 'finding_verified', { finding: 'leak' })
    return rounds >= 2
  }
  await tell(REVIEWER, 'finding_reported', { finding: 'leak' })
  await Promise.all([live(AUTHOR, author), live(REVIEWER, reviewer)])

  const summary = await call(AUTHOR, 'summarize_thread', { thread_id })
  expect(summary).toMatchObject({ last_status: 'active', open_items: [] })
  const { messages } = await call(AUTHOR, 'read_messages', { thread_id })
  expect((messages as Message[]).map(({ seq, event_type }) => [seq, event_type])).toEqual([
    [1, 'finding_reported'],
    [2, 'fix_pushed'],
    [3, 're_review_requested'],
    [4, 'finding_reported'],
    [5, 'fix_pushed'],
    [6, 're_review_requested'],
    [7, 'finding_verified'],
  ])
  const resolved = { thread_id, status: 'resolved', reason: 'The finding is verified.' }
  expect(await call(LEAD, 'update_thread_status', resolved)).toMatchObject({ status: 'resolved' })
})

test('after 20 turns without progress a person has to look, and lets them go on', async () => {
  const thread_id = await startThread(call, ['author', 'reviewer'])
  const say = (self: Caller, body: string) => call(self, 'post_message', { thread_id, body })
  const turns = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? AUTHOR : REVIEWER))
  const statuses: unknown[] = []
  for (const self of turns) statuses.push((await say(self, 'I do not agree.'))['thread_status'])
  expect(statuses).toEqual([...Array.from({ length: 19 }, () => 'active'), 'blocked'])
  const { details } = await expectRefusal(say(AUTHOR, 'Once more'), 'CONFLICT')
  expect(details).toMatchObject({ reason: 'THREAD_AUTO_BLOCKED', awaitingHuman: true })
  const { messages } = await call(REVIEWER, 'read_messages', { thread_id, since_seq: 20 })
  expect(messages).toMatchObject([{ kind: 'system', event_type: 'thread_escalated' }])
  const unblock = { thread_id, status: 'active', reason: 'Take the smaller change.' }
  await call(ANNA, 'update_thread_status', unblock)
  expect(await say(AUTHOR, 'Done.')).toMatchObject({ thread_status: 'active' })
})

test('a finding that is reported three times blocks the thread', async () => {
  const thread_id = await startThread(call, ['author', 'reviewer'])
  const report = () =>
    call(REVIEWER, 'post_message', {
      thread_id,
      kind: 'event',
      body: 'It still leaks.',
      metadata: { event_type: 'finding_reported', finding: 'leak' },
    })
  expect([await report(), await report(), await report()].map((each) => each['thread_status'])).toEqual([
    'active',
    'active',
    'blocked',
  ])
  expect(await call(LEAD, 'get_thread', { thread_id })).toMatchObject({ block_cause: 'findings' })
})
