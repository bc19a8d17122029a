import { afterAll, beforeAll, expect, test } from 'vitest'
import { ProjectId } from '@ropewalk/core/ids'
import { expectProjectsToMatch } from './support/project-histories.ts'
import {
  claimOneWork,
  claimWork,
  completeWork,
  dispatch,
  failWork,
  makeDeliverable,
  makeStartProject,
  makeUpload,
  startProject,
  workOffItems,
} from './support/backlog.ts'
import { makePhaseOf } from './support/plans.ts'
import { PERSON, WORKSPACE, claim, complete, startRun, startStage, type Stage } from './support/stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(async () => {
  await stage.stop()
})

const readItems = async (projectId: string) => {
  const rows = await stage.query<{ title: string; status: string; waiting_on: number }>(
    'SELECT title, status, waiting_on FROM ropewalk.items WHERE project_id = $1',
    [projectId],
  )
  return Object.fromEntries(rows.map(({ title, status }) => [title, status]))
}

const readProject = async (projectId: string) => {
  const [row] = await stage.query<{ status: string; leaves: Record<string, number> }>(
    'SELECT status, leaves FROM ropewalk.projects WHERE id = $1',
    [projectId],
  )
  return row
}

const listTypes = async (projectId: string): Promise<readonly string[]> => {
  const events = await stage.engine.listEvents(WORKSPACE, { after: 0, limit: 1000, stream: projectId })
  return events.map(({ type }) => type)
}

test('what waits for an item is ready once that is done, and the project ends with its last item', async () => {
  const { engine } = stage
  const project = await startProject(engine, [
    { key: 'first' },
    { key: 'second', dependsOn: ['first'] },
    { key: 'third', dependsOn: ['first', 'second'] },
  ])
  const { projectId } = project
  expect(await readItems(projectId)).toEqual({ first: 'ready', second: 'created', third: 'created' })
  await dispatch(engine, project, ['first', 'second', 'third'])
  const work = await claimOneWork(engine)
  expect(work).toMatchObject({
    projectId,
    itemId: project.ids['first'],
    attempt: 1,
    spec: { title: 'first' },
  })
  expect(await readItems(projectId)).toMatchObject({ first: 'in_progress' })
  await completeWork(engine, work)
  expect(await readItems(projectId)).toEqual({ first: 'done', second: 'ready', third: 'created' })
  await dispatch(engine, project, ['second', 'third'])
  const second = await claimOneWork(engine)
  expect(second.spec.inputs).toMatchObject([{ itemId: project.ids['first'], name: 'Cost' }])
  await completeWork(engine, second)
  await dispatch(engine, project, ['third'])
  expect(await workOffItems(engine)).toBe(1)
  expect(await readItems(projectId)).toEqual({ first: 'done', second: 'done', third: 'done' })
  expect(await readProject(projectId)).toMatchObject({ leaves: { done: 3 } })
  expect(await listTypes(projectId)).toEqual(
    expect.arrayContaining(['WORK.ITEM_DISPATCHED', 'WORK.ITEM_STARTED', 'WORK.ITEM_COMPLETED']),
  )
})

test('tasks of runs and of items stand on one queue, and each door gives its own', async () => {
  const { engine } = stage
  const runId = await startRun(engine, makePhaseOf(1, 'sequential'))
  const project = await startProject(engine, [{ key: 'one', capability: 'work' }])
  await engine.submit(
    {
      type: 'DispatchItems',
      ...project,
      ids: undefined,
      items: [{ itemId: project.ids['one'], capability: 'work', batches: null }],
    } as never,
    { by: PERSON },
  )
  const tasks = await claim(engine, 10)
  expect(tasks.map((task) => task.runId)).toEqual([runId])
  const work = await claimWork(engine, 10, { capabilities: ['work'] })
  expect(work.map((one) => one.projectId)).toEqual([project.projectId])
  const [task] = tasks
  if (task !== undefined) await complete(engine, task)
  for (const one of work) await completeWork(engine, one)
})

test('one task is claimed by its id, once, and only by who can do it', async () => {
  const { engine } = stage
  const project = await startProject(engine, [{ key: 'a' }, { key: 'b' }])
  const { dispatched } = (await dispatch(engine, project, ['a', 'b'])) as unknown as {
    dispatched: readonly { taskIds: readonly [never] }[]
  }
  const taskId = dispatched[1]?.taskIds[0]
  expect(await claimWork(engine, 1, { taskId, capabilities: ['friction'] })).toEqual([])
  expect(await claimWork(engine, 1, { taskId })).toMatchObject([
    { taskId, attempt: 1, projectId: project.projectId },
  ])
  expect(await claimWork(engine, 1, { taskId })).toEqual([])
  expect(await workOffItems(engine)).toBe(1)
})

test('a claim that came over the bus is made with the start of the work, and once', async () => {
  const { engine } = stage
  const project = await startProject(engine, [{ key: 'bus' }])
  const { dispatched } = (await dispatch(engine, project, ['bus'])) as unknown as {
    dispatched: readonly { taskIds: readonly [never] }[]
  }
  const taskId = dispatched[0]?.taskIds[0]
  const start = (worker: string) => {
    const { workspaceId, projectId } = project
    return engine.submit(
      { type: 'StartWork', workspaceId, projectId, taskId, attempt: 1, worker, leaseMs: 5000 } as never,
      { by: { kind: 'agent', id: worker } },
    )
  }
  const answers = await Promise.allSettled([start('left'), start('right'), start('left')])
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
  const rejected = answers.find((answer) => answer.status === 'rejected')
  expect(rejected?.reason).toMatchObject({ code: 'STALE_ATTEMPT' })
  const [row] = await stage.query<{ lease: number; timeout: number; is_next: boolean }>(
    `SELECT extract(epoch FROM lease_until - claimed_at)::float AS lease, overdue_at = lease_until AS is_next,
       extract(epoch FROM timeout_at - claimed_at)::float AS timeout FROM ropewalk.tasks WHERE id = $1`,
    [taskId],
  )
  expect(row).toMatchObject({ lease: 5, is_next: true })
  expect(row?.timeout).toBeGreaterThan(5)
  expect(
    await engine.heartbeat([{ workspaceId: WORKSPACE, taskId: taskId as never, attempt: 1 }]),
  ).toMatchObject([{ cancelled: false }])
})

