import { describe, expect, test } from 'vitest'
import { makeReport } from '../../src/scan/make-report.ts'
import { makeNotRunPart, makeOwnPart } from '../../src/scan/make-part.ts'
import type { Finding, ScanPart, Severity } from '../../src/scan/finding.ts'
import type { GuardFindings } from '../../src/guard.ts'
import { findGuard } from '../../src/registry.ts'
import { makeArtifact, makeCheckout, makeFolder, MANIFEST, REPOSITORY, runSpawned } from '../support.ts'
import { COMMIT } from '../scan/support.ts'

const OTHER_COMMIT = 'b'.repeat(40)

const makeFinding = (severity: Severity, rule = `rule-${severity}`): Finding => ({
  rule,
  severity,
  title: `Something ${severity}.`,
  file: 'a.js',
  line: 3,
})

const makeScanReport = (parts: readonly ScanPart[], revision: string | null = COMMIT) =>
  makeReport('sast', { parts, scannedFiles: 1, notes: [] }, revision)

const clean = makeScanReport([makeOwnPart('rules', [])])

type Facts = {
  readonly judged: Readonly<Record<string, unknown>>
  readonly settings?: Readonly<Record<string, unknown>>
  readonly code?: string | null
  readonly files?: Readonly<Record<string, string>>
}

/** Judges documents beside the code of a commit, as the gate of the security phase does. */
const judge = async (name: string, facts: Facts): Promise<GuardFindings> => {
  const guard = findGuard(name)
  if (guard === undefined) throw new Error(`There is no guard ${name}.`)
  const code = facts.code === undefined ? COMMIT : facts.code
  const bundle = makeArtifact('SourceCode', 'bundle')
  const documents = Object.entries(facts.judged).map(([key, content]) => makeArtifact(key, content))
  const judged = [
    ...documents,
    ...(code === null
      ? []
      : [{ ...bundle, artifact: { ...bundle.artifact, commit: code } as typeof bundle.artifact }]),
  ]
  return guard.run({
    use: {
      guard: name,
      artifacts: judged.map(({ artifact }) => artifact.name),
      rubric: name,
      settings: (facts.settings ?? {}) as Record<string, never>,
    },
    judged,
    others: [],
    worktree: code === null ? null : { dir: makeCheckout(facts.files ?? REPOSITORY), commit: code },
    scratch: makeFolder(),
    runConfined: runSpawned,
    now: () => '2026-01-31T12:00:00.000Z',
  })
}

describe('findings', () => {
  test('a clean report of the judged commit passes', async () => {
    const found = await judge('findings', { judged: { SastReport: clean } })
    expect(found).toMatchObject({ outcome: 'pass', score: 1, severity: 'info', reasons: [] })
  })

  test.each([
    ['critical', 0, 'critical'],
    ['high', 0.75, 'major'],
  ] as const)('one %s finding fails by default', async (severity, score, told) => {
    const report = makeScanReport([makeOwnPart('rules', [makeFinding(severity)])])
    const found = await judge('findings', { judged: { SastReport: report } })
    expect(found).toMatchObject({ outcome: 'fail', score, severity: told })
    expect(found.reasons[1]).toMatch(new RegExp(`^SastReport a\\.js:3 rule-${severity}`, 'u'))
  })

  test('limits are those of the playbook, for all reports together', async () => {
    const report = makeScanReport([makeOwnPart('rules', [makeFinding('medium'), makeFinding('low')])])
    const judged = { SastReport: report, IacReport: report }
    const run = async (settings: object) =>
      (await judge('findings', { judged, settings: { ...settings } })).outcome
    expect(await run({})).toBe('pass')
    expect(await run({ max_medium: 2, max_low: 2 })).toBe('pass')
    expect(await run({ max_medium: 1 })).toBe('fail')
    expect(await run({ max_low: 1 })).toBe('fail')
    expect(await run({ max_medium: -1 })).toBe('error')
  })

  test('a waived finding counts apart, a critical one is never waived', async () => {
    const report = makeScanReport([makeOwnPart('rules', [makeFinding('high'), makeFinding('critical')])])
    const waived = report.findings.map(({ id }) => id)
    const found = await judge('findings', { judged: { SastReport: report }, settings: { waived } })
    expect(found).toMatchObject({ outcome: 'fail', metrics: { critical: 1, high: 0, waived: 1 } })
    expect(found.reasons.at(-1)).toMatch(/^Waived: SastReport a\.js:3 rule-high/u)
  })

  test('a report of another commit fails, however clean', async () => {
    const judged = { SastReport: makeScanReport([makeOwnPart('rules', [])], OTHER_COMMIT) }
    expect(await judge('findings', { judged })).toMatchObject({
      outcome: 'fail',
      score: 0,
      severity: 'critical',
    })
    const unsaid = { SastReport: makeScanReport([makeOwnPart('rules', [])], null) }
    expect(await judge('findings', { judged: unsaid })).toMatchObject({
      outcome: 'fail',
      severity: 'critical',
    })
    const settings = { revision_of: 'SecurityPack' }
    const allowed = { ...judged, SecurityPack: { revision: OTHER_COMMIT } }
    expect(await judge('findings', { judged: allowed, settings })).toMatchObject({ outcome: 'pass' })
  })

  test('without code there is nothing to compare a report with', async () => {
    expect(await judge('findings', { judged: { SastReport: clean }, code: null })).toMatchObject({
      outcome: 'error',
      reasons: [expect.stringMatching(/SourceCode/u)],
    })
  })

  test('a part that was not run gives not-run, unless what others found fails', async () => {
    const missing = makeNotRunPart('advisories', 'none', 'Nobody looked.', false)
    const report = makeScanReport([makeOwnPart('dependencies', []), missing])
    const judged = { VulnerabilityScan: { ...report, dependencies: [] } }
    expect(await judge('findings', { judged })).toMatchObject({
      outcome: 'not-run',
      score: 0,
      reasons: ['VulnerabilityScan advisories was not run: Nobody looked.'],
    })
    expect(await judge('findings', { judged, settings: { parts: ['dependencies'] } })).toMatchObject({
      outcome: 'pass',
    })
    expect(await judge('findings', { judged, settings: { parts: ['other'] } })).toMatchObject({
      outcome: 'not-run',
    })
    const bad = makeScanReport([makeOwnPart('dependencies', [makeFinding('high')]), missing])
    expect(await judge('findings', { judged: { SastReport: bad } })).toMatchObject({ outcome: 'fail' })
  })

  test('an extra that is not installed is no gap, a report without parts that was not run is one', async () => {
    const extra = makeNotRunPart('gitleaks', 'gitleaks', 'gitleaks is not installed.', true)
    const report = makeScanReport([makeOwnPart('rules', []), extra])
    expect(await judge('findings', { judged: { SastReport: report } })).toMatchObject({ outcome: 'pass' })
    const dast = { ...clean, scanner: 'dast', parts: [], outcome: 'not-run', reason: 'It did not start.' }
    expect(await judge('findings', { judged: { DastReport: dast } })).toMatchObject({
      outcome: 'not-run',
      reasons: ['DastReport was not run: It did not start.'],
    })
  })

  test('a report that breaks its contract fails, and no report is an error', async () => {
    expect(await judge('findings', { judged: { SastReport: { ...clean, findings: 'none' } } })).toMatchObject(
      {
        outcome: 'fail',
      },
    )
    expect(await judge('findings', { judged: { Note: { text: 'clean' } } })).toMatchObject({
      outcome: 'error',
    })
  })
})

