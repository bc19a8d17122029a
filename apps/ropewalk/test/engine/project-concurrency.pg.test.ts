import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunningEngine } from '../../src/engine/start.ts'
import { expectHistoriesToMatch } from './support/histories.ts'
import { makePhaseOf } from './support/plans.ts'
import { expectProjectsToMatch } from './support/project-histories.ts'
import {
  claimWork,
  completeWork,
  dispatch,
  makeStartProject,
  startProject,
  type ItemInput,
  type StartedProject,
} from './support/backlog.ts'
import {
  AGENT,
  PERSON,
  WORKSPACE,
  claim,
  complete,
  startRun,
  startStage,
  type Stage,
} from './support/stage.ts'

let stage: Stage
let engines: readonly [RunningEngine, RunningEngine]
beforeAll(async () => {
  stage = await startStage()
  engines = [stage.engine, await stage.startAnother()]
})
afterAll(async () => {
  await stage.stop()
})

const readDeadlocks = async (): Promise<string | undefined> => {
  const [row] = await stage.query<{ deadlocks: string }>(
    'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
  )
  return row?.deadlocks
}

const countDone = async (projectIds: readonly string[]): Promise<number> => {
  const [row] = await stage.query<{ count: string }>(
    `SELECT count(*) FROM ropewalk.items WHERE project_id = ANY ($1) AND status = 'done'`,
    [projectIds],
  )
  return Number(row?.count)
}

/** Claims, beats and completes through both engines until nothing comes any more. */
const work = async (engine: RunningEngine, other: RunningEngine, worker: string, seen: string[]) => {
  for (let idle = 0; idle < 5;) {
    const claimed = await claimWork(engine, 5, { worker })
    const tasks = await claim(engine, 2, worker)
    idle = claimed.length + tasks.length === 0 ? idle + 1 : 0
    seen.push(...claimed.map(({ taskId, attempt }) => `${taskId}/${attempt}`))
    await Promise.all([
      ...claimed.toReversed().map(async (one, index) => {
        const by = index % 2 === 0 ? engine : other
        await by.heartbeat([one])
        await by.appendLog({ ...one, lines: [{ stream: 'out', text: worker }] })
        await completeWork(by, one)
      }),
      ...tasks.map((task) => complete(other, task)),
      engine.heartbeat([...tasks, ...claimed]),
    ])
    if (idle > 0) await sleep(20)
  }
}

test('workers of two processes work off one project and many, beside runs, without a deadlock and each item once', async () => {
  const before = await readDeadlocks()
  const chains = Array.from({ length: 10 }, (_, chain) =>
    Array.from({ length: 4 }, (__, step): ItemInput => {
      const dependsOn = step === 0 ? [] : [`c${chain}-${step - 1}`]
      return { key: `c${chain}-${step}`, dependsOn }
    }),
  )
  const large = await startProject(stage.engine, chains.flat())
  const small = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      startProject(engines[index % 2] ?? stage.engine, [{ key: 'left' }, { key: 'right' }]),
    ),
  )
  const projects: readonly StartedProject[] = [large, ...small]
  await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      startRun(engines[index % 2] ?? stage.engine, makePhaseOf(3, 'parallel')),
    ),
  )
  let isGoing = true
  const give = async () => {
    while (isGoing) {
      await Promise.all(
        projects.map((project, index) =>
          dispatch(engines[index % 2] ?? stage.engine, project, Object.keys(project.ids)),
        ),
      )
      await sleep(10)
    }
  }
  const giving = give()
  const seen: string[] = []
  await Promise.all([
    work(engines[0], engines[1], 'a', seen),
    work(engines[1], engines[0], 'b', seen),
    work(engines[0], engines[1], 'c', seen),
  ])
  isGoing = false
  await giving
  expect(new Set(seen).size).toBe(seen.length)
  expect(seen).toHaveLength(60)
  expect(await countDone(projects.map(({ projectId }) => projectId))).toBe(60)
  expect(await readDeadlocks()).toBe(before)
})

test('of many who hand in the same work, and many who start the same project, one is heard', async () => {
  const project = await startProject(stage.engine, [{ key: 'once' }])
  await dispatch(stage.engine, project, ['once'])
  const [one] = await claimWork(stage.engine)
  if (one === undefined) throw new Error('There was no work.')
  const answers = await Promise.allSettled(
    Array.from({ length: 20 }, (_, index) => completeWork(engines[index % 2] ?? stage.engine, one)),
  )
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  for (const answer of answers)
    if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'STALE_ATTEMPT' })
  const command = makeStartProject([{ key: 'x' }])
  const starts = await Promise.allSettled(
    Array.from({ length: 10 }, (_, index) =>
      (engines[index % 2] ?? stage.engine).submit(command, { by: PERSON }),
    ),
  )
  expect(starts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

test('a project of another workspace is not found, whatever else is in the batch', async () => {
  const project = await startProject(stage.engine, [{ key: 'mine' }])
  const { projectId } = project
  const other = 'other' as typeof WORKSPACE
  const [foreign] = await Promise.allSettled([
    stage.engine.submit(
      { type: 'SignalProject', workspaceId: other, projectId, signal: 'cancel' },
      { by: AGENT },
    ),
    stage.engine.submit(
      { type: 'SignalProject', workspaceId: WORKSPACE, projectId, signal: 'pause' },
      { by: PERSON },
    ),
  ])
  expect(foreign).toMatchObject({ status: 'rejected', reason: { code: 'NOT_FOUND' } })
})

test('every stored history folds to what the tables say', async () => {
  expect(await expectProjectsToMatch(stage)).toBeGreaterThan(10)
  expect(await expectHistoriesToMatch(stage)).toBe(10)
})
