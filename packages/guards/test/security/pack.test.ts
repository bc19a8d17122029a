import { describe, expect, test } from 'vitest'
import { sha256 } from '@ropewalk/core/canonical'
import { RopewalkError } from '@ropewalk/core/errors'
import type { SecurityPack } from '@ropewalk/core/contract/documents/security'
import { makeReport } from '../../src/scan/make-report.ts'
import { makeNotRunPart, makeOwnPart } from '../../src/scan/make-part.ts'
import { findGuard } from '../../src/registry.ts'
import type { JudgedArtifact } from '../../src/guard.ts'
import { getDocumentBytes } from '../../src/tools/document-bytes.ts'
import { findTool, listTools } from '../../src/tools/registry.ts'
import {
  inEachSandbox,
  makeArtifact,
  makeCheckout,
  makeFolder,
  MANIFEST,
  REPOSITORY,
  runSpawned,
} from '../support.ts'
import { COMMIT, runTool } from '../scan/support.ts'

const finding = { rule: 'r', severity: 'medium', title: 'Something.', file: 'a.js', line: 1 } as const

const report = (scanner: string, scannedFiles = 1, revision = COMMIT) =>
  makeReport(
    scanner,
    {
      parts: [makeOwnPart('rules', scannedFiles === 0 ? [] : [finding])],
      scannedFiles,
      notes: ['Nothing here.'],
    },
    revision,
  )

const REVIEW = {
  summary: 'Links only.',
  handles_personal_data: false,
  data: [],
  findings: [
    {
      title: 'Logs',
      severity: 'low',
      text: 'Logs hold links.',
      recommendation: 'Cut them.',
      cites: ['PRD#/overview'],
    },
  ],
  rights: [],
  open_points: [],
}
const MODEL = {
  summary: 'Small.',
  assets: [{ name: 'Links', worth: 'Some.', cites: ['PRD#/overview'] }],
  threats: [
    {
      id: 'THR-001',
      title: 'Guessing',
      stride: 'information-disclosure',
      component: 'COMP-001',
      description: 'Codes can be guessed.',
      likelihood: 2,
      impact: 2,
      controls: [],
      residual_risk: 'high',
      residual_reason: 'Codes are short.',
      cites: ['PRD#/overview'],
    },
  ],
}
const BILL = {
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  metadata: {
    properties: [
      { name: 'ropewalk:outcome', value: 'done' },
      { name: 'ropewalk:revision', value: COMMIT },
    ],
  },
  components: [],
}

const ALL: Readonly<Record<string, unknown>> = {
  SecretsScanReport: report('secrets'),
  VulnerabilityScan: { ...report('sca'), dependencies: [] },
  SastReport: report('sast'),
  IacReport: report('iac', 0),
  ContainerReport: report('container', 0),
  PrivacyReview: REVIEW,
  ThreatModel: MODEL,
  DastReport: { ...report('dast', 0), findings: [] },
  SBOM: BILL,
}

const makePack = async (inputs: Readonly<Record<string, unknown>>) =>
  (await runTool('security-pack', 'SecurityPack', REPOSITORY, { inputs })).document

const getStatus = (pack: SecurityPack) =>
  Object.fromEntries(pack.sections.map(({ section, status }) => [section, status]))

describe('the security pack', () => {
  test('has ten sections, counts by severity, and tells what there was nothing of', async () => {
    const pack = await makePack(ALL)
    expect(getStatus(pack)).toEqual({
      secrets: 'done',
      sca: 'done',
      sast: 'done',
      iac: 'none',
      container: 'none',
      privacy: 'done',
      'threat-model': 'done',
      dast: 'done',
      'supply-chain': 'done',
      waivers: 'none',
    })
    expect(pack.counts).toEqual({ critical: 0, high: 1, medium: 3, low: 1, info: 0 })
    expect(pack).toMatchObject({ outcome: 'done', reason: null, revision: COMMIT })
    expect(pack.sections[3]?.reason).toBe('Nothing here.')
  })

  test('names what was not run: absent, not run, and of another commit', async () => {
    const { SastReport: _, ...rest } = ALL
    const missing = makeNotRunPart('advisories', 'none', 'Nobody looked.', false)
    const pack = await makePack({
      ...rest,
      VulnerabilityScan: {
        ...makeReport('sca', { parts: [missing], scannedFiles: 1, notes: [] }, COMMIT),
        dependencies: [],
      },
      DastReport: report('dast', 1, 'b'.repeat(40)),
      SBOM: { ...BILL, metadata: {} },
    })
    expect(pack.reason).toBe('Not run: sca, sast, dast, supply-chain.')
    expect(pack.sections.map(({ reason }) => reason)).toMatchObject([
      null,
      'advisories: Nobody looked.',
      'The run has no SastReport.',
      'Nothing here.',
      'Nothing here.',
      null,
      null,
      expect.stringMatching(/^The report is of revision b{40}/u),
      expect.stringMatching(/^The bill is of revision unknown/u),
      'No waiver had been asked for when this pack was made.',
    ])
  })

  test('carries the waivers it is given', async () => {
    const waiver = {
      rubric: 'advisories',
      owner: 'ada',
      justification: 'Offline.',
      compensating_control: 'A review.',
      status: 'active',
      expires_at: '2026-02-28T00:00:00.000Z',
    }
    const pack = await makePack({ ...ALL, Waivers: { waivers: [waiver] } })
    expect(pack.waivers).toEqual([waiver])
    expect(getStatus(pack)['waivers']).toBe('done')
  })
})

