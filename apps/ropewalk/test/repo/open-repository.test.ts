import { chmodSync, mkdirSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkAllowedPath, checkAllowedRepository } from '../../src/repo/check-allowed.ts'
import { checkClean, openRepository } from '../../src/repo/open-repository.ts'
import { packRepository, readRepository, withBundle } from '../../src/repo/pack-repository.ts'
import { commitAll, git, makeFolder, makeRepository, writeFiles } from './support/repositories.ts'

let root = ''
beforeAll(() => {
  root = makeFolder()
})
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})

const FILES = { 'a.txt': 'one\n', 'sub/b.txt': 'two\n' }

describe('a repository that a run can start from', () => {
  it('is found from a folder within, with its commit and branch', async () => {
    const dir = makeRepository(root, 'plain', FILES)
    const found = await openRepository(path.join(dir, 'sub'))
    expect(found).toEqual({
      root: dir,
      gitDir: path.join(dir, '.git'),
      name: 'plain',
      commit: git(dir, 'rev-parse', 'HEAD'),
      branch: 'main',
      changed: [],
      untracked: [],
    })
  })

  it('may have no branch checked out', async () => {
    const dir = makeRepository(root, 'detached', FILES)
    git(dir, 'checkout', '--quiet', '--detach')
    expect(await openRepository(dir)).toMatchObject({ branch: null })
  })

  it('may be a second work tree of another, and is packed with the objects of the first', async () => {
    const dir = makeRepository(root, 'first', FILES)
    const second = path.join(root, 'second')
    git(dir, 'worktree', 'add', '--quiet', '-b', 'other', second)
    writeFiles(second, { 'c.txt': 'three' })
    const commit = commitAll(second, 'Third')
    const found = await openRepository(second)
    expect(found).toMatchObject({ root: second, branch: 'other', commit })
    const bundle = await packRepository(found, path.join(root, 'scratch'))
    const read = await withBundle({ scratch: path.join(root, 'scratch'), bundle, commit }, (gitDir) =>
      readRepository(gitDir, found),
    )
    expect(read.context.tree).toEqual(['a.txt', 'c.txt', 'sub/b.txt'])
  })

  it('is not written to', async () => {
    const dir = makeRepository(root, 'kept', FILES)
    const before = git(dir, 'count-objects', '-v') + git(dir, 'for-each-ref')
    const found = await openRepository(dir)
    await packRepository(found, path.join(root, 'scratch'))
    expect(git(dir, 'count-objects', '-v') + git(dir, 'for-each-ref')).toBe(before)
    expect(git(dir, 'status', '--porcelain')).toBe('')
  })
})

describe('a repository that is refused, with what to do', () => {
  it.each([
    ['a folder that is not there', () => path.join(root, 'nowhere'), /cannot be read/u],
    [
      'a folder of no repository',
      () => {
        mkdirSync(path.join(root, 'nothing'), { recursive: true })
        return path.join(root, 'nothing')
      },
      /not in a git repository.*git init/u,
    ],
    [
      'a bare one',
      () => {
        git(root, 'init', '--quiet', '--bare', 'bare.git')
        return path.join(root, 'bare.git')
      },
      /bare repository.*clone it/u,
    ],
    [
      'one without a commit',
      () => {
        git(root, 'init', '--quiet', 'empty')
        return path.join(root, 'empty')
      },
      /no commit yet/u,
    ],
    [
      'a shallow one',
      () => {
        const dir = makeRepository(root, 'deep', FILES)
        writeFiles(dir, { 'a.txt': 'again' })
        commitAll(dir, 'Again')
        git(root, 'clone', '--quiet', '--depth', '1', `file://${dir}`, 'shallow')
        return path.join(root, 'shallow')
      },
      /shallow clone.*--unshallow/u,
    ],
    [
      'one that names commits by SHA-256',
      () => {
        git(root, 'init', '--quiet', '--object-format=sha256', 'sha256')
        writeFiles(path.join(root, 'sha256'), FILES)
        commitAll(path.join(root, 'sha256'))
        return path.join(root, 'sha256')
      },
      /SHA-256/u,
    ],
    [
      'one with a submodule',
      () => {
        const inner = makeRepository(root, 'inner', FILES)
        const dir = makeRepository(root, 'outer', FILES)
        git(dir, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner, 'vendored')
        commitAll(dir, 'Add')
        return dir
      },
      /submodule vendored/u,
    ],
    [
      'one with files in Git LFS',
      () => makeRepository(root, 'lfs', { 'media/.gitattributes': '*.png filter=lfs diff=lfs -text\n' }),
      /Git LFS \(media\/\.gitattributes\)/u,
    ],
  ])('%s', async (_, make, message) => {
    const refused = openRepository(make())
    await expect(refused).rejects.toThrow(message)
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })
})

