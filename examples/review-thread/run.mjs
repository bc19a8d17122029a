/** Two agents review, mend and look again in a thread, and nobody helps them; ends with 1 when anything is wrong. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { withServer } from '../backlog/with-server.mjs'

const FINDING = 'the average of no numbers'
const AUTHOR = 'ada'
const REVIEWER = 'rob'

/** What is reviewed, as bodies of `average(numbers)`: as it was, and as it is mended. */
const FIRST = 'return numbers.reduce((sum, each) => sum + each, 0) / numbers.length'
const MENDED = `if (numbers.length === 0) return 0\n${FIRST}`

/** An agent with a token of its own. `POST /v1/mcp/METHOD` takes what the MCP tool of that name takes. */
const makeAgent = async ({ url, ask }, id, role) => {
  const { token } = await ask('POST', '/v1/tokens', { agentId: id, role })
  const call = async (method, input) => {
    const response = await fetch(new URL(`/v1/mcp/${method}`, url), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(input),
    })
    const answer = await response.json()
    if (response.ok) return answer
    throw new Error(`${method} for ${id}: ${response.status} ${answer.code}: ${answer.detail}`)
  }
  return { id, call }
}

/**
 * Tells what happened, as an answer to `message`. The key makes it safe to repeat: an agent that was killed and
 * deals with the same message once more says nothing twice.
 */
const tell = ({ call }, message, event_type, body, more = {}) =>
  call('post_message', {
    thread_id: message.thread_id,
    kind: 'event',
    body,
    metadata: { event_type, finding: FINDING, ...more },
    in_reply_to: message.message_id,
    idempotency_key: `${message.message_id}/${event_type}`,
  })

/**
 * Deals with what others write, message by message, until `deal` says that it was the last. Where it stands is
 * kept by the server: only what was dealt with is acked, and the next wait goes on from there.
 */
const attend = async ({ id, call }, thread_id, deal) => {
  for (let isOver = false; !isOver;) {
    const { messages, next_seq } = await call('wait_for_messages', { thread_id, timeout_seconds: 30 })
    assert.ok(messages.length > 0, `${id} waited in vain`)
    for (const message of messages)
      if (message.sender_agent_id !== id && (await deal({ ...message, thread_id }))) isOver = true
    await call('ack_read', { thread_id, last_read_seq: next_seq })
  }
}

/** Mends what is found, says as what, and asks for another look. */
const write = (author, thread_id) =>
  attend(author, thread_id, async (message) => {
    if (message.event_type === 'finding_reported') {
      const fix = createHash('sha256').update(MENDED).digest('hex').slice(0, 12)
      await tell(author, message, 'fix_pushed', 'The average of no numbers is 0 now.', { fix })
      await tell(author, message, 're_review_requested', 'Please look again.', { code: MENDED })
    }
    return message.event_type === 'thread_resolved'
  })

/** What is wrong with code, by trying it; undefined when nothing is. */
const findFault = (code) => {
  const average = new Function('numbers', code)
  assert.equal(average([1, 2, 6]), 3)
  return Number.isNaN(average([])) ? 'average([]) is not a number.' : undefined
}

/** Tries the code that is sent, and resolves the thread once nothing is wrong. A coordinator may; others could only ask. */
const review = (reviewer, thread_id) =>
  attend(reviewer, thread_id, async (message) => {
    const { code } = message.metadata
    if (code === undefined) return false
    const fault = findFault(code)
    await tell(reviewer, message, fault ? 'finding_reported' : 'finding_verified', fault ?? 'It holds.')
    if (fault) return false
    await reviewer.call('update_thread_status', { thread_id, status: 'resolved', reason: 'All is mended.' })
    return true
  })

await withServer({}, async (server) => {
  const author = await makeAgent(server, AUTHOR, 'participant')
  const reviewer = await makeAgent(server, REVIEWER, 'coordinator')
  const stranger = await makeAgent(server, 'eve', 'participant')
  const { thread_id } = await reviewer.call('create_thread', {
    title: 'Review of average()',
    type: 'workflow',
    participants: [
      { agent_id: AUTHOR, role: 'author' },
      { agent_id: REVIEWER, role: 'reviewer' },
    ],
  })
  await author.call('post_message', { thread_id, body: 'Please review.', metadata: { code: FIRST } })
  await Promise.all([write(author, thread_id), review(reviewer, thread_id)])

  const { messages } = await author.call('read_messages', { thread_id })
  assert.deepEqual(
    messages.map(({ seq, sender_agent_id: sender, event_type: type }) => [seq, sender, type]),
    [
      [1, AUTHOR, null],
      [2, REVIEWER, 'finding_reported'],
      [3, AUTHOR, 'fix_pushed'],
      [4, AUTHOR, 're_review_requested'],
      [5, REVIEWER, 'finding_verified'],
      [6, 'ropewalk', 'thread_resolved'],
    ],
  )
  const { status, participants } = await author.call('get_thread', { thread_id })
  assert.equal(status, 'resolved')
  assert.equal(participants.find(({ agent_id }) => agent_id === AUTHOR).unread, 0)
  assert.deepEqual((await author.call('summarize_thread', { thread_id })).open_items, [])
  await assert.rejects(stranger.call('get_thread', { thread_id }), /NOT_FOUND/u)
  console.log(`ok: a finding was reported, mended and verified in ${messages.length} messages`)
})
