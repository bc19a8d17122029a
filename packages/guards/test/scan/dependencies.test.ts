import { describe, expect, test } from 'vitest'
import { judgeLicence } from '../../src/scan/licences/judge-licence.ts'
import { REPOSITORY } from '../support.ts'
import { runTool, scan, tell } from './support.ts'

const INTEGRITY = `sha512-${'A'.repeat(86)}==`

const manifest = (fields: object) =>
  JSON.stringify({ name: 'links', version: '1.0.0', license: 'MIT', ...fields })

const npmLock = (packages: Readonly<Record<string, object>>) =>
  JSON.stringify({
    lockfileVersion: 3,
    packages: Object.fromEntries(
      Object.entries(packages).map(([name, entry]) => [
        `node_modules/${name}`,
        { version: '1.0.0', integrity: INTEGRITY, license: 'MIT', ...entry },
      ]),
    ),
  })

const PNPM = `lockfileVersion: '9.0'
importers:
  .:
    dependencies: { a: { specifier: ^1.0.0, version: 1.0.0 } }
    devDependencies: { '@s/b': { specifier: ^2.0.0, version: 2.0.0 } }
packages:
  a@1.0.0: { resolution: { integrity: ${INTEGRITY} } }
  '@s/b@2.0.0(a@1.0.0)': { resolution: { integrity: ${INTEGRITY} }, deprecated: gone }
  c@https://codeload.example/x/tar.gz/abc: { resolution: { tarball: 'https://codeload.example/x/tar.gz/abc' } }
`
const YARN = `# yarn lockfile v1


a@^1.0.0, a@~1.0.0:
  version "1.0.0"
  resolved "https://registry.yarnpkg.com/a/-/a-1.0.0.tgz#abc"
  integrity ${INTEGRITY}

"@s/b@^2.0.0":
  version "2.0.0"
  resolved "http://other.example/b.tgz"
  integrity ${INTEGRITY}
`
const BERRY = `__metadata:
  version: 8

"a@npm:^1.0.0":
  version: 1.0.0
  resolution: "a@npm:1.0.0"
  checksum: 10c0/abc
  linkType: hard

"links@workspace:.":
  version: 0.0.0-use.local
  resolution: "links@workspace:."
  linkType: soft
`