describe('changes that are not committed', () => {
  it('are named, staged or not, added or removed, and stop the run unless that is known', async () => {
    const dir = makeRepository(root, 'dirty', { ...FILES, 'gone.txt': 'x', '.gitignore': 'built/\n' })
    writeFiles(dir, { 'a.txt': 'ONE\n', 'new.txt': 'x', 'built/x': 'x', 'staged.txt': 'x' })
    git(dir, 'add', 'staged.txt')
    rmSync(path.join(dir, 'gone.txt'))
    const found = await openRepository(dir)
    expect(found.changed).toEqual(['a.txt', 'gone.txt', 'staged.txt'])
    expect(found.untracked).toEqual(['new.txt'])
    expect(() => {
      checkClean(found, { allowDirty: false, howToAllow: '--allow-dirty' })
    }).toThrow(/a\.txt, gone\.txt, staged\.txt, new\.txt.*--allow-dirty/u)
    checkClean(found, { allowDirty: true, howToAllow: '--allow-dirty' })
  })

  it('are none where a file was only touched, or git turns line ends around', async () => {
    const dir = makeRepository(root, 'touched', FILES)
    utimesSync(path.join(dir, 'a.txt'), new Date(), new Date(Date.now() + 5000))
    writeFileSync(path.join(dir, 'sub/b.txt'), 'two\r\n')
    expect(await openRepository(dir)).toMatchObject({ changed: [], untracked: [] })
    chmodSync(path.join(dir, 'a.txt'), 0o755)
    expect(await openRepository(dir)).toMatchObject({ changed: ['a.txt'] })
  })

  it('are found without running a filter, hook or monitor of the repository', async () => {
    const dir = makeRepository(root, 'trap', { ...FILES, '.gitattributes': '* filter=evil diff=evil\n' })
    const trap = path.join(root, 'sprung')
    for (const key of ['filter.evil.clean', 'filter.evil.smudge', 'core.fsmonitor', 'diff.evil.textconv'])
      git(dir, 'config', key, `touch ${trap}-${key}; cat`)
    writeFiles(dir, { 'a.txt': 'changed\n' })
    const found = await openRepository(dir)
    expect(found.changed).toEqual(['a.txt'])
    await packRepository(found, path.join(root, 'scratch'))
    expect(readdirSync(root).filter((name) => name.startsWith('sprung'))).toEqual([])
  })
})

describe('folders that a caller over HTTP may name', () => {
  const allowed = () => path.join(root, 'allowed')
  const check = async (folder: string) => {
    await checkAllowedPath(folder, [allowed()])
    await checkAllowedRepository(folder, await openRepository(folder), [allowed()])
  }

  it('lie in a folder that the operator allowed', async () => {
    await check(makeRepository(allowed(), 'mine', FILES))
    const outside = makeRepository(root, 'outside', FILES)
    symlinkSync(outside, path.join(allowed(), 'link'))
    for (const folder of [
      outside,
      path.join(allowed(), '..', 'outside'),
      path.join(allowed(), 'link'),
      'mine',
      '/',
      path.join(root, 'not-there'),
      path.join(allowed(), 'not-there'),
      `${allowed()}-too`,
    ])
      await expect(check(folder)).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(checkAllowedPath(allowed(), [])).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })

  it('do not lead to a work tree further up, nor to a history kept elsewhere', async () => {
    const around = makeRepository(root, 'around', { 'inside/x.txt': 'x' })
    const inside = path.join(around, 'inside')
    await expect(
      checkAllowedRepository(inside, await openRepository(inside), [inside]),
    ).rejects.toMatchObject({ code: 'FORBIDDEN' })
    const elsewhere = makeRepository(root, 'elsewhere', FILES)
    const tree = path.join(allowed(), 'tree')
    git(elsewhere, 'worktree', 'add', '--quiet', '-b', 'b', tree)
    await expect(check(tree)).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })
})

it('what is too large for a run is refused with a way on', async () => {
  const dir = path.join(root, 'large')
  mkdirSync(dir)
  writeFileSync(path.join(dir, 'noise.bin'), crypto.getRandomValues(new Uint8Array(65_536)))
  git(dir, 'init', '--quiet', '--initial-branch=main')
  const noise = Buffer.concat(
    Array.from({ length: 31 * 16 }, () => Buffer.from(crypto.getRandomValues(new Uint8Array(65_536)))),
  )
  writeFileSync(path.join(dir, 'one.bin'), noise)
  writeFileSync(path.join(dir, 'two.bin'), noise.subarray(0, 2 * 1024 ** 2).toReversed())
  commitAll(dir)
  const found = await openRepository(dir)
  await expect(packRepository(found, path.join(root, 'scratch'))).rejects.toThrow(/32 MB.*--orphan/u)
})
