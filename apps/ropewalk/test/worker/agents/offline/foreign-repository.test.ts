import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runOfflineCoder } from '../../../../src/worker/agents/offline/run-offline-coder.ts'
import { makeFolder, makeJob, readTree, specify } from './support.ts'

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
  expect(note).toContain('Nothing was built, mended or tested')
  expect(note).toContain('- src/sum.js\n')
  expect(note).toContain('src/sum.js, line 2: addAll')
  expect(note).not.toMatch(/(?<!\\)<b>|(?<!\\)\[x\]/u)
  expect(notes.join('\n')).toContain('what was asked is not done and needs a language model')
})

test('files that were there before the first turn make a repository somebody else’s', async () => {
  const dir = await makeTheirs()
  const documents = await specify(IDEA)
  await runOfflineCoder(makeJob({ idea: IDEA, output: 'SourceCode', agent: 'backend', dir, documents }))
  expect(Object.keys(await readTree(dir)).toSorted()).toEqual([
    'NOTES-ropewalk.md',
    'README.md',
    'src/sum.js',
  ])
})
