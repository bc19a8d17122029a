import type { RunCommand } from '@ropewalk/core/run/commands'
import type { RunEvent } from '@ropewalk/core/run/events'
import { addMs } from '@ropewalk/core/decision'
import type { RunState, Task } from '@ropewalk/core/run/state'
import { leaveSameJson } from '../../../store/table-sql.ts'
import type { Change, Decided } from '../../aggregate.ts'
import type { PlanCache } from '../../plan-cache.ts'
import { EVENT_FORMAT } from '../../upgrade-event.ts'
import { PHASES, TASKS, nameBlob, sortRows } from '../../writes.ts'
import type { Rows, Target } from '../../writes.ts'

const samePhaseJson = leaveSameJson(PHASES)
const sameTaskJson = leaveSameJson(TASKS)

/** The rows of a changed run and its children. */
export const addRunRows = (rows: Rows, change: Change<RunState>): void => {
  const { workspaceId, stored, state, version, headHash, headAt } = change
  ;(change.isNew ? rows.insertRuns : rows.updateRuns).push({
    workspaceId,
    of: state.run ?? {},
    and: { version, headHash, headAt, eventFormat: EVENT_FORMAT },
  })
  const sort = <T extends object>(
    before: ReadonlyMap<string, T>,
    after: ReadonlyMap<string, T>,
    into: Target<T>,
  ) => sortRows(workspaceId, before, after, into)
  sort(stored.phases, state.phases, {
    added: rows.insertPhases,
    changed: rows.updatePhases,
    onChange: samePhaseJson,
  })
  sort(stored.tasks, state.tasks, {
    added: rows.insertTasks,
    changed: rows.updateTasks,
    onAdd: getClocks,
    onChange: sameTaskJson,
  })
  sort(stored.questions, state.questions, { added: rows.insertQuestions, changed: rows.updateQuestions })
  sort(stored.reservations, state.reservations, {
    added: rows.insertReservations,
    changed: rows.updateReservations,
  })
  sort(stored.waivers, state.waivers, { added: rows.insertWaivers, changed: rows.updateWaivers })
  sort(stored.attempts, state.attempts, { added: rows.insertAttempts })
  sort(stored.artifacts, state.artifacts, {
    added: rows.insertArtifacts,
    onAdd: (artifact) => ({ createdAt: artifact.lineage.createdAt }),
  })
  sort(stored.packs, state.packs, {
    added: rows.insertPacks,
    onAdd: (pack) => ({ pack, createdAt: headAt }),
  })
}

/** When a task that was claimed as it was made runs out of time, and of its lease. */
const getClocks = ({ claimedAt, leaseUntil, spec }: Task): Readonly<Record<string, string>> => {
  if (claimedAt === null || leaseUntil === null) return {}
  const timeoutAt = addMs(claimedAt, spec.budget.ms)
  return { timeoutAt, overdueAt: timeoutAt < leaseUntil ? timeoutAt : leaseUntil }
}

/** A plan that is not stored yet, dossiers, and the blobs that the ledger names from now on. */
export const addRunSideRows = (
  rows: Rows,
  decided: Decided<RunCommand, RunEvent>,
  plans: PlanCache,
): void => {
  const { command, workspaceId, id: runId, at: createdAt } = decided
  if (command.type === 'StartRun') addPlan(rows, command, createdAt, plans)
  for (const event of decided.events) {
    if (event.type !== 'dossier.published') continue
    rows.insertDossiers.push({ workspaceId, of: { ...event.data, runId, createdAt } })
  }
  for (const digest of listDigests(command)) nameBlob(rows, workspaceId, digest)
}

type StartRun = Extract<RunCommand, { type: 'StartRun' }>

const addPlan = (rows: Rows, command: StartRun, createdAt: string, plans: PlanCache): void => {
  const { workspaceId, planHash: hash, plan } = command
  if (plans.isStored(workspaceId, hash)) return
  // A plan takes 100 KB: runs of one plan that start together hand it over once.
  const isThere = rows.insertPlans.some(
    (row) => row.workspaceId === workspaceId && Reflect.get(row.of, 'hash') === hash,
  )
  if (!isThere) rows.insertPlans.push({ workspaceId, of: { hash, plan, createdAt } })
}

/** Blobs that the ledger now names, directly or through a report, must outlive the sweep. */
const listDigests = (command: RunCommand): readonly string[] => {
  switch (command.type) {
    case 'CompleteTask':
      return [
        ...command.outputs.map(({ digest }) => digest),
        ...command.reports.flatMap(({ digest, inputDigests, outputDigests }) => [
          digest,
          ...inputDigests,
          ...outputDigests,
        ]),
      ]
    case 'StartRun':
      return [command.idea.digest]
    case 'EditArtifact':
      return [command.output.digest]
    case 'RecordDossier':
      return [command.digest]
    default:
      return []
  }
}
