import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DOCUMENTS } from '@ropewalk/core/contract/documents'
import { describe, expect, it } from 'vitest'
import { readBlueprint } from '../../../../src/worker/agents/offline/service/blueprint.ts'
import { writeStyle } from '../../../../src/worker/agents/offline/service/theme/write-style.ts'
import { TURNS } from '../../../../src/worker/agents/offline/service/turns.ts'
import { writeRepository } from '../../../../src/worker/agents/offline/service/write-repository.ts'
import { CODERS, designAll, takeTurn, type Coder } from './chain.ts'
import {
  IDEAS,
  listFailed,
  makeFolder,
  readDocument,
  readTree,
  runTests,
  type DocumentOf,
  type Held,
} from './support.ts'

/** Ten ideas that between them ask for every feature that rules know. */
const TEN = [
  'invoices', 'links', 'tasks', 'bookings', 'wiki', 'polls', 'stock', 'feedback', 'expenses', 'hostile',
] as const // prettier-ignore

/** `ROPEWALK_TEST_RUNS=all`: each of them. On every push four, which have most of the features. */
const CHOSEN =
  process.env['ROPEWALK_TEST_RUNS'] === 'all' ? TEN : (['invoices', 'bookings', 'wiki', 'hostile'] as const)

const getIdea = (name: string): string => IDEAS[name] ?? name

/** The same repository, written in one go. */
const writeWhole = (idea: string, documents: Held): Record<string, string> => {
  const { files } = writeRepository({
    blueprint: readBlueprint(DOCUMENTS.PRD.parse(documents.PRD), idea),
    turns: TURNS,
    stories: DOCUMENTS.UserStories.parse(documents.UserStories),
    style: writeStyle({
      guide: DOCUMENTS.StyleGuide.parse(documents.StyleGuide),
      system: DOCUMENTS.DesignSystem.parse(documents.DesignSystem),
      motion: DOCUMENTS.MotionSpec.parse(documents.MotionSpec),
    }),
  })
  return Object.fromEntries(files)
}

type Chained = { readonly idea: string; readonly documents: Held; readonly dir: string }

const takeTurns = async (name: string, until: Coder): Promise<Chained> => {
  const idea = getIdea(name)
  const documents = await designAll(idea)
  const dir = await makeFolder()
  for (const coder of CODERS.slice(0, CODERS.indexOf(until) + 1))
    await takeTurn(coder, { idea, documents, dir })
  return { idea, documents, dir }
}

describe.each(CHOSEN)('the coders of the idea "%s"', (name) => {
  it('end where one write of the whole would, and each leaves tests that pass', async () => {
    const idea = getIdea(name)
    const documents = await designAll(idea)
    const dir = await makeFolder()
    for (const coder of CODERS) {
      const before = await readTree(dir)
      const result = await takeTurn(coder, { idea, documents, dir })
      const files = await readTree(dir)
      expect(files, coder).not.toEqual(before)
      const manifest = readDocument(result, 'RepoManifest')
      for (const path of [manifest.entry, ...manifest.tests, ...manifest.sources])
        expect(Object.keys(files), `${coder}: ${path}`).toContain(path)
      // Style alone changes nothing that a test sees.
      if (coder === 'responsive') continue
      const { passed, failed, output } = await runTests(dir)
      expect({ coder, failed, some: passed > 0 }, output).toEqual({ coder, failed: 0, some: true })
    }
    expect(await readTree(dir)).toEqual(writeWhole(idea, documents))
  }, 180_000)
})

