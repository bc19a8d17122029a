import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readConfig } from '../src/config.ts'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'config-'))
})
afterEach(() => {
  rmSync(dir, { recursive: true })
})

const write = (file: string, text: string): void => {
  const full = path.join(dir, file)
  mkdirSync(path.dirname(full), { recursive: true })
  writeFileSync(full, text)
}
const read = (env: NodeJS.ProcessEnv = {}, flags: Parameters<typeof readConfig>[1] = {}) =>
  readConfig({ HOME: dir, ...env }, { cwd: path.join(dir, 'project'), ...flags })

test('a flag wins over the environment, that over the project, that over the user, that over the default', () => {
  expect(read().budgetUsd).toBe(5)
  write('.ropewalk/config.yaml', 'budgetUsd: 1\n')
  expect(read().budgetUsd).toBe(1)
  write('project/.ropewalk/config.yaml', 'budgetUsd: 2\n')
  expect(read().budgetUsd).toBe(2)
  expect(read({ ROPEWALK_BUDGET: '3' }).budgetUsd).toBe(3)
  expect(read({ ROPEWALK_BUDGET: '3' }, { flags: { budgetUsd: 4 } }).budgetUsd).toBe(4)
})

test('a budget of zero is zero, not the default', () => {
  expect(read({ ROPEWALK_BUDGET: '0' }).budgetUsd).toBe(0)
})

test.each([
  'openaiBaseUrl: http://evil.test',
  'databaseUrl: postgres://evil',
  'unconfined: true',
  'home: /tmp/evil',
  'notifyWebhook: http://evil.test',
  'notifyWebhookSecret: a secret of theirs',
  'notifyCommand: [evil]',
  'notifyAllowPrivate: true',
  'publicUrl: http://evil.test',
])('a project file may not set %s', (line) => {
  write('project/.ropewalk/config.yaml', `${line}\n`)
  expect(() => read()).toThrowError(/may not set/u)
})

test.each([
  [{ ROPEWALK_PORT: '70000' }, /port \(from ROPEWALK_PORT\)/u],
  [{ ROPEWALK_MODEL: 'gpt' }, /expected offline, openai\/NAME/u],
  [{ ROPEWALK_CLARIFICATION: 'sometimes' }, /clarification \(from ROPEWALK_CLARIFICATION\)/u],
])('a bad value names the setting and where it came from: %o', (env, message) => {
  expect(() => read(env)).toThrowError(message)
})

test('models are an ordered list', () => {
  expect(read({ ROPEWALK_MODEL: 'openai/a, anthropic/b ,offline' }).models).toEqual([
    'openai/a',
    'anthropic/b',
    'offline',
  ])
})

test('what somebody set is told apart from a default', () => {
  expect(read({ ROPEWALK_PORT: '18080' }).given.has('port')).toBe(true)
  expect(read().given.has('port')).toBe(false)
})

test('a file that is not YAML is named', () => {
  write('.ropewalk/config.yaml', 'a: [b')
  expect(() => read()).toThrowError(/config\.yaml is not valid YAML/u)
})

test('a command hook is a list of words, as YAML or as JSON in the environment', () => {
  write('.ropewalk/config.yaml', 'notifyCommand: [tell-me, --urgent]\n')
  expect(read().notifyCommand).toEqual(['tell-me', '--urgent'])
  expect(read({ ROPEWALK_NOTIFY_COMMAND: '["other", "a b"]' }).notifyCommand).toEqual(['other', 'a b'])
  expect(() => read({ ROPEWALK_NOTIFY_COMMAND: 'tell-me --urgent' })).toThrowError(/notifyCommand.*as JSON/u)
  expect(() => read({ ROPEWALK_NOTIFY_COMMAND: '[]' })).toThrowError(/notifyCommand/u)
  expect(() => read({ ROPEWALK_NOTIFY_COMMAND: '{"a": 1}' })).toThrowError(/notifyCommand/u)
})

test('what a command hook is given of the environment is three names and no more', () => {
  const { hookEnvironment } = read({ PATH: '/bin', LANG: 'C', OPENAI_API_KEY: 'k', ROPEWALK_HOME: dir })
  expect(hookEnvironment).toEqual({ PATH: '/bin', LANG: 'C', HOME: dir })
})

test.each(['short', 'whsec_MDEyMzQ1', 'whsec_????????????????????????????????'])(
  '%s signs no webhook',
  (value) => {
    expect(() => read({ ROPEWALK_NOTIFY_WEBHOOK_SECRET: value })).toThrowError(/notifyWebhookSecret/u)
    expect(() => read({ ROPEWALK_NOTIFY_WEBHOOK_SECRET: value })).not.toThrowError(value)
  },
)

test.each(['notifyWebhook', 'publicUrl'])('%s is an http address', (name) => {
  write('.ropewalk/config.yaml', `${name}: file:///etc/passwd\n`)
  expect(() => read()).toThrowError(/expected an http or https address/u)
})
