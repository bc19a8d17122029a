import { hasCode } from '@ropewalk/core/errors'
import { expect, test } from 'vitest'
import { checkModels } from '../../src/cli/checks.ts'
import { refuseSimulated } from '../../src/cli/model-access.ts'
import { readConfig, type Config } from '../../src/config.ts'

const BEHIND = { ROPEWALK_MODEL: 'openai/some,offline', OPENAI_API_KEY: 'k' }
const REAL = { ...BEHIND, ROPEWALK_MODEL: 'openai/some' }

const configure = (env: Readonly<Record<string, string>>): Config =>
  readConfig({ HOME: '/nowhere', ...env }, { cwd: '/nowhere' })

const isRefused = (config: Config): boolean => {
  try {
    refuseSimulated(config)
    return false
  } catch (error) {
    return hasCode(error, 'FORBIDDEN')
  }
}

test.each([
  ['the default', {}, true],
  ['a list that ends with it', BEHIND, true],
  ['a list without it', REAL, false],
])('in production the offline model may not work: %s', async (_what, env, refused) => {
  const config = configure({ ...env, ROPEWALK_PRODUCTION: 'true' })
  expect(isRefused(config)).toBe(refused)
  expect((await checkModels(config)).standing).toBe(refused ? 'bad' : 'good')
})

test('elsewhere it may', async () => {
  expect(isRefused(configure({}))).toBe(false)
  expect((await checkModels(configure(BEHIND))).standing).toBe('good')
})
