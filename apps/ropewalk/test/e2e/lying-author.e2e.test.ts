import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../src/store/embedded/start-embedded-postgres.ts'
import { cutPlaybook, type Kept } from '../support/cut-playbook.ts'
import { GOOD_DOCUMENTS, LEAN_FILES, type Files } from '../support/model-answers.ts'
import {
  getGoodReply,
  startModelServer,
  type ModelReply,
  type ModelRequest,
  type ModelScript,
  type ModelServer,
} from '../support/model-server.ts'
import { getModelEnv, getTargets, pick } from '../support/models.ts'
import { CONFINEMENT, makeProgramHome, readRun, type EndedRun, type ProgramHome } from '../support/program.ts'
import { sample } from '../support/sample.ts'

const MODEL = 'openai/gpt-5.4-nano'
const RUN = [
  'run',
  'a link shortener with click counts',
  '--json',
  '--clarification',
  'autonomous',
  ...CONFINEMENT,
]
const SERVICE = 'src/service.js'
const TESTS = 'test/requirements.test.js'

const INTAKE: Kept[number] = ['intake', ['intake', 'constraints', 'requirements']]
const IDEATION: Kept[number] = ['ideation', ['strategy', 'competitive', 'tech-stack', 'persona']]
const PRD: Kept[number] = ['prd', ['prd-writer', 'story-cutter', 'trace-matrix']]
/** One coder, who writes everything. */
const BUILD: Kept[number] = ['build', ['test', 'test-suite']]

const IDS = ['001', '002', '003', '004', '005', '006']

type Edit = readonly [file: string, from: string | RegExp, to: string]

/** A lie, the gate it meets, and what that gate says of it. */
type Lie = {
  readonly kept: Kept
  readonly edits?: readonly Edit[]
  readonly play: ModelScript
  readonly phase: string
  readonly rubric: string
  readonly reason: string | RegExp
}

let server: ModelServer
let program: ProgramHome
let database: EmbeddedPostgres

const hand = (document: unknown): ModelReply => ({ type: 'json', value: { document, questions: null } })

const getDocument = (name: string) => GOOD_DOCUMENTS[name] as Readonly<Record<string, unknown>>

/** Whoever writes this document writes it so; everything else is well done. */
const writing =
  (name: string, changed: Readonly<Record<string, unknown>>, by?: ModelScript): ModelScript =>
  (asked, index) =>
    asked.output === name ? hand({ ...getDocument(name), ...changed }) : (by ?? getGoodReply)(asked, index)

const change = (files: Files, file: string, from: string | RegExp, to: string): Files => {
  const before = files[file] ?? ''
  const after = before.replace(from, to)
  if (after === before) throw new Error(`${file} has no ${String(from)}`)
  return { ...files, [file]: after }
}

