import { describe, expect, test } from 'vitest'
import { readSources } from './support/read-sources.ts'
import { findEmptyCatches, findEnvironmentReads, findWildcardExports } from './support/source-rules.ts'

const FILE = 'apps/ropewalk/src/engine/a.ts'

function file(text: string, name = FILE): ReadonlyMap<string, string> {
  return new Map([[name, text]])
}

describe('our own sources', () => {
  const sources = readSources()

  test('read the environment in config.ts alone, which main.ts hands it', () => {
    expect(findEnvironmentReads(sources)).toEqual([])
  })

  test('have no catch in which nothing happens', () => {
    expect(findEmptyCatches(sources)).toEqual([])
  })

  test('export by name', () => {
    expect(findWildcardExports(sources)).toEqual([])
  })
})

describe('the environment check', () => {
  test.each([
    `const port = process.env.PORT`,
    `const port = process['env'].PORT`,
    `const { PORT } = process.env`,
    `import { env } from 'node:process'`,
    `import { env as settings } from 'process'`,
  ])('finds %s', (text) => {
    expect(findEnvironmentReads(file(`\n${text}`))).toEqual([`${FILE}:2`])
  })

  test('lets config.ts and main.ts read it, and words about it stand', () => {
    expect(findEnvironmentReads(file('process.env', 'apps/ropewalk/src/config.ts'))).toEqual([])
    expect(findEnvironmentReads(file('process.env', 'apps/ropewalk/src/main.ts'))).toEqual([])
    expect(findEnvironmentReads(file(`// process.env\nconst text = 'process.env'`))).toEqual([])
  })
})

describe('the catch check', () => {
  test.each([
    `try { a() } catch {}`,
    `try { a() } catch (error) { /* it does not matter */ }`,
    `await a().catch(() => {})`,
    `await a().catch(function () {})`,
  ])('finds %s', (text) => {
    expect(findEmptyCatches(file(text))).toEqual([`${FILE}:1`])
  })

  test('lets a catch that does something stand', () => {
    expect(findEmptyCatches(file(`try { a() } catch (error) { throw translate(error) }`))).toEqual([])
    expect(findEmptyCatches(file(`await a().catch((error) => log(error))`))).toEqual([])
  })
})

describe('the wildcard check', () => {
  test.each([`export * from './b.ts'`, `export * as b from './b.ts'`, `export type * from './b.ts'`])(
    'finds %s',
    (text) => {
      expect(findWildcardExports(file(text))).toEqual([`${FILE}:1`])
    },
  )

  test('lets named exports stand', () => {
    expect(findWildcardExports(file(`export { b } from './b.ts'\nexport const c = 1`))).toEqual([])
  })
})
