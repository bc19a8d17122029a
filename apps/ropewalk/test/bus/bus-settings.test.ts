import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeSettingsRedactor } from '../../src/cli/model-access.ts'
import { readConfig } from '../../src/config.ts'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'bus-settings-'))
})
afterEach(() => {
  rmSync(dir, { recursive: true })
})

const read = (env: NodeJS.ProcessEnv = {}) => readConfig({ HOME: dir, ...env }, { cwd: dir })

test('the bus is Postgres under the name audit, unless somebody says otherwise', () => {
  expect(read()).toMatchObject({ bus: 'postgres', busNamespace: 'audit' })
  const env = {
    ROPEWALK_BUS: 'redis',
    ROPEWALK_REDIS_URL: 'rediss://h:6380/2',
    ROPEWALK_BUS_NAMESPACE: 'team.a',
  }
  expect(read(env)).toMatchObject({ bus: 'redis', redisUrl: 'rediss://h:6380/2', busNamespace: 'team.a' })
})

test.each(['bus: redis', 'redisUrl: redis://evil.test', 'busNamespace: other'])(
  'a project file may not set %s',
  (line) => {
    mkdirSync(path.join(dir, '.ropewalk'))
    writeFileSync(path.join(dir, '.ropewalk', 'config.yaml'), `${line}\n`)
    expect(() => readConfig({ HOME: path.join(dir, 'home') }, { cwd: dir })).toThrowError(/may not set/u)
  },
)

test.each([
  ['ROPEWALK_BUS', 'memory'],
  ['ROPEWALK_REDIS_URL', 'http://user:topsecret@host'],
  ['ROPEWALK_REDIS_URL', 'user:topsecret@host'],
  ['ROPEWALK_BUS_NAMESPACE', 'a b'],
  ['ROPEWALK_BUS_NAMESPACE', 'a:b'],
])('%s=%s is refused without being repeated', (name, value) => {
  let message = ''
  try {
    read({ [name]: value })
  } catch (error) {
    message = String(error)
  }
  expect(message).toContain(name)
  expect(message).not.toContain('topsecret')
})

test('what is logged has neither the url of Redis nor its password', () => {
  const redact = makeSettingsRedactor(read({ ROPEWALK_REDIS_URL: 'redis://me:pa%2Fss-word@host:6379' }))
  const text = redact('WRONGPASS pa/ss-word at redis://me:pa%2Fss-word@host:6379, or pa%2Fss-word')
  expect(text).not.toMatch(/ss-word/u)
  expect(() => makeSettingsRedactor(read({ ROPEWALK_REDIS_URL: 'redis://me:100%@host' }))).not.toThrow()
})
