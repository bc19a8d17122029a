import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  listSecretNames,
  makeRedactor,
  readSecretValue,
  readSecrets,
  removeSecret,
  setSecret,
} from '../../../src/secrets/secrets.ts'

let home: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'ropewalk-secrets-'))
})
afterEach(() => rm(home, { recursive: true, force: true }))

const file = () => join(home, 'keys/secrets.json')

test('a secret is kept, listed by name, read by name, replaced and removed', async () => {
  expect(await listSecretNames(home)).toEqual([])
  await setSecret(home, 'B_KEY', 'two')
  await setSecret(home, 'A_KEY', 'one')
  await setSecret(home, 'A_KEY', 'one again')
  expect(await listSecretNames(home)).toEqual(['A_KEY', 'B_KEY'])
  expect(await readSecrets(home, ['A_KEY'])).toEqual({ A_KEY: 'one again' })
  await removeSecret(home, 'A_KEY')
  await expect(readSecrets(home, ['A_KEY'])).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await expect(removeSecret(home, 'A_KEY')).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('the file is 0600 in a folder 0700, and nothing is left beside it', async () => {
  await setSecret(home, 'KEY', 'value')
  expect((await stat(file())).mode & 0o777).toBe(0o600)
  expect((await stat(join(home, 'keys'))).mode & 0o777).toBe(0o700)
  expect((await readdir(join(home, 'keys'))).toSorted()).toEqual(['secrets.json', 'secrets.lock'])
})

test('a file that others can read is refused, and so are an open folder and a link', async () => {
  await setSecret(home, 'KEY', 'value')
  await chmod(file(), 0o640)
  await expect(listSecretNames(home)).rejects.toMatchObject({ code: 'FORBIDDEN' })
  await chmod(file(), 0o600)
  await chmod(join(home, 'keys'), 0o755)
  await expect(setSecret(home, 'KEY', 'value')).rejects.toMatchObject({ code: 'FORBIDDEN' })
  await chmod(join(home, 'keys'), 0o700)
  await rm(file())
  await symlink('/etc/hostname', file())
  await expect(listSecretNames(home)).rejects.toThrow()
})

test('a file that is not ours is refused without showing it', async () => {
  await setSecret(home, 'KEY', 'value')
  await writeFile(file(), '{"version":1,"secrets":{"K":"hunter2hunter2"')
  await expect(listSecretNames(home)).rejects.toThrow(/restore it/u)
  await expect(listSecretNames(home)).rejects.not.toThrow(/hunter2/u)
})

test('writers at the same time lose nothing', async () => {
  const names = Array.from({ length: 20 }, (_, index) => `KEY_${String(index)}`)
  await Promise.all(names.map((name) => setSecret(home, name, `value of ${name}`)))
  expect(await listSecretNames(home)).toEqual(names.toSorted())
  expect(JSON.parse(await readFile(file(), 'utf8'))).toMatchObject({ version: 1 })
})

test('a value comes from a stream, without the newline that ends it', async () => {
  expect(await readSecretValue(Readable.from(['line one\n', 'line two\r\n']))).toBe('line one\nline two')
  await expect(readSecretValue(Readable.from(['x'.repeat(300_000)]))).rejects.toMatchObject({
    code: 'PAYLOAD_TOO_LARGE',
  })
})

test('a bad name or value is refused without telling the value', async () => {
  for (const [name, value] of [
    ['1x', 'hunter2hunter2'],
    ['../x', 'hunter2hunter2'],
    ['X', ''],
    ['X', 'hunter2hunter2\u0000'],
  ] as const) {
    const outcome = await setSecret(home, name, value).catch((error: unknown) => error)
    expect(outcome).toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(String(outcome)).not.toContain('hunter2')
  }
})

test('redaction hides a value plain, in JSON, in a URL and in base64, and leaves short ones alone', () => {
  const value = 'p@ss "word"/1'
  const redact = makeRedactor([value, 'p@ss "word"/1-longer', 'abc'])
  for (const form of [
    value,
    JSON.stringify({ value }),
    encodeURIComponent(value),
    Buffer.from(value).toString('base64'),
  ]) {
    expect(redact(`before ${form} after`)).toContain('[secret]')
    expect(redact(`before ${form} after`)).not.toContain(form)
  }
  expect(redact('p@ss "word"/1-longer')).toBe('[secret]')
  expect(redact('abc')).toBe('abc')
})
