import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { GuardReport } from '@ropewalk/core/contract/guard-report'
import { NO_USAGE } from '@ropewalk/core/contract/budget'
import { RopewalkError } from '@ropewalk/core/errors'
import type { RunningEngine } from '../../src/engine/start.ts'
import { makeRunRepositories } from '../../src/repo/git/run-repositories.ts'
import type { AgentJob, AgentResult, AgentRuntime } from '../../src/worker/agent-runtime.ts'
import { makeSmallPlan } from './support/small-plan.ts'
import { startTestEngine, type TestEngine } from './support/test-engine.ts'
import {
  makeNote,
  makeStage,
  readNewestTask,
  signalRun,
  startSmallRun,
  waitFor,
  waitForPhase,
  WORKSPACE,
  type Stage,
} from './support/worker-stage.ts'

let test: TestEngine
let engine: RunningEngine
let stage: Stage

beforeAll(async () => {
  test = await startTestEngine()
  engine = test.engine
})
afterAll(async () => {
  await test.stop()
})
beforeEach(() => {
  stage = makeStage(engine, test.log)
})
afterEach(async () => {
  await stage.stop()
})

const SLOW_WORKER = path.join(import.meta.dirname, 'fixtures', 'slow-worker.ts')

const makeCode = (commit: string): AgentResult => ({
  outputs: [
    { name: 'SourceCode', mediaType: 'application/vnd.git.bundle', bytes: 'bundle', commit, simulated: true },
  ],
  commit,
  usage: NO_USAGE,
  tool: 'fixture',
  toolVersion: '1',
})

const modelPlan = makeSmallPlan({ kind: 'model', output: 'Note' })

/** Works until told to stop, as a model call does. */
const hang: AgentRuntime = async (job) => {
  await sleep(60_000, undefined, { signal: job.signal })
  return makeNote(job, 'never')
}

const readNotes = async (runId: Awaited<ReturnType<typeof startSmallRun>>): Promise<string[]> => {
  const { items } = await engine.listArtifacts(WORKSPACE, runId, { limit: 50 })
  const notes = items.filter(({ name }) => name === 'Note')
  const bytes = await Promise.all(notes.map(({ digest }) => engine.blobs.read(WORKSPACE, digest)))
  return bytes.map(String)
}

it('a claimed task is done and handed in, and its folders are gone', async () => {
  const seen: AgentJob[] = []
  stage.start({
    model: (job) => {
      seen.push(job)
      job.log('out', 'working\nstill')
      return Promise.resolve(makeNote(job, 'done'))
    },
  })
  const runId = await startSmallRun(engine, modelPlan)
  await waitForPhase(engine, runId, 'passed')
  expect(await readNotes(runId)).toEqual(['done'])
  expect(seen).toHaveLength(1)
  expect(seen[0]?.inputs[0]?.json).toEqual({ text: 'A thing.' })
  const lines = await engine.listLogs(WORKSPACE, runId, { after: 0, limit: 50 })
  expect(lines.map(({ text }) => text)).toEqual(expect.arrayContaining(['working', 'still']))
  await waitFor('folders gone', async () => {
    const left = await makeRunRepositories(stage.home).listAttempts()
    return left.length === 0 ? true : undefined
  })
})

it('a failed attempt is tried again from its checkpoint', async () => {
  stage.start({
    model: async (job) => {
      if (job.task.checkpoint !== null) return makeNote(job, JSON.stringify(job.task.checkpoint.data))
      await job.saveCheckpoint('half', { done: 50 })
      throw new RopewalkError('AGENT_UNREACHABLE', 'The model did not answer.')
    },
  })
  const runId = await startSmallRun(engine, modelPlan)
  await waitForPhase(engine, runId, 'passed')
  expect(await readNotes(runId)).toEqual(['{"done":50}'])
  const { attempts } = await engine.readTask(WORKSPACE, (await readNewestTask(engine, runId)).id)
  expect(attempts.map(({ outcome, errorClass }) => [outcome, errorClass])).toEqual([
    ['failed', 'transient'],
    ['completed', null],
  ])
})

