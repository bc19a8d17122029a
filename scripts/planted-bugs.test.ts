import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parsePlanted } from './planted/planted-bug.ts'

const ROOT = resolve(import.meta.dirname, '..')
const PLANTED = join(ROOT, 'test', 'planted')

const patches = readdirSync(PLANTED).filter((name) => name.endsWith('.patch'))

describe('the planted bugs', () => {
  test('are there', () => {
    expect(patches.length).toBeGreaterThanOrEqual(15)
  })

  test.each(patches)('%s names a test file that is there, and applies to the sources as they are', (name) => {
    const bug = parsePlanted(name, readFileSync(join(PLANTED, name), 'utf8'))
    expect(existsSync(join(ROOT, bug.file))).toBe(true)
    const { status, stderr } = spawnSync('git', ['apply', '--check', '-'], {
      cwd: ROOT,
      input: bug.text,
      encoding: 'utf8',
    })
    expect([status, stderr]).toEqual([0, ''])
  })
})

test('a patch that does not say which test sees it is refused', () => {
  expect(() => parsePlanted('x.patch', 'Words.\n\n--- a/x\n+++ b/x\n')).toThrow(/Expect-Red/u)
  const text = 'Words.\nExpect-Red: a/b.test.ts "kept "as it is""\n\n--- a/x\n+++ b/x\n'
  expect(parsePlanted('x.patch', text)).toMatchObject({
    name: 'x',
    file: 'a/b.test.ts',
    title: 'kept "as it is"',
  })
})
