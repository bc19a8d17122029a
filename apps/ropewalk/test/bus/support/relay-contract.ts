import { randomUUID } from 'node:crypto'
import type { CloudEvent } from '@ropewalk/core/contract/events/envelope'
import { TaskOfferEvent } from '@ropewalk/core/contract/events/task-offer'
import type { Records } from '@ropewalk/core/contract/records'
import { ProjectId } from '@ropewalk/core/ids'
import { makeRecords } from '@ropewalk/core/ingest/make-records'
import { sha256 } from '@ropewalk/core/canonical'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dispatch, makeProjectId, startProject } from '../../engine/support/backlog.ts'
import { waitUntil, WORKSPACE } from '../../engine/support/stage.ts'
import { BUS_PERSON, makeInbound, makeStartProjectUse, type RelayWorld } from './relay-world.ts'

const makeTable = (count: number): Records =>
  makeRecords(
    {
      rows: [
        { line: 1, cells: ['Task', 'Minutes'] },
        ...Array.from({ length: count }, (_, index) => ({
          line: index + 2,
          cells: [`Call ${index}`, 5 + index],
        })),
      ],
      warnings: [],
    },
    { name: 'calls.csv', digest: sha256('calls'), mediaType: 'text/csv' },
  )

const readHead = async ({ stage }: RelayWorld): Promise<number> => {
  const [row] = await stage.query<{ head: string }>(
    `SELECT coalesce(max(position), 0) AS head FROM ropewalk.ledger`,
  )
  return Number(row?.head)
}

const readPlace = async ({ stage }: RelayWorld): Promise<number> => {
  const [row] = await stage.query<{ position: string }>(`SELECT position FROM ropewalk.relay_positions`)
  return Number(row?.position ?? 0)
}

export const awaitPublished = async (world: RelayWorld): Promise<number> => {
  const head = await readHead(world)
  await waitUntil('everything is published', async () => (await readPlace(world)) >= head)
  return head
}

export const readPositions = async (world: RelayWorld): Promise<readonly number[]> =>
  (await world.readTopic('events')).map(({ body }) => (JSON.parse(body) as CloudEvent).position)

export const countTo = (last: number): readonly number[] =>
  Array.from({ length: last }, (_, index) => index + 1)

const describeOutgoing = (getWorld: () => RelayWorld): void => {
  test('two relays publish the whole ledger in its order, each event once', async () => {
    const world = getWorld()
    const other = await world.stage.startAnother({ isTimerProcess: false })
    await startProject(world.stage.engine, [{ key: 'early' }])
    world.start()
    world.start({ engine: other })
    for (let round = 0; round < 8; round += 1)
      await Promise.all(
        [world.stage.engine, other].flatMap((engine) =>
          Array.from({ length: 20 }, () => startProject(engine, [{ key: 'a' }, { key: 'b' }])),
        ),
      )
    const head = await awaitPublished(world)
    expect(head).toBeGreaterThan(320)
    expect(await readPositions(world)).toEqual(countTo(head))
  })

  test('a relay that died before it noted its place publishes nothing twice and leaves nothing out', async () => {
    const world = getWorld()
    const before = await awaitPublished(world)
    await world.stage.query('UPDATE ropewalk.relay_positions SET position = position - 150')
    await startProject(world.stage.engine, [{ key: 'late' }])
    const head = await awaitPublished(world)
    expect(head).toBeGreaterThan(before)
    expect(await readPositions(world)).toEqual(countTo(head))
  })

  test('what is given out is offered whole on topic tasks, with its rows', async () => {
    const world = getWorld()
    const { engine } = world.stage
    const records = makeTable(7)
    const recordsDigest = await engine.blobs.put(WORKSPACE, Buffer.from(JSON.stringify(records)))
    const upload = { name: 'calls.csv', digest: records.source.digest, recordsDigest, rows: 7 }
    const project = await startProject(engine, [{ key: 'rows' }], { uploads: [upload] })
    await dispatch(
      engine,
      project,
      ['rows'],
      [
        { from: 0, to: 4 },
        { from: 4, to: 7 },
      ],
    )
    await awaitPublished(world)
    const offers = (await world.readTopic('tasks'))
      .map(({ body }) => TaskOfferEvent.parse(JSON.parse(body)))
      .filter(({ projectid }) => projectid === project.projectId)
    expect(offers.map(({ data }) => data.rows?.map(({ text }) => text))).toEqual([
      ['Call 0', 'Call 1', 'Call 2', 'Call 3'],
      ['Call 4', 'Call 5', 'Call 6'],
    ])
    expect(offers[0]).toMatchObject({ data: { attempt: 1, rowsTotal: 4, inputs: [] } })
    expect(offers[0]?.data.order.itemId).toBe(project.ids['rows'])
  })
}

