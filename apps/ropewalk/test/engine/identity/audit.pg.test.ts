import type { ErrorCode } from '@ropewalk/core/errors'
import { WorkspaceId } from '@ropewalk/core/ids'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AuditEntry, AuditFilter } from '../../../src/engine/identity/contract.ts'
import { createWorkspace } from '../../../src/store/create-workspace.ts'
import { makeBegin } from '../../../src/store/open.ts'
import { makeMemoryLog } from '../../bus/support/log-lines.ts'
import { makeUuid, PERSON, startStage, waitUntil, WORKSPACE, type Stage } from '../support/stage.ts'
import { makeCaller, makeCreateGrant, makeNote } from './support/identity.ts'

const OTHER = WorkspaceId.parse('other')
const THIRD = WorkspaceId.parse('third')

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
  for (const id of [OTHER, THIRD]) await createWorkspace(stage.engine.store, { id, capMicros: 0 })
})
afterAll(async () => {
  await stage.stop()
})

const list = async (filter: Partial<AuditFilter> = {}, workspaceId = WORKSPACE) =>
  (await stage.engine.listAudit(workspaceId, { limit: 200, ...filter })).items

const findByRequest = async (requestId: string, workspaceId = WORKSPACE) =>
  (await list({}, workspaceId)).filter((entry) => entry.requestId === requestId)

describe('a command with a note', () => {
  test('has a line of the audit once it is accepted', async () => {
    const command = makeCreateGrant()
    const note = makeNote({ resourceId: command.grantId })
    const { version } = await stage.engine.submit(command, { by: PERSON, audit: note })
    const [entry, ...others] = await findByRequest(note.requestId)
    expect(others).toEqual([])
    const [event] = await stage.engine.listEvents(WORKSPACE, {
      after: 0,
      limit: 1,
      stream: command.grantId,
    })
    expect(entry).toEqual({
      ...note,
      id: entry?.id,
      at: event?.at,
      actor: 'anna',
      actorKind: 'person',
      result: 'ok',
      payload: { command: 'CreateGrant', version },
    })
  })

  test('has its line in the very transaction that the ledger has it in', async () => {
    const command = makeCreateGrant()
    const note = makeNote({ resourceId: command.grantId })
    await stage.engine.submit(command, { by: PERSON, audit: note })
    const [written] = await stage.query<{ line: string; entry: string }>(
      `SELECT a.xmin::text AS line, l.xmin::text AS entry FROM ropewalk.audit a, ropewalk.ledger l
      WHERE a.request_id = $1 AND l.stream_id = $2`,
      [note.requestId, command.grantId],
    )
    expect(written?.line).toBe(written?.entry)
    expect(written).toBeDefined()
  })

  test('has one even when it changed nothing', async () => {
    const command = makeCreateGrant()
    await stage.engine.submit(command, { by: PERSON })
    const { workspaceId, grantId } = command
    const revoke = { type: 'RevokeGrant', workspaceId, grantId, reason: 'It is not needed.' } as const
    const note = makeNote({ operation: 'tokens.revoke' })
    for (let n = 0; n < 2; n += 1) await stage.engine.submit(revoke, { by: PERSON, audit: note })
    expect(await findByRequest(note.requestId)).toHaveLength(2)
  })

  test('has none when it was refused', async () => {
    const note = makeNote()
    const wrong = makeCreateGrant({ role: 'operator' })
    await expect(stage.engine.submit(wrong, { by: PERSON, audit: note })).rejects.toThrow('kind operator')
    expect(await findByRequest(note.requestId)).toEqual([])
  })

  test('that is repeated by its idempotency key has one', async () => {
    const note = makeNote()
    const idempotency = { route: 'POST /v1/tokens', key: makeUuid(), bodyDigest: 'd' }
    for (let n = 0; n < 3; n += 1)
      await stage.engine.submit(makeCreateGrant(), { by: PERSON, audit: note, idempotency })
    expect(await findByRequest(note.requestId)).toHaveLength(1)
  })

  test('has one of its own among many in the same batch, refused ones between them', async () => {
    const notes = Array.from({ length: 60 }, () => makeNote())
    await Promise.allSettled(
      notes.map((audit, n) =>
        stage.engine.submit(makeCreateGrant(n % 3 === 0 ? { role: 'operator' } : {}), { by: PERSON, audit }),
      ),
    )
    const noted = new Set((await list()).map(({ requestId }) => requestId))
    expect(notes.map(({ requestId }) => noted.has(requestId))).toEqual(notes.map((_, n) => n % 3 !== 0))
  })

  test('has none without a note', async () => {
    const before = await list()
    await stage.engine.submit(makeCreateGrant(), { by: PERSON })
    expect(await list()).toEqual(before)
  })
})

