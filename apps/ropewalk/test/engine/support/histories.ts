import type { Artifact } from '@ropewalk/core/contract/artifact'
import type { EvidencePack } from '@ropewalk/core/contract/evidence-pack'
import { RunId, WorkspaceId } from '@ropewalk/core/ids'
import type { LedgerEntry } from '@ropewalk/core/ledger/entry'
import { makeChainVerifier } from '@ropewalk/core/ledger/verify'
import { foldRun } from '@ropewalk/core/run/evolve'
import { getAttemptKey, type Reservation, type RunState, type Task } from '@ropewalk/core/run/state'
import { expect } from 'vitest'
import type { Page, PageRequest } from '../../../src/engine/contract.ts'
import type { RunningEngine } from '../../../src/engine/start.ts'
import { upgradeEvent } from '../../../src/engine/upgrade-event.ts'
import { makeTableSql } from '../../../src/store/table-sql.ts'
import { reservations } from '../../../src/store/tables/questions.ts'
import { findRememberedHead, readLedgerRows } from '../../../src/store/read-ledger.ts'
import { runRead } from '../../../src/store/open.ts'
import type { Stage } from './stage.ts'

const readAll = async <T>(list: (page: PageRequest) => Promise<Page<T>>): Promise<readonly T[]> => {
  const items: T[] = []
  let cursor: string | undefined
  do {
    const page = await list({ limit: 50, cursor })
    items.push(...page.items)
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  return items
}

/** A task as history tells it: claims and heartbeats are written beside the ledger. */
const forgetClaim = (task: Task): Partial<Task> => {
  const { attempt, claimedBy, claimedAt, leaseUntil, heartbeatAt, ...rest } = task
  expect(attempt).toBeGreaterThanOrEqual(0)
  if (task.status === 'running') expect([claimedBy, claimedAt, leaseUntil, heartbeatAt]).not.toContain(null)
  return { ...rest, status: task.status === 'running' ? 'ready' : task.status }
}

const byKey = <T>(items: readonly T[], getKey: (item: T) => string): Record<string, T> =>
  Object.fromEntries(items.map((item) => [getKey(item), item]))

/** The whole state of a run as the tables have it. */
const readState = async (engine: RunningEngine, workspaceId: WorkspaceId, runId: RunId) => {
  const { run, phases } = await engine.readRun(workspaceId, runId)
  const { version, headHash, ...entity } = run
  const tasks = await readAll((page) => engine.listTasks(workspaceId, runId, page))
  const attempts = (await Promise.all(tasks.map((task) => engine.readTask(workspaceId, task.id)))).flatMap(
    (task) => task.attempts,
  )
  const gates = (
    await Promise.all(phases.map(({ phase }) => engine.listGates(workspaceId, runId, phase)))
  ).flat()
  const [rows = []] = await runRead(engine.store, workspaceId, [
    {
      name: 'test_reservations',
      text: `SELECT ${makeTableSql(reservations, ['workspaceId']).select} FROM ropewalk.reservations t WHERE t.run_id = $1`,
      values: [runId],
    },
  ])
  const artifacts = await readAll<Artifact>((page) => engine.listArtifacts(workspaceId, runId, page))
  const questions = await readAll((page) => engine.listQuestions(workspaceId, { ...page, runId }))
  return {
    head: { version, headHash },
    state: {
      run: entity,
      phases: byKey(phases, ({ phase }) => phase),
      tasks: byKey(tasks.map(forgetClaim), ({ id }) => id ?? ''),
      attempts: byKey(attempts, ({ taskId, number }) => getAttemptKey(taskId, number)),
      artifacts: byKey(artifacts, ({ id }) => id),
      questions: byKey(questions, ({ id }) => id),
      waivers: byKey(await engine.listWaivers(workspaceId, runId), ({ id }) => id),
      reservations: byKey(rows as readonly Reservation[], ({ id }) => id),
      packs: byKey<EvidencePack>(
        gates.map(({ pack }) => pack),
        ({ id }) => id,
      ),
    },
  }
}

const toPlain = (state: RunState) => ({
  run: state.run,
  phases: Object.fromEntries(state.phases),
  tasks: Object.fromEntries(state.tasks.entries().map(([id, task]) => [id, forgetClaim(task)])),
  attempts: Object.fromEntries(state.attempts),
  artifacts: Object.fromEntries(state.artifacts),
  questions: Object.fromEntries(state.questions),
  waivers: Object.fromEntries(state.waivers),
  reservations: Object.fromEntries(state.reservations),
  packs: Object.fromEntries(state.packs),
})

/** Folds every history in the database, checks its chain, and expects the tables to say the same. */
export const expectHistoriesToMatch = async (stage: Stage): Promise<number> => {
  const { engine } = stage
  await stage.stopTimers()
  const runs = await stage.query<{ id: string; workspace_id: string }>(
    'SELECT id, workspace_id FROM ropewalk.runs',
  )
  for (const row of runs) {
    const runId = RunId.parse(row.id)
    const workspaceId = WorkspaceId.parse(row.workspace_id)
    const { plan } = await engine.readRun(workspaceId, runId)
    const verifier = makeChainVerifier(runId)
    const entries: LedgerEntry[] = []
    for await (const kept of readLedgerRows(engine.store, workspaceId, runId)) {
      expect(verifier.add(kept)).toBeUndefined()
      entries.push(JSON.parse(kept.body) as LedgerEntry)
    }
    const head = await findRememberedHead(engine.store, workspaceId, runId)
    expect(verifier.end({ heads: [], head })).toBeUndefined()
    const times = entries.map((entry) => entry.at)
    expect(times).toEqual(times.toSorted())
    const folded = foldRun(
      entries.flatMap(({ at, events }) => events.map((event) => ({ ...upgradeEvent(event), at }))),
      plan,
    )
    const stored = await readState(engine, workspaceId, runId)
    expect(stored.state).toEqual(toPlain(folded))
    expect(stored.head).toEqual({ version: entries.length, headHash: head?.hash })
  }
  return runs.length
}
