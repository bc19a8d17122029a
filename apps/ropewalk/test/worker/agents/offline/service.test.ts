import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { guard as compile } from '@ropewalk/guards/compile'
import { guard as coverage } from '@ropewalk/guards/coverage'
import { guard as secrets } from '@ropewalk/guards/secrets'
import { guard as tests } from '@ropewalk/guards/tests'
import { guard as testsBite } from '@ropewalk/guards/tests-bite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isNotBuilt } from '../../../../src/worker/agents/offline/demands.ts'
import { runOfflineCoder } from '../../../../src/worker/agents/offline/run-offline-coder.ts'
import {
  IDEAS,
  makeFolder,
  makeGuardInput,
  makeJob,
  readDocument,
  readTree,
  runTests,
  specify,
  type JobOptions,
  type Specified,
} from './support.ts'

type Built = {
  readonly dir: string
  readonly documents: Specified
  readonly files: Record<string, string>
  readonly notes: string[]
}

const build = async (idea: string, answers: JobOptions['answers'] = []): Promise<Built> => {
  const dir = await makeFolder()
  const documents = await specify(idea, answers)
  const notes: string[] = []
  await runOfflineCoder(makeJob({ idea, output: 'SourceCode', documents, dir, notes }))
  return { dir, documents, files: await readTree(dir), notes }
}