test('lines are found by who, what, where and how it went, newest first, a page at a time', async () => {
  const thread = makeUuid()
  const boss = { kind: 'agent', id: 'boss' } as const
  for (let n = 0; n < 3; n += 1) {
    const audit = makeNote({ operation: 'update_thread_status', threadId: thread, resourceId: String(n) })
    await stage.engine.submit(makeCreateGrant(), { by: boss, audit })
  }
  const ids = (items: readonly AuditEntry[]) => items.map(({ resourceId }) => resourceId)
  expect(ids(await list({ threadId: thread }))).toEqual(['2', '1', '0'])
  expect(ids(await list({ actor: 'boss' }))).toEqual(['2', '1', '0'])
  const filter = { actor: 'boss', operation: 'update_thread_status', threadId: thread, result: 'ok' }
  const first = await stage.engine.listAudit(WORKSPACE, { limit: 2, ...filter })
  expect(ids(first.items)).toEqual(['2', '1'])
  const rest = await stage.engine.listAudit(WORKSPACE, {
    limit: 2,
    ...filter,
    cursor: first.nextCursor ?? '',
  })
  expect([ids(rest.items), rest.nextCursor]).toEqual([['0'], null])
  expect(await list({ threadId: thread, result: 'FORBIDDEN' })).toEqual([])
  expect(await list({ threadId: thread }, OTHER)).toEqual([])
})

/** Tables whose rows have an id that a caller may name, by what the audit calls them. */
const TABLES: Readonly<Record<string, string>> = {
  thread: 'threads',
  run: 'runs',
  project: 'projects',
  item: 'items',
  task: 'tasks',
  artifact: 'artifacts',
  question: 'questions',
  waiver: 'waivers',
  grant: 'grants',
  session: 'sessions',
}

/** A value of each type of column, for a row that only has to be there. */
const SAMPLES: Readonly<Record<string, string>> = {
  text: `'sample'`,
  uuid: 'gen_random_uuid()',
  json: `'{}'`,
  boolean: 'false',
  integer: '1',
  bigint: '1',
  'timestamp with time zone': 'now()',
}

/** Puts a row into the other workspace and gives its id. */
const addForeign = async (table: string): Promise<string> => {
  const columns = await stage.query<{ name: string; type: string }>(
    `SELECT column_name AS name, data_type AS type FROM information_schema.columns
     WHERE table_schema = 'ropewalk' AND table_name = $1 AND is_nullable = 'NO' AND is_generated = 'NEVER'
       AND column_name NOT IN ('workspace_id', 'id')`,
    [table],
  )
  const id = makeUuid()
  const names = columns.map(({ name }) => `, "${name}"`).join('')
  const values = columns.map(({ type }) => `, ${SAMPLES[type] ?? 'NULL'}`).join('')
  await stage.query(
    `INSERT INTO ropewalk.${table} (workspace_id, id${names}) VALUES ('other', '${id}'${values})`,
  )
  return id
}