describe('the guard on the pack', () => {
  const judge = (
    pack: SecurityPack,
    inputs: readonly JudgedArtifact[] = [],
    settings: Readonly<Record<string, unknown>> = {},
  ) => {
    const guard = findGuard('security-pack')
    if (guard === undefined) throw new Error('There is no such guard.')
    return guard.run({
      use: {
        guard: 'security-pack',
        artifacts: ['SecurityPack'],
        rubric: 'pack',
        settings: { max_high: 1, ...settings } as object as Record<string, never>,
      },
      judged: [makeArtifact('SecurityPack', pack)],
      others: inputs,
      worktree: { dir: makeCheckout(REPOSITORY), commit: COMMIT },
      scratch: makeFolder(),
      runConfined: runSpawned,
      now: () => '2026-01-31T12:00:00.000Z',
    })
  }

  test('a whole pack passes', async () => {
    expect(await judge(await makePack(ALL))).toMatchObject({ outcome: 'pass', score: 1 })
  })

  test('what is missing gives not-run, or a lower score where the playbook lets it be', async () => {
    const { DastReport: _, ...rest } = ALL
    const pack = await makePack(rest)
    expect(await judge(pack)).toMatchObject({
      outcome: 'not-run',
      reasons: ['Section dast was not run: The run has no DastReport.'],
    })
    expect(await judge(pack, [], { may_be_missing: ['dast'] })).toMatchObject({ outcome: 'pass', score: 0.9 })
  })

  test('a pack of another commit, of other documents, miscounted or without reasons fails', async () => {
    const pack = await makePack(ALL)
    const expectFail = async (
      changed: SecurityPack,
      reason: RegExp,
      others: readonly JudgedArtifact[] = [],
    ) => {
      const found = await judge(changed, others)
      expect(found).toMatchObject({ outcome: 'fail', severity: 'critical' })
      expect(found.reasons.join(' ')).toMatch(reason)
    }
    await expectFail({ ...pack, revision: 'b'.repeat(40) }, /SecurityPack is about b{40}/u)
    await expectFail(
      { ...pack, counts: { ...pack.counts, high: 0 } },
      /high findings of the sections do not add up/u,
    )
    await expectFail(pack, /sast was made of another version/u, [makeArtifact('SastReport', { other: true })])
    const silent = pack.sections.map((section) =>
      section.status === 'none' ? { ...section, reason: null } : section,
    )
    await expectFail({ ...pack, sections: silent }, /iac does not say why/u)
    const groundless = pack.sections.map((section) => ({ ...section, digest: null }))
    await expectFail({ ...pack, sections: groundless }, /secrets is done and names no document/u)
  })

  test('more findings than the limit fail', async () => {
    expect(await judge(await makePack(ALL), [], { max_high: 0 })).toMatchObject({
      outcome: 'fail',
      severity: 'major',
    })
  })
})