describe('dependencies', () => {
  test('a service without any is done: there is nothing an advisory could be about', async () => {
    const { document } = await runTool('sca', 'VulnerabilityScan', REPOSITORY)
    expect(document).toMatchObject({
      outcome: 'done',
      findings: [],
      dependencies: [],
      notes: ['The code has no dependency of another maker.'],
    })
  })

  test('without a scanner of advisories nobody knows, and the report is not-run', async () => {
    const { document } = await runTool('sca', 'VulnerabilityScan', {
      'package.json': manifest({ dependencies: { a: '^1.0.0' } }),
      'package-lock.json': npmLock({ a: {} }),
    })
    expect(document).toMatchObject({
      outcome: 'not-run',
      reason: expect.stringMatching(/^advisories: Nobody looked up advisories/u) as string,
      findings: [],
      dependencies: [{ name: 'a', version: '1.0.0', scope: 'runtime', is_direct: true, license: 'MIT' }],
    })
    expect(document.parts).toMatchObject([
      { part: 'dependencies', outcome: 'done' },
      { part: 'advisories', outcome: 'not-run', extra: false },
    ])
  })

  test.each([
    ['git', 'git+https://host.example/a.git', 'medium dependency-from-git'],
    ['a repository by its short name', 'owner/a#v1', 'medium dependency-from-git'],
    ['a URL', 'https://host.example/a.tgz', 'medium dependency-from-url'],
    ['an open line', 'http://host.example/a.tgz', 'high dependency-unencrypted'],
    ['an open git line', 'git://host.example/a.git', 'high dependency-unencrypted'],
    ['any version', '*', 'medium dependency-any-version'],
    ['no version', '', 'medium dependency-any-version'],
    ['the newest', 'latest', 'medium dependency-any-version'],
    ['no end', '>=1.0.0', 'medium dependency-any-version'],
    ['any version under another name', 'npm:b@*', 'medium dependency-any-version'],
  ])('asked for from %s', async (_what, specifier, finding) => {
    const found = await scan('sca', { 'package.json': manifest({ dependencies: { a: specifier } }) })
    expect(tell(found)).toContain(`${finding} package.json:-`)
  })

  test.each([
    '^1.0.0',
    '~1.0.0',
    '1.0.0',
    '>=1.0.0 <2',
    '1 || 2',
    'workspace:*',
    'file:../a',
    'npm:b@^1.0.0',
  ])('nothing is wrong with asking for %s', async (specifier) => {
    const found = await scan('sca', {
      'package.json': manifest({ dependencies: { a: specifier } }),
      'package-lock.json': npmLock({ a: {} }),
    })
    expect(tell(found)).toEqual([])
  })

  test('a missing lock, a stale one and one it cannot read are told', async () => {
    const asked = { 'package.json': manifest({ dependencies: { a: '^1.0.0' } }) }
    expect(tell(await scan('sca', asked))).toEqual(['medium lock-missing package.json:-'])
    const stale = { ...asked, 'package-lock.json': npmLock({ b: {} }) }
    expect(tell(await scan('sca', stale))).toEqual(['medium lock-stale package.json:-'])
    const broken = { ...asked, 'package-lock.json': '{"lockfileVersion":1}' }
    expect(tell(await scan('sca', broken))).toEqual(['high not-scanned package-lock.json:-'])
  })

  test('a package of a workspace is locked by the lock above it', async () => {
    const found = await scan('sca', {
      'package.json': manifest({ workspaces: ['packages/*'] }),
      'package-lock.json': npmLock({ a: {} }),
      'packages/one/package.json': manifest({ dependencies: { a: '^1.0.0' } }),
    })
    expect(tell(found)).toEqual([])
  })

  test.each([
    ['hostile releases', { 'event-stream': { version: '3.3.6' } }, 'critical dependency-withdrawn'],
    ['an open line', { a: { resolved: 'http://registry.npmjs.org/a.tgz' } }, 'high lock-unencrypted'],
    ['another source', { a: { resolved: 'https://host.example/a.tgz' } }, 'medium lock-other-source'],
    ['no digest', { a: { integrity: 5 } }, 'medium lock-no-digest'],
    ['install scripts', { a: { hasInstallScript: true } }, 'low dependency-install-script'],
    ['deprecated packages', { a: { deprecated: 'Use b.' } }, 'medium dependency-deprecated'],
  ])('a lock with %s', async (_what, packages, finding) => {
    const found = await scan('sca', { 'package-lock.json': npmLock(packages) })
    expect(tell(found)).toEqual([`${finding} package-lock.json:-`])
  })

  test.each([
    ['install', 'medium install-script'],
    ['postinstall', 'medium install-script'],
  ])('the script %s of the project itself', async (script, finding) => {
    const found = await scan('sca', { 'package.json': manifest({ scripts: { [script]: 'node a.js' } }) })
    expect(tell(found)).toEqual([`${finding} package.json:-`])
  })

  test.each([
    ['>=24', []],
    ['^18', ['medium engine-deprecated package.json:-']],
    ['>=18', ['info engine-deprecated package.json:-']],
    ['soon', ['low engine-unclear package.json:-']],
  ])('engines.node %s in January 2026', async (node, expected) => {
    expect(tell(await scan('sca', { 'package.json': manifest({ engines: { node } }) }))).toEqual(expected)
  })

  test('locks of pnpm and yarn are read', async () => {
    const list = async (file: string, text: string) => {
      const files = { 'package.json': manifest({ dependencies: { a: '^1.0.0' } }), [file]: text }
      const { document } = await runTool('sca', 'VulnerabilityScan', files)
      const names = document.dependencies.map(
        ({ name, version, scope }) => `${name}@${version ?? ''} ${scope}`,
      )
      return [names, document.findings.map(({ rule, package: of }) => `${rule} ${of ?? ''}`)]
    }
    expect(await list('pnpm-lock.yaml', PNPM)).toEqual([
      ['a@1.0.0 runtime', '@s/b@2.0.0 development', 'c@https://codeload.example/x/tar.gz/abc runtime'],
      ['dependency-deprecated @s/b@2.0.0', 'lock-other-source c@https://codeload.example/x/tar.gz/abc'],
    ])
    expect(await list('yarn.lock', YARN)).toEqual([
      ['a@1.0.0 runtime', '@s/b@2.0.0 runtime'],
      ['lock-unencrypted @s/b@2.0.0'],
    ])
    expect(await list('yarn.lock', BERRY)).toEqual([['a@1.0.0 runtime'], []])
  })

  test('dependencies of other makers are named, and leave the report not-run', async () => {
    const { document } = await runTool('sca', 'VulnerabilityScan', { 'go.mod': 'module a' })
    expect(document).toMatchObject({
      outcome: 'not-run',
      notes: ['Only a scanner of advisories reads go.mod.'],
    })
  })
})

describe('licences', () => {
  test.each([
    ['MIT', 'allowed'],
    ['(MIT OR GPL-3.0-only)', 'allowed'],
    ['MIT AND GPL-3.0-only', 'denied'],
    ['(MIT OR Apache-2.0) AND (BSD-2-Clause OR agpl-3.0)', 'allowed'],
    ['GPL-2.0-only WITH Classpath-exception-2.0', 'denied'],
    ['UNLICENSED', 'denied'],
    ['LGPL-3.0-or-later', 'allowed'],
    ['SEE LICENSE IN LICENSE.md', 'unknown'],
    ['MIT OR', 'unknown'],
    ['(MIT', 'unknown'],
    ['MIT) OR (MIT', 'unknown'],
    ['<script>', 'unknown'],
    ['', 'unknown'],
    ['('.repeat(400), 'unknown'],
    [null, 'unknown'],
  ] as const)('%s is %s by default', (expression, verdict) => {
    const lists = { allow: [], deny: ['GPL-*', 'AGPL-*', 'UNLICENSED'] }
    expect(judgeLicence(expression, lists)).toBe(verdict)
  })

  test('a list of allowed licences lets nothing else through', () => {
    const lists = { allow: ['MIT', 'BSD-*'], deny: [] }
    expect(judgeLicence('BSD-3-Clause', lists)).toBe('allowed')
    expect(judgeLicence('ISC', lists)).toBe('unlisted')
    expect(judgeLicence('ISC OR MIT', lists)).toBe('allowed')
  })

  test('an unknown licence is a finding, and development dependencies count where asked for', async () => {
    const files = {
      'package.json': manifest({ dependencies: { a: '1.0.0', b: '1.0.0' } }),
      'package-lock.json': npmLock({
        a: { license: 5 },
        b: { license: 'AGPL-3.0-only' },
        c: { license: 'GPL-3.0-only', dev: true },
      }),
    }
    expect(tell(await scan('licences', files))).toEqual([
      'high licence-denied -:-',
      'medium licence-unknown -:-',
    ])
    const settings = { licences: { development: true } }
    expect(tell(await scan('licences', files, { settings }))).toHaveLength(3)
  })
})