describe('a refused call', () => {
  const refuse = (code: ErrorCode, ids: readonly string[] = []): string => {
    const requestId = makeUuid()
    const caller = makeCaller('intruder')
    stage.engine.auditRefusal({ caller, operation: 'get_thread', code, requestId, ids })
    return requestId
  }

  test.each<ErrorCode>(['FORBIDDEN', 'CLAIM_MISMATCH', 'WORKSPACE_MISMATCH', 'INSUFFICIENT_AUTHORITY'])(
    'with %s is noted at home, whatever it named',
    async (code) => {
      const id = makeUuid()
      const [named, unnamed] = [refuse(code, [id]), refuse(code)]
      await waitUntil('both lines', async () => (await findByRequest(unnamed)).length === 1)
      expect((await findByRequest(named))[0]).toMatchObject({
        actor: 'intruder',
        actorKind: 'agent',
        actorRole: 'participant',
        operation: 'get_thread',
        resourceId: id,
        result: code,
        payload: { ids: [id] },
      })
    },
  )

  test.each(Object.keys(TABLES))(
    'that named a %s of another workspace is noted in both, and only there',
    async (kind) => {
      const id = await addForeign(TABLES[kind] ?? '')
      const requestId = refuse('NOT_FOUND', [makeUuid(), id])
      await waitUntil('the lines', async () => (await findByRequest(requestId, OTHER)).length === 1)
      const [there] = await findByRequest(requestId, OTHER)
      const [home, ...others] = await findByRequest(requestId)
      expect(others).toEqual([])
      expect(there).toMatchObject({
        actor: 'default/intruder',
        operation: 'get_thread',
        resourceType: kind,
        resourceId: id,
        result: 'NOT_FOUND',
        payload: { fromWorkspace: 'default' },
      })
      expect(home).toMatchObject({ actor: 'intruder', resourceType: null, result: 'NOT_FOUND' })
      expect(JSON.stringify(home)).not.toContain('other')
      expect(await findByRequest(requestId, THIRD)).toEqual([])
    },
  )

  test('that named what is nowhere looks at home as one that named what is of others', async () => {
    const foreign = await addForeign('threads')
    const missing = makeUuid()
    const lines = []
    for (const id of [foreign, missing]) {
      const requestId = refuse('NOT_FOUND', [id])
      await waitUntil('the line', async () => (await findByRequest(requestId)).length === 1)
      lines.push((await findByRequest(requestId))[0])
    }
    const [one, other] = lines.map((line) =>
      JSON.stringify({ ...line, id: '', at: '', requestId: '' }).replaceAll(/"ids":\["[^"]+"\]/gu, '""'),
    )
    expect(one).toBe(other)
  })

  test('that named no id at all is not noted', async () => {
    const silent = [
      refuse('NOT_FOUND', [`x'; DROP TABLE ropewalk.audit; --`, 'nul\u0000', '\uD800']),
      refuse('NOT_FOUND'),
    ]
    const last = refuse('FORBIDDEN')
    await waitUntil('the last line', async () => (await findByRequest(last)).length === 1)
    for (const workspaceId of [WORKSPACE, OTHER, THIRD])
      for (const requestId of silent) expect(await findByRequest(requestId, workspaceId)).toEqual([])
  })

  test('of any form is noted in a form that can be kept', async () => {
    const requestId = `${'r'.repeat(300)}`
    stage.engine.auditRefusal({
      caller: makeCaller('intruder'),
      operation: 'nul\u0000 \uD800',
      code: 'FORBIDDEN',
      requestId,
      ids: ['not an id', 'nul\u0000'],
    })
    await waitUntil('the line', async () => (await findByRequest('r'.repeat(200))).length === 1)
  })

  test('in a flood beyond what may wait is lost, which the log says once, and how many at the end', async () => {
    const { log, lines } = makeMemoryLog()
    const another = await stage.startAnother({ log })
    const flood = (calls: number) => {
      for (let n = 0; n < calls; n += 1)
        another.auditRefusal({
          caller: makeCaller('flooder'),
          operation: 'get_thread',
          code: 'FORBIDDEN',
          requestId: makeUuid(),
          ids: [],
        })
    }
    const count = async () => {
      const rows = await stage.query<{ n: string }>(
        `SELECT count(*) AS n FROM ropewalk.audit WHERE actor = 'flooder'`,
      )
      return Number(rows[0]?.n)
    }
    flood(1500)
    await waitUntil('a thousand lines', async () => (await count()) === 1000)
    flood(1)
    await waitUntil('one more line', async () => (await count()) === 1001)
    const listLost = () =>
      lines
        .map((line) => JSON.parse(line) as { readonly msg: string; readonly lost?: number })
        .filter(({ msg }) => msg.includes('missing in the audit'))
        .map(({ lost }) => lost)
    expect(listLost()).toEqual([1])
    await another.stop()
    expect(listLost()).toEqual([1, 499])
  })

  test('is noted before the engine has stopped', async () => {
    const another = await stage.startAnother()
    for (let n = 0; n < 200; n += 1)
      another.auditRefusal({
        caller: makeCaller('leaver'),
        operation: 'get_thread',
        code: 'FORBIDDEN',
        requestId: makeUuid(),
        ids: [],
      })
    await another.stop()
    expect(await list({ actor: 'leaver' })).toHaveLength(200)
  })
})

describe('in the database', () => {
  const attempt = async (role: string, sql: string) => {
    const client = new pg.Client({ connectionString: stage.database.urlFor(role) })
    await client.connect()
    try {
      await client.query(makeBegin([WORKSPACE]))
      return await client.query(sql)
    } finally {
      await client.end()
    }
  }
  const call = (own: string) =>
    `SELECT ropewalk.audit_foreign('${own}', gen_random_uuid(), ARRAY[gen_random_uuid()], 'a', 'agent', 'participant', 'x', 'r', 'NOT_FOUND') AS answer`

  test.each([
    ['ropewalk_writer', `UPDATE ropewalk.audit SET reason = 'x'`],
    ['ropewalk_writer', `DELETE FROM ropewalk.audit`],
    ['ropewalk_writer', `TRUNCATE ropewalk.audit`],
    ['ropewalk_owner', `UPDATE ropewalk.audit SET reason = 'x'`],
    ['ropewalk_owner', `DELETE FROM ropewalk.audit`],
    ['ropewalk_reader', `INSERT INTO ropewalk.audit SELECT * FROM ropewalk.audit`],
    ['ropewalk_writer', `UPDATE ropewalk.token_keys SET jwk = '{}'`],
    ['ropewalk_writer', `DELETE FROM ropewalk.token_keys`],
    ['ropewalk_reader', `UPDATE ropewalk.token_keys SET retired_at = now()`],
    ['ropewalk_reader', call('default')],
    ['ropewalk_test', call('default')],
    ['ropewalk_test', `SELECT 1 FROM ropewalk.token_keys`],
  ])('%s may not: %s', async (role, sql) => {
    await expect(attempt(role, sql)).rejects.toThrow('permission denied')
  })

  test('a line of a workspace that the transaction has not named is refused', async () => {
    await expect(
      attempt(
        'ropewalk_writer',
        `INSERT INTO ropewalk.audit VALUES ('other', gen_random_uuid(), now(), 'a', 'agent', 'participant', 'x',
         NULL, NULL, NULL, 'r', 'ok', NULL, '{}')`,
      ),
    ).rejects.toThrow('row-level security')
    await expect(attempt('ropewalk_writer', call('other'))).rejects.toThrow('has not named this workspace')
  })

  test('who asks whether an id is foreign is told nothing', async () => {
    expect((await attempt('ropewalk_writer', call('default'))).rows).toEqual([{ answer: '' }])
  })

  test('a retired key is not taken into use again', async () => {
    await stage.engine.publishTokenKey({ kid: 'k', jwk: { kty: 'OKP' } })
    await stage.engine.retireTokenKey('k')
    const again = await attempt('ropewalk_writer', `UPDATE ropewalk.token_keys SET retired_at = NULL`)
    expect(again.rowCount).toBe(0)
    await stage.engine.publishTokenKey({ kid: 'k2', jwk: { kty: 'OKP' } })
    await expect(
      attempt('ropewalk_writer', `UPDATE ropewalk.token_keys SET retired_at = NULL`),
    ).rejects.toThrow('row-level security')
  })
})