const listTestNames = (files: Record<string, string>): string[] =>
  Object.entries(files)
    .filter(([path]) => path.endsWith('.test.js'))
    .flatMap(([, text]) => [...text.matchAll(/^test\('((?:[^'\\]|\\.)*)'/gmu)].map(([, name = '']) => name))

describe.each(Object.entries(IDEAS))('the service of the idea "%s"', (_name, idea) => {
  it('passes its own tests, of which each requirement that rules build has one that names it', async () => {
    const { dir, documents, files, notes } = await build(idea)
    const names = listTestNames(files)
    for (const { id, statement } of documents.PRD.requirements)
      expect(
        names.some((name) => name.startsWith(`${id} `)),
        id,
      ).toBe(!isNotBuilt(statement))
    expect(notes.filter((note) => /no rule|no test/u.test(note) && !isNotBuilt(note))).toEqual([])
    const { passed, failed, output } = await runTests(dir)
    expect({ passed, failed }, output).toEqual({ passed: names.length, failed: 0 })
  })
})

describe('what the guards say of a service', () => {
  it.each(['inventory for a bakery', 'a recipe box for a family of five'])(
    'all pass: %s',
    async (idea) => {
      const { dir, documents } = await build(idea)
      const result = await runOfflineCoder(makeJob({ idea, output: 'SourceCode', documents, dir }))
      const scratch = await makeFolder()
      const known = { ...documents, SourceCode: {}, RepoManifest: readDocument(result, 'RepoManifest') }
      for (const guard of [compile, tests, testsBite, coverage, secrets]) {
        const findings = await guard.run(
          makeGuardInput({
            guard: guard.name,
            artifacts: ['SourceCode', 'RepoManifest'],
            documents: known,
            dir,
            scratch,
          }),
        )
        expect({
          guard: guard.name,
          outcome: findings.outcome,
          score: findings.score,
          reasons: findings.outcome === 'pass' ? [] : findings.reasons,
        }).toEqual({
          guard: guard.name,
          outcome: 'pass',
          score: 1,
          reasons: [],
        })
      }
    },
    60_000,
  )

  it('its tests fail for every requirement when the sources are empty', async () => {
    const { dir, files } = await build('a link shortener with click counts')
    for (const path of Object.keys(files).filter((each) => each.startsWith('src/')))
      await writeFile(join(dir, path), '')
    expect(await runTests(dir)).toMatchObject({ passed: 0 })
  })

  it('its tests notice a single feature that is gone', async () => {
    const { dir, files } = await build('a link shortener with click counts')
    const path = join(dir, 'src/visits.js')
    await writeFile(path, (files['src/visits.js'] ?? '').replace('entry.visits + 1', 'entry.visits + 0'))
    const { failed, output } = await runTests(dir)
    expect(failed).toBe(1)
    expect(output).toMatch(/^not ok \d+ - REQ-005 counts each visit/mu)
  })
})

describe('the coder', () => {
  it('writes the same bytes again, marked simulated, with a manifest of what is there', async () => {
    const idea = 'a poll app'
    const [first, second] = [await build(idea), await build(idea)]
    expect(second.files).toEqual(first.files)
    const result = await runOfflineCoder(
      makeJob({ idea, output: 'SourceCode', documents: first.documents, dir: first.dir }),
    )
    expect(result.outputs.map(({ name, simulated }) => ({ name, simulated }))).toEqual([
      { name: 'SourceCode', simulated: true },
      { name: 'RepoManifest', simulated: true },
    ])
    expect(result.outputs[0]).toMatchObject({
      bytes: 'bundle',
      mediaType: 'application/vnd.git.bundle',
      commit: result.commit,
    })
    const manifest = readDocument(result, 'RepoManifest')
    for (const path of [manifest.entry, ...manifest.tests, ...manifest.sources])
      expect(Object.keys(first.files)).toContain(path)
    expect(JSON.parse(first.files['package.json'] ?? '')).toMatchObject({ type: 'module', version: '0.1.0' })
    expect(first.files['CHANGELOG.md']).toContain('0.1.0')
  })

  it('takes no text of the idea for code, markup or a path', async () => {
    const { files } = await build(IDEAS.hostile ?? '')
    expect(
      Object.keys(files).every((path) => /^(?:src\/|test\/|\.ropewalk\/)?[A-Za-z.-]+$/u.test(path)),
    ).toBe(true)
    for (const [path, text] of Object.entries(files))
      if (path.startsWith('src/'))
        expect(text, path).not.toMatch(/globalThis|process\.exit\(1\) \/\/|alert\(|javascript:1/u)
    const readme = files['README.md'] ?? ''
    expect(readme).toContain(String.raw`\</script\>`)
    expect(readme).not.toMatch(/(?<!\\)<script|(?<!\\)\[a\]|\*bold\*(?!\*)(?<!\\\*bold\\\*)/u)
  })

  it('treats a title of somebody else as text', async () => {
    const documents = await specify('notes')
    const title = `'"</script><img src=x onerror=alert(1)>\\\u2028 \${1} \``
    const dir = await makeFolder()
    await runOfflineCoder(
      makeJob({
        idea: 'notes',
        output: 'SourceCode',
        documents: { ...documents, PRD: { ...documents.PRD, title } },
        dir,
      }),
    )
    const { failed, output } = await runTests(dir)
    expect(failed, output).toBe(0)
    const html = (await import(join(dir, 'src/html.js'))) as { renderPage: (page: object) => string }
    expect(html.renderPage({ entries: [], typed: {}, problem: null })).not.toMatch(/<img|<\/script/u)
  })

  it('names a requirement it has no rule for, and gives it no test', async () => {
    const documents = await specify('notes')
    const requirement = {
      ...documents.PRD.requirements[0],
      id: 'REQ-099',
      title: 'Play a tune',
      statement: 'The service must play a tune at noon.',
    }
    const dir = await makeFolder()
    const notes: string[] = []
    const PRD = { ...documents.PRD, requirements: [...documents.PRD.requirements, requirement] }
    await runOfflineCoder(
      makeJob({ idea: 'notes', output: 'SourceCode', documents: { ...documents, PRD }, dir, notes }),
    )
    const files = await readTree(dir)
    expect(notes.join('\n')).toContain('REQ-099 (Play a tune) is not built')
    expect(files['README.md']).toContain('REQ-099 (Play a tune) was not built')
    expect(listTestNames(files).join('\n')).not.toContain('REQ-099')
  })

  it('follows a requirement that a person edited: another field, another path, other steps', async () => {
    const documents = await specify('an invoice app for plumbers')
    const edit = (text: string): string =>
      text
        .replaceAll('/invoices', '/bills')
        .replace(
          'note (short text, optional)',
          'note (short text, optional) and van (whole number from 1 to 9, required)',
        )
        .replace('draft, sent and paid', 'draft, checked, sent and paid')
    const PRD = {
      ...documents.PRD,
      requirements: documents.PRD.requirements.map((each) => ({
        ...each,
        statement: edit(each.statement),
        acceptance: each.acceptance.map(edit),
      })),
    }
    const dir = await makeFolder()
    await runOfflineCoder(
      makeJob({ idea: documents.Idea.text, output: 'SourceCode', documents: { ...documents, PRD }, dir }),
    )
    const { failed, passed, output } = await runTests(dir)
    expect({ failed, enough: passed > 10 }, output).toEqual({ failed: 0, enough: true })
    const files = await readTree(dir)
    expect(files['src/fields.js']).toContain("{ name: 'van', type: 'whole number', required: true, max: 9 }")
    expect(files['src/status.js']).toContain("['draft', 'checked', 'sent', 'paid']")
    expect(files['src/entries.js']).toContain("path: '/bills'")
  })

  it('in a fix round writes back what differs and leaves the rest alone', async () => {
    const idea = 'notes'
    const { dir, documents, files } = await build(idea)
    await writeFile(
      join(dir, 'test/records.test.js'),
      "import { test } from 'node:test'\ntest('x', () => { throw new Error() })\n",
    )
    await rm(join(dir, 'src/search.js'))
    await writeFile(join(dir, 'NOTES.md'), 'mine')
    const notes: string[] = []
    const fix = { artifact: 'SourceCode', reasons: ['test/records.test.js: "x" failed: no message'] }
    await runOfflineCoder(makeJob({ idea, output: 'SourceCode', documents, dir, notes, fix }))
    expect(await readTree(dir)).toEqual({ ...files, 'NOTES.md': 'mine' })
    expect(notes.join('\n')).toContain('wrote 2 of')
  })

  it('refuses a job without worktree or requirements', async () => {
    const documents = await specify('notes')
    const fatal = { failure: { errorClass: 'fatal' } }
    await expect(
      runOfflineCoder(makeJob({ idea: 'notes', output: 'SourceCode', documents })),
    ).rejects.toMatchObject(fatal)
    await expect(
      runOfflineCoder(makeJob({ idea: 'notes', output: 'SourceCode', dir: await makeFolder() })),
    ).rejects.toMatchObject(fatal)
  })
})

describe('a running service', () => {
  it('starts by the manifest, answers, and stops by a signal', async () => {
    const { dir } = await build('a link shortener with click counts')
    const child = spawn(process.execPath, ['src/main.js'], {
      cwd: dir,
      env: { PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    const url = /http:\/\/[\d.:]+\//u.exec(line.toString())?.[0] ?? ''
    expect(await (await fetch(`${url}healthz`)).json()).toEqual({ status: 'ok' })
    const made = await fetch(`${url}links`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ url: 'https://example.org/' }),
    })
    const { code } = (await made.json()) as { code: string }
    expect((await fetch(url + code, { redirect: 'manual' })).headers.get('location')).toBe(
      'https://example.org/',
    )
    expect((await fetch(`${url}/etc/passwd`)).status).toBe(404)
    const foreign = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'http://evil.example' },
      body: 'url=https://example.org/',
    })
    expect(foreign.status).toBe(403)
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  })
})
