import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  appendSignedHead,
  openSigningKeys,
  readSignedHeads,
  rotateSigningKey,
} from '../../src/store/keys/signing-keys.ts'

const STREAM = 'a-run'
const AT = '2026-03-01T10:00:00.000Z'

let home: string
let file: string

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'ropewalk-keys-'))
  file = path.join(home, 'keys', 'heads', `${STREAM}.jsonl`)
})

afterEach(() => {
  rmSync(home, { recursive: true, force: true })
})

const append = (seq: number) =>
  appendSignedHead(home, openSigningKeys(home), { stream: STREAM, seq, hash: 'ab'.repeat(32), at: AT })

const readSeqs = (): readonly number[] =>
  readSignedHeads(home, openSigningKeys(home), STREAM).map(({ seq }) => seq)

describe('signed heads', () => {
  test('come back in the order in which they were appended, also after the key was changed', () => {
    append(3)
    rotateSigningKey(home)
    append(7)
    expect(readSeqs()).toEqual([3, 7])
  })

  test('a stream that was never signed has none', () => {
    openSigningKeys(home)
    expect(readSeqs()).toEqual([])
  })

  test.each([1, 2, 40, 5000])('a line that was cut off by %i bytes is left out', (cut) => {
    append(3)
    const { length } = readFileSync(file)
    append(7)
    truncateSync(file, Math.max(length, readFileSync(file).length - cut))
    expect(readSeqs()).toEqual([3])
  })

  test.each([1, 2, 40])('what is appended after a line cut off by %i bytes can be read', (cut) => {
    append(3)
    append(7)
    truncateSync(file, readFileSync(file).length - cut)
    append(7)
    append(9)
    expect(readSeqs()).toEqual([3, 7, 9])
  })

  test.each([
    ['a changed number', (text: string) => text.replace('"seq":3', '"seq":2'), 'not a head signed'],
    ['half a line among whole ones', (text: string) => text.replace(',"seq"', '\n,"seq"'), 'is not JSON'],
    ['a line of somebody else', (text: string) => `{}\n${text}`, 'not a head signed'],
  ])('%s is told', (_, change, told) => {
    append(3)
    append(7)
    const before = readFileSync(file, 'utf8')
    const after = change(before)
    expect(after).not.toBe(before)
    writeFileSync(file, after)
    expect(readSeqs).toThrow(told)
  })

  test('two processes that append at once behind a torn line lose nothing', async () => {
    append(1)
    appendFileSync(file, '{"stream":"a-r')
    const module = pathToFileURL(path.resolve(import.meta.dirname, '../../src/store/keys/signing-keys.ts'))
    const script = `
      const { appendSignedHead, openSigningKeys } = await import(process.argv[1])
      const [home, stream, first] = process.argv.slice(2)
      const keys = openSigningKeys(home)
      for (let seq = Number(first); seq < Number(first) + 100; seq += 1)
        appendSignedHead(home, keys, { stream, seq, hash: 'ab'.repeat(32), at: '${AT}' })`
    const ends = [1000, 2000].map(async (first) => {
      const args = ['--input-type=module', '-e', script, module.href, home, STREAM, String(first)]
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
      await once(child, 'close')
      return child.exitCode
    })
    expect(await Promise.all(ends)).toEqual([0, 0])
    const seqs = readSeqs()
    expect(seqs[0]).toBe(1)
    const of = (first: number) => seqs.filter((seq) => seq >= first && seq < first + 1000)
    for (const first of [1000, 2000])
      expect(of(first)).toEqual(Array.from({ length: 100 }, (_, index) => first + index))
  })
})
