import { setTimeout as sleep } from 'node:timers/promises'
import { QuestionId, ThreadId, WorkspaceId } from '@ropewalk/core/ids'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeNotificationBook } from '../../src/store/notifications.ts'
import { makeBegin } from '../../src/store/open.ts'
import { makePostgresBus } from '../../src/bus/postgres-bus.ts'
import { makePublishDeadLetter } from '../../src/bus/publish-dead-letter.ts'
import { makeViolation } from '../../src/bus/validate-message.ts'
import { moveRelayPlace } from '../../src/store/bus/relay-position.ts'
import { createWorkspace } from '../../src/store/create-workspace.ts'
import { claimOneWork, completeWork, dispatch, startProject } from '../engine/support/backlog.ts'
import { makeTwoPhases } from '../engine/support/plans.ts'
import { agent, createThread, post } from '../engine/support/threads.ts'
import {
  PERSON,
  WORKSPACE,
  claimOne,
  complete,
  makeRunId,
  makeStart,
  startStage,
  workOff,
  type Stage,
} from '../engine/support/stage.ts'

const OTHER = WorkspaceId.parse('other')

let stage: Stage
let tables: readonly string[]
const clients = new Map<string, pg.Client>()

const listTables = async (): Promise<readonly string[]> => {
  const rows = await stage.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'ropewalk' ORDER BY 1",
  )
  return rows.map(({ name }) => name)
}

/** A value of each type of column, for rows that only have to be there. */
const SAMPLES: Readonly<Record<string, string>> = {
  text: `'sent'`,
  uuid: 'gen_random_uuid()',
  json: `'{}'`,
  bytea: `'x'`,
  boolean: 'false',
  integer: '1',
  bigint: '1',
  'timestamp with time zone': 'now()',
}

/** Puts a row of each workspace, which means nothing, into tables that nothing above has filled. */
const fillRest = async (): Promise<void> => {
  const columns = await stage.query<{ name: string; column: string; type: string }>(
    `SELECT table_name AS name, column_name AS column, data_type AS type FROM information_schema.columns
     WHERE table_schema = 'ropewalk' AND is_nullable = 'NO'`,
  )
  for (const [name, own] of Map.groupBy(columns, (of) => of.name)) {
    const rest = own.filter(({ column }) => column !== 'workspace_id')
    if (rest.length === own.length) continue
    const names = rest.map(({ column }) => `, "${column}"`).join('')
    const values = rest.map(({ type }) => `, ${SAMPLES[type] ?? 'NULL'}`).join('')
    await stage.query(
      `INSERT INTO ropewalk.${name} (workspace_id${names}) SELECT w.id${values} FROM ropewalk.workspaces w
       WHERE NOT EXISTS (SELECT FROM ropewalk.${name})`,
    )
  }
}

/** Leaves a project with work in the hands of a worker, and work that was handed in. */
const fillBacklog = async (workspaceId: WorkspaceId): Promise<void> => {
  const { engine } = stage
  const items = [{ key: 'first' }, { key: 'second', dependsOn: ['first'] }]
  const project = await startProject(engine, items, { workspaceId })
  await dispatch(engine, project, ['first'])
  await completeWork(engine, await claimOneWork(engine, { workspaceId }))
  await dispatch(engine, project, ['second'])
  await claimOneWork(engine, { workspaceId })
}

