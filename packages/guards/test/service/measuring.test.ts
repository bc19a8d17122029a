import { describe, expect, test } from 'vitest'
import { RopewalkError } from '@ropewalk/core/errors'
import type { DocumentName } from '@ropewalk/core/contract/documents'
import { runGuard } from '../support.ts'
import { COMMIT, COMMIT_BEFORE, MANIFEST, runTool, writeNotes } from './support.ts'

const QUICK = { requests: 20 }
const LIMITS = { start_timeout_ms: 20_000, request_timeout_ms: 3000 }

const judge = (guard: string, name: DocumentName, document: unknown, settings = {}) =>
  runGuard(guard, { judged: { [name]: document }, dir: '/', settings })

/** Of every tool that starts the service: its document, and fields that are empty where nothing was measured. */
const TOOLS = [
  ['performance', 'PerfReport', 'measurements'],
  ['load-test', 'LoadReport', 'measurements'],
  ['e2e-test', 'E2EReport', 'measurements'],
  ['compatibility', 'CompatibilityMatrix', 'measurements'],
  ['deploy', 'DeploymentReport', 'deployment-health'],
  ['canary', 'CanaryResults', 'canary'],
  ['analytics', 'BetaMetrics', 'beta-metrics'],
] as const

describe.each(TOOLS)('%s', (tool, output, guard) => {
  test('does not run for a library, and says so', async () => {
    const manifest = { ...MANIFEST, kind: 'library', start: null, port_env: null }
    const { document } = await runTool(tool, output, { inputs: { RepoManifest: manifest } })
    expect(document).toMatchObject({ outcome: 'not-run', revision: COMMIT })
    expect(document.reason).toMatch(/library, not a service/u)
    expect((await judge(guard, output, document)).outcome).toBe('not-run')
  })

  test('does not run without a sandbox, and says so', async () => {
    const { document } = await runTool(tool, output, {
      runConfined: () =>
        Promise.reject(new RopewalkError('SANDBOX_UNAVAILABLE', 'Cannot run node: bwrap is not installed.')),
    })
    expect(document).toMatchObject({ outcome: 'not-run', reason: expect.stringContaining('bwrap') })
  })

  test('never passes a service that does not start', async () => {
    const { document } = await runTool(tool, output, {
      main: `throw new Error('no database')`,
      settings: LIMITS,
    })
    expect(document.outcome).toBe('done')
    const findings = await judge(guard, output, document)
    expect(findings.outcome).toBe('fail')
    expect(findings.reasons.join('\n')).toMatch(/no database/u)
  })

  test('never passes a service that ends while it is measured', async () => {
    const { document } = await runTool(tool, output, {
      main: writeNotes({
        first: 'let asked = 0',
        onRequest: `if (++asked > 3) setTimeout(() => process.exit(9), 1)`,
      }),
      settings: LIMITS,
    })
    const findings = await judge(guard, output, document)
    expect(findings.outcome).toBe('fail')
    expect(findings.reasons.join('\n')).toMatch(/exit code 9/u)
  })
})

test('performance names percentiles of every route, and a slow one fails', async () => {
  const { document } = await runTool('performance', 'PerfReport', { settings: QUICK })
  expect(document.routes.map(({ path, requests, errors }) => ({ path, requests, errors }))).toEqual([
    { path: '/notes', requests: 20, errors: 0 },
    { path: '/notes/{id}', requests: 20, errors: 0 },
  ])
  expect(document.toolVersion).toMatch(/Node v\d+.*cores, \d+ MB/u)
  expect(document.start_ms).toBeGreaterThan(0)
  expect((await judge('measurements', 'PerfReport', document)).outcome).toBe('pass')
  const slow = await runTool('performance', 'PerfReport', {
    main: writeNotes({
      onRequest: `if (url.startsWith('/notes/')) await new Promise((done) => setTimeout(done, 120))`,
    }),
    settings: { requests: 3 },
  })
  const findings = await judge('measurements', 'PerfReport', slow.document, { max_response_time_ms: 100 })
  expect(findings).toMatchObject({ outcome: 'fail' })
  expect(findings.reasons.join()).toMatch(/GET \/notes\/\{id\} is \d/u)
})

test('load-test counts requests, errors and throughput of every route', async () => {
  const settings = { requests: 200, connections: 10 }
  const { document } = await runTool('load-test', 'LoadReport', { settings })
  expect(document.tool).toBe('autocannon')
  expect(document.stages).toHaveLength(2)
  expect(document.stages[0]).toMatchObject({ path: '/notes', requests: 200, errors: 0, connections: 10 })
  expect(document.cpu_cores).toBeGreaterThan(0)
  expect((await judge('measurements', 'LoadReport', document, { min_throughput_rps: 5 })).outcome).toBe(
    'pass',
  )
  const weak = await runTool('load-test', 'LoadReport', {
    main: writeNotes({
      first: 'let busy = 0',
      onRequest: `if (method === 'GET' && ++busy > 20) return send(503, { error: 'busy' })`,
    }),
    settings,
  })
  const findings = await judge('measurements', 'LoadReport', weak.document, { min_throughput_rps: 5 })
  expect(findings.outcome).toBe('fail')
  expect(findings.reasons.join()).toMatch(/failed under load/u)
})

