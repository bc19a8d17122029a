import { setTimeout as sleep } from 'node:timers/promises'
import { digestOf, sha256 } from '@ropewalk/core/canonical'
import type { Output } from '@ropewalk/core/contract/artifact'
import { NO_USAGE } from '@ropewalk/core/contract/budget'
import type { GuardReport } from '@ropewalk/core/contract/guard-report'
import type { RunPlan } from '@ropewalk/core/contract/run-plan'
import { ArtifactId, RunId, WorkspaceId } from '@ropewalk/core/ids'
import type { RunCommandOf } from '@ropewalk/core/run/commands'
import type { ClaimedTask, SubmitOptions } from '../../../src/engine/contract.ts'
import { startEngine, type RunningEngine, type StartEngineOptions } from '../../../src/engine/start.ts'
import { makeLog } from '../../../src/log.ts'
import { startTimers, type Timers } from '../../../src/timers/start-timers.ts'
import { createTestDatabase, withClient, type TestDatabase } from '../../support/postgres.ts'

export const WORKSPACE = WorkspaceId.parse('default')
export const PERSON = { kind: 'person', id: 'anna' } as const
export const AGENT = { kind: 'agent', id: 'worker' } as const
export const GUARDS = ['guard', 'work', 'tool', 'model', 'coder', 'check'] as const