/** Fills every table with at least one row of each workspace. */
const fill = async (): Promise<void> => {
  const { engine } = stage
  await createWorkspace(engine.store, { id: OTHER, capMicros: 10_000_000 })
  for (const workspaceId of [WORKSPACE, OTHER]) {
    const command = { ...makeStart(makeTwoPhases()), workspaceId, runId: makeRunId() }
    await engine.submit(command, { by: PERSON, idempotency: { route: 'runs', key: 'k', bodyDigest: 'd' } })
    await engine.blobs.put(workspaceId, Buffer.from('bytes'))
    await engine.submit(
      {
        type: 'RequestWaiver',
        workspaceId,
        runId: command.runId,
        phase: 'prd',
        rubric: 'quality',
        details: 'It is a sample.',
        owner: 'owner',
        justification: 'None is needed.',
        compensatingControl: 'A person looks.',
        days: 1,
      },
      { by: PERSON },
    )
    const task = await claimOne(engine)
    const of = { workspaceId, taskId: task.taskId, attempt: task.attempt }
    await engine.saveCheckpoint({ ...of, token: 't', data: { step: 1 } })
    await engine.appendLog({ ...of, lines: [{ stream: 'out', text: 'hello' }] })
    await engine.submit(
      {
        type: 'ReserveBudget',
        workspaceId,
        runId: task.runId,
        taskId: task.taskId,
        attempt: task.attempt,
        reservationId: makeRunId() as never,
        micros: 10,
        tokens: 1,
        deadlineAt: '2099-01-01T00:00:00.000Z',
      },
      { by: PERSON },
    )
    await complete(engine, task, {
      questions: [
        {
          text: 'Which?',
          category: 'assumption',
          priority: 'low',
          decisionImpact: 'None.',
          defaultAnswer: 'Any.',
        },
      ],
    })
    await workOff(engine)
    const bus = makePostgresBus({ store: engine.store, workspaceId })
    await bus.publish('events', [{ key: 'k', body: '{}' }])
    await bus.ensureGroup('events', 'g', 'start')
    await bus.read('events', { group: 'g', consumer: 'c', batch: 1, blockMs: 0 })
    await makePublishDeadLetter({ store: engine.store, bus, workspaceId })({
      message: {
        id: '1',
        key: null,
        body: '',
        headers: {},
        deliveries: 1,
        publishedAt: new Date().toISOString(),
      },
      topic: 'commands',
      group: 'g',
      ...makeViolation('JSON', []),
    })
    await moveRelayPlace(engine.store, { workspaceId, name: 'events', from: 0, to: 1, life: 'a' })
    await bus.close()
    await makeNotificationBook(engine.store).claim(
      { workspaceId, questionId: QuestionId.parse(makeRunId()), version: 1, channel: 'webhook' },
      { effectId: 'e', leaseMs: 1000 },
    )
    await engine.submit(
      {
        type: 'RecordDossier',
        workspaceId,
        runId: task.runId,
        digest: 'a'.repeat(64),
        verdict: 'gaps',
        keyId: 'k',
        artifacts: 1,
      },
      { by: PERSON },
    )
    await fillBacklog(workspaceId)
    const thread = await createThread(engine, ['ann', 'ben'], { workspaceId })
    await post(engine, thread, 'ann', `A marlinspike of ${workspaceId}.`)
  }
  await fillRest()
}

beforeAll(async () => {
  stage = await startStage()
  tables = await listTables()
  await fill()
  for (const role of ['ropewalk_writer', 'ropewalk_reader', 'ropewalk_test']) {
    const client = new pg.Client({ connectionString: stage.database.urlFor(role) })
    await client.connect()
    clients.set(role, client)
  }
})
afterAll(async () => {
  for (const client of clients.values()) await client.end()
  await stage.stop()
})

/** Runs one statement as `role` for `workspaces` and takes it back. */
const attempt = async (role: string, workspaces: readonly WorkspaceId[], sql: string) => {
  const client = clients.get(role)
  if (client === undefined) throw new Error(role)
  await client.query(workspaces.length === 0 ? 'BEGIN' : makeBegin(workspaces))
  try {
    return await client.query<{ workspace_id: string; count: string }>(sql)
  } finally {
    await client.query('ROLLBACK')
  }
}

const WITHOUT_WORKSPACE = ['clock', 'schema_version', 'token_keys']

