import { spawn } from 'node:child_process'
import { readdirSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeLauncherTree } from '../support/launcher-tree.ts'
import type { LauncherTree } from '../support/launcher-tree.ts'

let tree: LauncherTree

beforeEach(() => {
  tree = makeLauncherTree()
})

afterEach(() => tree.remove())

function launch(args: readonly string[], env: NodeJS.ProcessEnv = {}, file = tree.launcher) {
  // A group of its own, so that no terminal of the person who runs the tests has a say.
  const child = spawn(file, args, { cwd: tree.root, env: { ...tree.env, ...env }, detached: true })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()))
  const ended = new Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }>(
    (resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code, signal) => resolve({ code, signal, ...output }))
    },
  )
  return { child, ended, output }
}

async function waitFor(isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error('it did not happen within 60 s')
    await sleep(20)
  }
}

test('the first start fetches and installs, says so on stderr, and hands the words on', async () => {
  const { code, stdout, stderr } = await launch(['start', 'a shop for "tea"', '--json']).ended
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toEqual({ args: ['start', 'a shop for "tea"', '--json'], cwd: tree.root })
  expect(stderr.trim().split('\n')).toHaveLength(2)
  expect(tree.readCalls()).toEqual(['npm ci', 'npm config', 'pnpm install'])
})

test('the second start asks nobody and says nothing', async () => {
  await launch(['start']).ended
  const before = tree.readCalls()
  const { code, stderr } = await launch(['start'], { FAKE_NPM: 'offline' }).ended
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(tree.readCalls()).toEqual(before)
})

test('another lock file installs the packages again, and only those', async () => {
  await launch(['start']).ended
  tree.write('pnpm-lock.yaml', 'lockfileVersion: 9.0 # changed\n')
  await launch(['start']).ended
  expect(tree.readCalls().slice(3)).toEqual(['npm config', 'pnpm install'])
})

test('without a network it ends with 69, says what it wanted to reach, and leaves nothing half done', async () => {
  const { code, stdout, stderr } = await launch(['start'], { FAKE_NPM: 'offline' }).ended
  expect({ code, stdout }).toEqual({ code: 69, stdout: '' })
  expect(stderr).toMatch(/why: .*https:\/\/registry\.example\/.*ENOTFOUND/)
  expect(stderr).toMatch(/next: .*\.\/ropewalk start/)
  expect(readdirSync(path.join(tree.root, '.toolchain'))).toEqual(['setup.log'])
  expect((await launch(['start']).ended).code).toBe(0)
})

test('three starts at once fetch once', async () => {
  const ends = await Promise.all(['a', 'b', 'c'].map((word) => launch([word], { FAKE_NPM: 'slow' }).ended))
  expect(ends.map((end) => end.code)).toEqual([0, 0, 0])
  expect(tree.readCalls()).toEqual(['npm ci', 'npm config', 'pnpm install'])
})

test('a set-up killed halfway, with its installer or alone, does not harm the next start', async () => {
  const alone = launch(['a'], { FAKE_NPM: 'slow' })
  await waitFor(() => tree.readCalls().length === 1)
  alone.child.kill('SIGKILL')
  await alone.ended
  const both = launch(['b'], { FAKE_NPM: 'slow' })
  await waitFor(() => tree.readCalls().length === 2)
  process.kill(-Number(both.child.pid), 'SIGKILL')
  await both.ended
  expect((await launch(['c']).ended).code).toBe(0)
  expect(readdirSync(path.join(tree.root, '.toolchain')).filter((name) => /^(tmp|lock)/.test(name))).toEqual(
    [],
  )
})

test('a signal during set-up stops it, tidies up, and ends the launcher by that signal', async () => {
  const { child, ended } = launch(['start'], { FAKE_NPM: 'slow' })
  await waitFor(() => tree.readCalls().length === 1)
  child.kill('SIGTERM')
  expect((await ended).signal).toBe('SIGTERM')
  expect(readdirSync(path.join(tree.root, '.toolchain'))).toEqual(['setup.log'])
})

test("the program's exit code and its signal are the launcher's", async () => {
  expect((await launch(['exit', '7']).ended).code).toBe(7)
  expect((await launch(['die']).ended).signal).toBe('SIGTERM')
})

test('a signal to the launcher reaches the program', async () => {
  const { child, ended, output } = launch(['wait'])
  await waitFor(() => output.stdout.includes('waiting'))
  child.kill('SIGINT')
  expect((await ended).code).toBe(42)
})

test('a signal to the whole group ends the program in order, though it comes again; a later one cuts that short', async () => {
  const once = launch(['orderly'])
  await waitFor(() => once.output.stdout.includes('waiting'))
  process.kill(-Number(once.child.pid), 'SIGTERM')
  await waitFor(() => once.output.stdout.includes('asked'))
  // As npm does, which is in the group too and passes on what it got.
  once.child.kill('SIGTERM')
  expect((await once.ended).code).toBe(42)
  const twice = launch(['orderly'])
  await waitFor(() => twice.output.stdout.includes('waiting'))
  process.kill(-Number(twice.child.pid), 'SIGTERM')
  await waitFor(() => twice.output.stdout.includes('asked'))
  await sleep(700)
  twice.child.kill('SIGTERM')
  expect((await twice.ended).code).toBe(130)
})

test('a link from elsewhere and a HOME that cannot be written are no hindrance', async () => {
  const link = path.join(tree.root, '..', 'rw')
  symlinkSync(tree.launcher, link)
  const { code, stdout } = await launch(['start'], { HOME: path.join(tree.root, 'no', 'home') }, link).ended
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ args: ['start'] })
  expect(tree.exists('.toolchain/home')).toBe(true)
})

test('--exec runs a file of the repository, --test the tests', async () => {
  tree.write('scripts/say.ts', 'const word: string = process.argv[2] ?? ""\nconsole.log(`said ${word}`)\n')
  expect((await launch(['--exec', 'scripts/say.ts', 'tea']).ended).stdout).toBe('said tea\n')
  expect(JSON.parse((await launch(['--test', 'x']).ended).stdout)).toMatchObject({ args: ['x'] })
  expect((await launch(['--exec']).ended).code).toBe(64)
})
