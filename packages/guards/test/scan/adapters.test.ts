import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { RopewalkError } from '@ropewalk/core/errors'
import { inEachSandbox, makeFolder, REPOSITORY } from '../support.ts'
import { makeStandIn, runTool } from './support.ts'

const LOCKED = {
  'package.json': JSON.stringify({ license: 'MIT', dependencies: { a: '1.0.0' } }),
  'package-lock.json': JSON.stringify({
    lockfileVersion: 3,
    packages: { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-AA==' } },
  }),
}

const GITLEAKS = JSON.stringify([
  {
    RuleID: 'aws-access-token, seen @seen',
    Description: 'A',
    StartLine: 4,
    File: '@code/src/links.js',
    Secret: 'REDACTED',
  },
])
const OSV = JSON.stringify({
  results: [
    {
      source: { path: '@code/package-lock.json', type: 'lockfile' },
      packages: [
        {
          package: { name: 'a', version: '1.0.0', ecosystem: 'npm' },
          vulnerabilities: [{ id: 'GHSA-1', summary: 'It gives way.' }, { id: 'GHSA-2' }],
          groups: [{ ids: ['GHSA-1'], max_severity: '9.8' }],
        },
      ],
    },
  ],
})
const TRIVY = JSON.stringify({
  SchemaVersion: 2,
  Results: [
    {
      Target: 'package-lock.json',
      Vulnerabilities: [
        {
          VulnerabilityID: 'CVE-1',
          PkgName: 'a',
          InstalledVersion: '1.0.0',
          FixedVersion: '1.0.1',
          Severity: 'HIGH',
        },
      ],
    },
    {
      Target: 'main.tf',
      Misconfigurations: [
        { ID: 'AVD-1', Title: 'Open', Severity: 'CRITICAL', Status: 'FAIL', CauseMetadata: { StartLine: 7 } },
        { ID: 'AVD-2', Severity: 'LOW', Status: 'PASS' },
      ],
    },
  ],
})
const SEMGREP = JSON.stringify({
  results: [
    {
      check_id: 'rules.sqli',
      path: '@code/a.py',
      start: { line: 3 },
      extra: { message: 'Bad', severity: 'ERROR' },
    },
  ],
})

inEachSandbox('scanners that people install', (runConfined) => {
  test('gitleaks: its report becomes critical findings, and nothing of the project steers it', async () => {
    const { path } = makeStandIn({ name: 'gitleaks', report: GITLEAKS })
    const files = { ...REPOSITORY, '.gitleaks.toml': '', '.gitleaksignore': '', '.gitignore': 'src' }
    const { document, ran } = await runTool('secrets', 'SecretsScanReport', files, {
      runConfined,
      settings: { programs: { gitleaks: path } },
    })
    expect(document.findings).toMatchObject([
      {
        rule: 'aws-access-token, seen package.json src test',
        severity: 'critical',
        file: 'src/links.js',
        line: 4,
        part: 'gitleaks',
      },
    ])
    const part = document.parts[1]
    expect(part).toMatchObject({ toolVersion: '9.8.7', outcome: 'done' })
    expect(part?.argv).toEqual(expect.arrayContaining(['--no-git', '--ignore-gitleaks-allow', '--redact']))
    expect(ran).toHaveLength(1)
  })

  test('osv-scanner: scores become severities, and the report is done', async () => {
    const { path } = makeStandIn({ name: 'osv-scanner', report: OSV, exitCode: 1 })
    const { document } = await runTool('sca', 'VulnerabilityScan', LOCKED, {
      runConfined,
      settings: { programs: { 'osv-scanner': path }, databases: { osv: makeFolder() } },
    })
    expect(document.outcome).toBe('done')
    expect(document.findings).toMatchObject([
      { rule: 'GHSA-1', severity: 'critical', package: 'a@1.0.0', file: 'package-lock.json' },
      { rule: 'GHSA-2', severity: 'medium', title: 'a has a known fault.' },
    ])
  })

  test('trivy: advisories, infrastructure and images', async () => {
    const { path } = makeStandIn({ name: 'trivy', report: TRIVY })
    const settings = { programs: { trivy: path }, databases: { trivy: makeFolder() }, image: path }
    const sca = await runTool('sca', 'VulnerabilityScan', LOCKED, { runConfined, settings })
    expect(sca.document.findings[1]).toMatchObject({ rule: 'CVE-1', severity: 'high', fix: 'Use 1.0.1.' })
    const iac = await runTool('iac', 'IacReport', { 'main.tf': '' }, { runConfined, settings })
    expect(iac.document).toMatchObject({ outcome: 'done', scanned_files: 1 })
    expect(iac.document.findings[0]).toMatchObject({
      rule: 'AVD-1',
      severity: 'critical',
      file: 'main.tf',
      line: 7,
    })
    const images = await runTool('container', 'ContainerReport', {}, { runConfined, settings })
    expect(images.document.parts[1]).toMatchObject({ part: 'image', outcome: 'done' })
  })

  test('semgrep: with rules it reads what ESLint does not', async () => {
    const { path } = makeStandIn({ name: 'semgrep', report: SEMGREP })
    const { document } = await runTool(
      'sast',
      'SastReport',
      { 'a.py': 'x' },
      {
        runConfined,
        settings: { programs: { semgrep: path }, semgrep_rules: makeFolder() },
      },
    )
    expect(document).toMatchObject({ outcome: 'done', scanned_files: 1 })
    expect(document.findings).toMatchObject([{ rule: 'rules.sqli', severity: 'high', file: 'a.py', line: 3 }])
  })

  test.each([
    ['a report that is no JSON', 'Segmentation fault', 0],
    ['a report of another shape', '{"findings":[]}', 0],
    ['an exit code that means failure', GITLEAKS, 2],
  ])('%s is not-run with the reason', async (_what, report, exitCode) => {
    const { path } = makeStandIn({ name: 'osv-scanner', report, exitCode })
    const { document } = await runTool('sca', 'VulnerabilityScan', LOCKED, {
      runConfined,
      settings: { programs: { 'osv-scanner': path }, databases: { osv: makeFolder() } },
    })
    expect(document.outcome).toBe('not-run')
    expect(document.reason).toMatch(
      /^advisories: (?:What osv-scanner reported cannot be read|osv-scanner ended)/u,
    )
  })
})

describe('where a scanner cannot run', () => {
  test.each([
    ['its advisories were never fetched', {}, /no advisories offline \(settings\.databases\.osv\)/u],
    [
      'its advisories are gone',
      { databases: { osv: '/nonexistent/osv' } },
      /needs \/nonexistent\/osv, which is not there/u,
    ],
  ])('%s', async (_what, more, reason) => {
    const { path } = makeStandIn({ name: 'osv-scanner', report: OSV })
    const settings = { programs: { 'osv-scanner': path }, ...more }
    const { document } = await runTool('sca', 'VulnerabilityScan', LOCKED, { settings })
    expect(document.outcome).toBe('not-run')
    expect(document.reason).toMatch(reason)
  })

  test('without a sandbox it is not run at all', async () => {
    const { path } = makeStandIn({ name: 'osv-scanner', report: OSV })
    const { document } = await runTool('sca', 'VulnerabilityScan', LOCKED, {
      settings: { programs: { 'osv-scanner': path }, databases: { osv: makeFolder() } },
      runConfined: () => Promise.reject(new RopewalkError('SANDBOX_UNAVAILABLE', 'There is no bubblewrap.')),
    })
    expect(document).toMatchObject({ outcome: 'not-run', reason: 'advisories: There is no bubblewrap.' })
  })
})

describe('the scanners themselves, where this machine has them', () => {
  const find = (name: string) =>
    ['/usr/local/bin', '/usr/bin'].map((folder) => join(folder, name)).find(existsSync)

  test.skipIf(find('gitleaks') === undefined)('gitleaks reads a clean repository as clean', async () => {
    const { document } = await runTool('secrets', 'SecretsScanReport', REPOSITORY)
    expect(document.parts[1]).toMatchObject({ part: 'gitleaks', outcome: 'done' })
    expect(document.findings).toEqual([])
  })

  test.skipIf(find('trivy') === undefined)('trivy reads a privileged pod', async () => {
    const pod =
      'apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec:\n  containers:\n    - name: a\n      image: a:1\n      securityContext: { privileged: true }\n'
    const { document } = await runTool('iac', 'IacReport', { 'pod.yaml': pod })
    expect(document.findings.some(({ part }) => part === 'trivy')).toBe(true)
  })
})
