import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeRunRepositories, type AttemptKey } from '../../src/repo/git/run-repositories.ts'

let root = ''
beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), 'ropewalk-git-'))
})
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})

const start = () => {
  const home = mkdtempSync(path.join(root, 'home-'))
  const runId = randomUUID()
  const makeKey = (attempt: number): AttemptKey => ({
    workspaceId: 'default',
    runId,
    taskId: 'task',
    attempt,
  })
  return { home, runId, makeKey, repos: makeRunRepositories(home) }
}

const write = (dir: string, file: string, text: string) => {
  mkdirSync(path.dirname(path.join(dir, file)), { recursive: true })
  writeFileSync(path.join(dir, file), text)
}

/** git as a stranger would use it, to make what only a stranger makes. */
const git = (cwd: string, ...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@localhost', ...args], { cwd })
    .toString()
    .trim()

it('a checkout ends in the number of its attempt and begins at the accepted commit', async () => {
  const { repos, makeKey } = start()
  const first = await repos.makeWorktree(makeKey(1), null)
  write(first.dir, 'src/a.txt', 'one')
  const commit = await repos.commitWorktree(first, 'Write a')
  write(first.dir, 'src/a.txt', 'not accepted')
  const second = await repos.makeWorktree(makeKey(2), commit)
  expect(path.basename(second.dir)).toBe('2')
  expect(readFileSync(path.join(second.dir, 'src/a.txt'), 'utf8')).toBe('one')
  expect(existsSync(path.join(second.dir, '.git'))).toBe(false)
})

it('the same content on the same base gives the same commit in another repository', async () => {
  const commits = await Promise.all(
    [start(), start()].map(async ({ repos, makeKey }) => {
      const tree = await repos.makeWorktree(makeKey(1), null)
      write(tree.dir, 'a b "c".txt', 'x')
      write(tree.dir, '"quoted.txt', 'z')
      write(tree.dir, 'übung/ß.txt', 'y')
      return repos.commitWorktree(tree, 'Write')
    }),
  )
  expect(commits[0]).toBe(commits[1])
})

it('an unchanged checkout gives its base', async () => {
  const { repos, makeKey } = start()
  const tree = await repos.makeWorktree(makeKey(1), null)
  expect(await repos.commitWorktree(tree, 'Nothing')).toBe(tree.base)
})

it('a bundle carries a commit to a machine that lacks it, and can be cloned', async () => {
  const here = start()
  const tree = await here.repos.makeWorktree(here.makeKey(1), null)
  write(tree.dir, 'a.txt', 'one')
  const commit = await here.repos.commitWorktree(tree, 'Write a')
  const bundle = await here.repos.makeBundle(here.runId, commit)
  expect(await here.repos.makeBundle(here.runId, commit)).toEqual(bundle)
  const there = start()
  expect(await there.repos.hasCommit(there.runId, commit)).toBe(false)
  await there.repos.importBundle(there.runId, bundle, commit)
  await there.repos.importBundle(there.runId, bundle, commit)
  expect(await there.repos.hasCommit(there.runId, commit)).toBe(true)
  const again = await there.repos.makeWorktree(there.makeKey(1), commit)
  expect(readFileSync(path.join(again.dir, 'a.txt'), 'utf8')).toBe('one')
  const file = path.join(root, 'code.bundle')
  writeFileSync(file, bundle)
  git(root, 'clone', '--quiet', file, 'cloned')
  expect(readFileSync(path.join(root, 'cloned', 'a.txt'), 'utf8')).toBe('one')
})

it('a broken bundle and one without the commit are refused', async () => {
  const { repos, runId, makeKey } = start()
  const tree = await repos.makeWorktree(makeKey(1), null)
  const bundle = await repos.makeBundle(runId, tree.base)
  const wrong = repos.importBundle(runId, bundle, 'a'.repeat(40))
  await expect(wrong).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  const there = start()
  const broken = there.repos.importBundle(there.runId, bundle.subarray(0, bundle.length - 30), tree.base)
  await expect(broken).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
})

it('a repository or settings that an agent leaves behind have no effect and are not kept', async () => {
  const { repos, makeKey, home } = start()
  const tree = await repos.makeWorktree(makeKey(1), null)
  const trap = path.join(home, 'trapped')
  write(tree.dir, 'sub/x.txt', 'x')
  git(path.join(tree.dir, 'sub'), 'init', '--quiet')
  git(path.join(tree.dir, 'sub'), 'config', 'core.fsmonitor', `touch ${trap}`)
  write(tree.dir, '.git', `gitdir: ${path.join(tree.dir, 'sub/.git')}`)
  write(tree.dir, '.gitattributes', '* filter=evil text eol=crlf ident')
  write(tree.dir, 'a.txt', 'a\n$Id$\n')
  const commit = await repos.commitWorktree(tree, 'Write')
  const next = await repos.makeWorktree(makeKey(2), commit)
  expect(readFileSync(path.join(next.dir, 'a.txt'), 'utf8')).toBe('a\n$Id$\n')
  expect(existsSync(path.join(next.dir, 'sub/x.txt'))).toBe(true)
  expect(existsSync(path.join(next.dir, 'sub/.git'))).toBe(false)
  expect(existsSync(path.join(next.dir, '.git'))).toBe(false)
  expect(existsSync(trap)).toBe(false)
  expect(await repos.commitWorktree(next, 'Again')).toBe(commit)
})

it.each([
  ['an absolute path', '/etc/passwd'],
  ['a path out of the tree', '../../secret'],
  ['a path through a link', 'inner/x'],
])('a link to %s is refused', async (_, target) => {
  const { repos, makeKey } = start()
  const tree = await repos.makeWorktree(makeKey(1), null)
  write(tree.dir, 'real/x', 'x')
  symlinkSync('real', path.join(tree.dir, 'inner'))
  symlinkSync(target, path.join(tree.dir, 'link'))
  await expect(repos.commitWorktree(tree, 'Link')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
})

it('a link within the tree is kept, checked out as a plain file, and stays a link', async () => {
  const { repos, makeKey } = start()
  const tree = await repos.makeWorktree(makeKey(1), null)
  write(tree.dir, 'docs/a.txt', 'a')
  symlinkSync('docs/a.txt', path.join(tree.dir, 'link'))
  const commit = await repos.commitWorktree(tree, 'Link')
  const next = await repos.makeWorktree(makeKey(2), commit)
  expect(lstatSync(path.join(next.dir, 'link')).isFile()).toBe(true)
  expect(await repos.commitWorktree(next, 'Same')).toBe(commit)
})

it('a link to a folder of the host is not walked', async () => {
  const { repos, makeKey, home } = start()
  const tree = await repos.makeWorktree(makeKey(1), null)
  mkdirSync(path.join(home, 'keys'))
  writeFileSync(path.join(home, 'keys', 'key'), 'secret')
  symlinkSync(path.join(home, 'keys'), path.join(tree.dir, 'keys'))
  await expect(repos.commitWorktree(tree, 'Steal')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
})

it('what .gitignore names and installed packages are left out; what was kept before stays', async () => {
  const { repos, makeKey } = start()
  const tree = await repos.makeWorktree(makeKey(1), null)
  write(tree.dir, 'kept.log', 'kept')
  const base = await repos.commitWorktree(tree, 'Log')
  const next = await repos.makeWorktree(makeKey(2), base)
  write(next.dir, '.gitignore', '*.log\ncoverage/\n')
  write(next.dir, 'other.log', 'x')
  write(next.dir, 'coverage/x.json', 'x')
  write(next.dir, 'node_modules/p/index.js', 'x')
  const last = await repos.makeWorktree(makeKey(3), await repos.commitWorktree(next, 'Ignore'))
  const has = ['kept.log', '.gitignore', 'other.log', 'coverage', 'node_modules'].filter((file) =>
    existsSync(path.join(last.dir, file)),
  )
  expect(has).toEqual(['kept.log', '.gitignore'])
})

it.each([
  ['a submodule', '160000', 'sub'],
  ['a link that leads out', '120000', 'link'],
])('a bundle with %s is refused', async (_, mode, name) => {
  const { repos, runId } = start()
  const origin = mkdtempSync(path.join(root, 'origin-'))
  git(origin, 'init', '--quiet', '--initial-branch=main')
  writeFileSync(path.join(origin, 'target'), '../../../../etc/passwd')
  const object = mode === '160000' ? 'b'.repeat(40) : git(origin, 'hash-object', '-w', 'target')
  git(origin, 'update-index', '--add', '--cacheinfo', `${mode},${object},${name}`)
  git(origin, 'commit', '--quiet', '-m', 'hostile')
  const commit = git(origin, 'rev-parse', 'HEAD')
  git(origin, 'bundle', 'create', '--quiet', 'x.bundle', 'main')
  const bundle = readFileSync(path.join(origin, 'x.bundle'))
  const imported = repos.importBundle(runId, bundle, commit)
  await expect(imported).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
})

it('a bundle with a file under .git is refused', async () => {
  const { repos, runId } = start()
  const origin = mkdtempSync(path.join(root, 'origin-'))
  git(origin, 'init', '--quiet', '--initial-branch=main')
  writeFileSync(path.join(origin, 'x'), 'x')
  const object = git(origin, 'hash-object', '-w', 'x')
  const make = (line: string) =>
    execFileSync('git', ['mktree'], { cwd: origin, input: line }).toString().trim()
  const tree = make(`040000 tree ${make(`100644 blob ${object}\thooks\n`)}\t.GIT\n`)
  const commit = git(origin, 'commit-tree', tree, '-m', 'hostile')
  git(origin, 'update-ref', 'refs/heads/main', commit)
  git(origin, 'bundle', 'create', '--quiet', 'x.bundle', 'main')
  const bundle = readFileSync(path.join(origin, 'x.bundle'))
  await expect(repos.importBundle(runId, bundle, commit)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
})

it('the folders of an attempt are listed and removed', async () => {
  const { repos, makeKey } = start()
  await repos.makeWorktree(makeKey(1), null)
  await repos.makeScratch(makeKey(1))
  await repos.makeScratch(makeKey(2))
  expect(await repos.listAttempts()).toEqual([makeKey(1), makeKey(2)])
  await repos.removeAttempt(makeKey(1))
  expect(await repos.listAttempts()).toEqual([makeKey(2)])
})

it('two processes that open the same repository at once both succeed', async () => {
  const { home, makeKey } = start()
  const trees = await Promise.all(
    [1, 2, 3, 4].map((attempt) => makeRunRepositories(home).makeWorktree(makeKey(attempt), null)),
  )
  expect(new Set(trees.map((tree) => tree.base)).size).toBe(1)
})