test.each([
  ['an empty answer', `{}`],
  ['another status', `(response.statusCode = 204, undefined)`],
])('load-test fails a service that gives many callers %s', async (_, answer) => {
  const { document } = await runTool('load-test', 'LoadReport', {
    main: writeNotes({
      first: 'let atOnce = 0',
      onRequest: `if (method === 'GET' && ++atOnce > 4) {
        response.statusCode = 200
        const hollow = ${answer}
        response.end(hollow === undefined ? undefined : JSON.stringify(hollow))
        return
      }`,
    }),
    settings: { requests: 200, connections: 10 },
  })
  const findings = await judge('measurements', 'LoadReport', document, { min_throughput_rps: 5 })
  expect(findings.outcome).toBe('fail')
  expect(findings.reasons.join()).toMatch(/failed under load/u)
})

test('performance fails a service that answers the first calls and then hardly at all', async () => {
  const { document } = await runTool('performance', 'PerfReport', {
    main: writeNotes({
      first: 'let calls = 0',
      onRequest: `if (method === 'GET' && ++calls > 6) return send(200, {})`,
    }),
    settings: QUICK,
  })
  const findings = await judge('measurements', 'PerfReport', document)
  expect(findings.outcome).toBe('fail')
  expect(findings.reasons.join()).toMatch(/requests to GET \/notes failed/u)
})

test('an API that nobody describes and that has no start page is not measured', async () => {
  const { document } = await runTool('performance', 'PerfReport', {
    main: writeNotes({ onRequest: `if (url === '/') return send(404, { error: 'nothing' })` }),
    inputs: { OpenAPI: undefined },
  })
  expect(document).toMatchObject({ outcome: 'not-run', reason: expect.stringContaining('GET / answers 404') })
})

test('e2e-test runs the suite and calls every operation', async () => {
  const { document } = await runTool('e2e-test', 'E2EReport')
  expect(document.scenarios.map(({ name, outcome }) => `${outcome} ${name}`)).toEqual([
    'pass The service starts and stays up',
    'pass addNote: POST /notes',
    'pass listNotes: GET /notes',
    'pass readNote: GET /notes/{id}',
    'pass removeNote: DELETE /notes/{id}',
    'pass test/notes.test.js: REQ-001 US-001 a note has a title',
    'pass test/notes.test.js: REQ-002 US-002 notes are listed',
  ])
  expect(document).toMatchObject({ passed: 7, failed: 0, pass_rate: 1, revision: COMMIT })
  const findings = await judge('measurements', 'E2EReport', document)
  expect(findings.outcome).toBe('pass')
  expect(findings.requirements?.map(({ requirementId }) => requirementId)).toContain('REQ-002')
})

const BROKEN_CALLS: Readonly<Record<string, readonly [string, RegExp]>> = {
  'a member that the schema requires is missing': [
    writeNotes({ show: `({ id: note.id })` }),
    /\/title is missing/u,
  ],
  'a member has another type': [
    writeNotes({ show: `({ id: Number(note.id), title: note.title })` }),
    /\/id is number, not string/u,
  ],
  'the status is not declared': [
    writeNotes({ onRequest: `if (method === 'DELETE') return send(200, {})` }),
    /answered 200, which the document does not declare/u,
  ],
  'the answer is HTML': [
    writeNotes({ onRequest: `if (url === '/notes' && method === 'GET') return send(200, 'notes')` }),
    /answered text\/html, not application\/json/u,
  ],
  'nonsense is accepted': [
    writeNotes({ onRequest: `if (method === 'POST') return send(201, { id: '1', title: 'a' })` }),
    /not JSON was answered with 201/u,
  ],
}
test.each(Object.entries(BROKEN_CALLS))('e2e-test fails when %s', async (_, [main, said]) => {
  const { document } = await runTool('e2e-test', 'E2EReport', { main })
  expect(document.failed).toBeGreaterThan(0)
  expect(document.scenarios.map(({ message }) => message ?? '').join('\n')).toMatch(said)
  expect((await judge('measurements', 'E2EReport', document)).outcome).toBe('fail')
})