it('a coder starts from the accepted commit, and its code enters as a bundle', async () => {
  stage.start({
    coder: async (job) => {
      const dir = job.worktree?.dir ?? ''
      expect(path.basename(dir)).toBe('1')
      writeFileSync(path.join(dir, 'a.txt'), 'code')
      const commit = await job.commit('Write a')
      return makeCode(commit)
    },
  })
  const runId = await startSmallRun(engine, makeSmallPlan({ kind: 'coder', output: 'SourceCode' }))
  const { run } = await waitForPhase(engine, runId, 'passed')
  const { items } = await engine.listArtifacts(WORKSPACE, runId, { limit: 50 })
  const code = items.find(({ name }) => name === 'SourceCode')
  expect(code?.commit).toBe(run.acceptedCommit)
  const bundle = await engine.blobs.read(WORKSPACE, code?.digest ?? '')
  const elsewhere = makeRunRepositories(path.join(stage.home, 'elsewhere'))
  await elsewhere.importBundle(runId, bundle, run.acceptedCommit ?? '')
  const key = { workspaceId: 'default', runId, taskId: 'x', attempt: 1 }
  const tree = await elsewhere.makeWorktree(key, run.acceptedCommit)
  expect(readFileSync(path.join(tree.dir, 'a.txt'), 'utf8')).toBe('code')
})

it('a guard that does not exist fails its gate with an error in the evidence', async () => {
  const guards = [{ guard: 'no-such-guard', artifacts: ['Note'], rubric: 'shape' }]
  stage.start({ model: (job) => Promise.resolve(makeNote(job, 'done')) })
  const runId = await startSmallRun(engine, makeSmallPlan({ kind: 'model', output: 'Note' }, guards))
  await waitForPhase(engine, runId, 'failed')
  const [gate] = await engine.listGates(WORKSPACE, runId, 'prd')
  const [entry] = gate?.pack.guard_reports ?? []
  expect(entry).toMatchObject({ guard: 'no-such-guard', outcome: 'error', pass: false })
  const report = GuardReport.parse(
    JSON.parse(String(await engine.blobs.read(WORKSPACE, entry?.digest ?? ''))),
  )
  expect(report.inputDigests.length).toBeGreaterThan(0)
  expect(report.startedAt <= report.endedAt).toBe(true)
})

it('a cancelled task is aborted by its next heartbeat and hands in nothing', async () => {
  const begun = Promise.withResolvers<undefined>()
  const aborted = Promise.withResolvers<unknown>()
  stage.start({
    model: async (job) => {
      job.signal.addEventListener('abort', () => {
        aborted.resolve(job.signal.reason)
      })
      begun.resolve(undefined)
      return hang(job)
    },
  })
  const runId = await startSmallRun(engine, modelPlan)
  await begun.promise
  await signalRun(engine, runId, 'cancel')
  expect(await aborted.promise).toMatchObject({ code: 'STALE_ATTEMPT' })
  expect(await readNotes(runId)).toEqual([])
})

it('a worker that stops hands its task back, ready at once for another', async () => {
  const first = stage.start({ model: hang })
  const runId = await startSmallRun(engine, modelPlan)
  await waitFor('claimed', async () =>
    (await readNewestTask(engine, runId)).status === 'running' ? true : undefined,
  )
  await first.stop()
  stage.start({ model: (job) => Promise.resolve(makeNote(job, `attempt ${job.task.attempt}`)) })
  await waitForPhase(engine, runId, 'passed')
  expect(await readNotes(runId)).toEqual(['attempt 2'])
})