describe('the supply chain', () => {
  test('the bill names its commit, and the statement beside it the bill, the code and that it is unsigned', async () => {
    const tool = findTool('supply-chain')
    const bundle = makeArtifact('SourceCode', 'bundle')
    const code = { ...bundle, artifact: { ...bundle.artifact, commit: COMMIT } as typeof bundle.artifact }
    const result = await tool?.run({
      worktree: { dir: makeCheckout(REPOSITORY), commit: COMMIT },
      before: null,
      inputs: [code, makeArtifact('RepoManifest', MANIFEST)],
      scratch: makeFolder(),
      runConfined: runSpawned,
      now: () => '2026-01-31T12:00:00.000Z',
      settings: {},
    })
    expect(result?.document).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6', components: [] })
    const [file] = result?.files ?? []
    expect(file).toMatchObject({ name: 'Provenance', mediaType: 'application/vnd.in-toto+json' })
    const statement = JSON.parse(Buffer.from(file?.bytes ?? []).toString('utf8')) as object
    expect(statement).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [
        { name: 'commit', digest: { gitCommit: COMMIT } },
        { name: 'SourceCode', digest: { sha256: code.artifact.digest } },
        { name: 'SBOM', digest: { sha256: sha256(getDocumentBytes(result?.document ?? {})) } },
      ],
    })
    expect(JSON.stringify(statement)).toMatch(/"state":"unsigned"/u)
  })

  test('locks of other package managers are in the bill, which says that it does not know who needs whom', async () => {
    const files = {
      'package.json': JSON.stringify({ name: 'links', version: '1.0.0', dependencies: { a: '^1.0.0' } }),
      'yarn.lock':
        '# yarn lockfile v1\n\n\na@^1.0.0:\n  version "1.0.0"\n\na@^2.0.0:\n  version "2.0.0"\n\nb@^1.0.0:\n  version "1.1.0"\n',
    }
    const { document } = await runTool('supply-chain', 'SBOM', files)
    expect(document.components).toMatchObject([
      { name: 'a', version: '1.0.0' },
      { name: 'a', version: '2.0.0' },
      { name: 'b', version: '1.1.0' },
    ])
    expect(document['dependencies']).toEqual([{ ref: '.', dependsOn: ['node_modules/a'] }])
    expect(document['compositions']).toEqual([
      { aggregate: 'unknown', dependencies: ['node_modules/a', 'node_modules/a@2.0.0', 'node_modules/b'] },
    ])
    const broken = await runTool('supply-chain', 'SBOM', { ...files, 'yarn.lock': '__metadata:\n  [' })
    expect(broken.document.metadata['properties']).toContainEqual({
      name: 'ropewalk:reason',
      value: 'The lock file cannot be read.',
    })
  })

  test('a lock file it cannot read makes a bill that says so, and the pack says not-run', async () => {
    const files = { 'package.json': '{}', 'package-lock.json': '{"lockfileVersion":1}' }
    const { document } = await runTool('supply-chain', 'SBOM', files)
    expect(document.metadata['properties']).toContainEqual({ name: 'ropewalk:outcome', value: 'not-run' })
    const pack = await makePack({ ...ALL, SBOM: document })
    expect(getStatus(pack)['supply-chain']).toBe('not-run')
  })
})

inEachSandbox('tests and coverage as documents', (runConfined) => {
  const inputs = { RepoManifest: MANIFEST }

  test('every test stands in the inventory with its requirements', async () => {
    const { document } = await runTool('test-suite', 'TestSuite', REPOSITORY, { inputs, runConfined })
    expect(document).toMatchObject({ outcome: 'done', revision: COMMIT, passed: 2, failed: 0, skipped: 0 })
    expect(document.tests.map(({ requirements }) => requirements)).toEqual([['REQ-001'], ['REQ-002']])
    expect(document.argv).toContain('--test')
  })

  test('lines that no test ran are named', async () => {
    const files = { ...REPOSITORY, 'src/more.js': '// more\nexport const more = () => {\n  return 1\n}\n' }
    const { document } = await runTool('coverage-report', 'CoverageReport', files, { inputs, runConfined })
    expect(document).toMatchObject({
      outcome: 'done',
      lines: { covered: 9, total: 12, percent: 75 },
      branches: null,
    })
    expect(document.files).toMatchObject([
      { path: 'src/links.js', uncovered_lines: [] },
      { path: 'src/more.js', uncovered_lines: [2, 3, 4] },
    ])
  })

  test('counters beside a refused test report are not believed', async () => {
    const files = { ...REPOSITORY, 'test/links.test.js': 'process.exit(0)' }
    const { document } = await runTool('coverage-report', 'CoverageReport', files, { inputs, runConfined })
    expect(document).toMatchObject({
      outcome: 'not-run',
      reason: expect.stringMatching(/cannot be believed/u) as string,
    })
  })
})

describe('what cannot be run is not run', () => {
  const noSandbox = {
    runConfined: () => Promise.reject(new RopewalkError('SANDBOX_UNAVAILABLE', 'There is no bubblewrap.')),
  }

  test.each(['test-suite', 'coverage-report'] as const)(
    '%s without code, manifest, sandbox or Node',
    async (name) => {
      const document = name === 'test-suite' ? 'TestSuite' : 'CoverageReport'
      const run = async (...args: [Readonly<Record<string, string>> | null, object]) =>
        (await runTool(name, document, ...args)).document
      const inputs = { RepoManifest: MANIFEST }
      expect(await run(null, { inputs })).toMatchObject({ outcome: 'not-run', revision: null })
      expect(await run(REPOSITORY, {})).toMatchObject({
        outcome: 'not-run',
        reason: expect.stringMatching(/RepoManifest/u) as string,
      })
      expect(await run(REPOSITORY, { inputs, ...noSandbox })).toMatchObject({
        outcome: 'not-run',
        reason: 'There is no bubblewrap.',
      })
      expect(
        await run(REPOSITORY, { inputs: { RepoManifest: { ...MANIFEST, language: 'other' } } }),
      ).toMatchObject({ outcome: 'not-run' })
    },
  )

  test('each tool has a name of its own', () => {
    const names = listTools().map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })
})