test('e2e-test fails for tests that fail, lie or are missing', async () => {
  const { document } = await runTool('e2e-test', 'E2EReport', {
    files: {
      'test/notes.test.js': `console.log('ok 1 - REQ-001 US-001'); process.exit(0)`,
      'test/more.test.js': `import { test } from 'node:test'; test('REQ-002 breaks', () => { throw new Error('broken') })`,
    },
    inputs: { RepoManifest: { ...MANIFEST, tests: ['test/notes.test.js', 'test/absent.test.js'] } },
  })
  const failed = document.scenarios.filter(({ outcome }) => outcome === 'fail')
  expect(failed.map(({ message }) => message).join('\n')).toMatch(/without a report|does not have it/u)
  expect(failed.map(({ name }) => name).join('\n')).toMatch(/more\.test\.js: REQ-002 breaks/u)
  expect(failed).toHaveLength(3)
})

test('deploy asks for health, calls the routes, restarts, and finds the data again', async () => {
  const { document } = await runTool('deploy', 'DeploymentReport')
  expect(document.checks.map(({ name, outcome }) => `${outcome} ${name}`)).toEqual([
    'pass starts',
    'pass health',
    'pass POST /notes',
    'pass GET /notes',
    'pass GET /notes/{id}',
    'pass DELETE /notes/{id}',
    'pass stops when it is told to',
    'pass starts again',
    'pass keeps its data over a restart',
  ])
  expect(document.health_score).toBe(1)
  expect((await judge('deployment-health', 'DeploymentReport', document)).outcome).toBe('pass')
})

test('deploy notices data that is lost, a signal that is ignored, and a claim that nobody made', async () => {
  const forgetful = writeNotes({ save: '', first: `process.on('SIGTERM', () => {})` })
  const { document } = await runTool('deploy', 'DeploymentReport', { main: forgetful })
  const failed = document.checks.filter(({ outcome }) => outcome === 'fail').map(({ name }) => name)
  expect(failed).toEqual(['stops when it is told to', 'keeps its data over a restart'])
  const findings = await judge('deployment-health', 'DeploymentReport', document)
  expect(findings).toMatchObject({ outcome: 'fail' })
  const modest = await runTool('deploy', 'DeploymentReport', {
    main: writeNotes({ save: '' }),
    files: { 'README.md': '# Notes\n' },
  })
  expect(modest.document.checks.at(-1)).toMatchObject({ outcome: 'not-run' })
})

const PLAN = {
  version: '1.0.0',
  summary: 'One service, started anew.',
  strategy: 'canary',
  prerequisites: ['Node'],
  steps: [{ title: 'Start', text: 'Start it.', command: null, expect: 'It answers.', owner: 'me' }],
  canary: {
    steps: [{ share: 1, min_requests: 10 }],
    max_error_rate: 0,
    max_p95_ms: 500,
    abort_when: ['it fails'],
  },
  health_checks: [
    { path: '/notes', expect_status: 200, purpose: 'Notes can be read.' },
    { path: '/healthz', expect_status: 200, purpose: 'It answers.' },
  ],
  configuration: [],
  cites: ['PRD#/title'],
}

test('deploy makes the checks that the plan of the deployment names', async () => {
  const { document } = await runTool('deploy', 'DeploymentReport', { inputs: { DeploymentPlan: PLAN } })
  const planned = document.checks.filter(({ name }) => name.startsWith('planned'))
  expect(planned.map(({ outcome, seen }) => `${outcome} ${seen}`)).toEqual(['pass 200', 'fail 404'])
  expect((await judge('deployment-health', 'DeploymentReport', document)).outcome).toBe('fail')
})

