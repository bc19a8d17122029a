import { describe, expect, test } from 'vitest'
import { RopewalkError } from '@ropewalk/core/errors'
import {
  makeCheckout,
  MANIFEST,
  PRD,
  REPOSITORY,
  runGuard,
  runSpawned,
  inEachSandbox,
  type Judged,
} from './support.ts'

const BAD_SOURCE = REPOSITORY['src/links.js']?.replace('links.get(code)', 'undefined') ?? ''
const HONEST_TEST = (REPOSITORY['test/links.test.js'] ?? '').replace(
  "leads to its link', () => {\n    assert.equal",
  "leads to its link', (t) => {\n    t.assert.strictEqual(follow('000000'), undefined)\n    t.assert.strictEqual",
)

const runTests = (files: Readonly<Record<string, string>>, facts: Judged = {}) =>
  runGuard('tests', {
    judged: { RepoManifest: MANIFEST },
    others: { PRD },
    dir: makeCheckout(files),
    ...facts,
  })

const FALSE_NAMES = `['REQ-001 a link becomes a code of 6 characters', 'REQ-002 following']`

/** Test files that prove nothing and claim everything. */
const FALSE_REPORTS: Readonly<Record<string, string>> = {
  'TAP on standard output': `
    console.log('TAP version 13')
    ${FALSE_NAMES}.forEach((name, i) => console.log('ok ' + (i + 1) + ' - ' + name))
    console.log('1..2\\n# tests 2\\n# pass 2\\n# fail 0')
    process.exit(0)`,
  'JSON events on standard output': `
    for (const name of ${FALSE_NAMES})
      console.log(JSON.stringify({ type: 'test:pass', data: { name, nesting: 0, testId: 1, details: {} } }))
    process.exit(0)`,
  'our own report, unsealed, in every folder it can write': `
    import fs from 'node:fs'
    import path from 'node:path'
    const body = ${FALSE_NAMES}.map((name, i) => JSON.stringify({ type: 'result', id: i + 1, parent: 0, kind: 'test',
      outcome: 'pass', name, file: import.meta.filename, ms: 1, error: '' })).join('\\n') +
      '\\n{"type":"summary","tests":2,"passed":2,"failed":0,"cancelled":0,"skipped":0}\\n' +
      '{"type":"seal","hmac":"' + 'ab'.repeat(32) + '"}\\n'
    const reports = path.join(import.meta.dirname, '..', '..', 'reports')
    console.log(body)
    try { fs.writeFileSync(path.join(reports, 'report'), body) } catch (error) { console.error(error.message) }
    process.exit(0)`,
  'V8-serialised events, as the runner takes them from its children': `
    import v8 from 'node:v8'
    for (const name of ${FALSE_NAMES}) {
      const message = new v8.DefaultSerializer()
      message.writeHeader()
      message.writeValue({ type: 'test:pass', data: { name, nesting: 0, testNumber: 1, details: { duration_ms: 1 } } })
      const body = message.releaseBuffer()
      const length = Buffer.alloc(4)
      length.writeUInt32BE(body.length)
      process.stdout.write(Buffer.concat([Buffer.from([0xff, 0x0f]), length, body]))
    }
    process.exit(0)`,
}

