import { mkdirSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256 } from '@ropewalk/core/canonical'
import { findModules, noteModules } from '../../src/repo/modules.ts'
import { findSandbox } from '../../src/worker/confine/find-sandbox.ts'
import { makeRunConfined } from '../../src/worker/confine/run-confined.ts'
import { lendModules } from '../../src/worker/lend-modules.ts'
import { needs } from '../support/needs.ts'
import { makeFolder, writeFiles, type Files } from './support/repositories.ts'

let root = ''
let count = 0
beforeAll(() => {
  root = realpathSync(makeFolder())
})
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})

const MANIFEST = JSON.stringify({ dependencies: { left: '^1' } })
const NPM_LOCK = JSON.stringify({
  lockfileVersion: 3,
  packages: {
    '': { dependencies: { left: '^1' } },
    'node_modules/left': { version: '1.2.3' },
    'node_modules/for-windows': { version: '9.0.0', optional: true },
  },
})
const NPM_INSTALLED = JSON.stringify({ packages: { 'node_modules/left': { version: '1.2.3' } } })
const PNPM_LOCK = "lockfileVersion: '9.0'\npackages:\n  left@1.2.3: {}\n"
const YARN_LOCK = 'left@^1:\n  version "1.2.3"\n  resolved "https://example.org/left-1.2.3.tgz#aa"\n'
const LEFT = {
  'node_modules/left/package.json': JSON.stringify({ name: 'left', version: '1.2.3', main: 'index.js' }),
  'node_modules/left/index.js': 'module.exports = "left is here"',
}

type Lock = { readonly name: string; readonly text: string; readonly installed: Files }
const NPM: Lock = {
  name: 'package-lock.json',
  text: NPM_LOCK,
  installed: { ...LEFT, 'node_modules/.package-lock.json': NPM_INSTALLED },
}
const LOCKS: Readonly<Record<string, Lock>> = {
  npm: NPM,
  pnpm: {
    name: 'pnpm-lock.yaml',
    text: PNPM_LOCK,
    installed: { ...LEFT, 'node_modules/.pnpm/lock.yaml': PNPM_LOCK },
  },
  yarn: {
    name: 'yarn.lock',
    text: YARN_LOCK,
    installed: {
      ...LEFT,
      'node_modules/.yarn-integrity': JSON.stringify({
        lockfileEntries: { 'left@^1': 'https://example.org/left-1.2.3.tgz#aa' },
      }),
    },
  },
}

/** A repository with its packages installed, a checkout of its commit elsewhere, and a home that knows of it. */
const makePlaces = async ({ name, text, installed }: Lock, note = true) => {
  count += 1
  const at = path.join(root, String(count))
  const [owner, checkout, home] = [path.join(at, 'owner'), path.join(at, 'checkout'), path.join(at, 'home')]
  for (const dir of [owner, checkout, home]) mkdirSync(dir, { recursive: true })
  for (const dir of [owner, checkout]) writeFiles(dir, { 'package.json': MANIFEST, [name]: text })
  writeFiles(owner, installed)
  const lock = { path: name, digest: sha256(Buffer.from(text)) }
  const managers = [{ name: 'it', manifest: 'package.json', lock }]
  if (note) await noteModules(home, owner, { package_managers: managers })
  return { owner, checkout, home }
}