let made = 0
/** Ids that sort by their making, as ours do. */
export const makeUuid = (): string => {
  made += 1
  const time = Date.now().toString(16).padStart(12, '0')
  const tail = `${process.pid.toString(16).padStart(6, '0').slice(-6)}${made.toString(16).padStart(6, '0')}`
  const middle = Math.trunc(Math.random() * 0xfff)
    .toString(16)
    .padStart(3, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${middle}-8${middle}-${tail}`
}
export const makeRunId = (): RunId => RunId.parse(makeUuid())

export const makeOutput = (name: string, body = makeUuid()): Output => ({
  id: ArtifactId.parse(makeUuid()),
  name,
  digest: sha256(body),
  mediaType: 'application/json',
  bytes: body.length,
  commit: null,
  simulated: true,
})

export type Stage = {
  readonly database: TestDatabase
  readonly engine: RunningEngine
  readonly urls: { readonly writer: string; readonly reader: string }
  readonly signed: readonly string[]
  /** Another engine on the same database, as another process would have. */
  startAnother(options?: Partial<StartEngineOptions>): Promise<RunningEngine>
  /** Timers of `engine`, with doers that record a dossier at once. */
  startTimers(): Promise<Timers>
  /** Shifts `ropewalk.now()` for everybody, as the test role. */
  shiftTime(interval: string): Promise<void>
  query<T extends object>(sql: string, values?: readonly unknown[]): Promise<readonly T[]>
  /** Ends what the engine does by itself, so that nothing changes while a test looks. */
  stopTimers(): Promise<void>
  stop(): Promise<void>
}

export const startStage = async (options: Partial<StartEngineOptions> = {}): Promise<Stage> => {
  const database = await createTestDatabase()
  const urls = { writer: database.urlFor('ropewalk_writer'), reader: database.urlFor('ropewalk_reader') }
  const log = makeLog({ level: 'error' })
  const start = (more: Partial<StartEngineOptions> = {}) =>
    startEngine({ databaseUrls: urls, log, isTimerProcess: true, ...more })
  const engine = await start(options)
  const others: RunningEngine[] = []
  const timers: Timers[] = []
  const signed: string[] = []
  return {
    database,
    engine,
    urls,
    signed,
    startAnother: async (more) => {
      const other = await start(more)
      others.push(other)
      return other
    },
    startTimers: async () => {
      const started = await startTimers({
        engine,
        log,
        doers: {
          signHead: async ({ stream, seq }) => {
            signed.push(`${stream}/${seq}`)
          },
          buildDossier: async (workspaceId, runId) => {
            await engine.submit(makeRecordDossier({ workspaceId, runId }), { by: PERSON })
          },
        },
      })
      timers.push(started)
      return started
    },
    shiftTime: (interval) =>
      withClient(database.urlFor('ropewalk_test'), async (client) => {
        await client.query('UPDATE ropewalk.clock SET shift = $1::interval', [interval])
      }),
    query: <T extends object>(sql: string, values: readonly unknown[] = []) =>
      withClient(database.adminUrl, async (client) => {
        const { rows } = await client.query<T>(sql, [...values])
        return rows
      }),
    stopTimers: async () => {
      for (const one of timers.splice(0)) await one.stop()
    },
    stop: async () => {
      for (const one of timers) await one.stop()
      for (const one of [engine, ...others]) await one.stop()
      await database.drop()
    },
  }
}

type OnRun = { readonly workspaceId: WorkspaceId; readonly runId: RunId }

export const makeRecordDossier = (on: OnRun): RunCommandOf<'RecordDossier'> => ({
  type: 'RecordDossier',
  ...on,
  digest: sha256(on.runId),
  verdict: 'verified',
  keyId: 'key',
  artifacts: 3,
})

export const makeStart = (plan: RunPlan, runId = makeRunId()): RunCommandOf<'StartRun'> => ({
  type: 'StartRun',
  workspaceId: WORKSPACE,
  runId,
  title: 'Links',
  plan,
  planHash: digestOf(plan),
  idea: makeOutput('Idea'),
  forkOf: null,
  hold: false,
})

export const startRun = async (
  engine: RunningEngine,
  plan: RunPlan,
  options: Partial<SubmitOptions> = {},
): Promise<RunId> => {
  const command = makeStart(plan)
  await engine.submit(command, { by: PERSON, ...options })
  return command.runId
}

export const claim = (
  engine: RunningEngine,
  limit = 1,
  worker = 'w1',
  rest: { readonly leaseMs?: number | undefined; readonly workspaceId?: WorkspaceId | undefined } = {},
) =>
  engine.claimTasks({
    worker,
    capabilities: GUARDS,
    limit,
    leaseMs: rest.leaseMs ?? 30_000,
    workspaceId: rest.workspaceId,
  })

/** Claims one task; fails when there is none. */
export const claimOne = async (engine: RunningEngine, leaseMs?: number): Promise<ClaimedTask> => {
  const [task] = await claim(engine, 1, 'w1', { leaseMs })
  if (task === undefined) throw new Error('There was no task to claim.')
  return task
}

const makeReport = (task: ClaimedTask, score: number): GuardReport & { readonly digest: string } => ({
  guard: task.spec.guard?.guard ?? '',
  rubric: task.spec.guard?.rubric ?? '',
  artifacts: task.spec.guard?.artifacts ?? [],
  outcome: score >= 0.5 ? 'pass' : 'fail',
  score,
  severity: 'info',
  reasons: score >= 0.5 ? [] : ['It is not good enough.'],
  tool: 'check',
  toolVersion: '1',
  argv: null,
  exitCode: null,
  startedAt: task.claimedAt,
  endedAt: task.claimedAt,
  inputDigests: [],
  outputDigests: [],
  revision: null,
  confined: 'not-needed',
  metrics: {},
  requirements: [],
  digest: sha256(makeUuid()),
})

export const makeCompletion = (
  task: ClaimedTask,
  rest: Partial<RunCommandOf<'CompleteTask'>> & { readonly score?: number } = {},
): RunCommandOf<'CompleteTask'> => {
  const { score = 1, ...more } = rest
  const { workspaceId, runId, taskId, attempt, claimedAt, spec } = task
  return {
    type: 'CompleteTask',
    workspaceId,
    runId,
    taskId,
    attempt,
    claimedAt,
    worker: 'w1',
    tool: 'fixture',
    toolVersion: '1',
    outputs: spec.output === null ? [] : [makeOutput(spec.output)],
    commit: null,
    usage: { ...NO_USAGE, toolMs: 5 },
    reports: spec.guard === null ? [] : [makeReport(task, score)],
    questions: [],
    ...more,
  }
}

export const complete = (
  engine: RunningEngine,
  task: ClaimedTask,
  rest: Partial<RunCommandOf<'CompleteTask'>> & { readonly score?: number } = {},
) => engine.submit(makeCompletion(task, rest), { by: AGENT })

/** Works off everything that can be claimed until nothing has come for `quietMs`. */
export const workOff = async (
  engine: RunningEngine,
  { quietMs = 0, workspaceId }: { readonly quietMs?: number; readonly workspaceId?: WorkspaceId } = {},
): Promise<number> => {
  let done = 0
  let quietSince = performance.now()
  for (;;) {
    const tasks = await claim(engine, 50, 'w1', { workspaceId })
    await Promise.all(tasks.map((task) => complete(engine, task)))
    done += tasks.length
    if (tasks.length > 0) quietSince = performance.now()
    else if (performance.now() - quietSince >= quietMs) return done
    else await sleep(20)
  }
}

/** Asks until the answer is true; fails after `ms`. */
export const waitUntil = async (what: string, ask: () => Promise<boolean>, ms = 60_000): Promise<void> => {
  const end = performance.now() + ms
  while (!(await ask())) {
    if (performance.now() > end) throw new Error(`Waited ${ms} ms in vain: ${what}`)
    await sleep(25)
  }
}