test('the batches of an item are worked on side by side, and the last one completes it', async () => {
  const { engine } = stage
  const project = await startProject(engine, [{ key: 'rows', batchRows: 2 }], { uploads: [makeUpload(5)] })
  await dispatch(
    engine,
    project,
    ['rows'],
    [
      { from: 0, to: 2 },
      { from: 2, to: 4 },
      { from: 4, to: 5 },
    ],
  )
  const work = await claimWork(engine, 10)
  expect(work.map(({ spec }) => spec.records?.rows)).toEqual(
    expect.arrayContaining([
      { from: 0, to: 2 },
      { from: 2, to: 4 },
      { from: 4, to: 5 },
    ]),
  )
  const [first, second, third] = work
  if (first === undefined || second === undefined || third === undefined)
    throw new Error('Three were expected.')
  await Promise.all([first, second].map((one) => completeWork(engine, one)))
  expect(await readItems(project.projectId)).toEqual({ rows: 'in_progress' })
  await completeWork(engine, third, { merged: [makeDeliverable('All')] })
  expect(await readItems(project.projectId)).toEqual({ rows: 'done' })
})

test('a failed attempt is tried again by the next one, and the old one is refused', async () => {
  const { engine } = stage
  const project = await startProject(engine, [{ key: 'shaky' }])
  await dispatch(engine, project, ['shaky'])
  const first = await claimOneWork(engine)
  await failWork(engine, first)
  await expect(completeWork(engine, first)).rejects.toMatchObject({ code: 'STALE_ATTEMPT' })
  expect(await readItems(project.projectId)).toEqual({ shaky: 'ready' })
  await stage.shiftTime('1 hour')
  const second = await claimOneWork(engine)
  await stage.shiftTime('0')
  expect(second).toMatchObject({ taskId: first.taskId, attempt: 2 })
  await completeWork(engine, second)
  expect(await readItems(project.projectId)).toEqual({ shaky: 'done' })
})

test('structure is kept: parents follow their children, edges go with their items', async () => {
  const { engine } = stage
  const project = await startProject(engine, [
    { key: 'epic', kind: 'epic', capability: null },
    { key: 'left', parent: 'epic' },
    { key: 'right', parent: 'epic', dependsOn: ['left'] },
    { key: 'loose' },
  ])
  const { ids, ...on } = project
  const by = { by: PERSON }
  const id = (key: string) => ids[key] as never
  await engine.submit({ type: 'RemoveDependency', ...on, itemId: id('right'), dependsOnId: id('left') }, by)
  await engine.submit({ type: 'AddDependency', ...on, itemId: id('loose'), dependsOnId: id('right') }, by)
  await expect(
    engine.submit({ type: 'AddDependency', ...on, itemId: id('left'), dependsOnId: id('loose') }, by),
  ).resolves.toBeDefined()
  await expect(
    engine.submit({ type: 'AddDependency', ...on, itemId: id('right'), dependsOnId: id('loose') }, by),
  ).rejects.toMatchObject({ code: expect.stringMatching(/^[A-Z_]+$/u) as string })
  await engine.submit({ type: 'MoveItem', ...on, itemId: id('right'), parentId: null }, by)
  await engine.submit({ type: 'CancelItem', ...on, itemId: id('left'), reason: 'not needed' }, by)
  await engine.submit({ type: 'DeleteItem', ...on, itemId: id('left'), reason: 'gone' }, by)
  const [edges] = await stage.query<{ count: string }>(
    'SELECT count(*) FROM ropewalk.item_dependencies WHERE project_id = $1',
    [on.projectId],
  )
  expect(Number(edges?.count)).toBeGreaterThan(0)
})

test('a request with a key starts one project, however often it comes, and answers the same', async () => {
  const { engine } = stage
  const idempotency = { route: 'projects', key: 'once', bodyDigest: 'a' }
  const start = (bodyDigest = 'a') =>
    engine.submit(makeStartProject([{ key: 'only' }]), {
      by: PERSON,
      idempotency: { ...idempotency, bodyDigest },
    })
  const answers = await Promise.all([start(), start(), start()])
  expect(new Set(answers.map((answer) => answer['projectId'])).size).toBe(1)
  await expect(start('b')).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' })
})

test('a project of which nobody knows is not found, and nothing is written of it', async () => {
  const projectId = ProjectId.parse(makeStartProject([]).projectId)
  const { engine } = stage
  await expect(
    engine.submit(
      { type: 'SignalProject', workspaceId: WORKSPACE, projectId, signal: 'pause' },
      { by: PERSON },
    ),
  ).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect(await listTypes(projectId)).toEqual([])
})

test('every stored history of a project folds to what the tables say', async () => {
  expect(await expectProjectsToMatch(stage)).toBeGreaterThan(5)
})
