import { symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { analyseApart } from '../../src/scan/apart/analyse-apart.ts'
import { listSourceTexts } from '../../src/scan/source-texts.ts'
import { makeCheckout, makeFolder, REPOSITORY } from '../support.ts'
import { scan, tell } from './support.ts'

/** A module whose `analyse` behaves as badly as its text says. */
const makeModule = (): URL => {
  const file = join(makeFolder(), 'analysis.mjs')
  writeFileSync(
    file,
    `import { spawnSync } from 'node:child_process'
    import { writeFileSync } from 'node:fs'
    export const analyse = ({ name, text }) => {
      if (text === 'environment') text = Object.keys(process.env).join(' ')
      if (text === 'write') writeFileSync(new URL('./left', import.meta.url), text)
      if (text === 'start') spawnSync('true')
      if (text === 'hang') for (;;) {}
      if (text === 'fill') { const all = []; for (;;) all.push(new Array(1000).fill({})) }
      if (text === 'leave') process.exit(3)
      if (text === 'throw') throw new Error('badly made')
      return [{ rule: 'seen', severity: 'info', title: text, file: name, line: 1 }]
    }`,
  )
  return pathToFileURL(file)
}

const makeSources = (texts: readonly string[]) =>
  texts.map((text, index) => ({ name: `${index}`, read: () => Promise.resolve(text) }))

describe('a process that looks at foreign text', () => {
  test('names what hangs, fills the memory, ends it or throws, and goes on with the next', async () => {
    const found = await analyseApart(
      makeModule(),
      makeSources(['hang', 'a', 'fill', 'b', 'leave', 'c', 'throw', 'd']),
      { textMs: 2000, memoryMb: 32 },
    )
    expect(found.findings.map(({ title }) => title)).toEqual(['a', 'b', 'c', 'd'])
    expect(found.unread.map(({ file }) => file)).toEqual(['0', '2', '4', '6'])
    expect(found.unread[0]?.reason).toMatch(/more than 2000 ms/u)
    expect(found.unread[3]?.reason).toBe('badly made')
  })

  test('may not write, start anything, or see our environment', async () => {
    const found = await analyseApart(makeModule(), makeSources(['write', 'start', 'environment']))
    expect(found.unread.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/restricted/u),
      expect.stringMatching(/restricted/u),
    ])
    expect(found.findings.map(({ title }) => title)).toEqual([expect.not.stringMatching(/HOME|PATH/u)])
  })

  test('gives up on a repository that goes on breaking it', async () => {
    const texts = Array.from({ length: 20 }, () => 'leave')
    const found = await analyseApart(makeModule(), makeSources([...texts, 'a']), { textMs: 5000 })
    expect(found.findings).toEqual([])
    expect(found.unread).toHaveLength(21)
  })
})

describe('a hostile repository', () => {
  test('cannot show the scanners what lies outside it', async () => {
    const outside = makeFolder()
    writeFileSync(join(outside, 'a.js'), 'eval(input)')
    const dir = makeCheckout({ 'b.js': 'export const b = 1' })
    symlinkSync(join(outside, 'a.js'), join(dir, 'a.js'))
    symlinkSync(outside, join(dir, 'folder'))
    symlinkSync(dir, join(dir, 'loop'))
    const found = await scan('sast', dir)
    expect(found.scannedFiles).toBe(1)
    expect(tell(found)).toEqual([])
  })

  test('cannot hide in files that are too large or too many', async () => {
    const dir = makeCheckout({ 'a.js': 'export const a = 1', 'b.js': '', 'c.js': '' })
    truncateSync(join(dir, 'b.js'), 3 * 1024 ** 2)
    expect(tell(await scan('sast', dir))).toEqual(['high not-scanned b.js:-'])
    const { unread } = await listSourceTexts(dir, () => true, {
      fileBytes: 10 ** 9,
      totalBytes: 10 ** 9,
      files: 2,
    })
    expect(unread).toEqual([{ file: 'c.js', reason: 'the repository has more files than are scanned' }])
  })

  test.each([
    ['code of a hundred thousand brackets', 'a.js', `${'('.repeat(100_000)}`],
    ['code of a hundred thousand nested lists', 'a.js', `x = ${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['a sum of fifty thousand parts', 'a.js', `x = ${Array.from({ length: 50_000 }, () => 'a').join('+')}`],
  ])(
    'cannot end our process with %s',
    async (_what, file, text) => {
      const found = await scan('sast', { ...REPOSITORY, [file]: text })
      expect(tell(found)).toEqual([expect.stringMatching(/^high not-(?:scanned|parsed) a\.js/u)])
    },
    120_000,
  )

  const bomb = [
    'apiVersion: v1\nkind: Pod\na: &a [x,x,x,x,x,x,x,x,x]',
    ...['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].map((name, index) => {
      const before = String.fromCharCode('a'.charCodeAt(0) + index)
      return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(',')}]`
    }),
  ].join('\n')

  test.each([
    ['aliases that blow up', 'deploy.yaml', bomb],
    ['aliases in a compose file', 'compose.yaml', bomb],
    ['very deep lists', 'compose.yaml', `services: ${'['.repeat(50_000)}`],
    [
      'very deep indents',
      'compose.yaml',
      Array.from({ length: 3000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
    ],
    ['an alias to itself', 'compose.yaml', 'services: &a\n  b: *a\n'],
    ['text that is no YAML', 'compose.yaml', 'services: {a: [b}'],
  ])(
    'cannot end our process with YAML of %s',
    async (_what, file, text) => {
      const found = await scan('iac', { [file]: text })
      const told = tell(found)
      for (const one of told) expect(one).toMatch(/^(?:high not-scanned|low compose-no-limits)/u)
      expect(found.parts[0]?.outcome).toBe('done')
      if (!/itself/u.test(_what) && !/indents/u.test(_what)) expect(told).toHaveLength(1)
    },
    120_000,
  )

  test.each([
    ['a Dockerfile of endless lines', 'container', 'Dockerfile', `FROM a:1\nRUN ${'a \\\n'.repeat(200_000)}`],
    ['a Dockerfile of pipes', 'container', 'Dockerfile', `FROM a:1\nRUN ${'curl | '.repeat(200_000)}`],
    ['a lock of deep lists', 'sca', 'package-lock.json', '['.repeat(1_000_000)],
    ['a lock that is a bomb', 'sca', 'pnpm-lock.yaml', `lockfileVersion: '9.0'\n${bomb}`],
    ['a lock of one long line', 'sca', 'yarn.lock', `"${'a@'.repeat(500_000)}":\n  version "1"\n`],
    [
      'a manifest with odd fields',
      'sca',
      'package.json',
      '{"dependencies":[1],"engines":"x","scripts":5,"license":[]}',
    ],
  ] as const)(
    'cannot hold us up with %s',
    async (_what, scanner, file, text) => {
      const before = performance.now()
      const found = await scan(scanner, { [file]: text })
      expect(found.parts[0]?.outcome).toBe('done')
      expect(performance.now() - before).toBeLessThan(60_000)
    },
    120_000,
  )

  test('a name out of the prototype is a name like any other', async () => {
    const found = await scan('sca', {
      'package.json': '{"dependencies":{"constructor":"1.0.0","__proto__":"2.0.0","toString":"*"}}',
    })
    expect(tell(found)).toContain('medium dependency-any-version package.json:-')
  })
})