describe('the turns', () => {
  it('begin with what is urgent, and leave the rest to the stories', async () => {
    const { dir, idea, documents } = await takeTurns('invoices', 'test')
    const built = await readTree(dir)
    expect(Object.keys(built)).toContain('src/status.js')
    expect(Object.keys(built)).not.toContain('src/total.js')
    expect(built['README.md']).toMatch(/REQ-\d{3} \(Add up the amounts of invoices\) is not built yet/u)
    const names = Object.values(built).join('\n')
    for (const { id, priority } of DOCUMENTS.PRD.parse(documents.PRD).requirements)
      if (priority === 'must') expect(names, id).toMatch(new RegExp(`^test\\('[^']*${id}`, 'mu'))
    await takeTurn('story-implementer', { idea, documents, dir })
    const whole = await readTree(dir)
    expect(Object.keys(whole)).toContain('src/total.js')
    expect(whole['README.md']).not.toContain('is not built yet')
    expect(Object.keys(whole).filter((path) => path.startsWith('test/acceptance/'))).toEqual([])
  })

  it('taken again, put the later ones back and end the same', async () => {
    const { dir, idea, documents } = await takeTurns('links', 'responsive')
    const whole = await readTree(dir)
    await takeTurn('database', { idea, documents, dir })
    const again = Object.keys(await readTree(dir))
    expect(again.filter((path) => path.startsWith('test/acceptance/'))).toEqual([])
    expect(again).toContain('src/page.js')
    expect((await runTests(dir)).failed).toBe(0)
    for (const coder of CODERS.slice(1)) await takeTurn(coder, { idea, documents, dir })
    expect(await readTree(dir)).toEqual(whole)
  })

  it('drop what the requirements no longer ask for', async () => {
    const { dir, idea, documents } = await takeTurns('invoices', 'story-tester')
    const { requirements, ...prd } = DOCUMENTS.PRD.parse(documents.PRD)
    const PRD: DocumentOf<'PRD'> = {
      ...prd,
      requirements: requirements.filter(({ title }) => !/total|amounts/iu.test(title)),
    }
    for (const coder of CODERS.slice(0, 7))
      await takeTurn(coder, { idea, documents: { ...documents, PRD }, dir })
    const files = await readTree(dir)
    expect(Object.keys(files)).not.toContain('src/total.js')
    expect((await runTests(dir)).failed).toBe(0)
  })

  it('keep their hands off files that are not theirs, in every turn', async () => {
    const { dir, idea, documents } = await takeTurns('wiki', 'backend')
    await writeFile(join(dir, 'NOTES.md'), 'mine')
    for (const coder of CODERS.slice(2)) await takeTurn(coder, { idea, documents, dir })
    expect((await readTree(dir))['NOTES.md']).toBe('mine')
  })

  it.each([
    ['build-fixer', 'test', 'src/router.js'],
    ['story-fixer', 'story-tester', 'test/acceptance/us-001.test.js'],
    ['aesthetic-fixer', 'responsive', 'src/page.css'],
  ] as const)('are mended by %s', async (fixer, until, path) => {
    const { dir, idea, documents } = await takeTurns('stock', until)
    const whole = await readTree(dir)
    await writeFile(join(dir, path), 'spoiled')
    const notes: string[] = []
    const fix = { artifact: 'SourceCode', reasons: [`${path} is spoiled`] }
    await takeTurn(fixer, { idea, dir, documents, fix, notes })
    expect(notes.join('\n')).toContain('wrote 1 of')
    expect(await readTree(dir)).toEqual(whole)
  })

  it('give the page its style without the requirements at hand', async () => {
    const { dir, idea, documents } = await takeTurns('polls', 'story-tester')
    const { PRD: _prd, UserStories: _stories, ...rest } = documents
    const before = await readTree(dir)
    await takeTurn('responsive', { idea, dir, documents: rest })
    const after = await readTree(dir)
    const changed = Object.keys(after).filter((path) => after[path] !== before[path])
    expect(changed.toSorted()).toEqual(['.ropewalk/offline.json', 'src/page.css'])
  })

  it('make a whole service at once where a playbook has a coder of another name', async () => {
    const idea = 'notes'
    const documents = await designAll(idea)
    const dir = await makeFolder()
    await takeTurn('somebody', { idea, documents, dir })
    expect(Object.keys(await readTree(dir))).toEqual(
      expect.arrayContaining(['src/main.js', 'src/page.js', 'test/records.test.js']),
    )
  })
})

/** A fault in what one coder wrote, and a word of the test that must notice. */
const FAULTS: readonly (readonly [Coder, string, string, string, RegExp])[] = [
  [
    'database',
    'src/store.js',
    'nextId: state.nextId + 1',
    'nextId: state.nextId',
    /the store gives ids in order/u,
  ],
  ['backend', 'src/http.js', "'x-frame-options': 'DENY',", '', /headers that keep a browser safe/u],
  ['backend', 'src/http.js', '!names.includes(name)', 'false', /keys that mean something to JavaScript/u],
  ['frontend', 'src/html.js', "['<', '&lt;'],", "['<', '<'],", /markup as text/u],
  ['integration', 'src/main.js', "'SIGTERM'", "'SIGHUP'", /stops in order when told/u],
  ['story-implementer', 'src/total.js', '* 100), 0) / 100', '* 100), 0) / 10', /adds up the amounts/u],
]

describe('a fault planted in the code', () => {
  it.each(FAULTS)(
    'of %s in %s turns a test red that names it (%s)',
    async (_coder, path, right, wrong, title) => {
      const { dir } = await takeTurns('invoices', 'story-implementer')
      const text = await readFile(join(dir, path), 'utf8')
      expect(text).toContain(right)
      await writeFile(join(dir, path), text.replace(right, wrong))
      const failed = listFailed((await runTests(dir)).output)
      expect(failed.filter((name) => title.test(name))).not.toEqual([])
      expect(failed.every((name) => /REQ-\d{3}/u.test(name))).toBe(true)
    },
  )

  it('is noticed by the acceptance test of its story', async () => {
    const { dir } = await takeTurns('invoices', 'story-tester')
    const text = await readFile(join(dir, 'src/overdue.js'), 'utf8')
    await writeFile(join(dir, 'src/overdue.js'), text.replace('entry.due < day', 'entry.due <= day'))
    const failed = listFailed((await runTests(dir)).output)
    expect(failed.some((name) => /^US-\d{3} REQ-\d{3} Given one invoice due/u.test(name))).toBe(true)
  })
})
