import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ScanReport } from '@ropewalk/core/contract/documents/security'
import type { Engine } from '../../src/engine/contract.ts'
import type { AgentJob } from '../../src/worker/agent-runtime.ts'
import { makeToolRuntime } from '../../src/worker/run-tool.ts'
import { makeJob } from './agents/make-job.ts'

// Only tools that read the records of a run ask the engine.
const runtime = makeToolRuntime({} as Engine)

const makeToolJob = (
  target: string,
  output: string,
  settings: Readonly<Record<string, unknown>> = {},
): AgentJob => {
  const scratch = mkdtempSync(path.join(tmpdir(), 'ropewalk-tool-'))
  onTestFinished(() => rmSync(scratch, { recursive: true, force: true }))
  const { job } = makeJob({ output, scratch })
  const agent =
    job.context.agent === null ? null : { ...job.context.agent, settings: settings as Record<string, never> }
  return {
    ...job,
    task: { ...job.task, spec: { ...job.task.spec, target } },
    context: { ...job.context, agent },
  }
}

describe('a tool as an agent', () => {
  test('hands in its document under the output that the playbook names', async () => {
    const { outputs, tool, toolVersion } = await runtime(makeToolJob('sast', 'SastReport'))
    expect({ tool, toolVersion }).toEqual({ tool: 'ropewalk-sast', toolVersion: '1.0.0' })
    expect(outputs).toHaveLength(1)
    expect(outputs[0]).toMatchObject({ name: 'SastReport', mediaType: 'application/json', simulated: false })
    const report = ScanReport.parse(JSON.parse(Buffer.from(outputs[0]?.bytes as Uint8Array).toString('utf8')))
    expect(report).toMatchObject({ outcome: 'not-run', reason: 'sast: There is no code to scan.' })
  })

  test('a document that breaks the contract of that output is refused', async () => {
    await expect(runtime(makeToolJob('sast', 'TestSuite'))).rejects.toMatchObject({ code: 'INTERNAL' })
  })

  test('settings of the agent reach the tool', async () => {
    await expect(runtime(makeToolJob('test-suite', 'TestSuite', { timeout_ms: 1 }))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/timeout_ms/u) as string,
    })
  })

  test('a name that no program has is told with those that there are', async () => {
    await expect(runtime(makeToolJob('magic', 'Magic'))).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringMatching(
        /^There is no tool magic; there are trace-matrix, test-tracer, .*sast/u,
      ) as string,
    })
  })
})
