import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { describe, expect, test } from 'vitest'

const QUICK_START = path.resolve(import.meta.dirname, '../support/quick-start.ts')
const STORE = path.resolve(import.meta.dirname, '../../src/store/open.ts')
const require = createRequire(STORE)

/** What a program prints that loads the package on its own and says what came and from where. */
const load = (args: readonly string[]): string => {
  const code = `
    import { createRequire } from 'node:module'
    import { pathToFileURL } from 'node:url'
    const find = (name) => pathToFileURL(createRequire(${JSON.stringify(STORE)}).resolve(name).replace(/cjs$/u, 'js'))
    for (const name of ['drizzle-orm', 'drizzle-orm/pg-core']) {
      const found = await import(find(name))
      console.log(name, Object.keys(found).length, Object.keys(found).join(' '))
    }`
  const { stdout, stderr } = spawnSync(process.execPath, [...args, '--input-type=module', '-e', code], {
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  return stdout
}

describe('the short way to the files of drizzle-orm', () => {
  test('rests on all its .js files being ES modules', () => {
    const folder = path.dirname(require.resolve('drizzle-orm'))
    const { type } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as { type?: string }
    expect(type).toBe('module')
  })

  test('leads to the same as the long one', () => {
    const long = load([])
    expect(long).toContain('pgTable')
    expect(load(['--import', QUICK_START])).toBe(long)
  })
})
