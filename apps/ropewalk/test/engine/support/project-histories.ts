import { ProjectId, WorkspaceId } from '@ropewalk/core/ids'
import type { LedgerEntry } from '@ropewalk/core/ledger/entry'
import { makeChainVerifier } from '@ropewalk/core/ledger/verify'
import { evolveProject } from '@ropewalk/core/project/evolve'
import {
  type Dependency,
  getDependencyKey,
  makeEmptyProjectState,
  type ProjectState,
  type WorkTask,
} from '@ropewalk/core/project/state'
import { type Attempt, getAttemptKey } from '@ropewalk/core/run/state'
import type { PgTable } from 'drizzle-orm/pg-core'
import { expect } from 'vitest'
import { upgradeProjectEvent } from '../../../src/engine/upgrade-event.ts'
import { runRead } from '../../../src/store/open.ts'
import { findRememberedHead, readLedgerRows } from '../../../src/store/read-ledger.ts'
import { makeTableSql } from '../../../src/store/table-sql.ts'
import * as tables from '../../../src/store/tables/backlog.ts'
import { attempts } from '../../../src/store/tables/tasks.ts'
import type { Stage } from './stage.ts'

/** A task as history tells it: claims and heartbeats are written beside the ledger. */
const forgetClaim = (task: WorkTask): Partial<WorkTask> => {
  const { attempt: _, claimedBy, claimedAt, leaseUntil, heartbeatAt, ...rest } = task
  if (task.status !== 'running') expect([claimedBy, leaseUntil, heartbeatAt]).toEqual([null, null, null])
  if (task.status === 'ready') expect(claimedAt).toBeNull()
  return { ...rest, status: task.status === 'running' ? 'ready' : task.status }
}

const byKey = <T>(items: readonly T[], getKey: (item: T) => string): Record<string, T> =>
  Object.fromEntries(items.map((item) => [getKey(item), item]))

const getId = ({ id }: { readonly id: string }): string => id

type Children = 'items' | 'tasks' | 'questions' | 'deliverables'
type Entity<K extends Children> = ProjectState[K] extends ReadonlyMap<string, infer T> ? T : never

/** The whole state of a project as the tables have it. */
const readState = async (stage: Stage, workspaceId: WorkspaceId, projectId: ProjectId) => {
  const list = async <T>(table: PgTable, owner: string, leaveOut: readonly string[]) => {
    const { name, select } = makeTableSql(table, leaveOut)
    const text = `SELECT ${select} FROM ${name} t WHERE t.${owner} = $1`
    const [rows = []] = await runRead(stage.engine.store, workspaceId, [
      { name: `test_${name}_${owner}`, text, values: [projectId] },
    ])
    return rows as readonly T[]
  }
  const out = ['workspaceId']
  const queue = ['phase', 'agent', 'kind', 'taskKey', 'modelCalls', 'usage', 'timeoutAt', 'overdueAt']
  const head = ['version', 'headHash', 'headAt', 'eventFormat']
  const [project] = await list(tables.projects, 'id', head)
  const edges = await list<Dependency>(tables.itemDependencies, 'project_id', [...out, 'projectId'])
  const tasks = await list<WorkTask>(tables.workTasks, 'run_id', [...out, ...queue])
  const questionColumns = [...out, 'category', 'priority']
  return {
    project,
    items: byKey(await list<Entity<'items'>>(tables.items, 'project_id', out), getId),
    dependencies: byKey(edges, getDependencyKey),
    tasks: byKey(tasks.map(forgetClaim), ({ id }) => id ?? ''),
    attempts: byKey(await list<Attempt>(attempts, 'run_id', out), (of) =>
      getAttemptKey(of.taskId, of.number),
    ),
    deliverables: byKey(await list<Entity<'deliverables'>>(tables.deliverables, 'project_id', out), getId),
    questions: byKey(
      await list<Entity<'questions'>>(tables.projectQuestions, 'project_id', questionColumns),
      getId,
    ),
  }
}

const toPlain = (state: ProjectState) => ({
  project: state.project,
  items: Object.fromEntries(state.items),
  dependencies: Object.fromEntries(state.dependencies),
  tasks: Object.fromEntries(state.tasks.entries().map(([id, task]) => [id, forgetClaim(task)])),
  attempts: Object.fromEntries(state.attempts),
  deliverables: Object.fromEntries(state.deliverables),
  questions: Object.fromEntries(state.questions),
})

/** Folds the history of every project in the database, checks its chain, and expects the tables to say the same. */
export const expectProjectsToMatch = async (stage: Stage): Promise<number> => {
  const { store } = stage.engine
  await stage.stopTimers()
  const projects = await stage.query<{ id: string; workspace_id: string }>(
    'SELECT id, workspace_id FROM ropewalk.projects',
  )
  for (const row of projects) {
    const projectId = ProjectId.parse(row.id)
    const workspaceId = WorkspaceId.parse(row.workspace_id)
    const verifier = makeChainVerifier(projectId)
    const entries: LedgerEntry[] = []
    for await (const kept of readLedgerRows(store, workspaceId, projectId)) {
      expect(verifier.add(kept)).toBeUndefined()
      entries.push(JSON.parse(kept.body) as LedgerEntry)
    }
    const head = await findRememberedHead(store, workspaceId, projectId)
    expect(verifier.end({ heads: [], head })).toBeUndefined()
    expect(head?.seq).toBe(entries.length)
    let state = makeEmptyProjectState()
    for (const { at, events } of entries)
      for (const event of events) state = evolveProject(state, { ...upgradeProjectEvent(event), at })
    expect(await readState(stage, workspaceId, projectId)).toEqual(toPlain(state))
  }
  return projects.length
}
