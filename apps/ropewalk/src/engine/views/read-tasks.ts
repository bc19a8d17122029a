import type { AgentDefinition } from '@ropewalk/core/contract/playbook'
import type { Artifact } from '@ropewalk/core/contract/artifact'
import type { PhaseContext } from '@ropewalk/core/contract/phase-context'
import type { RunPlan } from '@ropewalk/core/contract/run-plan'
import { RopewalkError } from '@ropewalk/core/errors'
import type { RunId, TaskId, WorkspaceId } from '@ropewalk/core/ids'
import type { Attempt, Question, Task } from '@ropewalk/core/run/state'
import { runRead } from '../../store/open.ts'
import type { Store } from '../../store/open.ts'
import type { Page, PageRequest, TaskContext } from '../contract.ts'
import type { PlanCache } from '../plan-cache.ts'
import { checkLimit, makePage, parseCursor } from './cursor.ts'
import { readPlan } from './read-run.ts'
import { SELECT } from './view-sql.ts'

type OfTask = { readonly workspaceId: WorkspaceId; readonly taskId: TaskId }

const makeNotFound = ({ taskId }: OfTask): RopewalkError =>
  new RopewalkError('NOT_FOUND', `There is no task ${taskId} in this workspace.`)

/** Tasks of a run, oldest first; ids of ours sort by time. Throws INVALID_ARGUMENT. */
export const listTasks = async (
  store: Store,
  of: { readonly workspaceId: WorkspaceId; readonly runId: RunId },
  page: PageRequest,
): Promise<Page<Task>> => {
  const limit = checkLimit(page)
  const [, after] = parseCursor(page.cursor) ?? [null, null]
  const [rows = []] = await runRead(store, of.workspaceId, [
    {
      name: 'list_tasks',
      text: `SELECT ${SELECT.tasks} FROM ropewalk.tasks t WHERE t.workspace_id IS NOT DISTINCT FROM $1 AND t.run_id = $2
        AND t.id > coalesce($3::uuid, '00000000-0000-0000-0000-000000000000') ORDER BY t.id LIMIT $4`,
      values: [of.workspaceId, of.runId, after, limit + 1],
    },
  ])
  return makePage(rows as readonly Task[], limit, (task) => [task.createdAt, task.id])
}

/** A task with its ended attempts, first to last. Throws NOT_FOUND. */
export const readTask = async (
  store: Store,
  of: OfTask,
): Promise<Task & { readonly attempts: readonly Attempt[] }> => {
  const values = [of.workspaceId, of.taskId]
  const [tasks = [], attempts = []] = await runRead(store, of.workspaceId, [
    {
      name: 'read_task',
      text: `SELECT ${SELECT.tasks} FROM ropewalk.tasks t WHERE t.workspace_id IS NOT DISTINCT FROM $1 AND t.id = $2`,
      values,
    },
    {
      name: 'read_attempts',
      text: `SELECT ${SELECT.attempts} FROM ropewalk.attempts t
        WHERE t.workspace_id IS NOT DISTINCT FROM $1 AND t.task_id = $2 ORDER BY t.number`,
      values,
    },
  ])
  const [task] = tasks as readonly Task[]
  if (task === undefined) throw makeNotFound(of)
  return { ...task, attempts: attempts as readonly Attempt[] }
}

type RunPart = { readonly planHash: string; readonly acceptedCommit: string | null }

/** What the doer of a task needs to know. Throws NOT_FOUND. */
export const readTaskContext = async (store: Store, plans: PlanCache, of: OfTask): Promise<TaskContext> => {
  const task = await readTask(store, of)
  const artifactIds = task.spec.input.map((input) => input.artifactId)
  const [runs = [], questions = [], artifacts = []] = await runRead(store, of.workspaceId, [
    {
      name: 'read_run_of_task',
      text: `SELECT t.plan_hash AS "planHash", t.accepted_commit AS "acceptedCommit" FROM ropewalk.runs t
        WHERE t.workspace_id IS NOT DISTINCT FROM $1 AND t.id = $2`,
      values: [of.workspaceId, task.runId],
    },
    {
      name: 'read_answers',
      text: `SELECT ${SELECT.questions} FROM ropewalk.questions t
        WHERE t.workspace_id IS NOT DISTINCT FROM $1 AND t.run_id = $2 AND t.answer IS NOT NULL AND t.status <> 'open'
          AND t.kind = 'question'
        ORDER BY t.created_at, t.id LIMIT 200`,
      values: [of.workspaceId, task.runId],
    },
    {
      name: 'read_inputs',
      text: `SELECT ${SELECT.artifacts} FROM ropewalk.artifacts t
        WHERE t.workspace_id IS NOT DISTINCT FROM $1 AND t.id = ANY ($2::uuid[])`,
      values: [of.workspaceId, artifactIds],
    },
  ])
  const [run] = runs as readonly RunPart[]
  if (run === undefined) throw makeNotFound(of)
  const plan = await readPlan(store, plans, { workspaceId: of.workspaceId, hash: run.planHash })
  const byId = new Map((artifacts as readonly Artifact[]).map((artifact) => [artifact.id, artifact]))
  return {
    context: makePhaseContext(task, plan, questions as readonly Question[]),
    agent: findAgent(plan, task),
    plan,
    inputs: task.spec.input.flatMap((input) => {
      const artifact = byId.get(input.artifactId)
      return artifact === undefined ? [] : [{ ...input, artifact }]
    }),
    acceptedCommit: run.acceptedCommit,
  }
}

const findAgent = (plan: RunPlan, task: Task): AgentDefinition | null => {
  const named = plan.agents.filter((agent) => agent.agent === task.agent)
  return named.find((agent) => agent.phase === task.phase) ?? named[0] ?? null
}

const makePhaseContext = (
  task: Task & { readonly attempts: readonly Attempt[] },
  plan: RunPlan,
  questions: readonly Question[],
): PhaseContext => {
  const phase = plan.phases.find((one) => one.phase === task.phase)
  if (phase === undefined) {
    throw new RopewalkError('INVARIANT_BROKEN', `The plan of the run has no phase ${task.phase}.`)
  }
  const { definition } = phase
  return {
    runId: task.runId,
    phase: task.phase,
    idea: plan.idea,
    inputs: [...task.spec.input],
    budgets: definition.budgets,
    rubrics: definition.rubrics,
    timebox: definition.timebox,
    dependencies: [...(plan.dependencies[task.phase] ?? definition.needs)],
    answers: questions.map(({ id, text, answer, values, decidedBy }) => ({
      questionId: id,
      question: text,
      answer: answer ?? '',
      ...(values === null ? {} : { values }),
      decidedBy: decidedBy ?? 'policy',
    })),
    kmap: [],
    metadata: {
      attemptNumber: Math.max(1, task.attempt),
      round: task.round,
      previousAttemptFailures: task.attempts
        .filter((attempt) => attempt.outcome !== 'completed')
        .flatMap(({ message }) => (message === null || message === '' ? [] : [message])),
    },
  }
}
