import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RepoContext } from '@ropewalk/core/contract/documents/repo-context'
import { RepoManifest } from '@ropewalk/core/contract/documents'
import { openRepository } from '../../src/repo/open-repository.ts'
import { readRepository } from '../../src/repo/pack-repository.ts'
import { SAMPLES } from '../../../../packages/core/test/contract/samples/samples.ts'
import { copyShelf, makeFolder, makeRepository, type Files } from './support/repositories.ts'

let root = ''
let count = 0
beforeAll(() => {
  root = makeFolder()
})
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})

const readAt = async (dir: string) => {
  const { gitDir, name, commit, branch } = await openRepository(dir)
  return readRepository(gitDir, { name, commit, branch })
}

const read = (files: Files) => {
  count += 1
  return readAt(makeRepository(root, `project-${count}`, files))
}

const json = (value: unknown): string => JSON.stringify(value)
const node = (rest: object): string => json({ name: 'it', version: '1.0.0', ...rest })

type Expected = {
  readonly kind: string
  readonly language: string
  readonly manager: string
  readonly lock?: string
  readonly test: string | null
  readonly runner: string | null
  readonly entry?: string
  readonly manifest?: 'node' | 'other'
}

const SHAPES: Readonly<Record<string, { readonly files: Files; readonly expected: Expected }>> = {
  'a Node service tested by Node': {
    files: {
      'package.json': node({
        main: 'src/server.js',
        scripts: { start: 'node src/server.js', test: 'node --test' },
      }),
      'package-lock.json': json({ lockfileVersion: 3, packages: {} }),
      'src/server.js': 'listen(process.env.PORT)',
      'test/server.test.js': "import 'node:test'",
    },
    expected: {
      kind: 'service',
      language: 'JavaScript',
      manager: 'npm',
      lock: 'package-lock.json',
      test: 'node --test',
      runner: 'node:test',
      entry: 'src/server.js',
      manifest: 'node',
    },
  },
  'a Node library tested by jest': {
    files: {
      'package.json': node({
        main: './lib/index',
        scripts: { test: 'jest --ci' },
        devDependencies: { jest: '^30' },
      }),
      'yarn.lock': '# yarn lockfile v1',
      'lib/index.js': 'module.exports = {}',
      'lib/__tests__/index.js': 'it("is", () => {})',
    },
    expected: {
      kind: 'library',
      language: 'JavaScript',
      manager: 'yarn',
      lock: 'yarn.lock',
      test: 'node_modules/.bin/jest --ci',
      runner: 'jest',
      entry: 'lib/index.js',
      manifest: 'other',
    },
  },
  'a command-line tool in TypeScript tested by vitest': {
    files: {
      'package.json': node({
        bin: { it: 'src/cli.ts' },
        packageManager: 'pnpm@10.0.0',
        scripts: { pretest: 'tsc', test: 'vitest run' },
      }),
      'pnpm-lock.yaml': "lockfileVersion: '9.0'",
      'src/cli.ts': 'export {}',
      'src/cli.test.ts': 'export {}',
    },
    expected: {
      kind: 'tool',
      language: 'TypeScript',
      manager: 'pnpm',
      lock: 'pnpm-lock.yaml',
      test: 'pnpm run test',
      runner: 'vitest',
      entry: 'src/cli.ts',
      manifest: 'other',
    },
  },
  'a Node project whose tests nobody wrote a script for': {
    files: {
      'package.json': node({ scripts: { test: 'echo "Error: no test specified" && exit 1' } }),
      'index.js': 'export const one = 1',
      'index.test.js': "import { test } from 'node:test'",
    },
    expected: {
      kind: 'library',
      language: 'JavaScript',
      manager: 'npm',
      test: 'node --test',
      runner: 'node:test',
      entry: 'index.js',
      manifest: 'node',
    },
  },
  'a Python service tested by pytest': {
    files: {
      'pyproject.toml':
        '[project]\nname = "it"\ndependencies = ["flask>=3", "rich"]\n[dependency-groups]\ndev = ["pytest"]\n[tool.ruff]\n',
      'uv.lock': 'version = 1',
      'app.py': 'import flask',
      'tests/test_app.py': 'def test_it(): pass',
    },
    expected: {
      kind: 'service',
      language: 'Python',
      manager: 'uv',
      lock: 'uv.lock',
      test: 'python3 -m pytest',
      runner: 'pytest',
      entry: 'app.py',
      manifest: 'other',
    },
  },
  'a Python script with nothing but its standard library': {
    files: { 'requirements.txt': '# nothing\n', 'main.py': 'print(1)', 'test_main.py': 'import unittest' },
    expected: {
      kind: 'library',
      language: 'Python',
      manager: 'pip',
      test: 'python3 -m unittest',
      runner: 'unittest',
      entry: 'main.py',
      manifest: 'other',
    },
  },
  'a Rust program': {
    files: {
      'Cargo.toml': '[package]\nname = "it"\n[dependencies]\nserde = "1"\n',
      'Cargo.lock': 'version = 4',
      'src/main.rs': 'fn main() {}',
      'tests/it.rs': '#[test] fn it() {}',
    },
    expected: {
      kind: 'tool',
      language: 'Rust',
      manager: 'cargo',
      lock: 'Cargo.lock',
      test: 'cargo test --offline --locked',
      runner: 'cargo test',
      entry: 'src/main.rs',
      manifest: 'other',
    },
  },
  'a Go service': {
    files: {
      'go.mod': 'module it\n\nrequire github.com/a/b v1.2.3\n',
      'go.sum': 'x',
      'cmd/it/main.go': 'import "net/http"',
      'it_test.go': 'package it',
    },
    expected: {
      kind: 'service',
      language: 'Go',
      manager: 'go',
      lock: 'go.sum',
      test: 'go test ./...',
      runner: 'go test',
      entry: 'cmd/it/main.go',
      manifest: 'other',
    },
  },
  'a C program with a Makefile': {
    files: {
      Makefile: 'CC := gcc\nall: it\ncheck: all\n\t./check.sh\n',
      'it.c': 'int main(void) { return 0; }',
      'tests/it.c': 'int x;',
    },
    expected: {
      kind: 'library',
      language: 'C',
      manager: 'make',
      test: 'make check',
      runner: 'make',
      manifest: 'other',
    },
  },
  'a Java library built by maven': {
    files: {
      'pom.xml': '<project>\n<dependency>\n</dependency>\n</project>',
      'src/main/java/It.java': 'class It {}',
      'src/test/java/ItTest.java': 'class ItTest {}',
    },
    expected: {
      kind: 'library',
      language: 'Java',
      manager: 'maven',
      test: 'mvn -o -B test',
      runner: 'maven test',
      manifest: 'other',
    },
  },
  'a Ruby gem': {
    files: {
      Gemfile: "gem 'rack'\n",
      'Gemfile.lock': 'GEM',
      'lib/it.rb': 'class It; end',
      'spec/it_spec.rb': 'x',
    },
    expected: {
      kind: 'library',
      language: 'Ruby',
      manager: 'bundler',
      lock: 'Gemfile.lock',
      test: 'bundle exec rake test',
      runner: 'bundler test',
      manifest: 'other',
    },
  },
}