const describeIncoming = (getWorld: () => RelayWorld): void => {
  test('a program outside takes an offer, beats, and hands in', async () => {
    const world = getWorld()
    const { engine } = world.stage
    const project = await startProject(engine, [{ key: 'outside' }])
    await world.send(makeInbound('WORK.WORKER_SEEN', { worker: 'py', capabilities: ['cost'] }), 'heartbeats')
    await waitUntil('the worker is known', async () => {
      const known = await engine.listWorkerViews(WORKSPACE)
      return known.some(({ worker }) => worker === 'py')
    })
    await dispatch(engine, project, ['outside'])
    await awaitPublished(world)
    const offer = (await world.readTopic('tasks'))
      .map(({ body }) => TaskOfferEvent.parse(JSON.parse(body)))
      .find(({ projectid }) => projectid === project.projectId)
    if (offer === undefined) throw new Error('There is no offer.')
    const { order, attempt } = offer.data
    const { id: taskId, itemId, projectId } = order
    const on = { projectId, itemId, taskId, attempt, worker: 'py' }
    const started = makeInbound('WORK.ITEM_STARTED', { ...on, leaseMs: 60_000 })
    await world.send(started)
    await waitUntil(
      'it is started',
      async () => (await engine.readItem(WORKSPACE, itemId)).status === 'in_progress',
    )
    const beat = makeInbound('WORK.HEARTBEAT', { taskId, attempt, worker: 'py', pct: 50 })
    await world.send(beat, 'heartbeats')
    const body = {
      type: 'Cost',
      agent: 'py',
      confidence: 0.9,
      simulated: false,
      facts: [{ name: 'total', value: 3, unit: 'EUR', rows: [], rowCount: 0, field: null, from: [] }],
      claims: [{ text: 'It costs 3 EUR.', sources: ['total'] }],
      content: { total: 3 },
    }
    const done = makeInbound('WORK.ITEM_COMPLETED', {
      ...on,
      deliverables: [{ name: 'Cost', type: 'Cost', body }],
      evidence: [{ kind: 'computation', statement: 'Added up.' }],
    })
    await world.send(done)
    await waitUntil('it was handed in', async () => (await world.listCaused(done.id)).length > 0)
    expect(await world.listCaused(started.id)).toContain('WORK.ITEM_STARTED')
    expect(await world.listCaused(done.id)).toEqual(
      expect.arrayContaining(['WORK.ITEM_COMPLETED', 'DELIVERABLE.PUBLISHED']),
    )
    expect(await world.listDeadLetters(beat.id)).toEqual([])
    // The same again is told once; another body under the same name is refused.
    await world.send(done)
    await world.send({ ...done, data: { ...done.data, tool: 'other' } })
    expect(await world.awaitDeadLetter(done.id)).toMatchObject({
      reason: 'REFUSED',
      errorClass: 'IDEMPOTENCY_CONFLICT',
    })
    expect(await world.listDeadLetters(done.id)).toHaveLength(1)
  })

  test('the old form of an event is taken in, and however often it comes it happens once', async () => {
    const world = getWorld()
    const projectId = makeProjectId()
    const id = randomUUID()
    const old = {
      event_id: id,
      event_type: 'PROJECT.INITIAL_REQUEST_RECEIVED',
      event_version: 1,
      timestamp: '2026-01-01T00:00:00Z',
      source: { service: 'intake', instance: '1' },
      correlation_id: randomUUID(),
      payload: { project_id: projectId, request_text: 'Find out where the time goes.' },
    }
    for (let count = 0; count < 5; count += 1) await world.send(old)
    await waitUntil('the project is there', async () => (await world.listCaused(id)).length > 0)
    const after = makeInbound('BACKLOG.ITEM_PROPOSED', {
      projectId,
      items: [{ kind: 'task', title: 'After it' }],
    })
    await world.send(after)
    await waitUntil('what came after it is done', async () => (await world.listCaused(after.id)).length > 0)
    const caused = await world.listCaused(id)
    expect(caused.filter((type) => type === 'PROJECT.INITIAL_REQUEST_RECEIVED')).toHaveLength(1)
    expect(await world.listDeadLetters(id)).toEqual([])
  })

  test('a request may bring its records, and its project is named after the event', async () => {
    const world = getWorld()
    const rows = [
      { Task: 'Sort invoices', Minutes: 30 },
      { Task: '=HYPERLINK("http://evil.test")', Minutes: 10 },
    ]
    const request = makeInbound('PROJECT.INITIAL_REQUEST_RECEIVED', {
      requestText: 'Reduce the time lost on invoices.',
      records: { name: 'invoices', rows },
    })
    await world.send(request)
    await waitUntil('the project is there', async () => (await world.listCaused(request.id)).length > 0)
    const [row] = await world.stage.query<{ uploads: { rows: number; recordsDigest: string }[] }>(
      `SELECT uploads FROM ropewalk.projects ORDER BY created_at DESC LIMIT 1`,
    )
    expect(row?.uploads).toMatchObject([{ name: 'invoices', rows: 2 }])
    const kept = await world.stage.engine.blobs.read(WORKSPACE, row?.uploads[0]?.recordsDigest ?? '')
    expect(
      (JSON.parse(kept.toString()) as Records).rows.map(({ estimatedMinutes }) => estimatedMinutes),
    ).toEqual([30, 10])
  })

  test('only a source that was named as a person may approve', async () => {
    const world = getWorld()
    const { engine } = world.stage
    const project = await startProject(engine, [{ key: 'leave' }])
    const itemId = project.ids['leave']
    if (itemId === undefined) throw new Error('There is no item.')
    const { projectId } = project
    await engine.submit(
      { type: 'RequestApproval', workspaceId: WORKSPACE, projectId, itemId, reason: 'It costs.', quorum: 1 },
      { by: { kind: 'person', id: 'anna' } },
    )
    const vote = makeInbound('HUMAN.APPROVAL_SUBMITTED', { projectId, itemId, approved: true })
    await world.send(vote)
    expect(await world.awaitDeadLetter(vote.id)).toMatchObject({ reason: 'REFUSED', errorClass: 'FORBIDDEN' })
    const other = makeInbound(
      'HUMAN.APPROVAL_SUBMITTED',
      { projectId, itemId, approved: true },
      { source: BUS_PERSON as never },
    )
    await world.send(other)
    await waitUntil('the vote counts', async () => (await world.listCaused(other.id)).length > 0)
    expect(await world.listCaused(other.id)).toContain('HUMAN.APPROVAL_SUBMITTED')
  })
}