describe('the packages that code of a repository needs', () => {
  it.each(Object.keys(LOCKS))('are lent where %s installed what the lock file says', async (name) => {
    const { owner, checkout, home } = await makePlaces(LOCKS[name] ?? NPM)
    expect(await findModules(home, checkout)).toMatchObject({
      outcome: 'lent',
      folder: path.join(owner, 'node_modules'),
    })
  })

  it('are none where no manifest asks for any, or the code brings them', async () => {
    const { checkout, home } = await makePlaces(NPM, false)
    writeFiles(checkout, { 'node_modules/left/index.js': 'x' })
    expect(await findModules(home, checkout)).toEqual({ outcome: 'none' })
    writeFiles(checkout, { 'package.json': '{}' })
    rmSync(path.join(checkout, 'node_modules'), { recursive: true })
    expect(await findModules(home, checkout)).toEqual({ outcome: 'none' })
    rmSync(path.join(checkout, 'package.json'))
    expect(await findModules(home, checkout)).toEqual({ outcome: 'none' })
  })

  it.each([
    ['no folder is known', async () => makePlaces(NPM, false), /no folder on this machine.*Install them/u],
    [
      'the code asks for other packages by now',
      async () => {
        const places = await makePlaces(NPM)
        writeFileSync(path.join(places.checkout, 'package-lock.json'), NPM_LOCK.replace('1.2.3', '1.2.4'))
        return places
      },
      /no folder on this machine/u,
    ],
    [
      'another version is installed',
      async () => {
        const places = await makePlaces(NPM)
        const file = path.join(places.owner, 'node_modules/.package-lock.json')
        writeFileSync(file, NPM_INSTALLED.replace('1.2.3', '1.2.2'))
        return places
      },
      /does not hold what package-lock\.json says/u,
    ],
    [
      'the repository is gone',
      async () => {
        const places = await makePlaces(NPM)
        rmSync(places.owner, { recursive: true })
        return places
      },
      /no longer there/u,
    ],
    [
      'a link stands in the place of the folder',
      async () => {
        const places = await makePlaces(NPM)
        renameSync(path.join(places.owner, 'node_modules'), path.join(places.owner, 'elsewhere'))
        symlinkSync('elsewhere', path.join(places.owner, 'node_modules'))
        return places
      },
      /no longer there/u,
    ],
    [
      'there is no lock file',
      async () => {
        const places = await makePlaces(NPM)
        rmSync(path.join(places.checkout, 'package-lock.json'))
        return places
      },
      /no lock file/u,
    ],
  ])('are lacking, with the reason, where %s', async (_, make, reason) => {
    const { checkout, home } = await make()
    const found = await findModules(home, checkout)
    expect(found).toMatchObject({ outcome: 'lacking', reason: expect.stringMatching(reason) as string })
  })

  it('are not noted through a link that a repository may hold', async () => {
    const { home, owner } = await makePlaces(NPM, false)
    renameSync(path.join(owner, 'node_modules'), path.join(owner, 'elsewhere'))
    symlinkSync('elsewhere', path.join(owner, 'node_modules'))
    const lock = { path: 'package-lock.json', digest: sha256(Buffer.from(NPM_LOCK)) }
    await noteModules(home, owner, { package_managers: [{ name: 'npm', manifest: 'package.json', lock }] })
    expect(await findModules(home, owner)).toMatchObject({
      outcome: 'lacking',
      reason: expect.stringContaining('no folder on this machine') as string,
    })
  })
})

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined }

it('what a plan tells of them does not take the owner’s own folder for a part of the code', async () => {
  const { owner, home } = await makePlaces(NPM)
  expect(await findModules(home, owner)).toEqual({ outcome: 'none' })
  expect(await findModules(home, owner, 'installed')).toMatchObject({ outcome: 'lent' })
})

describe('lending them to a command', () => {
  const ask = (cwd: string, script: string) =>
    ({ argv: ['node', '-e', script], cwd, timeoutMs: 30_000, maxOutputBytes: 10_000 }) as const

  it.skipIf(!needs('bwrap'))(
    'shows them where it looks for them, and lets nothing be written there',
    async () => {
      const { checkout, home, owner } = await makePlaces(NPM)
      const { runConfined, findLack } = lendModules(
        home,
        makeRunConfined({ mode: 'required', protectedDirs: [home], log: quiet }),
      )
      expect(await findLack(checkout)).toBeUndefined()
      const read = await runConfined(ask(checkout, 'console.log(require("left"))'))
      expect(read).toMatchObject({ exitCode: 0, stdout: 'left is here\n', confined: 'yes' })
      const file = path.join(owner, 'node_modules/left/index.js')
      const write = `for (const at of ['node_modules/left/index.js', ${JSON.stringify(file)}])
      try { require('fs').writeFileSync(at, 'bad'); process.exit(1) } catch (error) { console.log(error.code) }`
      expect(await runConfined(ask(checkout, write))).toMatchObject({
        exitCode: 0,
        stdout: 'EROFS\nENOENT\n',
      })
    },
  )

  it('does not happen without a sandbox, and says so', async () => {
    const { checkout, home } = await makePlaces(NPM)
    const noSandbox = () => Promise.resolve({ available: false, reason: 'none here.' } as const)
    const { runConfined, findLack } = lendModules(
      home,
      makeRunConfined({ mode: 'allowed-without', protectedDirs: [home], log: quiet, findSandbox: noSandbox }),
      noSandbox,
    )
    expect(await findLack(checkout)).toContain('sandbox alone')
    const read = await runConfined(ask(checkout, 'require("left")'))
    expect(read.exitCode).toBe(1)
    expect((await findSandbox()).available).toBeTypeOf('boolean')
  })
})
