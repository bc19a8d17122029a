import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runOfflineCoder } from '../../../../src/worker/agents/offline/run-offline-coder.ts'
import { makeFolder, makeGuardInput, makeJob, readTree, runTests, specify } from './support.ts'

const IDEA = 'In src/sum.js `addAll` forgets the last number; see <b>README.md</b> [x](javascript:1)'

const makeTheirs = async (): Promise<string> => {
  const dir = await makeFolder()
  await mkdir(join(dir, 'src'))
  await writeFile(join(dir, 'src/sum.js'), 'export const one = 1\nexport const addAll = () => 0\n')
  await writeFile(join(dir, 'README.md'), '# Theirs\n')
  return dir
}

test('a repository of somebody else gets a note and no other change, in every turn', async () => {
  const dir = await makeTheirs()
  const before = await readTree(dir)
  const notes: string[] = []
  const documents = await specify(IDEA)
  for (const agent of ['database', 'backend', 'story-tester', 'responsive', 'build-fixer']) {
    const options = { idea: IDEA, output: 'SourceCode', agent, dir, documents, repo: '/theirs', notes }
    const result = await runOfflineCoder(makeJob(options))
    expect(result.outputs.map(({ name, simulated }) => ({ name, simulated }))).toEqual([
      { name: 'SourceCode', simulated: true },
    ])
  }
  const { 'NOTES-ropewalk.md': note = '', ...rest } = await readTree(dir)
  expect(rest).toEqual(before)
  expect(note).toContain('Nothing was built or mended')
  expect(note).toContain('- src/sum.js\n')
  expect(note).toContain('src/sum.js, line 2: addAll')
  expect(note).not.toMatch(/(?<!\\)<b>|(?<!\\)\[x\]/u)
  expect(notes.join('\n')).toContain('what was asked is not done and needs a language model')
})

test('code that a model began in the same run is left to models', async () => {
  const dir = await makeTheirs()
  const before = await readTree(dir)
  const documents = await specify(IDEA)
  await expect(
    runOfflineCoder(makeJob({ idea: IDEA, output: 'SourceCode', agent: 'backend', dir, documents })),
  ).rejects.toMatchObject({ failure: { errorClass: 'fatal' } })
  expect(await readTree(dir)).toEqual(before)
})

const writeSum = async (source: string): Promise<string> => {
  const dir = await makeFolder()
  await mkdir(join(dir, 'src'))
  await writeFile(join(dir, 'package.json'), '{"type":"module","scripts":{"test":"node --test"}}')
  await writeFile(join(dir, 'src/sum.js'), source)
  return dir
}

const WRONG = 'export const addAll = (list) => list.slice(1).reduce((sum, one) => sum + one, 0)\n'
const PRECISE = 'addAll([1, 2, 3]) in src/sum.js returns 5 instead of 6'

const ask = async (dir: string, idea: string): Promise<{ files: string[]; notes: string }> => {
  const notes: string[] = []
  const { runConfined } = makeGuardInput({ guard: 'tests', artifacts: [], documents: {} })
  const job = makeJob({ idea, output: 'SourceCode', agent: 'backend', dir, repo: '/theirs', notes })
  await runOfflineCoder({ ...job, runConfined })
  return { files: Object.keys(await readTree(dir)), notes: notes.join('\n') }
}

test('a fault that is named with its call and its right answer is shown by a test, and stays', async () => {
  const dir = await writeSum(WRONG)
  const { files, notes } = await ask(dir, PRECISE)
  expect(files).toContain('test/ropewalk-reproduction.test.mjs')
  expect(notes).toContain('it mends nothing')
  const { failed, output } = await runTests(dir, 'test/*.test.mjs')
  expect(failed).toBe(1)
  expect(output).toContain('not ok 1 - addAll([1,2,3]) of src/sum.js gives 6, as the request says')
  await writeFile(join(dir, 'src/sum.js'), WRONG.replace('.slice(1)', ''))
  expect(await runTests(dir, 'test/*.test.mjs')).toMatchObject({ failed: 0, passed: 1 })
})

test('a fault that cannot be shown leaves no test', async () => {
  const dir = await writeSum(WRONG.replace('.slice(1)', ''))
  const { files, notes } = await ask(dir, PRECISE)
  expect(files).not.toContain('test/ropewalk-reproduction.test.mjs')
  expect(notes).toContain('no test is kept')
})

test.each([
  'addAll in src/sum.js forgets the first number',
  'addAll([1, 2]) in src/sum.js should return 3 or, as some say, should return 4',
  'addAll([1, 2], process.exit(0)) in src/sum.js returns 2 instead of 3',
  'addAll([1, 2]) returns 2 instead of 3',
  'average([1, 2]) in src/sum.js returns 2 instead of 1.5',
])('what is not said precisely is not guessed at: %s', async (idea) => {
  const { files } = await ask(await writeSum(WRONG), idea)
  expect(files).not.toContain('test/ropewalk-reproduction.test.mjs')
})