/** Every test of a requirement, with nothing asked in it. */
const hollowOut = (files: Files): Files =>
  change(
    files,
    TESTS,
    /test\('REQ-[\s\S]*$/u,
    IDS.map(
      (id) => `test('REQ-${id} works', async () => {\n  await fetch(base)\n  assert.ok(true)\n})\n`,
    ).join('\n'),
  )

/** Counts no redirect, so that REQ-003 is not met. */
const UNCOUNTED = change(LEAN_FILES, 'src/store.js', 'link.clicks += 1', 'link.clicks += 0')

/**
 * Coders who write these files in their first turn and say that all is well; told that it is not, they look around
 * until their turns are used up, and what is there is handed in.
 */
const coding =
  (files: Files | ((agent: string) => Files), by: ModelScript = getGoodReply): ModelScript =>
  (asked, index) => {
    if (!asked.tools.includes('repo_write')) return by(asked, index)
    if (asked.toolResults > 0)
      return asked.text.includes('it is not done')
        ? { type: 'tools', calls: [{ name: 'repo_list', input: { folder: '' } }] }
        : { type: 'text', text: 'All tests pass.' }
    const written = typeof files === 'function' ? files(asked.agent) : files
    return {
      type: 'tools',
      calls: Object.entries(written).map(([at, content]) => ({
        name: 'repo_write',
        input: { path: at, content },
      })),
    }
  }

const scan = (revision: string) => ({
  tool: 'secretlint',
  toolVersion: '11.0.0',
  argv: null,
  revision,
  outcome: 'done',
  reason: null,
  scanner: 'secrets',
  scanned_files: 6,
  parts: [],
  findings: [],
  notes: [],
})

/** Lets code with a failing test through the build, so that the next gate is the one that has to notice. */
const LAX_BUILD: readonly Edit[] = [
  ['phases/build.yaml', 'tests: { min: 1', 'tests: { min: 0'],
  ['phases/build.yaml', 'pass: 0.85', 'pass: 0.1'],
]

const LIES: Readonly<Record<string, Lie>> = {
  'cites what is not there': {
    kept: [INTAKE],
    play: writing('IdeaSpec', {
      goals: [{ text: 'Sell 40 of 100 counts to advertisers.', cites: ['Idea#/market_study/0'] }],
      success_measures: [{ text: '9 of 10 publishers asked for it.', cites: ['Interviews#/answers/3'] }],
    }),
    phase: 'intake',
    rubric: 'grounding',
    reason: 'cites Interviews#/answers/3, which does not exist',
  },
  'states false sums': {
    kept: [INTAKE, IDEATION, ['bizdev', ['business-model', 'pricing', 'gtm', 'metrics']]],
    play: writing('PricingModel', {
      unit_economics: {
        ...(getDocument('PricingModel')['unit_economics'] as object),
        cac: 400,
        ltv_cac: 5,
        payback_months: 5,
      },
    }),
    phase: 'bizdev',
    rubric: 'viability',
    reason: 'PricingModel#/unit_economics/ltv_cac says 5, but ltv ÷ cac of its own numbers is 0.5.',
  },
  'hands in the scan of another commit': {
    kept: [INTAKE, PRD, BUILD, ['security', ['secrets']]],
    edits: [['agents/security/secrets.md', /(kind|capability): tool/gu, '$1: model']],
    play: (asked, index) =>
      asked.output === 'SecretsScanReport' ? hand(scan('f'.repeat(40))) : coding(LEAN_FILES)(asked, index),
    phase: 'security',
    rubric: 'secrets',
    reason: 'f'.repeat(40),
  },
  'tells of tests that passed, where one failed': {
    kept: [INTAKE, PRD, BUILD, ['qa', ['test-tracer', 'qa-analyst']]],
    edits: [
      ...LAX_BUILD,
      ['phases/qa.yaml', 'test_pass_rate: { min: 0.95', 'test_pass_rate: { min: 0'],
      ['phases/qa.yaml', 'pass: 0.9', 'pass: 0.1'],
    ],
    play: writing('TestReport', { summary: 'All 6 tests passed.', passed: 6, failed: 0 }, coding(UNCOUNTED)),
    phase: 'qa',
    rubric: 'results',
    reason: 'TestReport#/passed says 6, but the tests of RTM count 4.',
  },
  'edits the tests until they pass': {
    kept: [INTAKE, PRD, BUILD],
    edits: [['phases/build.yaml', 'max_rounds: 1', 'max_rounds: 2']],
    play: coding((agent) => (agent === 'build-fixer' ? hollowOut(UNCOUNTED) : UNCOUNTED)),
    phase: 'build',
    rubric: 'code_quality',
    reason: 'asserts nothing that depends on the code',
  },
  'writes tests that need no code': {
    kept: [INTAKE, PRD, BUILD],
    play: coding({
      ...LEAN_FILES,
      [TESTS]: IDS.map(
        (id) => `test('REQ-${id} works', () => {\n  assert.equal(typeof Map, 'function')\n})\n`,
      )
        .join('')
        .replace(/^/u, `import assert from 'node:assert/strict'\nimport { test } from 'node:test'\n`),
    }),
    phase: 'build',
    rubric: 'grounding',
    reason: 'The tests pass without the code.',
  },
  'writes a test report of its own': {
    kept: [INTAKE, PRD, BUILD],
    play: coding({
      ...UNCOUNTED,
      'TestSuite.json': JSON.stringify({ outcome: 'done', passed: 6, failed: 0, skipped: 0 }),
      '.ropewalk/TestSuite.json': JSON.stringify({ outcome: 'done', passed: 6, failed: 0, skipped: 0 }),
    }),
    phase: 'build',
    rubric: 'tests',
    reason: /REQ-003 counts each redirect.{0,3} failed/u,
  },
  'answers whoever measures the load with nothing': {
    kept: [INTAKE, PRD, BUILD, ['qa', ['load-test', 'test-tracer', 'qa-analyst']]],
    play: coding(
      change(
        change(LEAN_FILES, SERVICE, '  const answer = async', '  let seen = []\n  const answer = async'),
        SERVICE,
        "const [path] = (request.url ?? '/').split('?')",
        [
          "const [path] = (request.url ?? '/').split('?')",
          '    seen = [...seen.filter((at) => Date.now() - at < 1000), Date.now()]',
          '    if (seen.length > 50) {\n      response.writeHead(200)\n      response.end()\n      return\n    }',
        ].join('\n'),
      ),
    ),
    phase: 'qa',
    rubric: 'load',
    reason: 'failed under load',
  },
}

const follow = (playbook: string): Promise<EndedRun> =>
  program.follow(RUN, { ...getModelEnv(server, MODEL), ROPEWALK_PLAYBOOK: playbook })

/** A playbook of these phases, in which each gate judges once unless an edit says otherwise. */
const cut = (name: string, kept: Kept, edits: readonly Edit[] = []): string => {
  const once = kept.map(([phase]): Edit => [`phases/${phase}.yaml`, /max_rounds: \d/gu, 'max_rounds: 1'])
  return cutPlaybook(program, name, {
    kept,
    edits: [...once, ...edits].map(([file, from, to]) => ({ file, from, to })),
    leftOut: ['coverage', 'scan'],
  })
}

beforeAll(async () => {
  server = await startModelServer()
  program = await makeProgramHome()
  // Kept running, so that no command has to start and stop it.
  database = await startEmbeddedPostgres({ homeDir: program.home, log: () => undefined })
})

afterAll(async () => {
  await database.stop()
  await program.remove()
  await server.stop()
})

describe('an author who', () => {
  it.each(sample(Object.keys(LIES), 2))(
    '%s is refused by its gate, and nothing is verified',
    async (name) => {
      const lie = LIES[name]
      if (lie === undefined) throw new Error(`there is no lie ${name}`)
      server.setScript(lie.play)
      const run = await follow(cut(name, lie.kept, lie.edits))
      const gates = pick(run, 'phase.gate.failed')
      expect(run.exit, JSON.stringify(gates, null, 1) + run.stderr).toBe(5)
      expect(run.result).toMatchObject({ status: 'failed', verdict: 'unverified' })
      const last = gates.at(-1)
      expect(last?.['phase']).toBe(lie.phase)
      const reasons = (last?.['reasons'] as readonly string[]).join('\n')
      expect(reasons).toContain(`${lie.rubric} scored`)
      if (typeof lie.reason === 'string') expect(reasons).toContain(lie.reason)
      else expect(reasons).toMatch(lie.reason)
    },
  )
})

describe('a review', () => {
  it('by the author is no review: such a playbook is refused', async () => {
    const playbook = cut(
      'own-review',
      [INTAKE, PRD],
      [['phases/prd.yaml', 'agent: prd-reviewer', 'agent: prd-writer']],
    )
    const ended = await program.run(['playbook', 'check', playbook])
    expect(ended.exit).toBe(1)
    expect(ended.stdout + ended.stderr).toMatch(/prd\.yaml:\d+:\d+/u)
    const run = await program.run(RUN, { ...getModelEnv(server, MODEL), ROPEWALK_PLAYBOOK: playbook })
    expect(run.exit).not.toBe(0)
    expect(run.stdout).not.toContain('run.planned')
  })

  it('of an older version lets nothing through: what was changed meanwhile is reviewed anew', async () => {
    const playbook = cut('slow-review', [INTAKE, PRD])
    const asked: ModelRequest[] = []
    const { promise: isReviewing, resolve } = Promise.withResolvers<undefined>()
    server.setScript((request) => {
      if (request.agent !== 'prd-reviewer') return getGoodReply(request)
      asked.push(request)
      if (asked.length > 1) return getGoodReply(request)
      resolve(undefined)
      return { type: 'slow', ms: 6000, then: getGoodReply(request) }
    })
    const started = program.start(RUN, { ...getModelEnv(server, MODEL), ROPEWALK_PLAYBOOK: playbook })
    await isReviewing
    const { runId } = JSON.parse(started.getStdout().split('\n')[0] ?? '{}') as { runId: string }
    const edited = path.join(program.folder, 'prd.json')
    const overview = 'An HTTP service that stores links, follows them and counts the redirects.'
    writeFileSync(edited, JSON.stringify({ ...getDocument('PRD'), overview }))
    const edit = await program.run(['artifacts', 'edit', runId, 'PRD', '--file', edited, '--yes'])
    expect(edit.exit, edit.stderr).toBe(0)
    const run = readRun(await started.ended)
    expect(asked.length).toBe(2)
    expect(asked[0]?.text).not.toContain(overview)
    expect(asked[1]?.text).toContain(overview)
    const made = pick(run, 'artifact.created').map(({ artifact }) => artifact as Made)
    const prd = made.findLast(({ name }) => name === 'PRD')
    expect(prd).toMatchObject({ version: 2 })
    expect(made.findLast(({ name }) => name === 'PrdReview')?.lineage.inputArtifactIds).toContain(prd?.id)
    const passed = run.events.findIndex(
      ({ type, data }) => type === 'phase.gate.passed' && data['phase'] === 'prd',
    )
    const reviewed = run.events.findLastIndex(
      ({ type, data }) => type === 'task.completed' && getTargets(run).get(data['taskId']) === 'prd-reviewer',
    )
    expect(passed).toBeGreaterThan(reviewed)
  })
})

type Made = {
  readonly id: string
  readonly name: string
  readonly version: number
  readonly lineage: { readonly inputArtifactIds: readonly string[] }
}