describe('what is found in a project', () => {
  it.each(Object.keys(SHAPES))('%s', async (name) => {
    const { files, expected } = SHAPES[name] ?? { files: {}, expected: undefined }
    const { context, manifest } = await read(files)
    expect(RepoContext.parse(context)).toEqual(context)
    expect({
      kind: context.kind,
      language: context.languages[0]?.name,
      manager: context.package_managers[0]?.name,
      lock: context.package_managers[0]?.lock?.path,
      test: context.commands.test?.argv.join(' ') ?? null,
      runner: context.test_runner,
      ...(expected?.entry === undefined ? {} : { entry: context.entry_points[0]?.path }),
      manifest: manifest?.language,
    }).toEqual({ lock: undefined, ...expected })
    if (manifest !== undefined) expect(RepoManifest.parse(manifest)).toEqual(manifest)
  })

  it('says what it looked for in vain in a folder of texts', async () => {
    const { context, manifest } = await read({ 'notes.txt': 'one', 'docs/plan.md': '# Plan' })
    expect(manifest).toBeUndefined()
    expect(context.commands).toEqual({ build: null, test: null, lint: null, start: null })
    expect(context.specs).toEqual([{ path: 'docs/plan.md', kind: 'document', document: null }])
    expect(context.notes.join('\n')).toMatch(/No manifest of a known kind[\s\S]*no file of code/u)
  })

  it('takes the parts of a workspace for parts', async () => {
    const { context } = await read({
      'package.json': node({ private: true, scripts: { test: 'pnpm -r test' } }),
      'packages/a/package.json': node({ scripts: { test: 'jest' } }),
    })
    expect(context.commands.test?.argv).toEqual(['pnpm', '-r', 'test'])
    expect(context.package_managers.map(({ name, manifest }) => `${name} ${manifest}`)).toEqual([
      'npm package.json',
      'part packages/a/package.json',
    ])
    expect(context.notes.join('\n')).toContain('1 manifests below the root are parts')
  })
})

