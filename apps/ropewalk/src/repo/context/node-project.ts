import { z } from 'zod'
import type { ProjectCommand } from '@ropewalk/core/contract/documents/repo-context'
import type { CommitFiles } from '../read-commit.ts'
import { hasWildcard, parseCommandLine } from './command-line.ts'
import {
  cleanPath,
  findFirst,
  hasFile,
  makeCommand,
  type CommandName,
  type Finder,
  type Findings,
} from './findings.ts'

const MANIFEST = 'package.json'

/** What is read of a package.json; what has another form than it should counts as absent. */
const Package = z.object({
  main: z.string().optional().catch(undefined),
  bin: z
    .union([z.string(), z.record(z.string(), z.string())])
    .optional()
    .catch(undefined),
  scripts: z.record(z.string(), z.string()).catch({}).default({}),
  packageManager: z.string().optional().catch(undefined),
  dependencies: z.record(z.string(), z.string()).catch({}).default({}),
  devDependencies: z.record(z.string(), z.string()).catch({}).default({}),
})
type Package = z.infer<typeof Package>

/** The name a manager goes by, and the lock file it writes. The first that is there decides. */
const MANAGERS = [
  { name: 'pnpm', lock: 'pnpm-lock.yaml' },
  { name: 'yarn', lock: 'yarn.lock' },
  { name: 'npm', lock: 'package-lock.json' },
  { name: 'npm', lock: 'npm-shrinkwrap.json' },
] as const

/** The scripts that do a kind of work, the usual name first. */
const SCRIPTS: Readonly<Record<CommandName, readonly string[]>> = {
  build: ['build', 'compile'],
  test: ['test', 'test:unit'],
  lint: ['lint', 'eslint'],
  start: ['start', 'serve'],
}

const WEB = [
  'express',
  'fastify',
  'koa',
  '@hapi/hapi',
  'hono',
  'next',
  'nuxt',
  'restify',
  'polka',
  '@nestjs/core',
]
const ENTRIES = [
  'src/index.ts',
  'src/index.js',
  'src/main.ts',
  'src/main.js',
  'src/server.ts',
  'src/server.js',
  'src/app.ts',
  'src/app.js',
  'index.js',
  'index.mjs',
  'index.ts',
  'server.js',
  'app.js',
  'main.js',
]
const RUNNERS = [
  'vitest',
  'jest',
  'mocha',
  'ava',
  'tap',
  'jasmine',
  'uvu',
  'karma',
  'cypress',
  'playwright',
  'bun',
  'deno',
]
const WRAPPERS = new Set(['c8', 'nyc', 'cross-env', 'dotenv'])

