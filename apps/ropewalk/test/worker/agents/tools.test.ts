import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TOOLS } from '../../../src/worker/agents/tools/registry.ts'
import { resolveInWorktree } from '../../../src/worker/agents/tools/worktree-path.ts'
import type { ConfinedRequest } from '@ropewalk/guards/guard'
import { makeJob } from './make-job.ts'

let home: string
let dir: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'ropewalk-tools-'))
  dir = join(home, 'tree')
  await mkdir(join(dir, 'src'), { recursive: true })
  await writeFile(join(home, 'outside.txt'), 'outside\n')
  await writeFile(join(dir, 'src/a.js'), 'one\ntwo\nthree\nfour\n')
})
afterEach(() => rm(home, { recursive: true, force: true }))

const use = (
  id: string,
  input: unknown,
  more: { confined?: ConfinedRequest[]; secrets?: Record<string, string>; changed?: string[] } = {},
): Promise<string> => {
  const { job } = makeJob({
    worktree: { dir, baseCommit: null },
    runConfined: (request) => {
      more.confined?.push(request)
      return Promise.resolve({
        argv: request.argv,
        exitCode: 0,
        signal: null,
        stdout: 'token is hunter2hunter2',
        stderr: '',
        truncated: false,
        timedOut: false,
        durationMs: 1,
        confined: 'yes',
      })
    },
  })
  const tool = TOOLS.get(id)
  if (tool === undefined) throw new Error(`no tool ${id}`)
  return tool.run(input, {
    job,
    secrets: more.secrets ?? {},
    noteChanged: (path) => more.changed?.push(path),
  })
}

