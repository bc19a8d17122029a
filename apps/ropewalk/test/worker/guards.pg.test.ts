import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { NO_USAGE } from '@ropewalk/core/contract/budget'
import { Rtm, type Prd, type RepoManifest, type UserStories } from '@ropewalk/core/contract/documents'
import { GuardReport } from '@ropewalk/core/contract/guard-report'
import { needs } from '../support/needs.ts'
import type { AgentRuntime } from '../../src/worker/agent-runtime.ts'
import { makePlanOf } from './support/small-plan.ts'
import { startTestEngine, type TestEngine } from './support/test-engine.ts'
import { makeStage, startSmallRun, waitFor, WORKSPACE, type Stage } from './support/worker-stage.ts'

const SOURCE = 'export const double = (n) => 2 * n\n'
const TEST = `import assert from 'node:assert'
import test from 'node:test'
import { double } from '../src/double.js'
test('REQ-001 a number is doubled', () => assert.equal(double(2), 4))
`
const FILES = { 'src/double.js': SOURCE, 'test/double.test.js': TEST, 'package.json': '{"type":"module"}\n' }

const MANIFEST: RepoManifest = {
  kind: 'service',
  language: 'node',
  entry: 'src/double.js',
  start: ['node', 'src/double.js'],
  tests: ['test/double.test.js'],
  sources: ['src/double.js'],
  port_env: 'PORT',
  commands: null,
}

const PRD: Prd = {
  title: 'Double',
  overview: 'Doubles numbers.',
  requirements: [
    {
      id: 'REQ-001',
      title: 'Double',
      statement: 'A number is doubled.',
      acceptance: ['2 gives 4.'],
      priority: 'must',
      cites: ['Idea#/text'],
    },
  ],
  nonfunctional: [{ text: 'Fast.', measure: '1 ms', cites: [] }],
  out_of_scope: [],
}

const STORIES: UserStories = {
  stories: [
    {
      id: 'US-001',
      as: 'user',
      want: 'a double',
      so_that: 'I know it',
      requirements: ['REQ-001'],
      acceptance: ['4'],
    },
  ],
}

/** Writes these files and hands in the code with its documents. */
const makeCoder =
  (files: Readonly<Record<string, string>>): AgentRuntime =>
  async (job) => {
    for (const [file, text] of Object.entries(files)) {
      const full = path.join(job.worktree?.dir ?? '', file)
      mkdirSync(path.dirname(full), { recursive: true })
      writeFileSync(full, text)
    }
    const commit = await job.commit('Write')
    const documents = Object.entries({ RepoManifest: MANIFEST, PRD, UserStories: STORIES })
    return {
      outputs: [
        {
          name: 'SourceCode',
          mediaType: 'application/vnd.git.bundle',
          bytes: 'bundle',
          commit,
          simulated: true,
        },
        ...documents.map(([name, json]) => ({
          name,
          mediaType: 'application/json',
          bytes: Buffer.from(JSON.stringify(json)),
          simulated: true,
        })),
      ],
      commit,
      usage: NO_USAGE,
      tool: 'fixture',
      toolVersion: '1',
    }
  }

const plan = makePlanOf([
  {
    phase: 'build',
    agent: 'coder',
    writer: { kind: 'coder', output: 'SourceCode' },
    inputs: ['Idea'],
    guards: ['compile', 'tests'].map((guard) => ({
      guard,
      artifacts: ['SourceCode', 'RepoManifest', 'PRD'],
      rubric: 'shape',
    })),
    timebox: 'PT10M',
  },
  {
    phase: 'qa',
    agent: 'test-tracer',
    writer: { kind: 'tool', output: 'RTM' },
    inputs: ['PRD', 'UserStories'],
    guards: [],
    timebox: 'PT10M',
  },
])

describe.skipIf(!needs('bwrap'))('guards on code that an agent handed in', () => {
  let test: TestEngine
  let stage: Stage
  beforeAll(async () => {
    test = await startTestEngine()
  })
  afterAll(async () => {
    await test.stop()
  })
  beforeEach(() => {
    stage = makeStage(test.engine, test.log)
  })
  afterEach(async () => {
    await stage.stop()
  })

  const runTo = async (files: Readonly<Record<string, string>>, status: string) => {
    stage.start({ coder: makeCoder(files) })
    const runId = await startSmallRun(test.engine, plan)
    await waitFor(`build ${status}`, async () => {
      const { phases } = await test.engine.readRun(WORKSPACE, runId)
      return phases.find(({ phase }) => phase === 'build')?.status === status ? true : undefined
    })
    const [gate] = await test.engine.listGates(WORKSPACE, runId, 'build')
    const reports = await Promise.all(
      (gate?.pack.guard_reports ?? []).map(async ({ digest }) =>
        GuardReport.parse(JSON.parse(String(await test.engine.blobs.read(WORKSPACE, digest)))),
      ),
    )
    return { runId, reports: new Map(reports.map((report) => [report.guard, report])) }
  }

  it('run confined on the handed-in commit, and their results reach the matrix', async () => {
    const { runId, reports } = await runTo(FILES, 'passed')
    const report = reports.get('tests')
    expect(report).toMatchObject({ outcome: 'pass', confined: 'yes', exitCode: 0 })
    const { items } = await test.engine.listArtifacts(WORKSPACE, runId, { limit: 50 })
    expect(report?.revision).toBe(items.find(({ name }) => name === 'SourceCode')?.commit)
    const rtm = await waitFor('the matrix', async () => {
      const all = await test.engine.listArtifacts(WORKSPACE, runId, { limit: 50 })
      return all.items.find(({ name }) => name === 'RTM')
    })
    const matrix = Rtm.parse(JSON.parse(String(await test.engine.blobs.read(WORKSPACE, rtm.digest))))
    expect(matrix.rows[0]).toMatchObject({ requirementId: 'REQ-001', stories: ['US-001'] })
    expect(matrix.rows[0]?.tests).toHaveLength(1)
    expect(rtm.simulated).toBe(true)
  })

  it('fail the gate when a test fails', async () => {
    const { reports } = await runTo(
      { ...FILES, 'src/double.js': 'export const double = (n) => n\n' },
      'failed',
    )
    expect(reports.get('tests')?.outcome).toBe('fail')
    expect(reports.get('compile')?.outcome).toBe('pass')
  })
})