describe('scan', () => {
  test('runs on the judged commit itself and keeps its report', async () => {
    const found = await judge('scan', { judged: {}, settings: { scanner: 'sast' } })
    expect(found).toMatchObject({ outcome: 'pass', score: 1, tool: 'eslint', metrics: { files: 2 } })
    expect(found.outputs?.[0]).toMatchObject({ name: 'sast-report.json', mediaType: 'application/json' })
    const report = JSON.parse(Buffer.from(found.outputs?.[0]?.bytes ?? []).toString('utf8')) as object
    expect(report).toMatchObject({ revision: COMMIT, outcome: 'done' })
  })

  test('fails what it finds, and is not-run where a part cannot be run', async () => {
    const files = { 'a.js': 'eval(input)' }
    const settings = { scanner: 'sast' }
    expect(await judge('scan', { judged: {}, settings, files })).toMatchObject({
      outcome: 'fail',
      severity: 'critical',
    })
    const locked = {
      'package.json': '{"dependencies":{"a":"1.0.0"}}',
      'package-lock.json':
        '{"lockfileVersion":3,"packages":{"node_modules/a":{"version":"1.0.0","integrity":"sha512-AA=="}}}',
    }
    expect(await judge('scan', { judged: {}, settings: { scanner: 'sca' }, files: locked })).toMatchObject({
      outcome: 'not-run',
      reasons: [expect.stringMatching(/Nobody looked up advisories/u)],
    })
  })

  test('needs code and a scanner that there is', async () => {
    expect(
      await judge('scan', { judged: { A: 1 }, settings: { scanner: 'sast' }, code: null }),
    ).toMatchObject({ outcome: 'not-run' })
    expect(await judge('scan', { judged: {}, settings: { scanner: 'magic' } })).toMatchObject({
      outcome: 'error',
    })
    expect(await judge('scan', { judged: {} })).toMatchObject({ outcome: 'error' })
  })
})

describe('lint', () => {
  test('an honest repository passes', async () => {
    expect(await judge('lint', { judged: { RepoManifest: MANIFEST } })).toMatchObject({
      outcome: 'pass',
      score: 1,
      metrics: { errors: 0, warnings: 0 },
    })
  })

  test('no error and ten warnings are let through, and not one more', async () => {
    const warn = (count: number) => ({
      'a.js': Array.from({ length: count }, (_, i) => `export var a${i} = 1`).join('\n'),
    })
    expect(await judge('lint', { judged: {}, files: warn(10) })).toMatchObject({ outcome: 'pass' })
    const found = await judge('lint', { judged: {}, files: warn(11) })
    expect(found).toMatchObject({ outcome: 'fail', severity: 'major', score: 0.98 })
    expect(found.reasons[0]).toBe('0 errors, expected at most 0; 11 warnings, expected at most 10.')
    const error = await judge('lint', { judged: {}, files: { 'a.js': 'nowhere()' } })
    expect(error).toMatchObject({ outcome: 'fail', metrics: { errors: 1, warnings: 0 } })
  })
})

describe('licences', () => {
  const lock = (license: string | null) => ({
    'package.json': '{"dependencies":{"a":"1.0.0"}}',
    'package-lock.json': JSON.stringify({
      lockfileVersion: 3,
      packages: { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-AA==', license } },
    }),
  })

  test.each([
    ['MIT', {}, 'pass'],
    ['GPL-3.0-only', {}, 'fail'],
    ['GPL-3.0-only', { deny: [] }, 'pass'],
    ['ISC', { allow: ['MIT'] }, 'fail'],
    [null, {}, 'fail'],
    [null, { max_unknown: 1 }, 'pass'],
    ['MIT', { allow: 'MIT' }, 'error'],
  ] as const)('%s under %j: %s', async (license, settings, outcome) => {
    expect(await judge('licences', { judged: {}, files: lock(license), settings })).toMatchObject({ outcome })
  })
})