describe('row security', () => {
  test('is on for every table, and every table names its workspace', async () => {
    const open = await stage.query<{ relname: string }>(
      `SELECT relname FROM pg_class WHERE relnamespace = 'ropewalk'::regnamespace AND relkind IN ('r', 'p') AND NOT relrowsecurity`,
    )
    expect(open).toEqual([])
    const named = await stage.query<{ name: string }>(
      `SELECT c.table_name AS name FROM information_schema.columns c
       WHERE c.table_schema = 'ropewalk' AND c.column_name = 'workspace_id' ORDER BY 1`,
    )
    expect(named.map(({ name }) => name)).toEqual(tables.filter((name) => !WITHOUT_WORKSPACE.includes(name)))
    for (const name of named.map((row) => row.name)) {
      const rows = await stage.query<{ n: string }>(
        `SELECT count(DISTINCT workspace_id) AS n FROM ropewalk.${name}`,
      )
      expect([name, rows[0]?.n]).toEqual([name, '2'])
    }
  })

  test.each(['ropewalk_writer', 'ropewalk_reader'])('shows %s only the workspaces it names', async (role) => {
    for (const name of tables.filter((table) => !WITHOUT_WORKSPACE.includes(table))) {
      const sql = `SELECT DISTINCT workspace_id FROM ropewalk.${name} ORDER BY 1`
      const seen = async (workspaces: readonly WorkspaceId[]) =>
        (await attempt(role, workspaces, sql)).rows.map((row) => row.workspace_id)
      expect([name, await seen([])]).toEqual([name, []])
      expect([name, await seen([OTHER])]).toEqual([name, ['other']])
      expect([name, await seen([WORKSPACE])]).toEqual([name, ['default']])
    }
  })

  test('keeps the writer from writing into a workspace it does not name', async () => {
    await expect(
      attempt('ropewalk_writer', [OTHER], `INSERT INTO ropewalk.workspace_positions VALUES ('third', 0)`),
    ).rejects.toThrow('row-level security')
    await expect(
      attempt('ropewalk_writer', [OTHER], `UPDATE ropewalk.runs SET workspace_id = 'default'`),
    ).rejects.toThrow('row-level security')
    const touched = await attempt(
      'ropewalk_writer',
      [OTHER],
      `UPDATE ropewalk.runs SET title = 'x' WHERE workspace_id = 'default'`,
    )
    expect(touched.rowCount).toBe(0)
  })

  test('a command that names a run of another workspace finds nothing', async () => {
    const [foreign] = await stage.query<{ id: string }>(
      "SELECT id FROM ropewalk.runs WHERE workspace_id = 'other'",
    )
    const { runId } = makeStart(makeTwoPhases(), makeRunId())
    const cancel = (id: string) =>
      stage.engine
        .submit(
          {
            type: 'SignalRun',
            workspaceId: WORKSPACE,
            runId: id as typeof runId,
            signal: 'cancel',
            target: 'run',
            targetId: null,
          },
          { by: PERSON },
        )
        .then(String, (error: Error) => error.message.replace(id, 'ID'))
    // In one batch with a command of that workspace, whose rows the transaction may see.
    const [answer, missing] = await Promise.all([
      cancel(foreign?.id ?? ''),
      cancel(runId),
      stage.engine
        .submit({ type: 'CloseRun', workspaceId: OTHER, runId: foreign?.id as typeof runId }, { by: PERSON })
        .catch(() => undefined),
    ])
    expect(answer).toBe(missing)
    await expect(stage.engine.readRun(WORKSPACE, foreign?.id as typeof runId)).rejects.toThrow(
      'There is no run',
    )
  })
})

