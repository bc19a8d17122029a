import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'

import { digestOf, sha256 } from '../packages/core/src/canonical.ts'
import { AgentDefinition, PhaseDefinition } from '../packages/core/src/contract/playbook.ts'
import { NO_ESTIMATE } from '../packages/core/src/contract/run-plan.ts'
import { ArtifactId, RunId, WorkspaceId } from '../packages/core/src/ids.ts'
import { makeChainVerifier } from '../packages/core/src/ledger/verify.ts'
import { makeRunPlan } from '../packages/core/src/run/plan/make-run-plan.ts'
import type { ClaimedTask, NextClaim } from '../apps/ropewalk/src/engine/contract.ts'
import { makeId } from '../apps/ropewalk/src/engine/runs/make-id.ts'
import { startEngine, type RunningEngine } from '../apps/ropewalk/src/engine/start.ts'
import { makeLog } from '../apps/ropewalk/src/log.ts'
import { migrate } from '../apps/ropewalk/src/store/migrate.ts'
import { readLedgerRows } from '../apps/ropewalk/src/store/read-ledger.ts'
import { ROLES } from '../apps/ropewalk/src/store/roles.ts'
import { makeRoleUrl } from '../apps/ropewalk/src/store/urls.ts'
import { startTimers } from '../apps/ropewalk/src/timers/start-timers.ts'
import { runPeerProgram, type StartOptions } from './harness.ts'
import { STEPS_PER_RUN, type Session } from './measure.ts'

const WORKSPACE = WorkspaceId.parse('default')
const CAPABILITY = 'bench'
const CLAIM_LIMIT = 200
/** Claims under way at once: one is answered while another waits for its commit. */
const CLAIMERS = 3
/** Runs whose whole ledger is verified after a load: enough to meet every kind of entry, few enough to be quick. */
const VERIFIED_RUNS = 2000
/** How a worker of the bench takes tasks, alone or with the result of the one before. */
const NEXT: NextClaim = { worker: 'bench', capabilities: [CAPABILITY], leaseMs: 30_000 }
const MAX_IN_A_ROW = 5
const RESULT = Buffer.from('{"ok":true}\n')

const agents = Array.from({ length: STEPS_PER_RUN }, (_, index) =>
  AgentDefinition.parse({
    agent: `step-${index + 1}`,
    phase: 'bench',
    kind: 'external',
    capability: CAPABILITY,
    output: `Result${index + 1}`,
    prompt: 'Hand in the result.',
  }),
)

const phase = PhaseDefinition.parse({
  phase: 'bench',
  title: 'Five steps',
  parallelism: 'sequential',
  agents: agents.map(({ agent }) => agent),
  budgets: { tokens: 0, tools_minutes: 0, gpu_hours: 0, wallclock_minutes: 60 },
  timebox: 'PT1H',
  gate: { pass: 0, max_rounds: 1 },
})

const playbook = { name: 'bench', phases: [phase], agents, prices: [] }

const plan = makeRunPlan({
  playbook,
  playbookHash: digestOf(playbook),
  idea: 'five steps',
  repo: null,
  models: ['offline'],
  capMicros: 0,
  clarification: 'autonomous',
  questionDeadlineMs: 0,
  unconfined: false,
  estimate: NO_ESTIMATE,
})
const planHash = digestOf(plan)

type Waiter = {
  readonly onStep: (step: number) => void
  readonly done: () => void
  readonly fail: (error: unknown) => void
}

/** Claims tasks as a worker does and hands in each one's result: a named artifact whose bytes are a durable blob. */
const startClaimers = (engine: RunningEngine, waiters: ReadonlyMap<string, Waiter>) => {
  let isStopped = false
  let wake: (() => void) | undefined
  let hinted = false
  const hint = () => {
    hinted = true
    wake?.()
  }
  /** As a worker does: what follows upon a result is claimed with it, up to five in a row. */
  const work = async (first: ClaimedTask): Promise<void> => {
    let task: ClaimedTask | undefined = first
    for (let inARow = 1; task !== undefined; inARow += 1)
      task = await complete(task, inARow < MAX_IN_A_ROW ? NEXT : undefined)
  }
  const complete = async (
    task: ClaimedTask,
    next: NextClaim | undefined,
  ): Promise<ClaimedTask | undefined> => {
    const waiter = waiters.get(task.runId)
    const step = Number(/\d+$/u.exec(task.spec.target)?.[0])
    waiter?.onStep(step)
    try {
      const answer = await engine.submit(
        {
          type: 'CompleteTask',
          workspaceId: task.workspaceId,
          runId: task.runId,
          taskId: task.taskId,
          attempt: task.attempt,
          worker: 'bench',
          claimedAt: task.claimedAt,
          tool: 'bench',
          toolVersion: '1',
          outputs: [
            {
              id: ArtifactId.parse(makeId()),
              name: task.spec.output ?? '',
              digest: sha256(RESULT),
              mediaType: 'application/json',
              bytes: RESULT.length,
              commit: null,
              simulated: false,
            },
          ],
          commit: null,
          usage: { inputTokens: 0, outputTokens: 0, modelCalls: 0, toolMs: 0, costMicros: 0 },
          reports: [],
          questions: [],
        },
        { by: { kind: 'agent', id: 'bench' }, next },
      )
      return answer.next
    } catch (error) {
      waiter?.fail(error)
      return undefined
    }
  }
  const loop = async (): Promise<void> => {
    while (!isStopped) {
      hinted = false
      const tasks = await engine.claimTasks({
        workspaceId: WORKSPACE,
        ...NEXT,
        limit: CLAIM_LIMIT,
      })
      for (const task of tasks) void work(task)
      if (tasks.length > 0 || hinted) continue
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 500)
        const before = wake
        wake = () => {
          clearTimeout(timer)
          before?.()
          resolve()
        }
      })
      wake = undefined
    }
  }
  const undo = engine.onCommit(({ tasksReady }) => {
    if (tasksReady) hint()
  })
  const loops = Array.from({ length: CLAIMERS }, loop)
  return {
    stop: async () => {
      isStopped = true
      undo()
      hint()
      await Promise.all(loops)
    },
  }
}

