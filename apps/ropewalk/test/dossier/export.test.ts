import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DossierManifest } from '@ropewalk/core/dossier/manifest'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { runInProcess } from '../cli/support/run-in-process.ts'
import { readPage, readRecord, writeDossier } from './support.ts'

vi.mock(import('@ropewalk/guards/service/find-browser'), () => ({ findBrowser: () => undefined }))

const record = readRecord()
let folder: string
const at = (name: string) => path.join(folder, name)
const run = (...argv: string[]) =>
  runInProcess(['dossier', ...argv], { env: { ROPEWALK_HOME: at('home') }, cwd: folder })

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'ropewalk-export-'))
  await writeDossier(record, path.join(folder, 'home', 'dossiers', record.view.run.id))
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

test('the recorded dossier verifies, every file of it', async () => {
  const { exit, stdout } = await run('verify', 'last')
  expect(stdout).toContain('self-consistent')
  expect(exit).toBe(0)
})

test('JSON is the manifest as it was signed', async () => {
  expect((await run('export', 'last', '--format', 'json', '--out', 'out.json')).exit).toBe(0)
  const written = readFileSync(at('out.json'))
  expect(written.equals(readFileSync(at(`home/dossiers/${record.view.run.id}/dossier.json`)))).toBe(true)
  expect(DossierManifest.parse(JSON.parse(written.toString('utf8'))).run.id).toBe(record.view.run.id)
})

test('HTML is one file with its pictures inside and every link within it', async () => {
  const told = await run('export', 'last', '--format', 'html', '--out', 'more/out.html', '--json')
  expect(JSON.parse(told.stdout)).toMatchObject({ format: 'html', file: at('more/out.html') })
  const { ids, links, pictures } = readPage(readFileSync(at('more/out.html'), 'utf8'))
  expect(new Set(ids).size).toBe(ids.length)
  expect(links.filter((link) => !ids.includes(link.replace(/^#/u, '')))).toEqual([])
  expect(pictures).toHaveLength(6)
  expect(ids).toContain('document-prd-PRD-REQ-001')
})

test('Markdown has the page and every document', async () => {
  expect((await run('export', 'last', '--format', 'md', '--out', 'out.md')).exit).toBe(0)
  const text = readFileSync(at('out.md'), 'utf8')
  for (const said of [
    '## What is known to be missing',
    '## Requirements',
    '## Security',
    '(RollbackPlan)',
    'REQ-001',
  ])
    expect(text).toContain(said)
})

test('without Chromium a PDF is refused with what to install, and nothing is left behind', async () => {
  const { exit, stderr } = await run('export', 'last', '--format', 'pdf', '--out', 'none.pdf')
  expect(exit).toBe(1)
  expect(stderr).toContain('Install the package chromium')
  expect(existsSync(at('none.pdf'))).toBe(false)
})

test('a file that is there is never overwritten', async () => {
  writeFileSync(at('mine.md'), 'mine')
  const { exit, stderr } = await run('export', 'last', '--format', 'md', '--out', 'mine.md')
  expect(exit).toBe(64)
  expect(stderr).toContain('is there already')
  expect(readFileSync(at('mine.md'), 'utf8')).toBe('mine')
})

test.each([[[]], [['--format', 'md']], [['--out', 'x.md']], [['--to', 'x', '--format', 'md', '--out', 'y']]])(
  'a folder and a file are not asked for in one: %j',
  async (flags) => {
    const { exit, stderr } = await run('export', 'last', ...flags)
    expect(exit).toBe(64)
    expect(stderr).toContain('either the folder, with --to, or one file')
  },
)

test('a dossier that was changed is not exported', async () => {
  const page = at(`home/dossiers/${record.view.run.id}/documents/prd/PRD.html`)
  const before = readFileSync(page)
  writeFileSync(page, Buffer.concat([before, Buffer.from(' ')]))
  try {
    const { exit, stderr } = await run('export', 'last', '--format', 'html', '--out', 'changed.html')
    expect(exit).toBe(1)
    expect(stderr).toContain('documents/prd/PRD.html was changed')
    expect(existsSync(at('changed.html'))).toBe(false)
  } finally {
    writeFileSync(page, before)
  }
})
