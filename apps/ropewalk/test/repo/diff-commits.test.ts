import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { cutBetweenFiles } from '../../src/repo/git/diff-commits.ts'
import { makeRunRepositories } from '../../src/repo/git/run-repositories.ts'

const start = async () => {
  const home = mkdtempSync(path.join(tmpdir(), 'ropewalk-diff-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  const repos = makeRunRepositories(home)
  const runId = randomUUID()
  const commit = async (base: string | null, files: Readonly<Record<string, string>>) => {
    const key = { workspaceId: 'default', runId, taskId: randomUUID(), attempt: 1 }
    const worktree = await repos.makeWorktree(key, base)
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(worktree.dir, name), text)
    return repos.commitWorktree(worktree, 'work')
  }
  return { repos, runId, commit }
}

it('what changed from nothing, and from one commit to another, is told as a patch with its paths', async () => {
  const { repos, runId, commit } = await start()
  const first = await commit(null, { 'a.js': 'one\n', 'b.js': 'two\n' })
  const second = await commit(first, { 'b.js': 'three\n', 'c d.js': 'four\n' })
  expect(await repos.listChanged(runId, null, first)).toEqual(['a.js', 'b.js'])
  expect(await repos.listChanged(runId, first, second)).toEqual(['b.js', 'c d.js'])
  const patch = await repos.diff(runId, first, second)
  expect(patch).toMatch(/^-two\n\+three$/mu)
  expect(patch).not.toContain('a.js')
  expect(await repos.diff(runId, null, first)).toMatch(/^\+one$/mu)
})

it('attributes of the repository neither hide a file from the patch nor run a program', async () => {
  const { repos, runId, commit } = await start()
  const first = await commit(null, { 'a.js': 'one\n' })
  const second = await commit(first, { '.gitattributes': '*.js -diff diff=evil binary\n', 'a.js': 'two\n' })
  expect(await repos.diff(runId, first, second)).toMatch(/^-one\n\+two$/mu)
})

it('a patch that is too long is cut between files, and says which are left out', () => {
  const part = (name: string, lines: number) =>
    `diff --git a/${name} b/${name}\n--- a/${name}\n+++ b/${name}\n${'+line\n'.repeat(lines)}`
  const patch = part('a.js', 5) + part('big.js', 500) + part('c.js', 5)
  expect(cutBetweenFiles(patch, 10_000)).toBe(patch)
  const cut = cutBetweenFiles(patch, 400)
  expect(cut.startsWith(part('a.js', 5) + part('c.js', 5))).toBe(true)
  expect(cut).toMatch(/\(1 of 3 files are not shown, for want of room: big\.js \(\d+ characters\)\)\n$/u)
})
