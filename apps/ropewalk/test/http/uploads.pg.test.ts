import { readFileSync } from 'node:fs'
import path from 'node:path'
import { sha256 } from '@ropewalk/core/canonical'
import { UploadedRecords } from '@ropewalk/core/contract/api/uploads'
import { Records } from '@ropewalk/core/contract/records'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeXlsx, writeRows } from '../ingest/support/make-xlsx.ts'
import { claimTask, expectAnswer, expectProblem, startRun } from './support/drive.ts'
import { startApi, WORKSPACE, type Answered, type TestApi } from './support/start-api.ts'

const EXAMPLE = path.join(import.meta.dirname, '../../../../examples/backlog/invoices.csv')
const CSV = 'Task,Minutes\nCall,5\n'
const SPREADSHEET = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'

let api: TestApi

beforeAll(async () => {
  api = await startApi()
})
afterAll(async () => {
  await api.stop()
})

const send = (
  content: string | Uint8Array,
  type = 'text/csv',
  query = '?name=work.csv',
  from: TestApi = api,
): Promise<Answered> =>
  from.ask(`/v1/uploads${query}`, {
    method: 'POST',
    raw: typeof content === 'string' ? content : new Uint8Array(content),
    headers: { 'content-type': type },
  })

const part = (name: string, file: string | undefined, content: string): string =>
  `--xx\r\nContent-Disposition: form-data; name="${name}"${file === undefined ? '' : `; filename="${file}"`}\r\n${file === undefined ? '' : 'Content-Type: text/csv\r\n'}\r\n${content}\r\n`

const FORM = 'multipart/form-data; boundary=xx'

test('a CSV is read, and its bytes and records are kept under their digests', async () => {
  const bytes = readFileSync(EXAMPLE)
  const answer = expectAnswer(await send(bytes, 'text/csv', '?name=invoices.csv'), UploadedRecords)
  expect(answer).toMatchObject({
    digest: sha256(bytes),
    name: 'invoices.csv',
    mediaType: 'text/csv',
    bytes: bytes.length,
    rows: 60,
    guessed: 2,
    warningCount: 3,
  })
  expect(answer.preview).toHaveLength(5)
  expect(await api.engine.blobs.read(WORKSPACE, answer.digest)).toEqual(bytes)
  const json = await api.engine.blobs.read(WORKSPACE, answer.recordsDigest)
  const records = Records.parse(JSON.parse(json.toString('utf8')))
  expect(records.rows.slice(0, 5)).toEqual(answer.preview)
  expect(records.source.digest).toBe(answer.digest)
})

test('the same file gives the same digests again', async () => {
  const [first, second] = [await send(CSV), await send(CSV)].map((each) =>
    expectAnswer(each, UploadedRecords),
  )
  expect(second).toEqual(first)
})

test('a workbook is read, whatever the request calls it', async () => {
  const xlsx = makeXlsx({
    sheet: writeRows([
      ['Task', 'Hours'],
      ['Call', 0.5],
    ]),
  })
  for (const type of [SPREADSHEET, 'application/octet-stream', 'text/csv', 'application/vnd.ms-excel']) {
    const answer = expectAnswer(await send(xlsx, type, '?name=work.xlsx'), UploadedRecords)
    expect(answer).toMatchObject({ mediaType: SPREADSHEET, rows: 1 })
    expect(answer.preview[0]).toMatchObject({ estimatedMinutes: 30, unit: 'hours', row: 2 })
  }
})

test('a form as a browser sends it carries the name of its file', async () => {
  const form = new FormData()
  form.append('note', 'from the page')
  form.append('file', new File([CSV], 'Aufwände März.csv', { type: 'text/csv' }))
  const request = new Request('http://x', { method: 'POST', body: form })
  const body = new Uint8Array(await request.arrayBuffer())
  const answered = await send(body, request.headers.get('content-type') ?? '', '')
  expect(expectAnswer(answered, UploadedRecords)).toMatchObject({ name: 'Aufwände März.csv', rows: 1 })
})

