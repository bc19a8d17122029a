import { describe, expect, test } from 'vitest'
import { REPOSITORY } from '../support.ts'
import { runTool, scan, tell } from './support.ts'

describe('static security', () => {
  test('an honest repository has no finding that a gate counts', async () => {
    const found = await scan('sast', REPOSITORY)
    expect(tell(found)).toEqual([])
    expect(found).toMatchObject({ scannedFiles: 2, notes: [] })
  })

  test.each([
    ['code from text', 'eval(input)', 'critical security/detect-eval-with-expression'],
    ['a function from text', 'new Function(input)', 'high no-new-func'],
    [
      'a shell command from text',
      "import { exec } from 'node:child_process'\nexec('ls ' + input)",
      'high security/detect-child-process',
    ],
    [
      'a shell asked for',
      "import { spawn } from 'node:child_process'\nspawn('ls', [], { shell: true })",
      'high ropewalk/shell-command',
    ],
    [
      'a statement of SQL from text',
      'db.query(`SELECT * FROM t WHERE a = ${input}`)',
      'high ropewalk/sql-injection',
    ],
    [
      'a statement of SQL put together',
      "db.query('DELETE FROM t WHERE a = ' + input)",
      'high ropewalk/sql-injection',
    ],
    ['unverified certificates', 'request({ rejectUnauthorized: false })', 'high ropewalk/tls-not-verified'],
    ['code in a vm', "import vm from 'node:vm'\nvm.runInNewContext(input)", 'high ropewalk/code-in-vm'],
    ['markup from text', 'page.innerHTML = input', 'medium ropewalk/markup-from-text'],
    ['a weak digest', "crypto.createHash('md5')", 'medium ropewalk/weak-hash'],
    ['a written password', "const password = 'correct-horse'", 'medium ropewalk/written-credential'],
    ['a slow pattern', '/(a+)+$/.test(input)', 'medium security/detect-unsafe-regex'],
    ['a hidden turn of direction', `const a = '\u202Eb'`, 'critical security/detect-bidi-characters'],
    [
      'an open door to every site',
      "answer.setHeader('Access-Control-Allow-Origin', '*')",
      'low ropewalk/open-cors',
    ],
  ])('finds %s', async (_what, text, finding) => {
    const found = await scan('sast', { 'src/a.js': text })
    expect(tell(found).map((one) => one.split(' src/')[0])).toContain(finding)
  })

  test('reads TypeScript, JSX and scripts', async () => {
    const found = await scan('sast', {
      'a.ts': 'export const run = (text: string): unknown => eval(text)',
      'b.tsx': 'export const B = (p: { t: string }) => <p dangerouslySetInnerHTML={{ __html: p.t }} />',
      'c.cjs': 'with (a) { eval(b) }',
    })
    expect(tell(found)).toContain('critical security/detect-eval-with-expression a.ts:1')
    expect(tell(found)).toContain('medium ropewalk/markup-from-text b.tsx:1')
    expect(tell(found)).toContain('critical security/detect-eval-with-expression c.cjs:1')
  })

  test('neither comments nor configurations of the project switch anything off', async () => {
    const found = await scan('sast', {
      'a.js': '/* eslint-disable */\n// eslint-disable-next-line\neval(input) // eslint-disable-line\n',
      'eslint.config.js': "throw new Error('run')",
      '.eslintrc.json': '{"rules":{"no-eval":"off"}}',
    })
    expect(tell(found)).toContain('high no-eval a.js:3')
  })

  test('what cannot be parsed was not looked at, and is a finding', async () => {
    expect(tell(await scan('sast', { 'a.js': 'eval(' }))).toEqual(['high not-parsed a.js:1'])
  })

  test('languages that nobody here reads leave the scan not-run', async () => {
    const { document } = await runTool('sast', 'SastReport', { 'a.py': 'eval(input())' })
    expect(document).toMatchObject({
      outcome: 'not-run',
      reason: expect.stringMatching(/semgrep/u) as string,
    })
    expect(document.notes).toEqual(['1 files are in languages that only semgrep reads.'])
  })

  test('a repository without code is done and says so', async () => {
    const { document } = await runTool('sast', 'SastReport', { 'README.md': 'Hello' })
    expect(document).toMatchObject({
      outcome: 'done',
      scanned_files: 0,
      notes: ['There is no code to look at.'],
    })
  })

  test('the id of a finding stays when lines move, and differs between two of a kind', async () => {
    const read = async (text: string) =>
      (await runTool('sast', 'SastReport', { 'a.js': text })).document.findings.map(({ id }) => id)
    const before = await read('eval(a)\neval(b)\n')
    expect(new Set(before).size).toBe(4)
    expect(await read('\n\n// moved\neval(a)\neval(b)\n')).toEqual(before)
  })
})

describe('lint', () => {
  test('an honest repository is clean', async () => {
    expect(tell(await scan('lint', REPOSITORY))).toEqual([])
  })

  test('tells likely faults from careless places', async () => {
    const found = await scan('lint', {
      'a.js': 'var b = 1\nexport const c = () => { return undefinedName == b }\n',
    })
    expect(tell(found)).toEqual(['low eqeqeq a.js:2', 'low no-var a.js:1', 'medium no-undef a.js:2'])
  })

  test('finds a test that names a requirement and asserts nothing of the code', async () => {
    const head = "import assert from 'node:assert'\nimport { test } from 'node:test'\nconst f = () => 1\n"
    const hollow = [
      "test('REQ-001 a', () => {})",
      "test('REQ-002 b', async () => { await f(); assert.ok(true) })",
      "test('US-003 c', { timeout: 9 }, function () { const a = f(); assert.equal(1, 1); return a })",
      "test('REQ-004 d', () => { expect(-1) })",
    ]
    const honest = [
      "test('REQ-001 a', () => { assert.equal(f(), 1) })",
      "test('REQ-002 b', () => { for (const a of [1]) assert.ok(a) })",
      "test('REQ-003 c', (t) => { t.assert.equal(f(), 1) })",
      "test('REQ-004 d', () => { if (f() > 1) throw new Error('d') })",
      "test('REQ-005 e', () => expect(f()).toBe(1))",
      "test('REQ-006 f', () => assertSame(f()))",
      "test('starts', () => { f() })",
      "test('REQ-007 g', f)",
    ]
    const globals = 'const expect = (a) => ({ toBe: (b) => a === b })\nconst assertSame = expect\n'
    const write = (tests: readonly string[]) =>
      `${head}${globals}export { expect, assertSame }\n${tests.join('\n')}\n`
    const found = await scan('lint', { 'a.test.js': write(hollow), 'b.test.js': write(honest) })
    expect(tell(found)).toEqual(
      hollow.map((_, index) => `medium tests/asserts-nothing a.test.js:${index + 7}`).toSorted(),
    )
  })

  test('names of Node, of a page and of modules are known', async () => {
    const found = await scan('lint', {
      'a.js': "process.exitCode = fetch(document.title) && structuredClone(new URL('a:b')) ? 1 : 0\n",
      'b.cjs': "module.exports = require('node:path')\n",
      'c.ts': 'export const f = (a: Missing): a is Other => a === undefined\n',
    })
    expect(tell(found)).toEqual([])
  })
})
