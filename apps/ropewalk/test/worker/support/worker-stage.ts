import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { digestOf } from '@ropewalk/core/canonical'
import { NO_USAGE } from '@ropewalk/core/contract/budget'
import type { RunPlan } from '@ropewalk/core/contract/run-plan'
import { ArtifactId, RunId, WorkspaceId } from '@ropewalk/core/ids'
import { isTerminalRun, type Task } from '@ropewalk/core/run/state'
import type { Engine } from '../../../src/engine/contract.ts'
import { makeId } from '../../../src/engine/runs/make-id.ts'
import type { AgentJob, AgentResult, AgentRuntime, AgentRuntimes } from '../../../src/worker/agent-runtime.ts'
import { makeToolRuntime } from '../../../src/worker/run-tool.ts'
import { startWorker, type Worker, type WorkerOptions } from '../../../src/worker/worker.ts'

export const WORKSPACE = WorkspaceId.parse('default')

const PERSON = { kind: 'person', id: 'tester' } as const

/** One output with a text, as an agent hands it in. */
export const makeNote = (job: AgentJob, text: string): AgentResult => ({
  outputs: [
    {
      name: job.task.spec.output ?? 'Note',
      mediaType: 'text/plain',
      bytes: Buffer.from(text),
      simulated: true,
    },
  ],
  usage: NO_USAGE,
  tool: 'fixture',
  toolVersion: '1',
})

/** Starts a run and gives back its id. */
export const startSmallRun = async (engine: Engine, plan: RunPlan): Promise<RunId> => {
  const runId = RunId.parse(makeId())
  const bytes = Buffer.from(JSON.stringify({ text: plan.idea }))
  const digest = await engine.blobs.put(WORKSPACE, bytes)
  await engine.submit(
    {
      type: 'StartRun',
      workspaceId: WORKSPACE,
      runId,
      title: 'Small',
      plan,
      planHash: digestOf(plan),
      idea: {
        id: ArtifactId.parse(makeId()),
        name: 'Idea',
        digest,
        mediaType: 'application/json',
        bytes: bytes.length,
        commit: null,
        simulated: false,
      },
      forkOf: null,
      given: [],
      hold: false,
    },
    { by: PERSON },
  )
  return runId
}

export const signalRun = (engine: Engine, runId: RunId, signal: 'cancel' | 'pause') =>
  engine.submit(
    { type: 'SignalRun', workspaceId: WORKSPACE, runId, signal, target: 'run', targetId: null },
    { by: PERSON },
  )

/** The newest task of a run. */
export const readNewestTask = async (engine: Engine, runId: RunId): Promise<Task> => {
  const { items } = await engine.listTasks(WORKSPACE, runId, { limit: 50 })
  const task = items.toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1)).at(-1)
  if (task === undefined) throw new Error('The run has no task.')
  return task
}

/** Asks until the answer is there, at most `ms`. */
export const waitFor = async <T>(
  what: string,
  ask: () => Promise<T | undefined>,
  ms = 60_000,
): Promise<T> => {
  const end = performance.now() + ms
  for (;;) {
    const found = await ask()
    if (found !== undefined) return found
    if (performance.now() > end) throw new Error(`Waited ${ms} ms in vain: ${what}.`)
    await sleep(50)
  }
}

/** The one phase of the run, at its end; a run itself ends later, by the doers of its effects. */
export const waitForPhase = (engine: Engine, runId: RunId, status: 'passed' | 'failed') =>
  waitFor(`phase ${status}`, async () => {
    const view = await engine.readRun(WORKSPACE, runId)
    const [phase] = view.phases
    if (phase?.status === status) return view
    if (phase?.status !== 'passed' && !isTerminalRun(view.run.status)) return undefined
    throw new Error(`The phase ended ${phase?.status}: ${view.run.failureMessage}`)
  })

export type Stage = {
  readonly home: string
  readonly start: (
    agents: Partial<Record<'model' | 'coder', AgentRuntime>>,
    more?: Partial<WorkerOptions>,
  ) => Worker
  readonly stop: () => Promise<void>
}

/** A home of its own, and workers with short clocks in it; `stop` ends those that still run. */
export const makeStage = (engine: Engine, log: WorkerOptions['log']): Stage => {
  const home = mkdtempSync(path.join(tmpdir(), 'ropewalk-worker-'))
  const workers: Worker[] = []
  const refuse: AgentRuntime = (job) => Promise.reject(new Error(`No agent for ${job.task.spec.kind}.`))
  return {
    home,
    start: (agents, more = {}) => {
      const runtimes: AgentRuntimes = {
        model: refuse,
        coder: refuse,
        tool: makeToolRuntime(engine),
        ...agents,
      }
      const worker = startWorker({
        engine,
        home,
        agents: runtimes,
        log,
        config: { concurrency: 2, leaseSeconds: 3 },
        heartbeatMs: 200,
        pollMs: 100,
        finishMs: 200,
        ...more,
      })
      workers.push(worker)
      return worker
    },
    stop: async () => {
      await Promise.all(workers.map((worker) => worker.stop()))
      rmSync(home, { recursive: true, force: true })
    },
  }
}