describe('canary', () => {
  const settings = { steps: [0.1, 0.5, 1].map((share) => ({ share, min_requests: 20 })) }

  test('promotes a version that is as good as the one before', async () => {
    const { document } = await runTool('canary', 'CanaryResults', { before: writeNotes(), settings })
    expect(document).toMatchObject({ verdict: 'promote', errors: 0 })
    expect(
      document.steps.map(({ share, canary, baseline }) => [share, canary.revision, baseline?.revision]),
    ).toEqual([
      [0.1, COMMIT, COMMIT_BEFORE],
      [0.5, COMMIT, COMMIT_BEFORE],
      [1, COMMIT, COMMIT_BEFORE],
    ])
    expect((await judge('canary', 'CanaryResults', document, { min_requests: 30 })).outcome).toBe('pass')
  })

  test('rolls back a version that fails more often or answers later', async () => {
    const failing = await runTool('canary', 'CanaryResults', {
      before: writeNotes(),
      main: writeNotes({
        first: 'let count = 0',
        onRequest: `if (method === 'GET' && ++count % 3 === 0) return send(500, { error: 'oh' })`,
      }),
      settings,
    })
    expect(failing.document.verdict).toBe('roll-back')
    expect(failing.document.steps.at(-1)).toMatchObject({ verdict: 'abort' })
    expect((await judge('canary', 'CanaryResults', failing.document, { min_requests: 1 })).outcome).toBe(
      'fail',
    )
    const slow = await runTool('canary', 'CanaryResults', {
      before: writeNotes(),
      main: writeNotes({
        onRequest: `if (method === 'GET') await new Promise((done) => setTimeout(done, 150))`,
      }),
      settings: {
        steps: [
          { share: 0.5, min_requests: 10 },
          { share: 1, min_requests: 10 },
        ],
      },
    })
    expect(slow.document.verdict).toBe('roll-back')
    expect(slow.document.steps[0]?.reasons.join()).toMatch(/median went from/u)
  })

  test('goes by the steps and limits of the plan of the deployment', async () => {
    const canary = {
      steps: [{ share: 1, min_requests: 30 }],
      max_error_rate: 0,
      max_p95_ms: 500,
      abort_when: ['it fails'],
    }
    const plan = { ...PLAN, canary }
    const { document } = await runTool('canary', 'CanaryResults', { inputs: { DeploymentPlan: plan } })
    expect(document.steps).toMatchObject([{ share: 1, canary: { requests: 40, errors: 0 } }])
    const many = { ...plan, canary: { ...canary, steps: [{ share: 1, min_requests: 1000 }] } }
    const short = await runTool('canary', 'CanaryResults', {
      inputs: { DeploymentPlan: many },
      settings: { max_step_requests: 40 },
    })
    expect(short.document).toMatchObject({ verdict: 'roll-back' })
    expect(short.document.steps[0]?.reasons.join()).toMatch(/of the 1000 requests that this step asks for/u)
  })

  test('says so when there is nothing to compare with', async () => {
    const { document } = await runTool('canary', 'CanaryResults', { settings })
    expect(document).toMatchObject({ verdict: 'promote' })
    expect(document.steps[0]).toMatchObject({
      baseline: null,
      reasons: ['There is no version before this one to compare with.'],
    })
    const same = await runTool('canary', 'CanaryResults', {
      before: writeNotes(),
      beforeCommit: COMMIT,
      settings,
    })
    expect(same.document.steps[0]).toMatchObject({ baseline: null })
    const broken = await runTool('canary', 'CanaryResults', { before: 'process.exit(1)', settings })
    expect(broken.document).toMatchObject({ verdict: 'promote', outcome: 'done', reason: null })
    expect(broken.document.steps[0]?.reasons.join()).toMatch(/The version before ended with exit code 1/u)
    const strict = await judge('canary', 'CanaryResults', document, { min_requests: 1, needs_baseline: true })
    expect(strict.outcome).toBe('fail')
  })
})

test('compatibility notices what callers of the version before would miss', async () => {
  const before = writeNotes({ show: `({ id: note.id, title: note.title, done: false })` })
  const { document } = await runTool('compatibility', 'CompatibilityMatrix', {
    before,
    settings: { browser: '/nowhere/chromium' },
  })
  const told = document.cells.map(({ name, outcome, reason }) => `${outcome} ${name} ${reason ?? ''}`)
  expect(told).toContain('fail GET /notes In the answer, /items/*/done is gone.')
  expect(told).toContain('pass DELETE /notes/{id} ')
  expect(told.join('\n')).toMatch(/not-run Chromium There is no Chromium/u)
  expect((await judge('measurements', 'CompatibilityMatrix', document)).outcome).toBe('fail')
})

test('compatibility notices a range of Node versions that leaves this one out', async () => {
  const { document } = await runTool('compatibility', 'CompatibilityMatrix', {
    files: { 'package.json': '{"type":"module","engines":{"node":"<20"}}' },
    settings: { browser: '/nowhere/chromium' },
  })
  expect(document.cells.find(({ outcome }) => outcome === 'fail')?.reason).toMatch(/is outside of <20/u)
})

test('analytics counts a sample of its own and invents no people', async () => {
  const { document } = await runTool('analytics', 'BetaMetrics', { settings: QUICK })
  expect(document.source).toBe('synthetic')
  expect(document.metrics.find(({ name }) => name === 'share of errors')).toMatchObject({
    value: 0,
    sample: 40,
  })
  expect(document.metrics.find(({ name }) => name === 'active users')).toMatchObject({
    value: null,
    sample: 0,
  })
  const none = { min_channels: 0, min_testers: 0, min_events: 0, min_dashboards: 0 }
  expect((await judge('beta-metrics', 'BetaMetrics', document, none)).outcome).toBe('pass')
  const invented = { ...document, source: 'people' }
  expect((await judge('beta-metrics', 'BetaMetrics', invented, none)).outcome).toBe('fail')
  expect((await judge('beta-metrics', 'BetaMetrics', document)).reasons.join()).toMatch(
    /0 testers are planned/u,
  )
})
