import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LEAN_FILES, type Files } from '../support/model-answers.ts'
import {
  getGoodReply,
  startModelServer,
  type ModelReply,
  type ModelRequest,
  type ModelServer,
} from '../support/model-server.ts'
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../src/store/embedded/start-embedded-postgres.ts'
import { cutPlaybook, type Kept } from '../support/cut-playbook.ts'
import { sample } from '../support/sample.ts'
import {
  BEST_VERDICT,
  CONFINEMENT,
  makeProgramHome,
  type EndedRun,
  type PlaybookEdit,
  type ProgramHome,
} from '../support/program.ts'

const TEST_FILE = 'test/requirements.test.js'
const MANIFEST = '.ropewalk/manifest.json'
const RUN = [
  'run',
  'a link shortener with click counts',
  '--json',
  '--clarification',
  'autonomous',
  ...CONFINEMENT,
]
/** Until there is code, and no further: one coder writes all of it. */
const KEPT: Kept = [
  ['intake', ['intake', 'constraints', 'requirements']],
  ['prd', ['prd-writer', 'story-cutter', 'trace-matrix']],
  ['build', ['test']],
]
const TWO_ROUNDS: PlaybookEdit = { file: 'phases/build.yaml', from: 'max_rounds: 5', to: 'max_rounds: 2' }
const NO_FIXER: PlaybookEdit = { file: 'phases/build.yaml', from: 'fix_agent: build-fixer\n', to: '' }

let server: ModelServer
let program: ProgramHome
let database: EmbeddedPostgres

const change = (file: string, from: string, to: string): Files => {
  const before = LEAN_FILES[file] ?? ''
  const after = before.replace(from, to)
  if (after === before) throw new Error(`${file} has no ${from}`)
  return { ...LEAN_FILES, [file]: after }
}

/** Six tests of these names, none of which asks anything of the service. */
const FALSE_REPORT = `const lines = ['TAP version 13']
for (const id of ['001', '002', '003', '004', '005', '006']) lines.push('ok ' + Number(id) + ' - REQ-' + id + ' works')
lines.push('1..6', '# tests 6', '# pass 6', '# fail 0')
console.log(lines.join('\\n'))
process.exit(0)
`

const cutTest = (from: string, to: string): Files => {
  const tests = LEAN_FILES[TEST_FILE] ?? ''
  return {
    ...LEAN_FILES,
    [TEST_FILE]: tests.slice(0, tests.indexOf(from)) + tests.slice(tests.indexOf(to)),
  }
}

const BROKEN_TEST = change(TEST_FILE, 'assert.equal(answer.status, 201)', 'assert.equal(answer.status, 418)')

const { [TEST_FILE]: _, ...DELETED_TESTS } = LEAN_FILES
/** `node --test` counts a file without tests as one test that passed. */
const SOURCE_AS_TEST: Files = {
  ...DELETED_TESTS,
  [MANIFEST]: (LEAN_FILES[MANIFEST] ?? '').replace(TEST_FILE, 'src/service.js'),
}

/** Repositories that a coder may hand in and that prove nothing. */
const BAD: Readonly<Record<string, { readonly files: Files; readonly reason: string }>> = {
  'a test that fails': { files: BROKEN_TEST, reason: 'No test that passes names REQ-001' },
  'no test left in its test file': {
    files: { ...LEAN_FILES, [TEST_FILE]: '// The tests were here.\n' },
    reason: 'The tests pass without the code',
  },
  'its tests deleted, and a source file named as the test': {
    files: SOURCE_AS_TEST,
    reason: 'src/service.js holds no test',
  },
  'a test script that always ends well over a test that fails': {
    files: {
      ...BROKEN_TEST,
      'package.json': (LEAN_FILES['package.json'] ?? '').replace('"node --test"', '"exit 0"'),
    },
    reason: 'No test that passes names REQ-001',
  },
  'tests that print a report of their own': {
    files: { ...LEAN_FILES, [TEST_FILE]: FALSE_REPORT },
    reason: 'The test process ended without a report',
  },
  'a requirement that no test names': {
    files: cutTest("test('REQ-004", "test('REQ-005"),
    reason: 'REQ-004',
  },
}

/**
 * A coder that writes these files in its first turn and then says that all is well. Told that it is not, it looks
 * around until its turns are used up, and what is there is handed in.
 */
