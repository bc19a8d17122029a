import { DossierManifest } from '@ropewalk/core/dossier/manifest'
import { DossierPath } from '@ropewalk/core/dossier/index-file'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { DossierFile } from '../../src/engine/dossier/write-folder.ts'
import { makeDossierFiles, readPage, readRecord } from './support.ts'

const record = readRecord()
const COMMIT = record.view.run.acceptedCommit ?? ''
let files: Map<string, DossierFile>
let manifest: DossierManifest

const getText = (name: string): string => files.get(name)?.bytes.toString('utf8') ?? ''

beforeAll(async () => {
  files = new Map((await makeDossierFiles(record)).map((file) => [file.path, file]))
  manifest = DossierManifest.parse(JSON.parse(getText('dossier.json')))
})

describe('the folder of a run of thirteen phases', () => {
  test('names every file once, by a plain path that the manifest lists', () => {
    expect(manifest.files.map((file) => file.path).toSorted()).toEqual([...files.keys()].toSorted())
    for (const name of files.keys()) expect(DossierPath.safeParse(name).success, name).toBe(true)
  })

  test('has each document to read, as a page and as Markdown, its older versions beside it', () => {
    const required = [
      'PRD', 'RTM', 'UserStories', 'ArchitectureDoc', 'OpenAPI', 'DataModel', 'ThreatModel', 'RiskRegister',
      'BusinessPlan', 'ReleaseNotes', 'DeploymentPlan', 'RollbackPlan', 'CanaryResults', 'SBOM', 'SecurityPack',
      'CoverageReport', 'PerfReport', 'A11yAudit', 'TestSuite', 'Provenance',
    ] // prettier-ignore
    const newest = new Map(
      manifest.documents.filter(({ isNewest }) => isNewest).map((one) => [one.name, one]),
    )
    for (const name of required) {
      const document = newest.get(name)
      expect(document, name).toBeDefined()
      expect(getText(document?.html ?? '')).toContain('<h1>')
      expect(getText(document?.markdown ?? '')).toMatch(/^# /u)
    }
    const risks = newest.get('RiskRegister')
    expect(risks?.older.map(({ version }) => version)).toEqual([1])
    for (const { html, version } of risks?.older ?? [])
      expect(getText(html)).toContain(`older version ${version}`)
  })

  test('shows the matrix of an early phase as one that a later phase replaced', () => {
    expect(
      manifest.documents.filter(({ name }) => name === 'RTM').map(({ phase, isNewest }) => [phase, isNewest]),
    ).toEqual([
      ['prd', false],
      ['qa', true],
    ])
  })

  test('is the same to the byte for the same run', async () => {
    const again = await makeDossierFiles(readRecord())
    expect(again.map((file) => file.path)).toEqual([...files.keys()])
    for (const { path: name, bytes } of again)
      expect(bytes.equals(files.get(name)?.bytes ?? Buffer.of()), name).toBe(true)
  })

  test('keeps pictures as pictures, before beside after at each width', () => {
    expect(manifest.pictures.map(({ width, moment }) => `${width} ${moment}`).toSorted()).toEqual([
      '1280 after', '1280 before', '360 after', '360 before', '768 after', '768 before',
    ]) // prettier-ignore
    for (const { file } of manifest.pictures) expect(files.get(file)?.mediaType).toBe('image/png')
  })
})

test('the headings of every document go down one step at a time', () => {
  const skips = manifest.documents.flatMap(({ name, html }) => {
    const levels = [...getText(html).matchAll(/<h([1-6])[\s>]/gu)].map((match) => Number(match[1]))
    return levels.flatMap((level, index) =>
      level > (levels[index - 1] ?? 0) + 1
        ? [`${name}: a heading ${level} after ${levels[index - 1] ?? 0}`]
        : [],
    )
  })
  expect(skips).toEqual([])
})

describe('what the dossier says', () => {
  test('leads each requirement from the idea to a test that the engine ran at the accepted commit', () => {
    expect(manifest.requirements.length).toBeGreaterThanOrEqual(5)
    for (const { id, verdict } of manifest.requirements) {
      expect([id, verdict]).toEqual([id, 'verified'])
      const row = manifest.traceability?.rows.find(({ requirementId }) => requirementId === id)
      expect(row?.origins.length, id).toBeGreaterThan(0)
      expect(row?.stories.length, id).toBeGreaterThan(0)
      expect(
        row?.tests.some(({ outcome }) => outcome === 'pass'),
        id,
      ).toBe(true)
      expect(row?.dossier).toBe(`index.html#${id}`)
      for (const { digest } of row?.checks ?? [])
        expect(manifest.evidence.find((one) => one.digest === digest)).toMatchObject({
          revision: COMMIT,
          counts: true,
          exitCode: 0,
          guard: 'tests',
        })
    }
  })

  test('counts no evidence of another commit', () => {
    const counting = manifest.evidence.filter(({ counts }) => counts)
    expect(counting.length).toBeGreaterThan(0)
    expect(counting.every(({ revision, isOfAccepted }) => revision === COMMIT && isOfAccepted === true)).toBe(
      true,
    )
    const tests = manifest.evidence.filter(({ guard }) => guard === 'tests')
    expect(tests.length).toBeGreaterThan(counting.length)
  })

  test('says of each security section which commit it speaks of, and which scans were run again', () => {
    expect(manifest.security.map(({ section }) => section)).toEqual([
      'secrets', 'sca', 'sast', 'iac', 'container', 'privacy', 'threat-model', 'dast', 'supply-chain', 'waivers',
    ]) // prettier-ignore
    const scanned = manifest.security.filter(({ revision }) => revision !== null)
    expect(scanned.length).toBeGreaterThanOrEqual(6)
    expect(scanned.every(({ isOfAccepted }) => isOfAccepted === false)).toBe(true)
    const again = manifest.evidence.filter(({ guard, isOfAccepted }) => guard === 'scan' && isOfAccepted)
    expect(again.map(({ rubric }) => rubric).toSorted()).toEqual(['secrets', 'vulnerabilities'])
    expect(manifest.gaps.filter(({ kind }) => kind === 'stale-scan')).toEqual([])
    expect(manifest.remarks.filter(({ kind }) => kind === 'older-code').length).toBeGreaterThan(0)
  })

  test('shows security beside the story loop', () => {
    const [security, stories] = ['security', 'story-loop'].map((name) =>
      manifest.phases.find(({ phase }) => phase === name),
    )
    expect((security?.startedAt ?? '') < (stories?.completedAt ?? '')).toBe(true)
    expect((stories?.startedAt ?? '') < (security?.completedAt ?? '')).toBe(true)
  })

  test('tells the rounds of a gate, their rubrics, what was asked for and what came of it', () => {
    const critique = manifest.gates.filter(({ phase }) => phase === 'critique')
    expect(critique.map(({ round, passed, isLast }) => [round, passed, isLast])).toEqual([
      [1, false, false],
      [2, true, true],
    ])
    expect(critique[0]?.rubrics.find(({ rubric }) => rubric === 'risk_coverage')).toMatchObject({
      score: 0,
      passed: false,
    })
    expect(critique[0]?.strategy).toBe('add-missing-agents')
    expect(critique[0]?.changes).toEqual([])
    expect(critique[1]?.changes.find(({ artifact }) => artifact === 'RiskRegister')).toMatchObject({
      by: 'critique-fixer',
      parts: ['risks'],
    })
  })

  test('tells who reviewed whose work, and that one model did both', () => {
    const last = manifest.reviews.filter(({ isLast }) => isLast)
    expect(last.map(({ artifact, reviewer, independence }) => [artifact, reviewer, independence])).toEqual([
      ['PRD', 'prd-reviewer', 'identity'],
      ['ArchitectureDoc', 'architecture-reviewer', 'identity'],
      ['SourceCode', 'code-reviewer', 'identity'],
    ])
    expect(last[2]?.authors).toContain('backend')
    expect(manifest.remarks.filter(({ kind }) => kind === 'independence')).toHaveLength(1)
  })

  test('takes approvals and answers that nobody gave for remarks, and says so', () => {
    expect(manifest.gaps).toEqual([])
    expect(manifest.remarks.filter(({ kind }) => kind === 'assumption')).toHaveLength(2)
    expect(manifest.remarks.find(({ kind }) => kind === 'approval')?.text).toBe(
      'No person approved prd, architecture, release: policy let it pass at the deadline.',
    )
  })

  test('has figures of every kind, each with the commit it was measured at', () => {
    expect([...new Set(manifest.measurements.map(({ topic }) => topic))].toSorted()).toEqual([
      'accessibility', 'canary', 'compatibility', 'coverage', 'load', 'performance', 'tests',
    ]) // prettier-ignore
    for (const { figures, revision } of manifest.measurements) {
      expect(figures.length).toBeGreaterThan(0)
      expect(revision).toMatch(/^[0-9a-f]{40}$/u)
    }
  })
})

describe('pages', () => {
  const listPages = () => [...files.keys()].filter((name) => name.endsWith('.html'))

  test('lead nowhere but to what is there', () => {
    const ids = new Map(listPages().map((name) => [name, new Set(readPage(getText(name)).ids)]))
    const lost = listPages().flatMap((name) =>
      [...readPage(getText(name)).links, ...readPage(getText(name)).pictures].filter((link) => {
        const [file = '', anchor] = link.split('#')
        const target = file === '' ? name : path.posix.join(path.posix.dirname(name), file)
        return !files.has(target) || (anchor !== undefined && ids.get(target)?.has(anchor) !== true)
      }),
    )
    expect(lost).toEqual([])
  })

  test('have each anchor once', () => {
    for (const name of listPages()) {
      const { ids } = readPage(getText(name))
      expect([name, ids.length]).toEqual([name, new Set(ids).size])
    }
  })

  test('have one line a requirement, at the anchor that traceability names', () => {
    const { ids } = readPage(getText('index.html'))
    for (const { id } of manifest.requirements) expect(ids).toContain(id)
  })

  test('run no script and load nothing', () => {
    for (const name of listPages()) {
      const page = getText(name)
      expect(page).toContain("default-src 'none'")
      expect(page).not.toMatch(/<script|<link|<iframe|@import|url\(/u)
      expect(readPage(page).links.filter((link) => /^[a-z]+:/iu.test(link))).toEqual([])
    }
  })
})
