import { readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { commitTexts } from '../../src/repo/git/commit-files.ts'
import { makeBundle } from '../../src/repo/git/bundle.ts'
import { landBranch, type Landing } from '../../src/repo/land-branch.ts'
import { openRepository } from '../../src/repo/open-repository.ts'
import { packRepository, withBundle } from '../../src/repo/pack-repository.ts'
import { commitAll, git, makeFolder, makeRepository, writeFiles } from './support/repositories.ts'

let root = ''
let count = 0
beforeAll(() => {
  root = makeFolder()
})
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})

/** A repository, and the work of a run that began with its commit. */
const makeLanding = async (branch = 'ropewalk/run'): Promise<{ dir: string; landing: Landing }> => {
  count += 1
  const dir = makeRepository(root, `landing-${count}`, { 'a.txt': 'one\ntwo\n', 'b.txt': 'x' })
  const scratch = path.join(root, 'scratch')
  const found = await openRepository(dir)
  const base = found.commit
  const work = await withBundle(
    { scratch, bundle: await packRepository(found, scratch), commit: base },
    async (gitDir) => {
      const files = new Map([['a.txt', Buffer.from('one\nTWO\nthree\n')]])
      const commit = await commitTexts({ gitDir, base, files, message: 'Work' })
      return { commit, bundle: await makeBundle(gitDir, commit) }
    },
  )
  const specs = new Map([['.ropewalk/specs/PRD.json', Buffer.from('{}\n')]])
  return { dir, landing: { ...work, base, specs, branch, scratch } }
}

it('the work becomes a branch with the documents on top, and nothing else of the repository changes', async () => {
  const { dir, landing } = await makeLanding()
  writeFiles(dir, { 'b.txt': 'somebody is at work here', 'new.txt': 'x' })
  const before =
    git(dir, 'status', '--porcelain', '--branch') + readFileSync(path.join(dir, '.git/index')).toString('hex')
  const landed = await landBranch(landing, await openRepository(dir))
  expect(landed).toEqual({
    branch: 'ropewalk/run',
    commit: git(dir, 'rev-parse', 'ropewalk/run'),
    diff: { files: 2, insertions: 3, deletions: 1 },
  })
  expect(
    git(dir, 'status', '--porcelain', '--branch') +
      readFileSync(path.join(dir, '.git/index')).toString('hex'),
  ).toBe(before)
  expect(git(dir, 'log', '--format=%s', 'ropewalk/run').split('\n')).toEqual([
    'Keep the documents of the run',
    'Work',
    'Begin',
  ])
  expect(git(dir, 'merge-base', 'main', 'ropewalk/run')).toBe(landing.base)
  expect(git(dir, 'show', 'ropewalk/run:.ropewalk/specs/PRD.json')).toBe('{}')
  expect(await landBranch(landing, await openRepository(dir))).toEqual(landed)
})

it('a branch that goes on from there is moved forward, one that has gone another way is not', async () => {
  const { dir, landing } = await makeLanding('work')
  git(dir, 'branch', 'work')
  const landed = await landBranch(landing, await openRepository(dir))
  expect(git(dir, 'rev-parse', 'work')).toBe(landed.commit)
  git(dir, 'checkout', '--quiet', '-b', 'other')
  writeFiles(dir, { 'c.txt': 'x' })
  commitAll(dir, 'Other')
  git(dir, 'checkout', '--quiet', 'main')
  const other = { ...landing, branch: 'other' }
  await expect(landBranch(other, await openRepository(dir))).rejects.toMatchObject({ code: 'CONFLICT' })
})

it('a branch that is checked out anywhere is never moved', async () => {
  const { dir, landing } = await makeLanding('main')
  const here = landBranch(landing, await openRepository(dir))
  await expect(here).rejects.toThrow(/checked out.*name another/u)
  git(dir, 'worktree', 'add', '--quiet', '-b', 'beside', path.join(root, `beside-${count}`))
  const beside = landBranch({ ...landing, branch: 'beside' }, await openRepository(dir))
  await expect(beside).rejects.toMatchObject({ code: 'CONFLICT' })
})

it.each(['a..b', '-x', 'a b', '', 'x.lock', '../../config'])('%j is no name for a branch', async (branch) => {
  const { dir, landing } = await makeLanding(branch)
  await expect(landBranch(landing, await openRepository(dir))).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
  })
})

it('no setting or hook of the repository has a say', async () => {
  const { dir, landing } = await makeLanding()
  const trap = path.join(root, `trap-${count}`)
  writeFiles(dir, { '.git/hooks/reference-transaction': `#!/bin/sh\ntouch ${trap}\n` })
  git(dir, 'config', 'url.ext::touch.insteadOf', root)
  git(dir, 'config', 'core.fsmonitor', `touch ${trap}`)
  await landBranch(landing, await openRepository(dir)).catch((error: unknown) => {
    expect(error).toMatchObject({ code: 'CONFLICT' })
  })
  expect(() => readFileSync(trap)).toThrow()
})
