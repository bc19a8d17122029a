import type { CommitFiles } from '../read-commit.ts'
import {
  cleanPath,
  findFirst,
  hasFile,
  makeCommand,
  withoutUndefined,
  type Finder,
  type Findings,
} from './findings.ts'

const countLines = (text: string, pattern: RegExp): number =>
  text.split('\n').filter((line) => pattern.test(line)).length

/** The lines of a TOML table, by its heading; comments and nested tables are left as they are. */
const getTable = (toml: string, heading: string): string => {
  const lines = toml.split('\n')
  const start = lines.findIndex((line) => line.trim() === `[${heading}]`)
  if (start < 0) return ''
  const end = lines.findIndex((line, index) => index > start && /^\s*\[/u.test(line))
  return lines.slice(start + 1, end < 0 ? undefined : end).join('\n')
}

const PYTHON_ENTRIES = ['main.py', 'app.py', 'src/main.py', 'manage.py', '__main__.py']

const countPython = (toml: string, requirements: string): number => {
  const listed = /^dependencies\s*=\s*\[([\s\S]*?)\]/mu.exec(getTable(toml, 'project'))?.[1] ?? ''
  const poetry = countLines(getTable(toml, 'tool.poetry.dependencies'), /^[A-Za-z][\w.-]*\s*=/u)
  return (
    [...listed.matchAll(/["'][^"']+["']/gu)].length +
    poetry +
    countLines(requirements, /^\s*[A-Za-z][\w.[\]-]*\s*(?:[=<>~!;@].*)?$/u)
  )
}

/** A Python project by pyproject.toml, setup.py or requirements.txt. */
export const findPythonProject: Finder = async (files) => {
  const manifest = findFirst(files, ['pyproject.toml', 'setup.py', 'setup.cfg', 'requirements.txt'])
  if (manifest === undefined) return undefined
  const toml = (await files.readText('pyproject.toml')) ?? ''
  const requirements = (await files.readText('requirements.txt')) ?? ''
  const all = [
    toml,
    requirements,
    (await files.readText('requirements-dev.txt')) ?? '',
    (await files.readText('tox.ini')) ?? '',
  ].join('\n')
  const testFile = files.entries.find(({ path }) => /(?:^|\/)(?:test_[^/]+|[^/]+_test)\.py$/u.test(path))
  const isPytest = /\bpytest\b/u.test(all)
  const manager = hasFile(files, 'uv.lock')
    ? 'uv'
    : hasFile(files, 'poetry.lock') || toml.includes('[tool.poetry]')
      ? 'poetry'
      : hasFile(files, 'Pipfile')
        ? 'pipenv'
        : 'pip'
  const lock = findFirst(files, ['uv.lock', 'poetry.lock', 'Pipfile.lock'])
  const entry =
    findFirst(files, PYTHON_ENTRIES) ??
    files.entries.find(({ path }) => /^(?:src\/)?[^/]+\/__main__\.py$/u.test(path))?.path
  const runner = isPytest ? 'pytest' : testFile === undefined ? undefined : 'unittest'
  const argv = runner === 'pytest' ? ['python3', '-m', 'pytest'] : ['python3', '-m', 'unittest']
  return {
    manager: { name: manager, manifest, locks: lock === undefined ? [] : [lock] },
    dependencies: countPython(toml, requirements),
    kind: /\b(?:flask|django|fastapi|starlette|aiohttp|uvicorn)\b/iu.test(all)
      ? 'service'
      : toml.includes('[project.scripts]')
        ? 'tool'
        : 'library',
    entries: entry === undefined ? [] : [{ path: entry, source: 'its usual name' }],
    commands: withoutUndefined({
      test:
        runner === undefined
          ? undefined
          : makeCommand(
              argv,
              runner === 'pytest' ? 'pytest is named by its manifests' : (testFile?.path ?? manifest),
            ),
      lint: toml.includes('[tool.ruff')
        ? makeCommand(['ruff', 'check', '.'], 'pyproject.toml [tool.ruff]')
        : undefined,
    }),
    ...(runner === undefined ? {} : { testRunner: runner }),
  }
}

/** A Rust project by Cargo.toml. */
export const findRustProject: Finder = async (files) => {
  const toml = await files.readText('Cargo.toml')
  if (toml === undefined) return undefined
  const entry = findFirst(files, ['src/main.rs', 'src/lib.rs'])
  const isWeb = /^(?:axum|actix-web|rocket|warp|hyper)\s*=/mu.test(toml)
  return {
    manager: {
      name: 'cargo',
      manifest: 'Cargo.toml',
      locks: hasFile(files, 'Cargo.lock') ? ['Cargo.lock'] : [],
    },
    dependencies: countLines(getTable(toml, 'dependencies'), /^[A-Za-z][\w-]*\s*=/u),
    kind: isWeb ? 'service' : entry === 'src/main.rs' ? 'tool' : 'library',
    entries: entry === undefined ? [] : [{ path: entry, source: 'Cargo.toml' }],
    commands: withoutUndefined({
      build: makeCommand(['cargo', 'build', '--offline', '--locked'], 'Cargo.toml'),
      test: makeCommand(['cargo', 'test', '--offline', '--locked'], 'Cargo.toml'),
    }),
    testRunner: 'cargo test',
  }
}

/** A Go project by go.mod. */
export const findGoProject: Finder = async (files) => {
  const mod = await files.readText('go.mod')
  if (mod === undefined) return undefined
  const entry =
    findFirst(files, ['main.go']) ??
    files.entries.find(({ path }) => /^cmd\/[^/]+\/main\.go$/u.test(path))?.path
  const text = entry === undefined ? '' : ((await files.readText(entry)) ?? '')
  const hasTests = files.entries.some(({ path }) => path.endsWith('_test.go'))
  return {
    manager: { name: 'go', manifest: 'go.mod', locks: hasFile(files, 'go.sum') ? ['go.sum'] : [] },
    dependencies: countLines(mod, /^\s*(?:require\s+)?[\w.-]+\.[\w.-]+\/\S+\s+v\d/u),
    kind: entry === undefined ? 'library' : /net\/http/u.test(text) ? 'service' : 'tool',
    entries: entry === undefined ? [] : [{ path: entry, source: 'package main' }],
    commands: withoutUndefined({
      build: makeCommand(['go', 'build', './...'], 'go.mod'),
      test: hasTests ? makeCommand(['go', 'test', './...'], 'go.mod') : undefined,
    }),
    ...(hasTests ? { testRunner: 'go test' } : {}),
  }
}

/** Build tools whose commands are always the same, by their manifest. */
const FIXED: readonly {
  readonly name: string
  readonly manifests: readonly string[]
  readonly locks: readonly string[]
  readonly build?: readonly string[]
  readonly test: readonly string[]
  readonly dependency: RegExp
}[] = [
  {
    name: 'maven',
    manifests: ['pom.xml'],
    locks: [],
    build: ['mvn', '-o', '-B', 'package'],
    test: ['mvn', '-o', '-B', 'test'],
    dependency: /<dependency>/u,
  },
  {
    name: 'gradle',
    manifests: ['build.gradle', 'build.gradle.kts'],
    locks: ['gradle.lockfile'],
    build: ['gradle', '--offline', 'assemble'],
    test: ['gradle', '--offline', 'test'],
    dependency: /^\s*(?:implementation|api|testImplementation)\b/u,
  },
  {
    name: 'bundler',
    manifests: ['Gemfile'],
    locks: ['Gemfile.lock'],
    test: ['bundle', 'exec', 'rake', 'test'],
    dependency: /^\s*gem\s/u,
  },
  {
    name: 'composer',
    manifests: ['composer.json'],
    locks: ['composer.lock'],
    test: ['vendor/bin/phpunit'],
    dependency: /^\s*"[\w.-]+\/[\w.-]+"\s*:/u,
  },
]

const makeFixedFinder =
  (tool: (typeof FIXED)[number]): Finder =>
  async (files) => {
    const manifest = findFirst(files, tool.manifests)
    if (manifest === undefined) return undefined
    const lock = findFirst(files, tool.locks)
    const hasTests = files.entries.some(({ path }) => /(?:^|\/)(?:tests?|spec)\//u.test(path))
    return {
      manager: { name: tool.name, manifest, locks: lock === undefined ? [] : [lock] },
      dependencies: countLines((await files.readText(manifest)) ?? '', tool.dependency),
      commands: withoutUndefined({
        build: tool.build === undefined ? undefined : makeCommand(tool.build, manifest),
        test: hasTests ? makeCommand(tool.test, manifest) : undefined,
      }),
      ...(hasTests ? { testRunner: `${tool.name} test` } : {}),
    }
  }

const MAKE_TARGETS = {
  build: ['build', 'all'],
  test: ['test', 'check'],
  lint: ['lint'],
  start: ['run', 'start', 'serve'],
} as const

/** The targets of a Makefile: what a project says of itself in the language that every maker knows. */
export const findMakeProject: Finder = async (files) => {
  const manifest = findFirst(files, ['Makefile', 'GNUmakefile', 'makefile'])
  if (manifest === undefined) return undefined
  const text = (await files.readText(manifest)) ?? ''
  const targets = new Set([...text.matchAll(/^([A-Za-z][\w.-]*)\s*:(?!=)/gmu)].map(([, target]) => target))
  const find = (names: readonly string[]) => {
    const target = names.find((name) => targets.has(name))
    return target === undefined ? undefined : makeCommand(['make', target], `${manifest}, target ${target}`)
  }
  const test = find(MAKE_TARGETS.test)
  return {
    manager: { name: 'make', manifest, locks: [] },
    commands: withoutUndefined({
      build: find(MAKE_TARGETS.build),
      test,
      lint: find(MAKE_TARGETS.lint),
      start: find(MAKE_TARGETS.start),
    }),
    ...(test === undefined ? {} : { testRunner: 'make' }),
  }
}

export const FIXED_FINDERS: readonly Finder[] = FIXED.map(makeFixedFinder)

const MANIFEST_NAME =
  /^(?:package\.json|pyproject\.toml|Cargo\.toml|go\.mod|pom\.xml|build\.gradle(?:\.kts)?|Gemfile|composer\.json)$/u

/** Manifests below the root: parts of a larger whole, whose own commands are not used. */
export const listNestedManifests = (files: CommitFiles): string[] =>
  files.entries
    .map(({ path }) => path)
    .filter((path) => path.includes('/') && MANIFEST_NAME.test(path.split('/').at(-1) ?? ''))
    .flatMap((path) => cleanPath(path) ?? [])

export type { Findings }