const describeBadNews = (getWorld: () => RelayWorld): void => {
  test.each([
    ['no JSON', '{"id": ', 'JSON', null],
    [
      'no envelope',
      { specversion: '1.0', id: 'no-envelope', type: 'WORK.HEARTBEAT' },
      'ENVELOPE',
      'no-envelope',
    ],
    [
      'a payload that breaks its contract',
      makeInbound('WORK.HEARTBEAT', { taskId: 'x' as never, attempt: 1, worker: 'w' }, { id: 'bad-payload' }),
      'PAYLOAD',
      'bad-payload',
    ],
    [
      'a type that is unknown',
      { ...makeInbound('WORK.HEARTBEAT', {} as never, { id: 'unknown-type' }), type: 'WORK.NONSENSE' },
      'PAYLOAD',
      'unknown-type',
    ],
    [
      'an event on the topic of others',
      makeInbound('WORK.WORKER_SEEN', { worker: 'w', capabilities: ['cost'] }, { id: 'wrong-topic' }),
      'TOPIC',
      'wrong-topic',
    ],
  ])(
    '%s is a dead letter at once, in the table and on the topic',
    async (_what, event, errorClass, eventId) => {
      const world = getWorld()
      const messageId = await world.send(event)
      let found: Awaited<ReturnType<typeof world.listDeadLetters>>[number] | undefined
      await waitUntil('it rests', async () => {
        const text = typeof event === 'string' ? event : JSON.stringify(event)
        found = (await world.listDeadLetters()).find(({ original }) => original.body === text)
        return found !== undefined
      })
      expect(messageId).not.toBe('')
      expect(found).toMatchObject({
        reason: 'CONTRACT_VIOLATION',
        errorClass,
        eventId,
        topic: 'commands',
        consumerGroup: 'validators',
        attempts: 1,
        status: 'open',
        event: typeof event === 'string' ? null : event,
      })
      expect(found?.problems.length).toBeGreaterThan(0)
      const { id = '' } = found ?? {}
      await waitUntil('it is on the topic', async () => {
        const letters = await world.readTopic('dlq')
        return letters.some(({ key, body }) => key === id && (JSON.parse(body) as { id: string }).id === id)
      })
    },
  )

  test('an event for another workspace, and one that is refused for good, say why', async () => {
    const world = getWorld()
    const foreign = makeInbound(
      'WORK.WORKER_SEEN',
      { worker: 'w', capabilities: ['cost'] },
      { workspaceid: 'other' as never },
    )
    await world.send(foreign, 'heartbeats')
    expect(await world.awaitDeadLetter(foreign.id)).toMatchObject({ reason: 'FOREIGN_WORKSPACE' })
    const items = [{ kind: 'task' as const, title: 'Nowhere' }]
    const refused = makeInbound('BACKLOG.ITEM_PROPOSED', { projectId: makeProjectId(), items })
    await world.send(refused)
    expect(await world.awaitDeadLetter(refused.id)).toMatchObject({
      reason: 'REFUSED',
      errorClass: 'NOT_FOUND',
      schemaId: 'urn:ropewalk:inbound:BACKLOG.ITEM_PROPOSED:1',
    })
  })

  test('redriven too early it comes back to its own record; redriven after the fix it happens', async () => {
    const world = getWorld()
    const { desk } = world
    const by = { kind: 'person', id: 'anna' } as const
    const projectId = makeProjectId()
    const items = [{ kind: 'task' as const, title: 'Waits for its project' }]
    const event = makeInbound('BACKLOG.ITEM_PROPOSED', { projectId, items })
    await world.send(event)
    const { id } = await world.awaitDeadLetter(event.id)
    await desk.redrive(WORKSPACE, id, {}, by)
    await waitUntil('it is back', async () => {
      const { status, redrives } = await desk.read(WORKSPACE, id)
      return status === 'open' && redrives === 1
    })
    expect(await desk.read(WORKSPACE, id)).toMatchObject({ attempts: 2 })
    await startProject(world.stage.engine, [{ key: 'first' }], { projectId })
    expect(await desk.redrive(WORKSPACE, id, { note: 'made it' }, by)).toMatchObject({
      status: 'redriven',
      redrives: 2,
      resolvedBy: 'person:anna',
      note: 'made it',
    })
    await waitUntil('it happened', async () => (await world.listCaused(event.id)).length > 0)
    await expect(desk.redrive(WORKSPACE, id, {}, by)).rejects.toMatchObject({ code: 'CONFLICT' })
    await expect(desk.drop(WORKSPACE, id, 'No.', by)).rejects.toMatchObject({ code: 'CONFLICT' })
    expect(await world.listDeadLetters(event.id)).toHaveLength(1)
  })

  test('it is redriven as the event it should have been, or dropped for a reason', async () => {
    const world = getWorld()
    const { desk } = world
    const by = { kind: 'person', id: 'ben' } as const
    const { projectId } = await startProject(world.stage.engine, [{ key: 'first' }])
    const items = [{ kind: 'task' as const, title: '' }]
    const event = makeInbound('BACKLOG.ITEM_PROPOSED', { projectId, items })
    await world.send(event)
    const { id } = await world.awaitDeadLetter(event.id)
    const mended = { ...event, data: { projectId, items: [{ kind: 'task', title: 'Named' }] } }
    await desk.redrive(WORKSPACE, id, { event: mended as never }, by)
    await waitUntil('it happened', async () => (await world.listCaused(event.id)).length > 0)
    const again = { ...event, id: randomUUID() }
    await world.send(again)
    const other = await world.awaitDeadLetter(again.id)
    expect(await desk.drop(WORKSPACE, other.id, 'Nobody needs it.', by)).toMatchObject({
      status: 'dropped',
      resolvedBy: 'person:ben',
      note: 'Nobody needs it.',
    })
    await expect(desk.redrive(WORKSPACE, other.id, {}, by)).rejects.toMatchObject({ code: 'CONFLICT' })
    const dropped = await desk.list(WORKSPACE, { limit: 200, status: 'dropped' })
    expect(dropped.items.map((letter) => letter.id)).toContain(other.id)
  })
}

