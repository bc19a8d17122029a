import { describe, expect, test } from 'vitest'
import { findFloorViolations, findImportCycles } from './support/floor-plan.ts'
import { readImports } from './support/read-imports.ts'
import { readSources } from './support/read-sources.ts'

const SRC = 'apps/ropewalk/src'

function violationsOf(files: Record<string, string>): readonly string[] {
  const sources = new Map(Object.entries(files))
  return findFloorViolations([...sources.keys()], readImports(sources))
}

function cyclesOf(files: Record<string, string>): readonly string[] {
  return findImportCycles(readImports(new Map(Object.entries(files))))
}

describe('our own sources', () => {
  const sources = readSources()
  const imports = readImports(sources)

  test('there are some, and their imports are seen', () => {
    expect(sources.size).toBeGreaterThan(10)
    expect(imports.filter((each) => each.isOurs).length).toBeGreaterThan(10)
  })

  test('imports go down the floor plan, never up or sideways', () => {
    expect(findFloorViolations([...sources.keys()], imports)).toEqual([])
  })

  test('no files load each other in a circle', () => {
    expect(findImportCycles(imports)).toEqual([])
  })
})

describe('the floor plan check', () => {
  test('accepts imports that go down, and main.ts using cli', () => {
    const files = {
      [`${SRC}/main.ts`]: `import { runCli } from './cli/run-cli.ts'`,
      [`${SRC}/cli/run-cli.ts`]: `import { serve } from '../http/serve.ts'`,
      [`${SRC}/http/serve.ts`]: `import { handle } from '../engine/handle.ts'`,
      [`${SRC}/engine/handle.ts`]: `import { append } from '../store/append.ts'\nimport { g } from '@ropewalk/guards/guard'`,
      [`${SRC}/store/append.ts`]: `import type { RunId } from '@ropewalk/core/ids'`,
      'packages/guards/src/guard.ts': `import { RopewalkError } from '@ropewalk/core/errors'`,
      'packages/core/src/errors.ts': `import { z } from 'zod'`,
    }
    expect(violationsOf(files)).toEqual([])
  })

  test.each([
    ['the store using the engine', `${SRC}/store/a.ts`, `import { b } from '../engine/b.ts'`, 'never up'],
    ['a type from above', `${SRC}/engine/a.ts`, `import type { B } from '../http/b.ts'`, 'never up'],
    ['an inline type from above', `${SRC}/engine/a.ts`, `let b: import('../http/b.ts').B`, 'never up'],
    ['a lazy import from above', `${SRC}/engine/a.ts`, `await import('../worker/b.ts')`, 'never up'],
    ['a re-export from above', `${SRC}/engine/a.ts`, `export { b } from '../cli/b.ts'`, 'never up'],
    ['http using the worker', `${SRC}/http/a.ts`, `import { b } from '../worker/b.ts'`, 'each other'],
    ['cli using main.ts', `${SRC}/cli/a.ts`, `import { b } from '../main.ts'`, 'each other'],
    ['core using guards', 'packages/core/src/a.ts', `import { b } from '@ropewalk/guards/b'`, 'nothing else'],
    ['core reading files', 'packages/core/src/a.ts', `import { b } from 'node:fs'`, 'no input or output'],
    [
      'guards using the app',
      'packages/guards/src/a.ts',
      `import '../../../${SRC}/engine/b.ts'`,
      'core alone',
    ],
    ['another app', 'apps/dashboard/src/a.ts', `import '../../ropewalk/src/engine/b.ts'`, 'not imported'],
    ['a folder nobody drew', `${SRC}/helpers/a.ts`, `export const b = 1`, 'no floor'],
  ])('refuses %s', (_title, file, text, why) => {
    expect(violationsOf({ [file]: text })).toEqual([expect.stringContaining(why)])
  })
})

describe('the cycle check', () => {
  test('names the way round', () => {
    const files = {
      'packages/core/src/a.ts': `import { b } from './b.ts'`,
      'packages/core/src/b.ts': `import { c } from './run/c.ts'`,
      'packages/core/src/run/c.ts': `export { a } from '../a.ts'`,
    }
    const [a, b, c] = Object.keys(files)
    expect(cyclesOf(files)).toEqual([`${a} → ${b} → ${c} → ${a}`])
  })

  test('sees a file that imports itself by its public name', () => {
    expect(cyclesOf({ 'packages/core/src/a.ts': `import { b } from '@ropewalk/core/a'` })).toHaveLength(1)
  })

  test('lets types and lazy imports go round', () => {
    const files = {
      'packages/core/src/a.ts': `import { b } from './b.ts'`,
      'packages/core/src/b.ts': `import type { A } from './a.ts'\nconst load = () => import('./a.ts')`,
    }
    expect(cyclesOf(files)).toEqual([])
  })
})
