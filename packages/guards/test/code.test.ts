import { createHash } from 'node:crypto'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { getHollow } from '../src/suite/hollow.ts'
import { listCodeLines } from '../src/suite/line-coverage.ts'
import {
  IDEA,
  makeCheckout,
  MANIFEST,
  PRD,
  REPOSITORY,
  runGuard,
  inEachSandbox,
  type Judged,
} from './support.ts'

const HONEST_TEST = REPOSITORY['test/links.test.js'] ?? ''

const runOnCode = (guard: string, files: Readonly<Record<string, string>>, facts: Judged = {}) =>
  runGuard(guard, { judged: { RepoManifest: MANIFEST }, others: { PRD }, dir: makeCheckout(files), ...facts })

test.each(['compile', 'tests', 'tests-bite', 'coverage', 'sbom'])(
  '%s is not run without code',
  async (name) => {
    expect((await runGuard(name, { judged: { RepoManifest: MANIFEST }, others: { PRD } })).outcome).toBe(
      'not-run',
    )
  },
)

test.each(['compile', 'tests', 'tests-bite', 'coverage'])(
  '%s ends as an error without a manifest',
  async (name) => {
    const found = await runOnCode(name, REPOSITORY, { judged: {} })
    expect(found).toMatchObject({ outcome: 'error', reasons: [expect.stringMatching(/RepoManifest/u)] })
  },
)

inEachSandbox('compile', (runConfined) => {
  test('passes files that parse', async () => {
    const found = await runOnCode(
      'compile',
      { ...REPOSITORY, 'old.cjs': 'module.exports = 1' },
      { runConfined },
    )
    expect(found).toMatchObject({ outcome: 'pass', score: 1, tool: 'node --check', exitCode: 0 })
    expect(found.metrics).toMatchObject({ files: 3, json_files: 1 })
  })

  test('fails what does not parse or is not there, and names it', async () => {
    const files = { ...REPOSITORY, 'src/links.js': 'export const = 1', 'data.json': '{"a":}' }
    const manifest = { ...MANIFEST, entry: 'src/main.js' }
    const found = await runOnCode('compile', files, { runConfined, judged: { RepoManifest: manifest } })
    expect(found).toMatchObject({ outcome: 'fail', severity: 'critical' })
    const reasons = found.reasons.join('\n')
    expect(reasons).toMatch(/src\/main\.js, which the commit does not have/u)
    expect(reasons).toMatch(/src\/links\.js does not parse: SyntaxError/u)
    expect(reasons).toMatch(/data\.json is not JSON/u)
  })

  test('an entry that is a link out of the commit is not there', async () => {
    const dir = makeCheckout(REPOSITORY)
    symlinkSync('/etc/hostname', join(dir, 'src/main.js'))
    const manifest = { ...MANIFEST, entry: 'src/main.js' }
    const found = await runGuard('compile', { judged: { RepoManifest: manifest }, dir, runConfined })
    expect(found.outcome).toBe('fail')
  })
})

inEachSandbox('tests-bite', (runConfined) => {
  test('passes a suite that fails without the code', async () => {
    const found = await runOnCode('tests-bite', REPOSITORY, { runConfined })
    expect(found).toMatchObject({ outcome: 'pass', score: 1, reasons: [] })
    expect(found.exitCode).not.toBe(0)
  })

  test('fails a suite that needs no code', async () => {
    const empty = `import { test } from 'node:test'
      import { follow } from '../src/links.js'
      test('REQ-001 fine', () => {}); test('REQ-002 fine', () => { typeof follow })`
    const found = await runOnCode(
      'tests-bite',
      { ...REPOSITORY, 'test/links.test.js': empty },
      { runConfined },
    )
    expect(found).toMatchObject({
      outcome: 'fail',
      score: 0,
      severity: 'critical',
      reasons: ['The tests pass without the code.'],
    })
  })
})