/** What the relay promises over every driver. */
export const describeRelay = (name: string, startWorld: () => Promise<RelayWorld>): void => {
  describe(`the relay over ${name}`, () => {
    let world: RelayWorld
    beforeAll(async () => {
      world = await startWorld()
    })
    afterAll(() => world.stop())
    describeOutgoing(() => world)
    describeIncoming(() => world)
    describeBadNews(() => world)
  })

  describe(`a handler that fails, over ${name}`, () => {
    let world: RelayWorld
    beforeAll(async () => {
      world = await startWorld()
    })
    afterAll(() => world.stop())

    test('a poison message rests after five tries, holds up nobody, and happens when redriven after the fix', async () => {
      let isMended = false
      const start = makeStartProjectUse(world.stage.engine)
      world.start({
        startProject: (of, options) => {
          if (!isMended && of.request.request.includes('poison')) throw new TypeError('It is not a function.')
          return start(of, options)
        },
      })
      const projectId = ProjectId.parse(makeProjectId())
      const poison = makeInbound('PROJECT.INITIAL_REQUEST_RECEIVED', {
        projectId,
        requestText: 'This is poison.',
      })
      const good = makeInbound('PROJECT.INITIAL_REQUEST_RECEIVED', { requestText: 'This is good.' })
      await world.send(poison)
      await world.send(good)
      await waitUntil('the good one is done', async () => (await world.listCaused(good.id)).length > 0)
      const letter = await world.awaitDeadLetter(poison.id)
      expect(letter).toMatchObject({
        reason: 'HANDLER_FAILED',
        attempts: 5,
        errorClass: 'TypeError',
        errorMessage: 'It is not a function.',
        event: poison,
      })
      expect(letter.trace).toContain('TypeError')
      expect(letter.original).toMatchObject({ body: JSON.stringify(poison) })
      await waitUntil(
        'nothing is in hand',
        async () => (await world.bus.pending('commands', 'validators')).total === 0,
      )
      isMended = true
      await world.desk.redrive(WORKSPACE, letter.id, {}, { kind: 'person', id: 'anna' })
      await waitUntil('it happened', async () => (await world.listCaused(poison.id)).length > 0)
    })
  })
}
