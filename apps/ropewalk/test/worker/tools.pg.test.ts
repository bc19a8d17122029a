import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NO_USAGE } from '@ropewalk/core/contract/budget'
import type { Artifact } from '@ropewalk/core/contract/artifact'
import { SBOM, ScanReport } from '@ropewalk/core/contract/documents/security'
import type { RunId } from '@ropewalk/core/ids'
import type { AgentRuntime } from '../../src/worker/agent-runtime.ts'
import { needs } from '../support/needs.ts'
import { makePlanOf } from './support/small-plan.ts'
import { startTestEngine, type TestEngine } from './support/test-engine.ts'
import { makeStage, startSmallRun, waitFor, WORKSPACE, type Stage } from './support/worker-stage.ts'

/** Hands in a repository of one file. */
const makeCoder =
  (text: string): AgentRuntime =>
  async (job) => {
    const dir = job.worktree?.dir ?? ''
    mkdirSync(path.join(dir, 'src'))
    writeFileSync(path.join(dir, 'src/main.js'), text)
    const commit = await job.commit('Write')
    return {
      outputs: [
        {
          name: 'SourceCode',
          mediaType: 'application/vnd.git.bundle',
          bytes: 'bundle',
          commit,
          simulated: true,
        },
      ],
      commit,
      usage: NO_USAGE,
      tool: 'fixture',
      toolVersion: '1',
    }
  }

const rest = { inputs: ['SourceCode'], timebox: 'PT10M' } as const

const plan = makePlanOf([
  {
    phase: 'build',
    agent: 'coder',
    writer: { kind: 'coder', output: 'SourceCode' },
    ...rest,
    inputs: ['Idea'],
    guards: [],
  },
  {
    phase: 'security',
    agent: 'sast',
    writer: { kind: 'tool', output: 'SastReport' },
    ...rest,
    guards: [{ guard: 'findings', artifacts: ['SastReport', 'SourceCode'], rubric: 'shape' }],
  },
  { phase: 'qa', agent: 'supply-chain', writer: { kind: 'tool', output: 'SBOM' }, ...rest, guards: [] },
])

describe.skipIf(!needs('bwrap'))('tools that a playbook names as agents', () => {
  let test: TestEngine
  let stage: Stage
  beforeAll(async () => {
    test = await startTestEngine()
  })
  afterAll(async () => {
    await test.stop()
  })

  /** Runs the plan over this code to the end of a phase, and gives back what the run has made. */
  const runTo = async (text: string, phase: string, status: string) => {
    stage = makeStage(test.engine, test.log)
    try {
      stage.start({ coder: makeCoder(text) })
      const runId = await startSmallRun(test.engine, plan)
      await waitFor(`${phase} ${status}`, async () => {
        const { phases } = await test.engine.readRun(WORKSPACE, runId)
        return phases.find((one) => one.phase === phase)?.status === status ? true : undefined
      })
      const { items } = await test.engine.listArtifacts(WORKSPACE, runId, { limit: 50 })
      // An attempt tells its result first and clears its folders after.
      await expect.poll(() => listLeft(stage.home, runId), { timeout: 5000 }).toEqual([])
      return new Map(items.map((one) => [one.name, one]))
    } finally {
      await stage.stop()
    }
  }

  const listLeft = (home: string, runId: RunId): string[] =>
    ['worktrees', 'baselines', 'scratch'].flatMap((root) => {
      try {
        return readdirSync(path.join(home, root, WORKSPACE, runId)).flatMap((task) =>
          readdirSync(path.join(home, root, WORKSPACE, runId, task)),
        )
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
        throw error
      }
    })

  const readJson = async (artifact: Artifact | undefined): Promise<unknown> =>
    JSON.parse(String(await test.engine.blobs.read(WORKSPACE, artifact?.digest ?? '')))

  it('hand in documents about the very commit, made by a tool and not simulated', async () => {
    const items = await runTo('export const a = 1\n', 'qa', 'passed')
    const commit = items.get('SourceCode')?.commit
    const report = items.get('SastReport')
    expect(report).toMatchObject({ simulated: false, commit: null, mediaType: 'application/json' })
    expect(report?.lineage.maker).toEqual({ kind: 'tool', name: 'sast', version: 'ropewalk-sast@1.0.0' })
    expect(ScanReport.parse(await readJson(report))).toMatchObject({
      revision: commit,
      outcome: 'done',
      scanned_files: 1,
    })
    expect(SBOM.parse(await readJson(items.get('SBOM')))).toMatchObject({ bomFormat: 'CycloneDX' })
    expect(await readJson(items.get('Provenance'))).toMatchObject({
      subject: [{ digest: { gitCommit: commit } }, {}, { digest: { sha256: items.get('SBOM')?.digest } }],
    })
  })

  it('have their findings judged by the gate', async () => {
    const items = await runTo('export const a = (text) => eval(text)\n', 'security', 'failed')
    const report = ScanReport.parse(await readJson(items.get('SastReport')))
    expect(report.findings[0]).toMatchObject({ severity: 'critical', file: 'src/main.js', line: 1 })
  })
})
