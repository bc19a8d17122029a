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

  test('names of Node, of a page and of modules are known', async () => {
    const found = await scan('lint', {
      'a.js': "process.exitCode = fetch(document.title) && structuredClone(new URL('a:b')) ? 1 : 0\n",
      'b.cjs': "module.exports = require('node:path')\n",
      'c.ts': 'export const f = (a: Missing): a is Other => a === undefined\n',
    })
    expect(tell(found)).toEqual([])
  })
})