test('tests-bite refuses a test that looks at nothing, however many others bite', async () => {
  const text = HONEST_TEST.replace(/assert\.equal\(shorten.*$/mu, 'assert.ok(true)')
  const files = { ...REPOSITORY, 'test/links.test.js': text }
  const found = await runOnCode('tests-bite', files, { settings: { min: 0 } })
  expect(found).toMatchObject({
    outcome: 'fail',
    score: 0,
    severity: 'critical',
    reasons: ['The tests of REQ-001 pass without any file of the repository: they look at nothing.'],
  })
})

test('tests-bite counts a test of other files than code, and does not refuse it', async () => {
  const text = HONEST_TEST.replace(
    /assert\.equal\(shorten.*$/mu,
    `assert.match(readFileSync('README.md', 'utf8'), /./)`,
  ).replace(/^/u, `import { readFileSync } from 'node:fs'\n`)
  const files = { ...REPOSITORY, 'README.md': '# Links', 'test/links.test.js': text }
  const reasons = ['The tests of REQ-001 pass without the code.']
  const judge = (min: number) => runOnCode('tests-bite', files, { settings: { min } })
  expect(await judge(0.5)).toMatchObject({ outcome: 'pass', score: 0.5, reasons })
  expect(await judge(0.9)).toMatchObject({ outcome: 'fail', score: 0.5, reasons })
})

test('a hollow module keeps the names and nothing else', () => {
  const source = `export async function a() { return 1 }\nexport const b = 2\nclass C {}\nexport { C, b as d }\nexport default a`
  expect(getHollow('x.mjs', source, 'commonjs')).toBe(
    'const hollow = function () {}\nexport { hollow as a, hollow as b, hollow as C, hollow as d, hollow as default }\n',
  )
  expect(getHollow('x.js', 'exports.a = () => 1\nmodule.exports = { b, c: 2 }', 'commonjs')).toMatch(
    /'a'[^]*'b'[^]*'c'/u,
  )
  expect(getHollow('page.html', '<p>', 'module')).toBe('')
})

inEachSandbox('coverage', (runConfined) => {
  test('passes sources whose lines were run', async () => {
    const found = await runOnCode('coverage', REPOSITORY, { runConfined })
    expect(found).toMatchObject({ outcome: 'pass', score: 1 })
    expect(found.metrics).toMatchObject({ percent: 100, lines: 9 })
  })

  test('counts lines in processes that the tests start', async () => {
    const files = {
      ...REPOSITORY,
      'src/links.js': `${REPOSITORY['src/links.js'] ?? ''}
if (process.argv[2] === 'serve') {
  console.log('one')
  console.log('two')
  console.log('three')
  console.log('four')
}`,
      'test/serve.test.js': `import { execFileSync } from 'node:child_process'
        import { test } from 'node:test'
        test('starts', () => { execFileSync(process.execPath, ['src/links.js', 'serve']) })`,
    }
    expect((await runOnCode('coverage', files, { runConfined })).metrics).toMatchObject({ percent: 100 })
  })
})

test('coverage fails thin suites and counts sources that no test loads', async () => {
  const files = { ...REPOSITORY, 'src/more.js': 'export const more = () => {\n  return 1\n}\n'.repeat(1) }
  const found = await runOnCode('coverage', files, { settings: { min_percent: 90 } })
  expect(found).toMatchObject({ outcome: 'fail', severity: 'major' })
  expect(found.score).toBeCloseTo((100 * 9) / 12 / 90)
  expect(found.reasons).toEqual([
    '75.0 % of 12 code lines were run, expected 90 %.',
    'src/more.js: 0 of 3 lines were run.',
  ])
})

test('comments and blank lines are no code', () => {
  const text = '#!/usr/bin/env node\n// a\n\n/* b\n c */\n/* d */ run()\n/** e */\n  go() // f\n'
  expect(listCodeLines(text).map(([start, end]) => text.slice(start, end))).toEqual([
    '/* d */ run()',
    'go() // f',
  ])
})

describe('secrets', () => {
  // Made here, so that no file of ours holds anything that looks like a secret.
  const token = `ghp_${createHash('sha512').update('not a token').digest('hex').slice(0, 36)}`

  test('passes a clean checkout and clean documents', async () => {
    const found = await runOnCode('secrets', REPOSITORY, { others: { Idea: IDEA } })
    expect(found).toMatchObject({ outcome: 'pass', score: 1, tool: 'secretlint', severity: 'info' })
    expect(found.toolVersion).toMatch(/^\d+\.\d+\.\d+$/u)
  })

  test.each([
    ['a file', { 'src/config.js': `\n\nexport const key = '${token}'\n` }, /^src\/config\.js:3: /u],
    [
      'a file that tries to switch rules off',
      { 'a.js': `// secretlint-disable\n// ${token}\n` },
      /^a\.js:2: /u,
    ],
    ['a large file', { 'big.txt': `${'x\n'.repeat(600_000)}${token}\n` }, /^big\.txt:600001: /u],
    ['a binary file', { 'data.bin': `\u0000\u0001${token}\n` }, /^data\.bin:1: /u],
  ])('finds a token in %s and never prints it', async (_where, files, reason) => {
    const found = await runOnCode('secrets', { ...REPOSITORY, ...files })
    expect(found).toMatchObject({ outcome: 'fail', score: 0, severity: 'critical' })
    expect(found.reasons[0]).toMatch(reason)
    expect(JSON.stringify(found)).not.toContain(token)
  })

  test('finds a token in a document', async () => {
    const found = await runGuard('secrets', { judged: { Idea: { text: `Use ${token} to sign in.` } } })
    expect(found.reasons).toEqual([expect.stringMatching(/^artifact Idea:1: a secret of kind /u)])
  })
})

describe('sbom', () => {
  const lock = (packages: object) => JSON.stringify({ name: 'links', lockfileVersion: 3, packages })
  const packageJson = (dependencies: object) =>
    JSON.stringify({ name: 'links', version: '1.2.3', dependencies })

  const readBom = (found: Awaited<ReturnType<typeof runGuard>>) =>
    JSON.parse(Buffer.from(found.outputs?.[0]?.bytes ?? []).toString('utf8')) as Record<string, unknown>

  test('a service without dependencies has itself only', async () => {
    const found = await runOnCode('sbom', REPOSITORY)
    expect(found).toMatchObject({ outcome: 'pass', score: 1, metrics: { components: 1, declared: 0 } })
    expect(readBom(found)).toMatchObject({
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      components: [],
      dependencies: [{ ref: '.', dependsOn: [] }],
    })
  })

  test('documents what the lock pins, with hashes and who needs whom', async () => {
    const files = {
      'package.json': packageJson({ '@scope/a': '^1.0.0' }),
      'package-lock.json': lock({
        '': { name: 'links' },
        'node_modules/@scope/a': {
          version: '1.0.1',
          license: 'MIT',
          integrity: `sha512-${'A'.repeat(86)}==`,
          dependencies: { b: '*' },
        },
        'node_modules/b': { version: '2.0.0', dev: true },
        'node_modules/@scope/a/node_modules/b': { version: '3.0.0' },
      }),
    }
    const found = await runOnCode('sbom', files)
    expect(found).toMatchObject({ outcome: 'pass', score: 1 })
    const bom = readBom(found)
    expect(bom['components']).toMatchObject([
      {
        group: '@scope',
        name: 'a',
        purl: 'pkg:npm/%40scope/a@1.0.1',
        hashes: [{ alg: 'SHA-512' }],
        scope: 'required',
      },
      { name: 'b', version: '2.0.0', scope: 'excluded' },
      { name: 'b', version: '3.0.0' },
    ])
    expect(bom['dependencies']).toContainEqual({
      ref: 'node_modules/@scope/a',
      dependsOn: ['node_modules/@scope/a/node_modules/b'],
    })
  })

  test('fails where a declared dependency has no known version', async () => {
    const found = await runOnCode('sbom', { 'package.json': packageJson({ a: '^1.0.0', b: '2.0.0' }) })
    expect(found).toMatchObject({ outcome: 'fail', score: 0.5 })
    expect(found.reasons).toEqual([expect.stringMatching(/^a is declared/u)])
    expect(
      (
        await runOnCode(
          'sbom',
          { 'package.json': packageJson({ a: '^1.0.0', b: '2.0.0' }) },
          { settings: { min: 0.5 } },
        )
      ).outcome,
    ).toBe('pass')
  })

  test('fails a lock file it cannot read', async () => {
    const files = { 'package.json': packageJson({}), 'package-lock.json': '{"lockfileVersion":1}' }
    expect((await runOnCode('sbom', files)).outcome).toBe('fail')
  })
})

describe('release', () => {
  const notes = {
    version: '1.1.0',
    title: 'First',
    summary: 'Links can be shortened.',
    changes: [{ kind: 'added', text: 'Shortening', cites: ['PRD#/requirements/0/statement'] }],
    known_gaps: [],
    how_to_run: 'node src/links.js',
  }
  const changed = (change: object) => ({ ...notes, changes: [{ ...notes.changes[0], ...change }] })

  const release = (text: unknown, files: Readonly<Record<string, string>> = {}) =>
    runOnCode(
      'release',
      { ...REPOSITORY, 'CHANGELOG.md': '# Changes\n\n## 1.1.0\n', ...files },
      { judged: { ReleaseNotes: text } },
    )

  test('passes notes that fit the repository', async () => {
    expect(await release(notes)).toMatchObject({ outcome: 'pass', score: 1, reasons: [] })
  })

  test.each([
    ['a lower version', { ...notes, version: '0.9.0' }, { 'CHANGELOG.md': '0.9.0' }, /lower than 1\.0\.0/u],
    [
      'a version with a leading zero',
      { ...notes, version: '1.01.0' },
      { 'CHANGELOG.md': '1.01.0' },
      /not a semantic version/u,
    ],
    ['no version', { ...notes, version: 'next' }, {}, /"next" is not a semantic version/u],
    [
      'a changelog without it',
      notes,
      { 'CHANGELOG.md': '## 1.1.0.1 and 11.1.0' },
      /CHANGELOG\.md does not name 1\.1\.0/u,
    ],
    [
      'a change without a requirement',
      changed({ cites: ['Idea#/text'] }),
      {},
      /changes\/0 cites no requirement/u,
    ],
    [
      'a change for none that exists',
      changed({ cites: ['PRD#/requirements/7'] }),
      {},
      /requirements\/7, which does not exist/u,
    ],
  ])('fails %s', async (_what, text, files, reason) => {
    const found = await release(text, files)
    expect(found.outcome).toBe('fail')
    expect(found.reasons.join('\n')).toMatch(reason)
  })

  test('is not run without notes, and ends as an error without a PRD', async () => {
    expect((await runGuard('release', { judged: { PRD } })).outcome).toBe('not-run')
    expect((await runGuard('release', { judged: { ReleaseNotes: notes } })).outcome).toBe('error')
  })
})
