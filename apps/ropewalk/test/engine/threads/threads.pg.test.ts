import { RunId } from '@ropewalk/core/ids'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eraseOldMessages } from '../../../src/engine/threads/erase-messages.ts'
import { WORKSPACE, makeUuid, startStage, waitUntil, type Stage } from '../support/stage.ts'
import { expectThreadsToMatch } from '../support/thread-histories.ts'
import { agent, createThread, lead, post, readStates, setStatus } from '../support/threads.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(async () => {
  await stage.stop()
})

describe('messages of a thread', () => {
  test('are numbered from 1 and read on from any number', async () => {
    const { engine } = stage
    const thread = await createThread(engine, ['ann', 'ben'])
    const first = await post(engine, thread, 'ann', 'Hello.', { metadata: { mood: 'good' } })
    const second = await post(engine, thread, 'ben', 'Hello back.', { inReplyTo: first.messageId })
    expect([first.seq, second.seq]).toEqual([1, 2])
    const messages = await engine.readMessages({ ...thread, sinceSeq: 0, limit: 10 })
    expect(messages).toMatchObject([
      { seq: 1, sender: 'ann', body: 'Hello.', metadata: { mood: 'good' }, kind: 'chat', inReplyTo: null },
      { seq: 2, sender: 'ben', body: 'Hello back.', inReplyTo: first.messageId, to: { kind: 'all' } },
    ])
    expect(await engine.readMessages({ ...thread, sinceSeq: 1, limit: 10 })).toHaveLength(1)
    expect(await engine.readNewestMessages({ ...thread, limit: 1 })).toMatchObject([{ seq: 2 }])
  })

  test('of a thread that is not there are not found', async () => {
    const missing = { workspaceId: WORKSPACE, threadId: makeUuid() as never }
    await expect(stage.engine.readThread(missing)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(stage.engine.readMessages({ ...missing, sinceSeq: 0, limit: 1 })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
    await expect(stage.engine.readDeliveries({ ...missing, seq: 1 })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
  })

  test('are told as system messages when the status changes', async () => {
    const { engine } = stage
    const thread = await createThread(engine, ['ann'])
    await setStatus(engine, thread, 'resolved')
    const [told] = await engine.readNewestMessages({ ...thread, limit: 1 })
    expect(told).toMatchObject({ kind: 'system', seq: 1 })
    expect(told?.body).toContain('resolved')
    expect((await engine.readThread(thread)).status).toBe('resolved')
  })

  test('that are long or strange are kept as they are', async () => {
    const { engine } = stage
    const thread = await createThread(engine, ['ann'])
    const body = `${'𝕏'.repeat(20_000)} \\ " ' ${'x'.repeat(5_000)} \t\n end`
    await post(engine, thread, 'ann', body, { metadata: { deep: [{ a: [null, 1.5, true] }] } })
    const [message] = await engine.readNewestMessages({ ...thread, limit: 1 })
    expect(message?.body).toBe(body)
    expect(message?.metadata).toEqual({ deep: [{ a: [null, 1.5, true] }] })
  })
})

describe('who reads', () => {
  test('counts as unread what is for it and not its own', async () => {
    const { engine } = stage
    const thread = await createThread(engine, ['ann:writer', 'ben:reviewer', 'cem:reviewer'])
    await post(engine, thread, 'ann', 'For all.')
    await post(engine, thread, 'ann', 'For reviewers.', { to: { kind: 'role', role: 'reviewer' } })
    await post(engine, thread, 'ben', 'For Cem.', { to: { kind: 'agents', agents: [agent('cem')] } })
    const unread = async () =>
      Object.fromEntries(
        (await engine.readThread(thread)).participants.map((one) => [one.agentId, one.unread]),
      )
    expect(await unread()).toEqual({ ann: 0, ben: 2, cem: 3, lead: 1 })
    await engine.moveReadCursor({ ...thread, agentId: agent('cem'), lastReadSeq: 2 })
    expect(await unread()).toEqual({ ann: 0, ben: 2, cem: 1, lead: 1 })
    const { items } = await engine.listThreads(WORKSPACE, { of: agent('cem'), limit: 10, unreadOnly: true })
    expect(items).toMatchObject([{ id: thread.threadId, unread: 1 }])
    await engine.moveReadCursor({ ...thread, agentId: agent('cem'), lastReadSeq: 3 })
    const rest = await engine.listThreads(WORKSPACE, { of: agent('cem'), limit: 10, unreadOnly: true })
    expect(rest.items).toEqual([])
  })

  test('moves its cursor forward and nowhere else', async () => {
    const { engine } = stage
    const thread = await createThread(engine, ['ann', 'ben'])
    for (const body of ['a', 'b', 'c']) await post(engine, thread, 'ann', body)
    const move = (lastReadSeq: number, agentId = 'ben') =>
      engine.moveReadCursor({ ...thread, agentId: agent(agentId), lastReadSeq })
    const moved = await move(2)
    expect(moved).toMatchObject({ agentId: 'ben', lastReadSeq: 2, deliveredSeq: 2 })
    expect(await move(2)).toEqual(moved)
    await expect(move(1)).rejects.toMatchObject({ code: 'CONFLICT' })
    await expect(move(4)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(move(1, 'stranger')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    // All at once: every answer is right for some order, and the end is the greatest.
    const results = await Promise.allSettled([3, 1, 3, 2].map((seq) => move(seq)))
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected'])
    const { participants } = await engine.readThread(thread)
    expect(participants.find(({ agentId }) => agentId === 'ben')?.lastReadSeq).toBe(3)
  })

  test('is told apart in how a message stands: waiting, delivered, read, bounced', async () => {
    const { engine } = stage
    const thread = await createThread(engine, ['ann', 'ben', 'cem', 'dan'])
    const { seq } = await post(engine, thread, 'ann', 'Look.')
    expect(await readStates(engine, thread, seq)).toEqual({
      ben: 'waiting',
      cem: 'waiting',
      dan: 'waiting',
      lead: 'waiting',
    })
    engine.noteDelivered({ ...thread, agentId: agent('ben'), seq })
    await engine.moveReadCursor({ ...thread, agentId: agent('cem'), lastReadSeq: seq })
    await lead(engine, thread, {
      type: 'RemoveParticipant',
      participantId: 'dan',
      lastRead: 0,
      reason: 'Gone.',
    })
    await waitUntil(
      'the note of delivery',
      async () => (await readStates(engine, thread, seq))['ben'] === 'delivered',
      5_000,
    )
    expect(await readStates(engine, thread, seq)).toEqual({
      ben: 'delivered',
      cem: 'read',
      dan: 'bounced',
      lead: 'waiting',
    })
    const later = await post(engine, thread, 'ann', 'Are you there?', {
      to: { kind: 'agents', agents: [agent('dan'), agent('ben')] },
    })
    expect(later.bounced).toEqual(['dan'])
    expect(await readStates(engine, thread, later.seq)).toEqual({ ben: 'waiting', dan: 'bounced' })
    const forAll = await post(engine, thread, 'ann', 'To those who are left.')
    expect(Object.keys(await readStates(engine, thread, forAll.seq))).toEqual(['ben', 'cem', 'lead'])
    expect(await engine.findParticipant({ ...thread, agentId: agent('dan') })).toBeUndefined()
    expect(await engine.findParticipant({ ...thread, agentId: agent('ben') })).toMatchObject({ role: null })
    await expect(
      engine.moveReadCursor({ ...thread, agentId: agent('dan'), lastReadSeq: 1 }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('finds words in the threads it takes part in, newest first, a page at a time', async () => {
    const { engine } = stage
    const thread = await createThread(engine, ['ann', 'ben'])
    const other = await createThread(engine, ['ann', 'cem'])
    for (const [index, where] of [thread, other, thread].entries())
      await post(engine, where, 'ann', `The Marlinspike splices rope number ${index}.`)
    const search = (words: string, rest: object = {}) =>
      engine.searchMessages(WORKSPACE, { words, agentId: null, limit: 10, ...rest })
    const bodies = async (words: string, rest: object = {}) =>
      (await search(words, rest)).items.map(({ body }) => body?.at(-2))
    expect(await bodies('marlinspike ROPE')).toEqual(['2', '1', '0'])
    expect(await bodies('marlinspike', { agentId: agent('cem') })).toEqual(['1'])
    expect(await bodies('marlinspike', { agentId: agent('stranger') })).toEqual([])
    expect(await bodies('marlinspike', { threadId: thread.threadId })).toEqual(['2', '0'])
    expect(await bodies('marlinspike nothing')).toEqual([])
    expect(await bodies("'; :* & ! ) (")).toEqual([])
    const first = await search('marlinspike', { limit: 2 })
    const rest = await search('marlinspike', { limit: 2, cursor: first.nextCursor })
    expect([...first.items, ...rest.items].map(({ body }) => body?.at(-2))).toEqual(['2', '1', '0'])
    expect(rest.nextCursor).toBeNull()
  })
})

describe('a thread that gets nowhere', () => {
  test('is blocked when somebody asks for help, and goes on when it is taken up again', async () => {
    const { engine } = stage
    const thread = await createThread(engine, ['ann', 'ben'])
    await post(engine, thread, 'ann', 'We cannot agree.', { kind: 'event', eventType: 'thread_escalated' })
    expect(await engine.readThread(thread)).toMatchObject({
      status: 'blocked',
      awaitingHuman: true,
      blockCause: 'asked',
    })
    await expect(post(engine, thread, 'ben', 'But I can.')).rejects.toMatchObject({ code: 'CONFLICT' })
    await setStatus(engine, thread, 'active', 'I have looked at it.')
    await post(engine, thread, 'ben', 'Thank you.')
    const messages = await engine.readMessages({ ...thread, sinceSeq: 0, limit: 20 })
    expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, index) => index + 1))
    expect(messages.filter(({ kind }) => kind === 'system').length).toBeGreaterThanOrEqual(2)
  })

  test('is blocked at its turn limit in the same commit, however many post at once', async () => {
    const { engine } = stage
    const thread = await createThread(engine, ['ann', 'ben'])
    const limits = { messagesPerMinute: 1000, wakesPerMinute: 10, turns: 20, sameFindings: 3 }
    const results = await Promise.allSettled(
      Array.from({ length: 40 }, (_, index) =>
        post(engine, thread, index % 2 === 0 ? 'ann' : 'ben', `Turn ${index}.`, { limits }),
      ),
    )
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(20)
    expect(await engine.readThread(thread)).toMatchObject({ status: 'blocked', blockCause: 'turns' })
  })

  test('takes one who goes back in where it had stopped reading', async () => {
    const { engine } = stage
    const thread = await createThread(engine, ['ann', 'ben'])
    for (const body of ['a', 'b']) await post(engine, thread, 'ann', body)
    await engine.moveReadCursor({ ...thread, agentId: agent('ben'), lastReadSeq: 1 })
    const remove = { type: 'RemoveParticipant', participantId: 'ben', lastRead: 1, reason: 'Gone.' }
    expect(await lead(engine, thread, remove)).toMatchObject({ bounced: [2] })
    await lead(engine, thread, { type: 'AddParticipant', participant: { agentId: 'ben', role: 'writer' } })
    const { participants } = await engine.readThread(thread)
    expect(participants.find(({ agentId }) => agentId === 'ben')).toMatchObject({
      role: 'writer',
      goneAt: null,
      lastReadSeq: 1,
      unread: 1,
    })
  })
})

describe('threads of a workspace', () => {
  test('are listed by their newest message, of all, of a run, of one who takes part', async () => {
    const { engine } = stage
    const runId = RunId.parse(makeUuid())
    const subject = { runId, itemId: null }
    const one = await createThread(engine, ['eve'], { subject })
    const two = await createThread(engine, ['eve', 'fay'], { subject })
    await post(engine, one, 'eve', 'News.')
    const list = async (filter: object) =>
      (await engine.listThreads(WORKSPACE, { of: null, limit: 10, ...filter })).items.map(({ id }) => id)
    expect(await list({ runId })).toEqual([one.threadId, two.threadId])
    expect((await list({})).slice(0, 2)).toEqual([one.threadId, two.threadId])
    expect(await list({ of: agent('fay') })).toEqual([two.threadId])
    expect(await list({ of: agent('eve'), runId, status: 'active' })).toEqual([one.threadId, two.threadId])
    expect(await list({ of: agent('eve'), status: 'closed' })).toEqual([])
    expect(await list({ runId, itemId: makeUuid() })).toEqual([])
    const page = await engine.listThreads(WORKSPACE, { of: agent('eve'), limit: 1 })
    expect(page.items).toMatchObject([{ id: one.threadId, subject, unread: 0 }])
    const next = await engine.listThreads(WORKSPACE, {
      of: agent('eve'),
      limit: 1,
      cursor: page.nextCursor ?? '',
    })
    expect(next.items).toMatchObject([{ id: two.threadId }])
  })

  test('have wakes, which are listed', async () => {
    const { engine } = stage
    const thread = await createThread(engine, ['ann'])
    const wake = await lead(engine, thread, {
      type: 'RequestWake',
      targetAgentId: 'ann',
      session: null,
      reason: 'Work waits.',
      promptDigest: 'a'.repeat(64),
      limits: { messagesPerMinute: 10, wakesPerMinute: 10, turns: 20, sameFindings: 3 },
    })
    const { items } = await engine.listWakes({ ...thread, limit: 10 })
    expect(items).toMatchObject([
      {
        action: 'fallback_required',
        fallbackAction: 'spawn_session',
        status: 'queued',
        targetAgentId: 'ann',
      },
    ])
    expect(wake).toMatchObject({ action: 'fallback_required' })
  })
})

describe('messages that end', () => {
  test('run out for those who have not read them, and for nobody else', async () => {
    const { engine } = stage
    const timers = await stage.startTimers()
    const thread = await createThread(engine, ['ann', 'ben', 'cem'])
    const { seq } = await post(engine, thread, 'ann', 'Only now.', { ttlMs: 1000 })
    await engine.moveReadCursor({ ...thread, agentId: agent('cem'), lastReadSeq: seq })
    await waitUntil(
      'the message to run out',
      async () => (await readStates(engine, thread, seq))['ben'] === 'expired',
      20_000,
    )
    expect(await readStates(engine, thread, seq)).toEqual({ ben: 'expired', cem: 'read', lead: 'expired' })
    const { participants } = await engine.readThread(thread)
    expect(participants.map(({ unread }) => unread)).toEqual([0, 0, 0, 0])
    await timers.stop()
  })

  test('are erased with the word of the ledger, and the chain still holds', async () => {
    const { engine } = stage
    const thread = await createThread(engine, ['ann'])
    for (const body of ['Oldest secret.', 'Old secret.'])
      await post(engine, thread, 'ann', body, { metadata: { k: 1 } })
    await new Promise((resolve) => setTimeout(resolve, 20))
    const [row] = await stage.query<{ now: Date }>('SELECT ropewalk.now() AS now')
    const before = row?.now.toISOString() ?? ''
    await post(engine, thread, 'ann', 'New secret.')
    const erase = (limit: number) =>
      eraseOldMessages(engine, { workspaceId: WORKSPACE, before, limit, reason: 'They are old.' })
    let erased = 0
    for (let some = await erase(5); some > 0; some = await erase(5)) erased += some
    expect(erased).toBeGreaterThanOrEqual(2)
    const messages = await engine.readMessages({ ...thread, sinceSeq: 0, limit: 10 })
    expect(messages).toMatchObject([
      { body: null, metadata: {} },
      { body: null, metadata: {} },
      { body: 'New secret.' },
    ])
    const found = await engine.searchMessages(WORKSPACE, { words: 'secret', agentId: null, limit: 10 })
    expect(found.items).toMatchObject([{ seq: 3 }])
  })
})

test('what is stored is what the histories tell', async () => {
  expect(await expectThreadsToMatch(stage)).toBeGreaterThan(5)
})