describe('what a project says itself', () => {
  const FILES = {
    'package.json': node({ scripts: { test: 'jest', build: 'tsc' } }),
    'src/a.ts': 'x',
    'test/a.ts': 'x',
  }

  it('wins over what is found', async () => {
    const { context } = await read({
      ...FILES,
      '.ropewalk/commands.yaml': 'test: node --test test/a.ts\nbuild: null\nlint: [make, "lint all"]\n',
    })
    expect(context.commands).toMatchObject({
      build: null,
      test: { argv: ['node', '--test', 'test/a.ts'], source: '.ropewalk/commands.yaml#/test' },
      lint: { argv: ['make', 'lint all'] },
    })
    expect(context.test_runner).toBe('node:test')
  })

  it.each([
    ['no YAML', 'test: [', /line 1.*not valid YAML/u],
    ['another key', 'tests: x', /Unrecognized key/u],
    ['a shell line', 'test: a && b', /needs a shell/u],
    ['aliases', 'test: &a [x]\nlint: *a', /aliases are not followed/u],
  ])('is refused where it is %s, with the place', async (_, text, message) => {
    await expect(read({ ...FILES, '.ropewalk/commands.yaml': text })).rejects.toThrow(message)
  })
})

describe('the documents of an earlier run', () => {
  it('are read by their contracts, and one that breaks its own is named and left out', async () => {
    const prd = SAMPLES.PRD
    const { context, specs } = await read({
      'a.js': 'x',
      '.ropewalk/specs/PRD.json': json(prd),
      '.ropewalk/specs/UserStories.json': json({ stories: [] }),
      '.ropewalk/specs/DataModel.json': '{',
    })
    expect(specs.map(({ name }) => name)).toEqual(['PRD'])
    expect(specs[0]?.content).toEqual(prd)
    expect(context.specs).toEqual([{ path: '.ropewalk/specs/PRD.json', kind: 'ropewalk', document: 'PRD' }])
    expect(context.notes.filter((note) => note.includes('not taken over'))).toHaveLength(2)
  })
})

describe('the repository of the tests', () => {
  it('is read whole: commands, port, texts with their lines, decisions', async () => {
    const { context, manifest } = await readAt(copyShelf(root))
    expect(manifest).toMatchObject({
      kind: 'service',
      language: 'node',
      start: ['node', 'src/server.js'],
      port_env: 'PORT',
      tests: ['test/loans.test.js'],
      commands: { test: null },
    })
    expect(context.excerpts.map(({ path }) => path)).toEqual(['README.md', 'CONTRIBUTING.md'])
    expect(context.excerpts[0]).toMatchObject({ from_line: 1, to_line: 14 })
    expect(context.excerpts[0]?.text.startsWith('# Lending shelf')).toBe(true)
    expect(context.specs).toMatchObject([{ kind: 'decision' }])
    expect(context.branch).toBe('main')
  })

  it('gives the same document each time', async () => {
    const dir = makeRepository(root, 'twice', { 'a.js': 'x' })
    expect(await readAt(dir)).toEqual(await readAt(dir))
  })
})

it('what is large, or odd, or no text is passed over, and lists are cut', async () => {
  const many = Object.fromEntries(Array.from({ length: 700 }, (_, index) => [`src/f${index}.js`, '']))
  const { context } = await read({
    ...many,
    'README.md': `${'x'.repeat(7000)}\n`,
    'CONTRIBUTING.md': 'a\u0000b',
    'package.json': '{ broken',
  })
  expect(context.tree).toHaveLength(600)
  expect(context.excerpts).toEqual([])
  expect(context.notes.join('\n')).toMatch(/not valid JSON[\s\S]*Only 600 of 703 files are listed/u)
})