/** Lines put before the honest tests, with a service that is broken. */
const INSIDE_JOBS: Readonly<Record<string, string>> = {
  'exit 0 at the top': `process.exit(0)`,
  'exit code 0 forced at the end': `process.on('exit', () => { process.exitCode = 0 })`,
  'assertions replaced': `
    import nodeAssert from 'node:assert'
    import { syncBuiltinESMExports } from 'node:module'
    for (const name of ['equal', 'strictEqual', 'ok']) {
      try { nodeAssert[name] = nodeAssert.strict[name] = () => {} } catch (error) { console.error(error.message) }
    }
    syncBuiltinESMExports()`,
  'assertions of the test context replaced': `
    import nodeTest from 'node:test'
    for (const name of ['equal', 'strictEqual']) {
      try { nodeTest.assert.register(name, () => {}) } catch (error) { console.error(error.message) }
    }`,
  'the event emitter turned round': `
    import { EventEmitter } from 'node:events'
    const { emit } = EventEmitter.prototype
    const lie = (type) => (type === 'test:fail' ? 'test:pass' : type)
    try { EventEmitter.prototype.emit = function (type, ...rest) { return emit.call(this, lie(type), ...rest) } }
    catch (error) { console.error(error.message) }`,
  'the event stream turned round': `
    import { Readable } from 'node:stream'
    const { push } = Readable.prototype
    const lie = function (chunk, ...rest) {
      if (chunk?.type === 'test:fail') chunk.type = 'test:pass'
      if (chunk?.type === 'test:summary') Object.assign(chunk.data.counts, { passed: 2, failed: 0 })
      return push.call(this, chunk, ...rest)
    }
    try { Readable.prototype.push = lie } catch (error) { console.error(error.message) }
    process.exitCode = 0
    process.on('exit', () => { process.exitCode = 0 })`,
  'JSON, strings and files turned round': `
    import fs from 'node:fs'
    const lie = (text) => typeof text === 'string' ? text.replaceAll('"fail"', '"pass"') : text
    const { stringify } = JSON
    JSON.stringify = (...rest) => lie(stringify(...rest))
    Object.prototype.toJSON = function () { return this }
    const { charCodeAt } = String.prototype
    String.prototype.charCodeAt = function (at) { return charCodeAt.call(lie(this), at) }
    const { writeFileSync, writeSync } = fs
    fs.writeFileSync = (path, text, ...rest) => writeFileSync(path, lie(text), ...rest)
    fs.writeSync = (fd, text, ...rest) => writeSync(fd, lie(text), ...rest)
    process.on('exit', () => { process.exitCode = 0 })`,
  'the written report changed at the end': `
    import fs from 'node:fs'
    import path from 'node:path'
    const reports = path.join(process.cwd(), '..', 'reports')
    process.on('exit', () => {
      process.exitCode = 0
      for (const name of fs.readdirSync(reports)) {
        const file = path.join(reports, name)
        const lie = fs.readFileSync(file, 'utf8').replaceAll('"fail"', '"pass"').replace('"failed":1', '"failed":0')
        fs.writeFileSync(file, lie.replace('"passed":1', '"passed":2'))
      }
    })`,
  'its own inspector': `
    import inspector from 'node:inspector'
    try { const session = new inspector.Session(); session.connect(); session.post('Runtime.enable') ; process.exit(0) }
    catch (error) { console.error(error.message) }`,
}