describe('a thread of another workspace', () => {
  const findForeign = async () => {
    const [found] = await stage.query<{ id: string }>(
      "SELECT id FROM ropewalk.threads WHERE workspace_id = 'other' AND title = 'Review'",
    )
    return { workspaceId: WORKSPACE, threadId: ThreadId.parse(found?.id) }
  }
  const tell = (what: Promise<unknown>, id: string) =>
    what.then(
      (found) => JSON.stringify(found),
      (error: Error) => error.message.replaceAll(id, 'ID'),
    )

  test('is answered for as one that is not there, whatever is asked', async () => {
    const { engine } = stage
    const missing = { workspaceId: WORKSPACE, threadId: ThreadId.parse(makeRunId()) }
    const foreign = await findForeign()
    const asks: readonly ((of: typeof missing) => Promise<unknown>)[] = [
      (of) => engine.readThread(of),
      (of) => engine.findParticipant({ ...of, agentId: agent('ann') }).then((found) => found ?? null),
      (of) => engine.readMessages({ ...of, sinceSeq: 0, limit: 10 }),
      (of) => engine.readNewestMessages({ ...of, limit: 10 }),
      (of) => engine.readDeliveries({ ...of, seq: 1 }),
      (of) => engine.listWakes({ ...of, limit: 10 }),
      (of) => engine.waitForThread({ ...of, sinceSeq: 0, timeoutMs: 5_000 }),
      (of) => engine.moveReadCursor({ ...of, agentId: agent('ann'), lastReadSeq: 1 }),
      (of) => engine.searchMessages(WORKSPACE, { words: 'other', ...of, agentId: null, limit: 10 }),
      (of) => post(engine, of, 'ann', 'Let me in.'),
    ]
    for (const ask of asks)
      expect(await tell(ask(foreign), foreign.threadId)).toBe(await tell(ask(missing), missing.threadId))
  })

  test('is not found by its words, and what is noted of it changes nothing there', async () => {
    const { engine } = stage
    const found = await engine.searchMessages(WORKSPACE, { words: 'marlinspike', agentId: null, limit: 10 })
    expect(found.items.map(({ body }) => body)).toEqual(['A marlinspike of default.'])
    const find = `SELECT count(*) FROM ropewalk.find_messages('marlinspike', NULL, NULL, 'infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 10)`
    const count = async (of: readonly WorkspaceId[]) =>
      Number((await attempt('ropewalk_reader', of, find)).rows[0]?.count)
    expect([await count([]), await count([OTHER]), await count([OTHER, WORKSPACE])]).toEqual([0, 1, 2])
    const foreign = await findForeign()
    engine.noteDelivered({ ...foreign, agentId: agent('ben'), seq: 1 })
    await sleep(300)
    const own = { ...foreign, workspaceId: OTHER }
    const { participants } = await engine.readThread(own)
    expect(participants.map(({ deliveredSeq }) => deliveredSeq)).toEqual([0, 0, 0])
  })
})

describe('privileges', () => {
  test.each([
    ['ropewalk_writer', `UPDATE ropewalk.ledger SET body = body`],
    ['ropewalk_writer', `DELETE FROM ropewalk.ledger`],
    ['ropewalk_writer', `TRUNCATE ropewalk.ledger`],
    ['ropewalk_writer', `UPDATE ropewalk.evidence_packs SET round = 9`],
    ['ropewalk_writer', `DELETE FROM ropewalk.runs`],
    ['ropewalk_writer', `UPDATE ropewalk.clock SET shift = '1 hour'`],
    ['ropewalk_writer', `CREATE TABLE ropewalk.mine ()`],
    ['ropewalk_writer', `ALTER TABLE ropewalk.ledger DISABLE ROW LEVEL SECURITY`],
    ['ropewalk_reader', `INSERT INTO ropewalk.workspace_positions VALUES ('default', 0)`],
    ['ropewalk_reader', `UPDATE ropewalk.runs SET title = 'x'`],
    ['ropewalk_reader', `SELECT 1 FROM pgboss.job`],
    ['ropewalk_reader', `SELECT ropewalk.list_workspace_ids()`],
    ['ropewalk_test', `SELECT 1 FROM ropewalk.runs`],
    ['ropewalk_writer', `DELETE FROM ropewalk.messages`],
    ['ropewalk_test', `SELECT ropewalk.find_messages('a', NULL, NULL, now(), gen_random_uuid(), 1)`],
  ])('%s may not: %s', async (role, sql) => {
    await expect(attempt(role, [WORKSPACE], sql)).rejects.toThrow(/permission denied|must be owner/u)
  })

  test('no role of ours is a superuser, bypasses row security or makes roles', async () => {
    const roles = await stage.query(
      `SELECT rolname FROM pg_roles WHERE rolname IN ('ropewalk_owner', 'ropewalk_writer', 'ropewalk_reader', 'ropewalk_test')
       AND NOT (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)`,
    )
    expect(roles).toHaveLength(4)
  })

  test('not even the owner of the ledger changes it by a slip', async () => {
    const [found] = await stage.query<{ can: boolean }>(
      `SELECT has_table_privilege('ropewalk_owner', 'ropewalk.ledger', 'UPDATE, DELETE, TRUNCATE') AS can`,
    )
    expect(found?.can).toBe(false)
  })
})