/** Verifies the ledgers of the newest runs. Throws at the first fault, so that a figure never stands on a broken one. */
const verifyLedgers = async (engine: RunningEngine): Promise<void> => {
  let cursor: string | undefined
  for (let seen = 0; seen < VERIFIED_RUNS;) {
    const { items, nextCursor } = await engine.listRuns(WORKSPACE, { limit: 200, cursor })
    for (const run of items) {
      const verifier = makeChainVerifier(run.id)
      for await (const row of readLedgerRows(engine.store, WORKSPACE, run.id)) {
        const fault = verifier.add(row)
        if (fault) throw new Error(`run ${run.id}: entry ${fault.seq} ${fault.what}`)
      }
    }
    seen += items.length
    if (nextCursor === null) return
    cursor = nextCursor
  }
}

const start = async ({ databaseUrl }: StartOptions): Promise<Session> => {
  const passwords = {
    writer: randomBytes(24).toString('base64url'),
    reader: randomBytes(24).toString('base64url'),
  }
  await migrate({ adminUrl: databaseUrl, passwords })
  const engine = await startEngine({
    databaseUrls: {
      writer: makeRoleUrl(databaseUrl, ROLES.writer, passwords.writer),
      reader: makeRoleUrl(databaseUrl, ROLES.reader, passwords.reader),
    },
    log: makeLog({ level: 'error' }),
    isTimerProcess: true,
  })
  await engine.blobs.put(WORKSPACE, RESULT)
  const idea = Buffer.from('{"text":"five steps"}\n')
  await engine.blobs.put(WORKSPACE, idea)
  const waiters = new Map<string, Waiter>()
  const timers = await startTimers({
    engine,
    log: makeLog({ level: 'error' }),
    doers: {
      signHead: () => Promise.resolve(),
      buildDossier: async (workspaceId, runId) => {
        await engine.submit(
          {
            type: 'RecordDossier',
            workspaceId,
            runId,
            digest: sha256(''),
            verdict: 'unverified',
            keyId: 'bench',
            artifacts: 6,
          },
          { by: { kind: 'engine', id: 'bench' } },
        )
        waiters.get(runId)?.done()
        waiters.delete(runId)
      },
    },
    dossiersAtOnce: 256,
  })
  const claimers = startClaimers(engine, waiters)
  return {
    settings: {
      claimers: CLAIMERS,
      claim_limit: CLAIM_LIMIT,
      effects:
        'on: clocks, closing and dossiers go through the job queue; no dossier or signature file is written',
    },
    runOnce: async (onStep) => {
      const runId = RunId.parse(makeId())
      const ended = new Promise<void>((resolve, reject) => {
        waiters.set(runId, { onStep, done: resolve, fail: reject })
      })
      await engine.submit(
        {
          type: 'StartRun',
          workspaceId: WORKSPACE,
          runId,
          title: 'five steps',
          plan,
          planHash,
          idea: {
            id: ArtifactId.parse(makeId()),
            name: 'Idea',
            digest: sha256(idea),
            mediaType: 'application/json',
            bytes: idea.length,
            commit: null,
            simulated: false,
          },
          forkOf: null,
          hold: false,
        },
        { by: { kind: 'person', id: 'bench' } },
      )
      await ended
    },
    countDurable: async () => {
      const { rows } = await engine.store.writer.query<{ runs: number; steps: number }>(
        `SELECT (SELECT count(*) FROM ropewalk.runs WHERE status = 'succeeded') AS runs,
                (SELECT count(*) FROM ropewalk.tasks WHERE status = 'completed') AS steps
         FROM (SELECT set_config('ropewalk.workspaces', $1, false)) AS seen`,
        [WORKSPACE],
      )
      return { runs: Number(rows[0]?.runs), steps: Number(rows[0]?.steps) }
    },
    readServerSettings: async () => {
      const { rows } = await engine.store.writer.query<{ name: string; setting: string }>(
        `SELECT name, setting FROM pg_settings
          WHERE name IN ('server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'max_connections', 'shared_buffers')`,
      )
      return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))
    },
    stop: async () => {
      await claimers.stop()
      await verifyLedgers(engine)
      await timers.stop()
      await engine.stop()
    },
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runPeerProgram(
    {
      peer: 'ropewalk',
      version: '0.1.0',
      durability:
        'group commit; one for the start of a run, one for the claim of its first step, one for the result of each step with its ledger entries and the claim of the next before that starts, one for the end: 8 a run, shared with the runs beside it',
      modes: [{ name: 'engine', isHeadline: true, concurrencies: [64, 256, 1024], idleSamples: 100 }],
      start,
    },
    import.meta.url,
  )
}
