import { sha256 } from '@ropewalk/core/canonical'
import {
  RepoContext,
  type LockFile,
  type ProjectCommand,
} from '@ropewalk/core/contract/documents/repo-context'
import type { CommitFiles } from '../read-commit.ts'
import { readDeclaredCommands, type DeclaredCommands } from './declared-commands.ts'
import { getSpecPath, readEarlierSpecs, type EarlierSpec } from './earlier-specs.ts'
import { findExcerpts, isTestFile, listLanguages, listSpecs } from './find-texts.ts'
import type { CommandName, Findings } from './findings.ts'
import { findNodeProject } from './node-project.ts'
import {
  findGoProject,
  findMakeProject,
  findPythonProject,
  findRustProject,
  FIXED_FINDERS,
  listNestedManifests,
} from './other-projects.ts'

/** In this order: what a manager of packages says comes before what a Makefile repeats. */
const FINDERS = [
  findNodeProject,
  findPythonProject,
  findRustProject,
  findGoProject,
  ...FIXED_FINDERS,
  findMakeProject,
]

const MAX_TREE = 600
const MAX_TESTS = 300
const MAX_SPECS = 100
const MAX_MANAGERS = 20

export type FoundContext = { readonly context: RepoContext; readonly specs: readonly EarlierSpec[] }

/**
 * What can be read of a repository at a commit: nothing of it is run. The same commit gives the same
 * document. Throws INVALID_ARGUMENT where the project's own `.ropewalk/commands.yaml` is wrong.
 */
export const makeRepoContext = async (
  of: { readonly name: string; readonly branch: string | null },
  files: CommitFiles,
): Promise<FoundContext> => {
  const declared = await readDeclaredCommands(files)
  const all: Findings[] = []
  for (const find of FINDERS) {
    const found = await find(files)
    if (found !== undefined) all.push(found)
  }
  const { specs, notes } = await readEarlierSpecs(files)
  const tests = files.entries.map(({ path }) => path).filter(isTestFile)
  const commands = pickCommands(all, declared)
  const found = [
    ...specs.map(({ name }) => ({ path: getSpecPath(name), kind: 'ropewalk', document: name }) as const),
    ...listSpecs(files),
  ]
  const context: RepoContext = {
    name: of.name,
    commit: files.commit,
    branch: of.branch,
    kind: all.find(({ kind }) => kind !== undefined)?.kind ?? 'library',
    languages: listLanguages(files),
    package_managers: await listManagers(files, all),
    dependencies: all.reduce((sum, { dependencies = 0 }) => sum + dependencies, 0),
    entry_points: all.flatMap(({ entries = [] }) => entries).slice(0, 20),
    commands,
    test_runner: pickRunner(all, declared, commands.test),
    excerpts: await findExcerpts(files),
    tests: tests.slice(0, MAX_TESTS),
    tree: listTree(files),
    specs: found.slice(0, MAX_SPECS),
    counts: {
      files: files.entries.length,
      tests: tests.length,
      bytes: files.entries.reduce((sum, { bytes }) => sum + bytes, 0),
    },
    notes: [
      ...notes,
      ...all.flatMap((each) => each.notes ?? []),
      ...listGaps({ all, commands, tests, found, files }),
    ],
  }
  return { context: RepoContext.parse(context), specs }
}

const NAMES: readonly CommandName[] = ['build', 'test', 'lint', 'start']

const pickCommands = (
  all: readonly Findings[],
  declared: DeclaredCommands,
): Record<CommandName, ProjectCommand | null> => {
  const pick = (name: CommandName) => {
    const own = declared.commands[name]
    if (own !== undefined) return own
    return all.find(({ commands }) => commands?.[name] !== undefined)?.commands?.[name] ?? null
  }
  return Object.fromEntries(NAMES.map((name) => [name, pick(name)])) as Record<
    CommandName,
    ProjectCommand | null
  >
}

/** The runner of the command that was picked: one that the project named itself is not guessed at. */
const pickRunner = (
  all: readonly Findings[],
  declared: DeclaredCommands,
  test: ProjectCommand | null,
): string | null => {
  if (test === null) return null
  if (declared.testRunner !== undefined) return declared.testRunner
  const [program = '', ...words] = test.argv
  if (declared.commands.test !== undefined)
    return program === 'node' && words[0] === '--test' ? 'node:test' : program.slice(0, 160)
  return all.find(({ commands }) => commands?.test === test)?.testRunner ?? null
}

const listManagers = async (
  files: CommitFiles,
  all: readonly Findings[],
): Promise<RepoContext['package_managers']> => {
  const managers: RepoContext['package_managers'] = []
  for (const { manager } of all) {
    const { name, manifest, locks } = manager
    managers.push({ name, manifest, lock: await readLock(files, locks[0]) })
  }
  for (const manifest of listNestedManifests(files)) managers.push({ name: 'part', manifest, lock: null })
  return managers.slice(0, MAX_MANAGERS)
}

const readLock = async (files: CommitFiles, path: string | undefined): Promise<LockFile | null> => {
  const bytes = path === undefined ? undefined : await files.readBytes(path)
  return path === undefined || bytes === undefined ? null : { path, digest: sha256(bytes) }
}

/** Paths from the top down, so that what is cut is what lies deepest. */
const listTree = (files: CommitFiles): string[] => {
  const getDepth = (path: string) => path.split('/').length
  return files.entries
    .map(({ path }) => path)
    .filter((path) => path.length <= 300)
    .toSorted((a, b) => getDepth(a) - getDepth(b) || (a < b ? -1 : 1))
    .slice(0, MAX_TREE)
}

/** What a reader would look for in vain, in words. */
const listGaps = (of: {
  readonly all: readonly Findings[]
  readonly commands: RepoContext['commands']
  readonly tests: readonly string[]
  readonly found: readonly unknown[]
  readonly files: CommitFiles
}): string[] => {
  const { all, commands, tests, found, files } = of
  const nested = listNestedManifests(files).length
  const cut = (name: string, has: number, kept: number) =>
    has > kept ? [`Only ${kept} of ${has} ${name} are listed.`] : []
  return [
    ...(all.length === 0 ? ['No manifest of a known kind stands at the root.'] : []),
    ...(commands.test === null
      ? ['No command for its tests was found; .ropewalk/commands.yaml may name one.']
      : []),
    ...(tests.length === 0 ? ['No test file was found by its name.'] : []),
    ...(nested > 0 ? [`${nested} manifests below the root are parts; their own commands are not used.`] : []),
    ...cut('files', files.entries.length, MAX_TREE),
    ...cut('test files', tests.length, MAX_TESTS),
    ...cut('documents', found.length, MAX_SPECS),
  ]
}
