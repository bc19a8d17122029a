import type { RepoManifest } from '@ropewalk/core/contract/documents'
import { FEATURE_NAMES, hasFeature, type FeatureName } from '../design.ts'
import type { Blueprint } from './blueprint.ts'
import { writeEntries } from './modules/entries.ts'
import { writeExtraModules, writeFeatures } from './modules/features.ts'
import { writeFieldsModule } from './modules/fields.ts'
import { writeHttp } from './modules/http.ts'
import { writeHtml, writePage } from './modules/page.ts'
import { writeChangelog, writeIgnored, writePackage, writeReadme } from './modules/project-files.ts'
import { writeRouter } from './modules/router.ts'
import { writeAbout, writeMain, writeService } from './modules/service.ts'
import { writeStore } from './modules/store.ts'
import { EXTRA_TESTS } from './tests/extra-tests.ts'
import { RECORD_TESTS, type WriteTest } from './tests/record-tests.ts'
import { writeSupport } from './tests/samples.ts'

/** Three files and no more: every run of the suite starts a process for each. */
const TEST_FILES: readonly (readonly [string, (name: FeatureName) => boolean])[] = [
  ['test/records.test.js', (name) => name !== 'page' && Object.hasOwn(RECORD_TESTS, name)],
  ['test/features.test.js', (name) => Object.hasOwn(EXTRA_TESTS, name)],
  ['test/page.test.js', (name) => name === 'page'],
]

const findTest = (name: FeatureName): WriteTest | undefined => RECORD_TESTS[name] ?? EXTRA_TESTS[name]

const writeTestFile = (blueprint: Blueprint, names: readonly FeatureName[]): string | undefined => {
  const tests = names.flatMap((name) => {
    const ids = blueprint.ids.get(name)
    const write = findTest(name)
    return ids === undefined || write === undefined ? [] : [write(blueprint, ids.join(' '))]
  })
  if (tests.length === 0) return undefined
  return [
    "import assert from 'node:assert/strict'",
    "import { test } from 'node:test'",
    "import { sample, startService } from './support.js'",
    '',
    tests.join('\n'),
  ].join('\n')
}

/** Every file of the service by its path in the repository. The same blueprint gives the same bytes. */
export const writeRepository = (blueprint: Blueprint): ReadonlyMap<string, string> => {
  const files = new Map<string, string>([
    ['README.md', writeReadme(blueprint)],
    ['CHANGELOG.md', writeChangelog(blueprint)],
    ['package.json', writePackage(blueprint)],
    ['.gitignore', writeIgnored()],
    ['src/main.js', writeMain(blueprint)],
    ['src/service.js', writeService(blueprint)],
    ['src/router.js', writeRouter()],
    ['src/http.js', writeHttp()],
    ['src/store.js', writeStore(blueprint)],
    ['src/fields.js', writeFieldsModule(blueprint)],
    ['src/entries.js', writeEntries(blueprint)],
    ['src/features.js', writeFeatures(blueprint)],
    ...writeExtraModules(blueprint),
    ['test/support.js', writeSupport(blueprint)],
  ])
  if (hasFeature(blueprint.design, 'page')) {
    files.set('src/about.js', writeAbout(blueprint))
    files.set('src/page.js', writePage(blueprint))
    files.set('src/html.js', writeHtml(blueprint))
  }
  for (const [path, isIn] of TEST_FILES) {
    const text = writeTestFile(blueprint, FEATURE_NAMES.filter(isIn))
    if (text !== undefined) files.set(path, text)
  }
  return files
}

/** The manifest of a repository of these files. */
export const getManifest = (files: ReadonlyMap<string, string>): RepoManifest => ({
  kind: 'service',
  language: 'node',
  entry: 'src/main.js',
  start: ['node', 'src/main.js'],
  tests: [...files.keys()].filter((path) => path.endsWith('.test.js')).toSorted(),
  sources: [...files.keys()].filter((path) => path.startsWith('src/')).toSorted(),
  port_env: 'PORT',
  commands: null,
})