describe('paths', () => {
  test.for([
    '/etc/passwd',
    '../outside.txt',
    'src/../../outside.txt',
    '.git/config',
    'src/.GIT/hooks/x',
    'a\u0000b',
    'C:/x',
    'src\\..\\x',
    '.git./config',
  ])('%j is refused by every tool that takes a path', async (path) => {
    await expect(use('repo.read', { path, from_line: 1 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(use('repo.write', { path, content: 'x' })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
    await expect(use('repo.list', { folder: path })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(use('repo.patch', { path, edits: [{ search: 'a', replace: 'b' }] })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
  })

  test('no symbolic link leads outside, neither as file, nor as folder, nor dangling', async () => {
    await symlink(join(home, 'outside.txt'), join(dir, 'file'))
    await symlink(home, join(dir, 'folder'))
    await symlink(join(home, 'new.txt'), join(dir, 'dangling'))
    await symlink('../..', join(dir, 'src/up'))
    for (const path of [
      'file',
      'folder/outside.txt',
      'folder/new.txt',
      'dangling',
      'src/up/outside.txt',
      'src/up/new.txt',
    ]) {
      await expect(use('repo.read', { path, from_line: 1 })).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      })
      await expect(use('repo.write', { path, content: 'broken out' })).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      })
    }
    expect(await readFile(join(home, 'outside.txt'), 'utf8')).toBe('outside\n')
    expect(await use('repo.list', { folder: '' })).toBe('src/a.js')
    expect(await use('repo.search', { text: 'outside' })).toBe('Nothing found.')
  })

  test('a link within the worktree may be followed, unless it hides the folder of git', async () => {
    await mkdir(join(dir, '.git'))
    await symlink('src', join(dir, 'inner'))
    await symlink('.git', join(dir, 'sly'))
    expect(await use('repo.read', { path: 'inner/a.js', from_line: 1 })).toContain('one')
    await expect(resolveInWorktree(dir, 'sly/config')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  test('a binary, too large or absent file is an answer, not a crash', async () => {
    await writeFile(join(dir, 'bin'), Buffer.from([0, 1]))
    await writeFile(join(dir, 'big'), 'x'.repeat(1_000_001))
    await expect(use('repo.read', { path: 'bin', from_line: 1 })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
    await expect(use('repo.read', { path: 'big', from_line: 1 })).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
    })
    await expect(use('repo.read', { path: 'none', from_line: 1 })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
  })
})

describe('patches', () => {
  const read = () => readFile(join(dir, 'src/a.js'), 'utf8')
  const diff = (...lines: string[]) => use('repo.patch', { diff: `${lines.join('\n')}\n` })

  test('an edit needs its search text exactly once, and edits are all or nothing', async () => {
    const changed: string[] = []
    await use(
      'repo.patch',
      {
        path: 'src/a.js',
        edits: [
          { search: 'two\n', replace: 'TWO\n' },
          { search: 'TWO', replace: '2' },
        ],
      },
      { changed },
    )
    expect(await read()).toBe('one\n2\nthree\nfour\n')
    expect(changed).toEqual(['src/a.js'])
    await expect(
      use('repo.patch', {
        path: 'src/a.js',
        edits: [
          { search: 'one', replace: '1' },
          { search: 'absent', replace: '' },
        ],
      }),
    ).rejects.toThrow(/Edit 2/u)
    await expect(
      use('repo.patch', { path: 'src/a.js', edits: [{ search: 'o', replace: '0' }] }),
    ).rejects.toThrow(/more than once/u)
    expect(await read()).toBe('one\n2\nthree\nfour\n')
  })

  test('a diff changes, makes and removes files', async () => {
    await diff(
      '--- a/src/a.js',
      '+++ b/src/a.js',
      '@@ -1,3 +1,4 @@',
      ' one',
      '-two',
      '+TWO',
      '+and a half',
      ' three',
      '@@ -4 +5 @@',
      '-four',
      '+FOUR',
      '--- /dev/null',
      '+++ b/src/b.js',
      '@@ -0,0 +1,2 @@',
      '+x',
      '+y',
    )
    expect(await read()).toBe('one\nTWO\nand a half\nthree\nFOUR\n')
    expect(await readFile(join(dir, 'src/b.js'), 'utf8')).toBe('x\ny\n')
    await diff('--- a/src/b.js', '+++ /dev/null', '@@ -1,2 +0,0 @@', '-x', '-y')
    await expect(readFile(join(dir, 'src/b.js'))).rejects.toThrow(/ENOENT/u)
  })

  test('a hunk at another line is found when its place is the only one', async () => {
    await diff('--- a/src/a.js', '+++ b/src/a.js', '@@ -9,2 +9,2 @@', ' three', '-four', '+FOUR')
    expect(await read()).toBe('one\ntwo\nthree\nFOUR\n')
  })

  test('what does not fit changes nothing', async () => {
    const head = ['--- a/src/a.js', '+++ b/src/a.js']
    await expect(diff(...head, '@@ -1,2 +1,2 @@', ' one', '-TWO', '+2')).rejects.toThrow(/not in the file/u)
    await expect(diff(...head, '@@ -1,3 +1,2 @@', ' one', '-two', '+2')).rejects.toThrow(
      /other numbers of lines/u,
    )
    await expect(diff('--- /dev/null', '+++ b/src/a.js', '@@ -0,0 +1 @@', '+x')).rejects.toThrow(
      /there already/u,
    )
    await expect(diff('--- /dev/null', '+++ b/../x.js', '@@ -0,0 +1 @@', '+x')).rejects.toThrow(/climbs/u)
    await expect(diff('--- a/src/a.js', '+++ /dev/null', '@@ -1 +0,0 @@', '-one')).rejects.toThrow(
      /not all of its lines/u,
    )
    await expect(
      use('repo.patch', { path: 'src/a.js', edits: [{ search: 'one', replace: '1' }], diff: 'x' }),
    ).rejects.toThrow(/not both/u)
    expect(await read()).toBe('one\ntwo\nthree\nfour\n')
  })
})

describe('repo.run', () => {
  test('runs argv in the worktree with no environment but granted secrets, and hides them in what it tells', async () => {
    const confined: ConfinedRequest[] = []
    const told = await use(
      'repo.run',
      { argv: ['node', '--test'] },
      { confined, secrets: { 'npm.token': 'hunter2hunter2' } },
    )
    expect(confined[0]).toMatchObject({
      argv: [process.execPath, '--test'],
      cwd: dir,
      env: { npm_token: 'hunter2hunter2' },
    })
    expect(told).toContain('token is [secret]')
    await use('repo.run', { argv: ['ls'] }, { confined })
    expect(confined[1]?.env).toEqual({})
  })

  test.for([['sh', '-c', 'true'], ['/bin/sh'], ['git', 'push'], ['../node']])(
    '%j is not among its programs',
    async (argv) => {
      await expect(use('repo.run', { argv })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    },
  )
})

test('every tool has an id, a version, a description and refuses what its contract does not have', async () => {
  for (const [id, tool] of TOOLS) {
    expect(tool).toMatchObject({ id, version: expect.stringMatching(/^\d+\.\d+\.\d+$/u) as string })
    expect(tool.description.length).toBeGreaterThan(20)
    await expect(use(id, { nonsense: true })).rejects.toThrow()
  }
})