it('an attempt whose lease was lost writes nothing more', async () => {
  const ended = Promise.withResolvers<unknown>()
  const slow = stage.start(
    {
      model: async (job) => {
        if (job.task.attempt > 1) return makeNote(job, 'second')
        await engine.submit(
          {
            type: 'LoseAttempt',
            workspaceId: WORKSPACE,
            runId: job.task.runId,
            taskId: job.task.taskId,
            attempt: 1,
            outcome: 'lost',
            worker: 'test',
            claimedAt: null,
            message: 'The lease ran out.',
          },
          { by: { kind: 'engine', id: 'timers' } },
        )
        await job.saveCheckpoint('late', {}).catch(ended.resolve)
        return makeNote(job, 'first')
      },
    },
    { heartbeatMs: 60_000 },
  )
  const runId = await startSmallRun(engine, modelPlan)
  expect(await ended.promise).toMatchObject({ code: 'STALE_ATTEMPT' })
  await waitForPhase(engine, runId, 'passed')
  expect(await readNotes(runId)).toEqual(['second'])
  await slow.stop()
  expect(existsSync(path.join(stage.home, 'worktrees'))).toBe(false)
  expect(readdirSync(stage.home)).toEqual(['scratch'])
})

it('an attempt that takes longer than its task may is aborted and tried again', async () => {
  stage.start({
    model: (job) => (job.task.attempt === 1 ? hang(job) : Promise.resolve(makeNote(job, 'in time'))),
  })
  const runId = await startSmallRun(engine, makeSmallPlan({ kind: 'model', output: 'Note' }, [], 'PT1S'))
  const task = await waitFor('timed out', async () => {
    const newest = await readNewestTask(engine, runId)
    return newest.attempt > 1 || newest.failures.timed_out !== undefined ? newest : undefined
  })
  const { attempts } = await engine.readTask(WORKSPACE, task.id)
  expect(attempts[0]?.outcome).toBe('timed_out')
})

it('a worker that was stopped past its lease writes nothing, and its checkout is not its successor’s', async () => {
  const child = spawn(
    process.execPath,
    [SLOW_WORKER, JSON.stringify({ urls: test.urls, home: stage.home })],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const said: string[] = []
  child.stdout.on('data', (chunk: Buffer) => said.push(...String(chunk).trim().split('\n')))
  const runId = await startSmallRun(engine, makeSmallPlan({ kind: 'coder', output: 'SourceCode' }))
  const first = await waitFor('the child has written', () => Promise.resolve(said[0]))
  child.kill('SIGSTOP')
  const taskId = (await readNewestTask(engine, runId)).id
  await waitFor('the lease is over', async () => {
    const { leaseUntil } = await engine.readTask(WORKSPACE, taskId)
    return leaseUntil !== null && Date.parse(leaseUntil) < Date.now() ? true : undefined
  })
  await engine.loseOverdue({
    type: 'LoseAttempt',
    workspaceId: WORKSPACE,
    runId,
    taskId,
    attempt: 1,
    outcome: 'lost',
    worker: 'unknown',
    claimedAt: null,
    message: 'The lease ran out.',
  })
  let second = ''
  stage.start({
    coder: async (job) => {
      second = job.worktree?.dir ?? ''
      child.kill('SIGCONT')
      await waitFor('the child knows', () => Promise.resolve(said[1]))
      expect(existsSync(path.join(second, 'child.txt'))).toBe(false)
      writeFileSync(path.join(second, 'successor.txt'), 'x')
      const commit = await job.commit('Write')
      return makeCode(commit)
    },
  })
  await waitForPhase(engine, runId, 'passed')
  expect(path.dirname(first)).toBe(path.dirname(second))
  expect([path.basename(first), path.basename(second)]).toEqual(['1', '2'])
  expect(said[1]).toBe('STALE_ATTEMPT')
  const { attempts } = await engine.readTask(WORKSPACE, taskId)
  expect(attempts.map(({ outcome }) => outcome)).toEqual(['lost', 'completed'])
  const { items } = await engine.listArtifacts(WORKSPACE, runId, { limit: 50 })
  expect(items.filter(({ name }) => name === 'SourceCode')).toHaveLength(1)
  child.kill('SIGTERM')
  await waitFor('the child has ended', () => Promise.resolve(child.exitCode ?? undefined))
})