describe('is refused:', () => {
  test.each([
    ['no name', CSV, 'text/csv', ''],
    ['a name with a folder', CSV, 'text/csv', '?name=..%2Fx.csv'],
    ['an empty name', CSV, 'text/csv', '?name='],
    ['an unknown parameter', CSV, 'text/csv', '?name=x&path=y'],
    ['two names', CSV, 'text/csv', '?name=x&name=y'],
    ['an empty body', '', 'text/csv', '?name=x'],
    ['a form without a boundary', CSV, 'multipart/form-data', ''],
    ['a form that is none', CSV, FORM, ''],
    ['a form without a file', `${part('a', undefined, 'x')}--xx--\r\n`, FORM, ''],
    ['a form of two files', `${part('a', 'a.csv', CSV)}${part('b', 'b.csv', CSV)}--xx--\r\n`, FORM, ''],
    ['a form without an end', part('a', 'a.csv', CSV), FORM, ''],
    ['a form of endless parts', `${part('a', undefined, 'x').repeat(100_000)}--xx--\r\n`, FORM, ''],
    ['a form whose file has a path', `${part('a', '../a.csv', CSV)}--xx--\r\n`, FORM, ''],
    ['a form whose file is empty', `${part('a', 'a.csv', '')}--xx--\r\n`, FORM, ''],
    ['an open quote', 'a,"b\n', 'text/csv', '?name=x'],
    ['a header alone', 'Task,Minutes\n', 'text/csv', '?name=x'],
    [
      'a broken workbook',
      'PK\u0003\u0004xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
      SPREADSHEET,
      '?name=x.xlsx',
    ],
  ])('%s', async (_what, content, type, query) => {
    expectProblem(await send(content, type, query), 400, 'INVALID_ARGUMENT')
  })

  test.each([
    ['JSON', '{"a":1}', 'application/json'],
    ['a form of the other kind', 'a=b', 'application/x-www-form-urlencoded'],
    ['NUL characters', 'Task,Minutes\n\u0000,5\n', 'text/csv'],
    ['a PDF', '%PDF-1.4', 'text/csv'],
    ['a picture', Buffer.from('89504e470d0a1a0a', 'hex'), 'text/csv'],
    ['macros', makeXlsx({ more: [{ name: 'xl/vbaProject.bin', data: 'x' }] }), SPREADSHEET],
  ])('%s as another kind of file', async (_what, content, type) => {
    const problem = expectProblem(await send(content, type), 415, 'UNSUPPORTED_MEDIA_TYPE')
    expect(problem.detail).not.toContain('JSON')
  })

  test.each([
    ['eleven megabytes', 'x,1\n'.repeat(2_900_000), 'text/csv'],
    ['a form just over the limit', `${part('a', 'a.csv', 'a,1\n'.repeat(2_621_450))}--xx--\r\n`, FORM],
    ['a million columns', ','.repeat(1_000_000).replaceAll(',', 'a,'), 'text/csv'],
    ['a zip bomb', makeXlsx({ more: [{ name: 'xl/x.bin', data: Buffer.alloc(50_000_000) }] }), SPREADSHEET],
  ])('%s as too large', async (_what, content, type) => {
    expectProblem(await send(content, type), 413, 'PAYLOAD_TOO_LARGE')
  })

  test('records that come to more than is kept, once written as JSON', async () => {
    const text = `Task,Minutes that all of this work took together\n${`${'\\'.repeat(95)},5\n`.repeat(99_000)}`
    const problem = expectProblem(await send(text), 413, 'PAYLOAD_TOO_LARGE')
    expect(problem.detail).toContain('Split the file')
  })

  test('a type that is none', async () => {
    expectProblem(await send(CSV, 'x'), 415, 'UNSUPPORTED_MEDIA_TYPE')
  })

  test('a file without the token of the owner', async () => {
    const { runId } = await startRun(api)
    const { token } = await claimTask(api, runId)
    const ask = (with_: string | null) =>
      api.ask('/v1/uploads?name=x.csv', {
        method: 'POST',
        raw: CSV,
        headers: { 'content-type': 'text/csv' },
        token: with_,
      })
    expectProblem(await ask(null), 401, 'UNAUTHORIZED')
    expectProblem(await ask(token), 403, 'FORBIDDEN')
  })
})

test('no other route takes such bodies', async () => {
  const answered = await api.ask('/v1/runs', {
    method: 'POST',
    raw: CSV,
    headers: { 'content-type': 'text/csv' },
  })
  expectProblem(answered, 415, 'UNSUPPORTED_MEDIA_TYPE')
})

describe('with a scanner', () => {
  const script =
    "let t = ''; process.stdin.on('data', (b) => (t += b)).on('end', () => process.exit(t.includes('EVIL') ? 1 : t.includes('ODD') ? 7 : 0))"
  let scanned: TestApi

  beforeAll(async () => {
    scanned = await startApi({}, { uploadScan: [process.execPath, '-e', script] })
  })
  afterAll(async () => {
    await scanned.stop()
  })

  test('a clean file is taken; one that it objects to, or cannot judge, leaves nothing', async () => {
    expectAnswer(await send(CSV, 'text/csv', '?name=x.csv', scanned), UploadedRecords)
    for (const [word, scan] of [
      ['EVIL', 'refused'],
      ['ODD', 'not-scanned'],
    ]) {
      const content = `Task,Minutes\n${word},5\n`
      const problem = expectProblem(await send(content, 'text/csv', '?name=x.csv', scanned), 403, 'FORBIDDEN')
      expect(problem.details['scan']).toBe(scan)
      expect(await scanned.engine.blobs.has(WORKSPACE, sha256(content))).toBe(false)
    }
  })
})