const write = (files: Files, asked: ModelRequest): ModelReply => {
  if (asked.toolResults > 0)
    return asked.text.includes('it is not done')
      ? { type: 'tools', calls: [{ name: 'repo_list', input: { folder: '' } }] }
      : { type: 'text', text: 'All tests pass.' }
  const calls = Object.entries(files).map(([at, content]) => ({
    name: 'repo_write',
    input: { path: at, content },
  }))
  return { type: 'tools', calls }
}

const isCoder = ({ agent }: ModelRequest): boolean => agent === 'test' || agent === 'build-fixer'

const follow = (playbook: string): Promise<EndedRun> =>
  program.follow(RUN, {
    ROPEWALK_MODEL: 'openai/gpt-5.4-nano',
    OPENAI_BASE_URL: server.baseUrl,
    ROPEWALK_PLAYBOOK: playbook,
  })

const expectNotVerified = (run: EndedRun): void => {
  expect(run.exit).toBe(5)
  expect(run.result).toMatchObject({ status: 'failed', verdict: 'unverified' })
  expect(run.result.phases.find(({ phase }) => phase === 'build')).toMatchObject({
    status: 'failed',
    rounds: 2,
  })
  expect(run.result.requirements.map(({ verdict }) => verdict)).toEqual(
    Array.from({ length: 6 }, () => 'unverified'),
  )
  const page = readFileSync(path.join(run.result.dossier ?? '', 'dossier.json'), 'utf8')
  expect(JSON.parse(page)).toMatchObject({ run: { verdict: 'unverified' } })
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

describe('a run whose coder hands in what proves nothing', () => {
  let playbook: string
  beforeAll(() => {
    playbook = cutPlaybook(program, 'two-rounds', { kept: KEPT, edits: [TWO_ROUNDS] })
  })

  it.each(sample(Object.keys(BAD), 2))('is not verified: %s', async (name) => {
    server.setScript((asked) => (isCoder(asked) ? write(BAD[name]?.files ?? {}, asked) : getGoodReply(asked)))
    const run = await follow(playbook)
    expectNotVerified(run)
    const failed = run.events.filter(({ type }) => type === 'phase.gate.failed').at(-1)
    expect(String(failed?.data['reasons'])).toContain(BAD[name]?.reason)
  })

  it('fails in the coder’s hands when its tests are deleted and its manifest still names them', async () => {
    server.setScript((asked) => (isCoder(asked) ? write(DELETED_TESTS, asked) : getGoodReply(asked)))
    const run = await follow(playbook)
    expect(run.exit).toBe(1)
    expect(run.result).toMatchObject({ status: 'failed', verdict: 'unverified' })
    expect(run.events.find(({ type }) => type === 'task.failed')?.data).toMatchObject({
      errorClass: 'schema',
      message: expect.stringContaining(`it names ${TEST_FILE}`) as string,
    })
  })

  it('is verified in the second round when the fix agent mends it', async () => {
    server.setScript((asked) =>
      isCoder(asked) ? write(asked.agent === 'test' ? BROKEN_TEST : LEAN_FILES, asked) : getGoodReply(asked),
    )
    const run = await follow(playbook)
    expect(run.exit, run.stderr).toBe(0)
    expect(run.result).toMatchObject({ status: 'succeeded', verdict: BEST_VERDICT })
    expect(run.result.phases.find(({ phase }) => phase === 'build')).toMatchObject({ rounds: 2 })
  })
})

describe('a playbook without a fix agent', () => {
  it('has the coder try again, and ends the run failed after its last round', async () => {
    const asked: string[] = []
    server.setScript((request) => {
      asked.push(request.agent)
      return isCoder(request) ? write(BROKEN_TEST, request) : getGoodReply(request)
    })
    const run = await follow(cutPlaybook(program, 'no-fixer', { kept: KEPT, edits: [TWO_ROUNDS, NO_FIXER] }))
    expectNotVerified(run)
    expect(asked).not.toContain('build-fixer')
    const failed = run.events.filter(({ type }) => type === 'phase.gate.failed')
    expect(failed.map(({ data }) => [data['phase'], data['attemptNumber'], data['maxAttempts']])).toEqual([
      ['build', 1, 2],
      ['build', 2, 2],
    ])
    expect(run.events.find(({ type }) => type === 'run.failed')?.data).toMatchObject({ code: 'GATE_FAILED' })
  })
})