const parsePackage = (text: string | undefined): Package | undefined => {
  if (text === undefined) return undefined
  try {
    return Package.safeParse(JSON.parse(text)).data
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** `node --test` without options that a run of ours would have to copy: a loader, say. */
const isPlainNodeTest = (argv: readonly string[]): boolean => {
  const words = argv.filter((word) => !WRAPPERS.has(word))
  return (
    words[0] === 'node' &&
    words.includes('--test') &&
    words.slice(1).every((word) => !word.startsWith('-') || word.startsWith('--test'))
  )
}

/** What runs the tests of a script, by its words; undefined where none is known by name. */
const findRunner = (line: string): string | undefined => {
  const argv = parseCommandLine(line)
  if (argv !== undefined && isPlainNodeTest(argv)) return 'node:test'
  const words = line.split(/[\s;&|]+/u).map((word) => word.split('/').at(-1) ?? '')
  const known = RUNNERS.find((runner) => words.includes(runner))
  if (known !== undefined) return known
  return words.includes('node') && words.includes('--test') ? 'node --test with options' : undefined
}

/**
 * A script as an argv. A line that needs a shell, has hooks of its own or wildcards goes by its manager; a
 * program of a dependency is named where the manager puts it.
 */
const makeScriptCommand = (of: Package, script: string, manager: string): ProjectCommand | undefined => {
  const source = `${MANIFEST}#/scripts/${script}`
  const argv = parseCommandLine(of.scripts[script] ?? '')
  const hasHooks = of.scripts[`pre${script}`] !== undefined || of.scripts[`post${script}`] !== undefined
  const isNode = argv?.[0] === 'node'
  if (argv === undefined || hasHooks || (hasWildcard(argv) && !isPlainNodeTest(argv)))
    return makeCommand([manager, 'run', script], source)
  if (isNode || argv[0].includes('/') || ['npm', 'pnpm', 'yarn', 'npx'].includes(argv[0]))
    return makeCommand(argv, source)
  return makeCommand([`node_modules/.bin/${argv[0]}`, ...argv.slice(1)], source)
}

/** npm writes this script into every new package; it is no test. */
const isPlaceholder = (line: string): boolean => line.includes('no test specified')

const listCommands = (of: Package, manager: string): Partial<Record<CommandName, ProjectCommand>> => {
  const found: Partial<Record<CommandName, ProjectCommand>> = {}
  for (const [name, scripts] of Object.entries(SCRIPTS) as [CommandName, readonly string[]][]) {
    const script = scripts.find((each) => of.scripts[each] !== undefined && !isPlaceholder(of.scripts[each]))
    const command = script === undefined ? undefined : makeScriptCommand(of, script, manager)
    if (command !== undefined) found[name] = command
  }
  return found
}

const listEntries = (files: CommitFiles, of: Package): Findings['entries'] & object => {
  const bins = typeof of.bin === 'string' ? [of.bin] : Object.values(of.bin ?? {})
  const named = [
    ...bins.map((path) => ({ path, source: `${MANIFEST}#/bin` })),
    ...(of.main === undefined ? [] : [{ path: of.main, source: `${MANIFEST}#/main` }]),
    ...[of.scripts['start'] ?? ''].flatMap((line) => {
      const path = parseCommandLine(line)?.find((word) => /\.(?:[cm]?[jt]s)$/u.test(word))
      return path === undefined ? [] : [{ path, source: `${MANIFEST}#/scripts/start` }]
    }),
  ]
  const found = named.flatMap(({ path, source }) => {
    const clean = cleanPath(path)
    const real =
      clean === undefined ? undefined : findFirst(files, [clean, `${clean}.js`, `${clean}/index.js`])
    return real === undefined ? [] : [{ path: real, source }]
  })
  const usual = findFirst(files, ENTRIES)
  if (found.length > 0 || usual === undefined) return found
  return [{ path: usual, source: 'its usual name' }]
}

const getKind = (of: Package): NonNullable<Findings['kind']> => {
  if (of.bin !== undefined) return 'tool'
  const isWeb = WEB.some((name) => of.dependencies[name] !== undefined)
  return isWeb || of.scripts['start'] !== undefined ? 'service' : 'library'
}

const TEST_FILE = /(?:^|\/)(?:[^/]+\.test|test-[^/]+|[^/]+-test)\.[cm]?js$|(?:^|\/)test\/[^/]+\.[cm]?js$/u

/** Tests that nobody wrote a script for. */
const findBareTests = async (files: CommitFiles): Promise<string | undefined> => {
  for (const { path } of files.entries.filter((entry) => TEST_FILE.test(entry.path)).slice(0, 20)) {
    const text = await files.readText(path)
    if (text !== undefined && /['"]node:test['"]/u.test(text)) return path
  }
  return undefined
}

/** A Node project by its package.json at the root. */
export const findNodeProject: Finder = async (files) => {
  if (!hasFile(files, MANIFEST)) return undefined
  const of = parsePackage(await files.readText(MANIFEST))
  const present = MANAGERS.find(({ lock }) => hasFile(files, lock))
  const named = /^(npm|pnpm|yarn|bun)@/u.exec(of?.packageManager ?? '')?.[1]
  const name = present?.name ?? named ?? 'npm'
  const manager = { name, manifest: MANIFEST, locks: present === undefined ? [] : [present.lock] }
  if (of === undefined) return { manager, notes: [`${MANIFEST} is not valid JSON; nothing of it was used.`] }
  const commands = listCommands(of, name)
  const script = SCRIPTS.test.find(
    (each) => of.scripts[each] !== undefined && !isPlaceholder(of.scripts[each]),
  )
  const bare = script === undefined ? await findBareTests(files) : undefined
  const runner =
    script === undefined
      ? bare === undefined
        ? undefined
        : 'node:test'
      : findRunner(of.scripts[script] ?? '')
  const bareCommand =
    bare === undefined ? undefined : makeCommand(['node', '--test'], `${bare}, which loads node:test`)
  return {
    manager,
    dependencies: Object.keys(of.dependencies).length + Object.keys(of.devDependencies).length,
    kind: getKind(of),
    entries: listEntries(files, of),
    commands: bareCommand === undefined ? commands : { ...commands, test: bareCommand },
    ...(runner === undefined ? {} : { testRunner: runner }),
  }
}
