import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { inEachSandbox, makeCheckout, MANIFEST, PRD, runGuard, runSpawned } from './support.ts'
import { REPOSITORY } from '../../core/test/contract/samples/repository.ts'

const makeContext = (argv: readonly string[] | null, runner: string | null) => ({
  ...REPOSITORY.RepoContext,
  test_runner: runner,
  commands: {
    ...REPOSITORY.RepoContext.commands,
    test: argv === null ? null : { argv, source: 'package.json#/scripts/test' },
  },
})

const FILES = {
  'run.mjs': `import { writeFileSync } from 'node:fs'
writeFileSync('left-behind.txt', 'x')
console.log('ok 1 - REQ-001 and REQ-002 are verified')
process.exit(Number(process.argv[2]))`,
}

const run = (code: number | string, more: Parameters<typeof runGuard>[1] = {}) =>
  runGuard('tests', {
    judged: { RepoManifest: { ...MANIFEST, language: 'other' } },
    others: { PRD, RepoContext: makeContext(['node', 'run.mjs', String(code)], 'jest') },
    dir: makeCheckout(FILES),
    ...more,
  })

inEachSandbox('tests by a project’s own command', (runConfined) => {
  test('pass by their exit code, and verify no requirement whatever they print', async () => {
    const dir = makeCheckout(FILES)
    const found = await run(0, { dir, runConfined })
    expect(found).toMatchObject({
      outcome: 'pass',
      score: 1,
      tool: 'jest',
      argv: ['node', 'run.mjs', '0'],
      exitCode: 0,
      requirements: [],
      reasons: [
        expect.stringMatching(/jest gives no report that can be sealed.*no requirement is verified/u),
      ],
    })
    expect(existsSync(join(dir, 'left-behind.txt'))).toBe(false)
  })

  test('fail by it, with what they said', async () => {
    const found = await run(3, { runConfined })
    expect(found).toMatchObject({ outcome: 'fail', score: 0, severity: 'critical', exitCode: 3 })
    expect(found.reasons[0]).toMatch(/node run\.mjs 3 ended with exit code 3\. It said: ok 1/u)
  })
})

describe('a project with another runner than Node’s', () => {
  test.each([126, 127])('has no tests here where its program is not (exit code %i)', async (code) => {
    expect(await run(code)).toMatchObject({ outcome: 'not-run', score: 0 })
  })

  test.each(['tests-bite', 'coverage'])('has no %s that can be believed', async (guard) => {
    const found = await runGuard(guard, {
      judged: { RepoManifest: MANIFEST },
      others: { PRD, RepoContext: makeContext(['node', 'run.mjs', '0'], 'jest') },
      dir: makeCheckout(FILES),
    })
    expect(found.outcome).toBe('not-run')
    expect(found.reasons[0]).toContain('jest')
  })

  test('is not believed where an agent’s manifest says so and nobody read it', async () => {
    const manifest = { ...MANIFEST, language: 'other', commands: { build: null, lint: null, test: ['true'] } }
    const found = await run(0, {
      judged: { RepoManifest: manifest },
      others: { PRD },
      runConfined: runSpawned,
    })
    expect(found.outcome).toBe('fail')
  })
})
