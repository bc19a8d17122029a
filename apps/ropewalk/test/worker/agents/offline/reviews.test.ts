import { describe, expect, it } from 'vitest'
import { runOfflineCoder } from '../../../../src/worker/agents/offline/run-offline-coder.ts'
import { runOfflineModel } from '../../../../src/worker/agents/offline/run-offline-model.ts'
import { writeAll, writeStage } from './pipeline.ts'
import { makeFolder, makeJob, readTree, specify, writeDocument, type Specified } from './support.ts'

const idea = 'a recipe box for a family of five'

/** A patch that adds these files, as git writes it. */
const toDiff = (files: Readonly<Record<string, string>>): string =>
  Object.entries(files)
    .map(([path, text]) => {
      const lines = text.replace(/\n$/u, '').split('\n')
      return `diff --git a/${path} b/${path}\nnew file mode 100644\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1,${String(lines.length)} @@\n${lines.map((line) => `+${line}`).join('\n')}\n`
    })
    .join('')

const build = async (documents: Specified): Promise<Record<string, string>> => {
  const dir = await makeFolder()
  await runOfflineCoder(makeJob({ idea, output: 'SourceCode', documents, dir }))
  return readTree(dir)
}

const reviewCode = async (documents: Specified, files: Record<string, string>) =>
  writeDocument('CodeReview', { idea, documents, diff: toDiff(files) })

describe('the review of code', () => {
  it('accepts what the offline coder writes', async () => {
    const documents = await specify(idea)
    expect(await reviewCode(documents, await build(documents))).toMatchObject({
      artifact: 'SourceCode',
      verdict: 'accept',
    })
  })

  it.each([
    ['src/http.js', 'const run = (text) => eval(text)', 'runs text as code'],
    ['src/http.js', "import { spawn } from 'node:child_process'", 'starts other programs'],
    ['src/http.js', '// TODO: check this', 'mark of unfinished work'],
    ['src/http.js', "await fetch('https://collector.example/')", 'calls another machine'],
    ['test/records.test.js', "test.skip('REQ-001 stores', () => undefined)", 'leaves tests out'],
    ['test/records.test.js', 'assert.equal(1, 1)', 'asserts what is always so'],
  ])('rejects a change of %s that holds %s', async (path, line, says) => {
    const documents = await specify(idea)
    const files = await build(documents)
    const review = await reviewCode(documents, { ...files, [path]: `${files[path] ?? ''}${line}\n` })
    expect(review.verdict).toBe('reject')
    expect(JSON.stringify(review.findings)).toContain(says)
  })

  it('rejects a change without a test for what must be met, and names the requirement', async () => {
    const documents = await specify(idea)
    const files = await build(documents)
    const bare = Object.fromEntries(Object.entries(files).filter(([path]) => !path.startsWith('test/')))
    const review = await reviewCode(documents, bare)
    expect(review.verdict).toBe('reject')
    expect(review.findings.map(({ requirement }) => requirement)).toContain('REQ-001')
  })

  it('calls no requirement untested when it was not shown all files', async () => {
    const documents = await specify(idea)
    const files = await build(documents)
    const shown = { 'src/http.js': files['src/http.js'] ?? '' }
    const diff = `${toDiff(shown)}\n(20 of 21 files are not shown, for want of room: test/a.test.js)\n`
    const review = await writeDocument('CodeReview', { idea, documents, diff })
    expect(review.verdict).toBe('accept')
    expect(review.summary).toContain('other files were not shown')
  })

  it('fails as fatal without the change', async () => {
    const documents = await specify(idea)
    await expect(runOfflineModel(makeJob({ idea, output: 'CodeReview', documents }))).rejects.toMatchObject({
      failure: { errorClass: 'fatal' },
    })
  })
})

const change = async (edit: (documents: Specified) => void): Promise<Specified> => {
  const documents = structuredClone(await specify(idea))
  edit(documents)
  return documents
}

describe('the review of requirements', () => {
  it.each<readonly [string, (documents: Specified) => void, string]>([
    [
      'a vague word',
      ({ PRD }) => void (PRD.requirements[0] && (PRD.requirements[0].statement = 'It must store easily.')),
      'says "easily"',
    ],
    [
      'criteria that say nothing',
      ({ PRD }) => void (PRD.requirements[1] && (PRD.requirements[1].acceptance = [' '])),
      'no acceptance criterion',
    ],
    [
      'a citation that leads nowhere',
      ({ PRD }) => void (PRD.requirements[1] && (PRD.requirements[1].cites = ['IdeaSpec#/goals/99'])),
      'says nothing',
    ],
    [
      'a goal that nothing serves',
      ({ PRD }) => void PRD.requirements.pop(),
      'No requirement rests on IdeaSpec#/goals/',
    ],
    [
      'an id given twice',
      ({ PRD }) => void (PRD.requirements[1] && (PRD.requirements[1].id = 'REQ-001')),
      'was given twice',
    ],
  ])('rejects %s', async (_name, edit, says) => {
    const documents = await change(edit)
    const review = await writeDocument('PrdReview', { idea, documents })
    expect(review.verdict).toBe('reject')
    expect(JSON.stringify(review.findings)).toContain(says.replaceAll('"', String.raw`\"`))
  })

  it('rejects requirements that leave out a limit of the idea', async () => {
    const wider = `${idea}, at most 300 recipes`
    const documents = { ...(await specify(idea)), Idea: { text: wider } }
    const review = await writeDocument('PrdReview', { idea: wider, documents })
    expect(review).toMatchObject({ verdict: 'reject' })
  })
})

describe('the review of an architecture', () => {
  it('rejects a requirement without a component', async () => {
    const documents = await writeAll(idea)
    const { components } = documents['ArchitectureDoc'] as { components: { requirements: string[] }[] }
    for (const component of components)
      component.requirements = component.requirements.filter((id) => id !== 'REQ-003')
    const inputs = 'PRD NFRs UserStories ArchitectureDoc'
    expect(await writeStage('ArchitectureReview', { idea, documents, inputs })).toMatchObject({
      verdict: 'reject',
      findings: [{ severity: 'high', requirement: 'REQ-003' }],
    })
  })
})
