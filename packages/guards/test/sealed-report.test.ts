import { createHmac, randomBytes } from 'node:crypto'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readSealedReport } from '../src/suite/sealed-report.ts'
import { makeFolder } from './support.ts'

const KEY = randomBytes(32)

const result = (id: number, parent: number, change: object = {}) =>
  JSON.stringify({
    type: 'result',
    id,
    parent,
    kind: 'test',
    outcome: 'pass',
    name: `t${id}`,
    file: '/x/a.test.js',
    ms: 1,
    error: '',
    ...change,
  })
const summary = (tests: number, passed: number) =>
  JSON.stringify({ type: 'summary', tests, passed, failed: 0, cancelled: 0, skipped: 0 })
const toLines = (...lines: string[]) => lines.map((line) => `${line}\n`).join('')

const read = (body: string, tail = '', key = KEY) => {
  const path = join(makeFolder(), 'report')
  const hmac = createHmac('sha256', key).update(body, 'latin1').digest('hex')
  writeFileSync(path, `${body}${JSON.stringify({ type: 'seal', hmac })}\n${tail}`)
  return readSealedReport(path, KEY)
}

const HONEST = toLines(result(2, 1), result(1, 0, { kind: 'suite' }), summary(1, 1))

describe('a sealed report', () => {
  test('is read, with full names', async () => {
    expect(await read(HONEST)).toMatchObject({
      outcome: 'read',
      results: [{ name: 't1 t2', outcome: 'pass' }],
    })
  })

  test.each([
    ['under another key', () => read(HONEST, '', randomBytes(32)), /its seal is wrong/u],
    ['with lines after its seal', () => read(HONEST, `${result(3, 0)}\n`), /has no seal/u],
    [
      'with a second seal',
      () => read(HONEST, '{"type":"seal","hmac":"' + 'a'.repeat(64) + '"}\n'),
      /its seal is wrong/u,
    ],
    ['without a summary', () => read(toLines(result(1, 0))), /no single summary/u],
    ['that its summary denies', () => read(toLines(result(1, 0), summary(2, 1))), /disagree/u],
    [
      'with a line of another shape',
      () => read(toLines('{"type":"result"}', summary(0, 0))),
      /breaks its contract/u,
    ],
    ['that is empty', () => read(''), /no single summary/u],
  ])('%s is refused', async (_what, act, reason) => {
    expect(await act()).toEqual({ outcome: 'refused', reason: expect.stringMatching(reason) as string })
  })

  test('that is absent, or a link to another file, is refused', async () => {
    const folder = makeFolder()
    const refusal = { outcome: 'refused', reason: 'The test process ended without a report.' }
    expect(await readSealedReport(join(folder, 'none'), KEY)).toEqual(refusal)
    symlinkSync('/etc/hostname', join(folder, 'link'))
    expect(await readSealedReport(join(folder, 'link'), KEY)).toEqual(refusal)
  })
})
