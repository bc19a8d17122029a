import type { UserStories } from '@ropewalk/core/contract/documents'
import { FEATURE_NAMES, hasFeature, type FeatureName } from '../design.ts'
import type { Blueprint } from './blueprint.ts'
import { writeRecords, type Marker } from './marker.ts'
import { writeEntries } from './modules/entries.ts'
import { writeErrors } from './modules/errors.ts'
import { writeExtraModules, writeFeatures } from './modules/features.ts'
import { writeFieldsModule } from './modules/fields.ts'
import { writeHttp } from './modules/http.ts'
import { writeHtml, writePage } from './modules/page.ts'
import { writeChangelog, writeIgnored, writePackage, writeReadme } from './modules/project-files.ts'
import { writeRouter } from './modules/router.ts'
import { writeAbout, writeMain, writeService } from './modules/service.ts'
import { writeStore } from './modules/store.ts'
import { writePlainStyle } from './modules/style.ts'
import { getPlainLine } from '../words.ts'
import { toMarkdown } from './literal.ts'
import { ACCEPTANCE_FOLDER, writeStoryTests, type StoryTests } from './tests/acceptance.ts'
import { EXTRA_TESTS } from './tests/extra-tests.ts'
import { writeServiceTests, writeStartTests, writeStoreTests } from './tests/layer-tests.ts'
import { RECORD_TESTS, type WriteTest } from './tests/record-tests.ts'
import { writeSamples } from './tests/samples.ts'
import {
  writeClient,
  writeFolder,
  writeProcess,
  writeSharedService,
  writeSupport,
} from './tests/support-files.ts'
import { getScope, type Turn } from './turns.ts'

/** Everything a repository is made from. Documents that a coder was not given leave their files as they are. */
export type Plan = {
  readonly blueprint: Blueprint
  readonly turns: readonly Turn[]
  readonly stories?: UserStories | undefined
  /** The style sheet that the design documents describe. */
  readonly style?: string | undefined
}

export const STYLE_PATH = 'src/page.css'

type Files = Map<string, string>

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
  const needsSample = tests.some((test) => test.includes('sample('))
  return [
    "import assert from 'node:assert/strict'",
    "import { test } from 'node:test'",
    ...(needsSample ? ["import { sample } from './samples.js'"] : []),
    "import { startService } from './support.js'",
    '',
    tests.join('\n'),
  ].join('\n')
}

const writeBackend = (scope: Blueprint): Files =>
  new Map([
    ['src/service.js', writeService(scope)],
    ['src/router.js', writeRouter()],
    ['src/http.js', writeHttp()],
    ['src/fields.js', writeFieldsModule(scope)],
    ['src/entries.js', writeEntries(scope)],
    ['src/features.js', writeFeatures(scope)],
    ...writeExtraModules(scope),
    ['test/client.js', writeClient(scope)],
    ['test/samples.js', writeSamples(scope)],
    ['test/support.js', writeSupport()],
    ['test/service.test.js', writeServiceTests(scope)],
  ])

const writeFrontend = (scope: Blueprint): Files =>
  hasFeature(scope.design, 'page')
    ? new Map([
        ['src/about.js', writeAbout(scope)],
        ['src/page.js', writePage(scope)],
        ['src/html.js', writeHtml(scope)],
      ])
    : new Map()

const writeIntegration = ({ blueprint, turns }: Plan, scope: Blueprint): Files =>
  new Map([
    ['README.md', writeReadme(blueprint, turns)],
    ['CHANGELOG.md', writeChangelog(blueprint, turns)],
    ['package.json', writePackage(blueprint)],
    ['.gitignore', writeIgnored()],
    ['src/main.js', writeMain()],
    ['test/process.js', writeProcess()],
    ['test/start.test.js', writeStartTests(scope)],
  ])

/** The urgent features are tested in the turn `test`, the later ones by those who build them. */
const writeTests = ({ blueprint, turns }: Plan, scope: Blueprint): Files => {
  const isTested = (name: FeatureName) => turns.includes('test') || blueprint.later.includes(name)
  const files: Files = new Map()
  for (const [path, isIn] of TEST_FILES) {
    const text = writeTestFile(scope, FEATURE_NAMES.filter(isIn).filter(isTested))
    if (text !== undefined) files.set(path, text)
  }
  return files
}

const writeAcceptance = (stories: readonly StoryTests[]): Files => {
  const files: Files = new Map()
  if (stories.length === 0) return files
  for (const { path, text } of stories) if (text !== null) files.set(path, text)
  files.set(`${ACCEPTANCE_FOLDER}service.js`, writeSharedService())
  const open = stories.flatMap(({ id, open: texts }) =>
    texts.map((text) => `- ${id}: ${toMarkdown(getPlainLine(text))}\n`),
  )
  return files.set(
    `${ACCEPTANCE_FOLDER}README.md`,
    `# Acceptance tests\n\nOne file for each user story. No rule could make a test of these criteria:\n\n${open.join('') || 'None.\n'}`,
  )
}

const writePageStyle = ({ turns, style }: Plan, scope: Blueprint): Files => {
  if (!hasFeature(scope.design, 'page')) return new Map()
  if (!turns.includes('responsive')) return new Map([[STYLE_PATH, writePlainStyle()]])
  return style === undefined ? new Map() : new Map([[STYLE_PATH, style]])
}

/** A repository as a plan makes it; `open` are criteria of stories that no test was made for. */
export type Repository = {
  readonly files: ReadonlyMap<string, string>
  readonly marker: Marker
  readonly open: Blueprint['untested']
}

/**
 * Every file of the service by its path in the repository, as far as the turns have built it. The same plan
 * gives the same bytes. `kept` are files of earlier turns whose documents are not at hand.
 */
export const writeRepository = (plan: Plan, kept: readonly string[] = []): Repository => {
  const { blueprint, turns } = plan
  const scope = getScope(blueprint, turns)
  const has = (turn: Turn) => turns.includes(turn)
  const stories = has('story-tester') && plan.stories ? writeStoryTests(blueprint, plan.stories) : []
  const files: Files = new Map([
    ['src/errors.js', writeErrors()],
    ['src/store.js', writeStore(scope)],
    ['test/folder.js', writeFolder()],
    ['test/store.test.js', writeStoreTests(scope)],
    ...(has('backend') ? writeBackend(scope) : []),
    ...(has('frontend') ? writeFrontend(scope) : []),
    ...(has('frontend') ? writePageStyle(plan, scope) : []),
    ...(has('integration') ? writeIntegration(plan, scope) : []),
    ...(has('test') || has('story-implementer') ? writeTests(plan, scope) : []),
    ...writeAcceptance(stories),
  ])
  const marker = { turns, files: [...new Set([...files.keys(), ...kept])].toSorted() }
  return {
    files: new Map([...files, ...writeRecords(marker)]),
    marker,
    open: stories.flatMap(({ id, open }) => open.map((text) => ({ id, text }))),
  }
}

/** Of the files of earlier turns, those that stay although this plan cannot write them. */
export const listKept = ({ turns, stories, style }: Plan, files: readonly string[]): string[] =>
  files.filter(
    (path) =>
      (path.startsWith(ACCEPTANCE_FOLDER) && turns.includes('story-tester') && stories === undefined) ||
      (path === STYLE_PATH && turns.includes('responsive') && style === undefined),
  )