inEachSandbox('the tests guard', (runConfined) => {
  test('passes an honest suite and tells what each test proved', async () => {
    const found = await runTests(REPOSITORY, { runConfined })
    expect(found.reasons).toEqual([])
    expect(found).toMatchObject({ outcome: 'pass', score: 1, exitCode: 0, toolVersion: process.version })
    expect(found.confined).toBe(runConfined === runSpawned ? 'no' : 'yes')
    expect(found.argv).toContain('--test')
    expect(found.metrics).toMatchObject({ total: 2, passed: 2, failed: 0, skipped: 0 })
    expect(found.requirements).toEqual([
      {
        requirementId: 'REQ-001',
        test: 'REQ-001 a link becomes a code of 6 characters',
        file: 'test/links.test.js',
        outcome: 'pass',
      },
      {
        requirementId: 'REQ-002',
        test: 'REQ-002 following a code leads to its link',
        file: 'test/links.test.js',
        outcome: 'pass',
      },
    ])
    expect(found.outputs?.[0]?.name).toBe('test-report.ndjson')
  })

  test('fails where one test fails, and says which', async () => {
    const found = await runTests({ ...REPOSITORY, 'src/links.js': BAD_SOURCE }, { runConfined })
    expect(found.outcome).toBe('fail')
    expect(found.score).toBeLessThan(1)
    expect(found.reasons.join('\n')).toMatch(/REQ-002 following a code leads to its link" failed/u)
    expect(found.reasons).toContain('No test that passes names REQ-002.')
    expect(found.requirements?.map(({ outcome }) => outcome)).toEqual(['pass', 'fail'])
  })

  test('asks for tests of those priorities alone that its settings name', async () => {
    const [first, second] = PRD.requirements
    const prd = { ...PRD, requirements: [first, { ...second, priority: 'could' }] }
    const files = { ...REPOSITORY, 'test/links.test.js': HONEST_TEST.replaceAll('REQ-002 ', '') }
    const judge = (settings: Readonly<Record<string, unknown>>) =>
      runTests(files, { runConfined, settings, others: { PRD: prd } })
    expect(await judge({})).toMatchObject({ outcome: 'fail' })
    expect(await judge({ priorities: ['must'] })).toMatchObject({ outcome: 'pass', reasons: [] })
  })

  test.each(Object.entries(FALSE_REPORTS))('a false report is refused: %s', async (_attack, text) => {
    const found = await runTests({ ...REPOSITORY, 'test/links.test.js': text }, { runConfined })
    expect(found).toMatchObject({ outcome: 'fail', score: 0, severity: 'critical' })
    expect(found.metrics).toMatchObject({ passed: 0 })
  })

  test.each(Object.entries(INSIDE_JOBS))(
    'a broken service is not passed by %s, in the test file',
    async (_attack, lines) => {
      const files = {
        ...REPOSITORY,
        'src/links.js': BAD_SOURCE,
        'test/links.test.js': `${lines}\n${HONEST_TEST}`,
      }
      const found = await runTests(files, { runConfined })
      expect(found.outcome).toBe('fail')
      expect(found.reasons).toContain('No test that passes names REQ-002.')
    },
  )

  test.each(Object.entries(INSIDE_JOBS))(
    'a broken service is not passed by %s, in the source',
    async (_attack, lines) => {
      const files = {
        ...REPOSITORY,
        'src/links.js': `${lines}\n${BAD_SOURCE}`,
        'test/links.test.js': HONEST_TEST,
      }
      const found = await runTests(files, { runConfined })
      expect(found.outcome).toBe('fail')
      expect(found.reasons).toContain('No test that passes names REQ-002.')
    },
  )

  test('a test file that overwrites the reporter and other tests changes nothing but its own fate', async () => {
    const attack = `
      import fs from 'node:fs'
      const flag = process.execArgv.find((one) => one.startsWith('--test-reporter='))
      const reporter = flag?.slice('--test-reporter='.length)
      for (const file of [reporter, 'test/links.test.js', 'src/links.js']) {
        try { fs.chmodSync(file, 0o666); fs.writeFileSync(file, 'export default async function* () {}') }
        catch (error) { console.error(error.message) }
      }`
    const files = { ...REPOSITORY, 'src/links.js': BAD_SOURCE, 'test/a.test.js': attack }
    const found = await runTests(files, { runConfined })
    expect(found.outcome).toBe('fail')
    expect(found.reasons).toContain('No test that passes names REQ-002.')
    expect(found.reasons.join('\n')).toMatch(/test\/a\.test\.js/u)
  })

  test('settings that a repository brings along do not steer the run', async () => {
    const files = {
      ...REPOSITORY,
      'src/links.js': BAD_SOURCE,
      'skip.mjs': `process.exit(0)`,
      'package.json': JSON.stringify({
        name: 'links',
        version: '1.0.0',
        type: 'module',
        scripts: { test: 'exit 0', pretest: 'exit 0' },
        config: { node_options: '--import ./skip.mjs' },
      }),
      '.npmrc': 'node-options=--import ./skip.mjs\nscript-shell=/bin/true\n',
      '.env': 'NODE_OPTIONS=--import ./skip.mjs\n',
      'node.config.json': JSON.stringify({
        nodeOptions: { import: ['./skip.mjs'] },
        testRunner: { 'test-name-pattern': 'REQ-001' },
      }),
    }
    const found = await runTests(files, { runConfined })
    expect(found.outcome).toBe('fail')
    expect(found.metrics).toMatchObject({ total: 2, passed: 1, failed: 1 })
  })

  test('a file that never ends is stopped and fails', async () => {
    const files = { ...REPOSITORY, 'test/links.test.js': `${HONEST_TEST}\nsetInterval(() => {}, 1000)` }
    const found = await runTests(files, { runConfined, settings: { timeout_ms: 1500 } })
    expect(found.outcome).toBe('fail')
    expect(found.reasons.join('\n')).toMatch(/time limit/u)
  })
})

describe('the tests guard', () => {
  test('no tests at all fail, critical', async () => {
    const { 'test/links.test.js': _gone, ...rest } = REPOSITORY
    const found = await runTests(rest)
    expect(found).toMatchObject({ outcome: 'fail', score: 0, severity: 'critical' })
    expect(found.reasons).toContain('No test ran.')
    expect(found.reasons.join('\n')).toMatch(/test\/links\.test\.js, which the commit does not have/u)
  })

  test('a file without a test fails, critical', async () => {
    const found = await runTests({ ...REPOSITORY, 'test/links.test.js': '// REQ-001 REQ-002\n' })
    expect(found).toMatchObject({ outcome: 'fail', score: 0, severity: 'critical' })
  })

  test('a file whose name promises what no test in it proves fails, critical', async () => {
    const { 'test/links.test.js': _gone, ...rest } = REPOSITORY
    const found = await runTests(
      { ...rest, 'test/REQ-001 REQ-002.test.js': '// REQ-001 REQ-002\n' },
      { judged: { RepoManifest: { ...MANIFEST, tests: ['test/REQ-001 REQ-002.test.js'] } } },
    )
    expect(found).toMatchObject({ outcome: 'fail', score: 0, severity: 'critical', metrics: { total: 0 } })
  })

  test.each(['skip', 'todo'])('a requirement whose only test is marked %s is not proved', async (mark) => {
    const text = HONEST_TEST.replace("test('REQ-001", `test.${mark}('REQ-001`)
    const found = await runTests({ ...REPOSITORY, 'test/links.test.js': text })
    expect(found.outcome).toBe('fail')
    expect(found.reasons).toEqual(['No test that passes names REQ-001.'])
    expect(found.requirements?.[0]).toMatchObject({ requirementId: 'REQ-001', outcome: 'skipped' })
  })

  test('a skipped test beside one that passes does not fail the suite', async () => {
    const text = `${HONEST_TEST}\ntest.skip('REQ-001 later', () => {})`
    const found = await runTests({ ...REPOSITORY, 'test/links.test.js': text })
    expect(found).toMatchObject({ outcome: 'pass', score: 1, metrics: { skipped: 1 } })
  })

  test('tests that a source file declares prove nothing', async () => {
    const source = `import { test } from 'node:test'\ntest('REQ-002 all is well', () => {})\n${BAD_SOURCE}`
    const honest = HONEST_TEST.replace("describe('REQ-002", "describe('something")
    const files = { ...REPOSITORY, 'src/links.js': source, 'test/links.test.js': honest }
    expect((await runTests(files)).reasons).toContain('No test that passes names REQ-002.')
  })

  test('a hook that fails after its tests passed fails the suite', async () => {
    const text = `${HONEST_TEST}\ndescribe('closing', () => { after(() => { throw new Error('left open') }); test('x', () => {}) })`
    const imported = text.replace('describe, test }', 'after, describe, test }')
    const found = await runTests({ ...REPOSITORY, 'test/links.test.js': imported })
    expect(found.outcome).toBe('fail')
    expect(found.reasons.join('\n')).toMatch(/left open|exit code 1/u)
  })

  test('a hook of the file that fails after its tests passed fails the suite', async () => {
    const text = `import { after } from 'node:test'\n${HONEST_TEST}\nafter(() => { throw new Error('left open') })`
    const found = await runTests({ ...REPOSITORY, 'test/links.test.js': text })
    expect(found).toMatchObject({ outcome: 'fail', severity: 'major', metrics: { passed: 2, failed: 1 } })
    expect(found.reasons[0]).toBe('test/links.test.js: "(hook of the file)" failed: left open')
  })

  test('a manifest may not name tests outside the commit', async () => {
    const manifest = { ...MANIFEST, tests: ['../elsewhere.test.js', 'test/links.test.js'] }
    const found = await runTests(REPOSITORY, { judged: { RepoManifest: manifest } })
    expect(found.reasons).toEqual([
      'RepoManifest names ../elsewhere.test.js, which the commit does not have as a file.',
    ])
  })

  test('is not run without code, nor without a sandbox', async () => {
    expect((await runGuard('tests', { judged: { RepoManifest: MANIFEST }, others: { PRD } })).outcome).toBe(
      'not-run',
    )
    const runConfined = () => Promise.reject(new RopewalkError('SANDBOX_UNAVAILABLE', 'No sandbox here.'))
    expect(await runTests(REPOSITORY, { runConfined })).toMatchObject({
      outcome: 'not-run',
      score: 0,
      reasons: ['No sandbox here.'],
    })
  })

  test('ends as an error without a PRD or with settings it does not know', async () => {
    expect((await runTests(REPOSITORY, { others: {} })).outcome).toBe('error')
    const found = await runTests(REPOSITORY, { settings: { timeout_ms: 'long' } })
    expect(found.outcome).toBe('error')
    expect(found.reasons.join()).toMatch(/settings\.timeout_ms/u)
  })
})
