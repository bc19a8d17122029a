import { ItemDraft } from '@ropewalk/core/contract/item'
import { ERRORS, RopewalkError } from '@ropewalk/core/errors'
import { ItemId, QuestionId, TaskId } from '@ropewalk/core/ids'
import type { ProjectCommand } from '@ropewalk/core/project/commands'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ClaimedWork } from '../../src/engine/contract.ts'
import type { RunningEngine } from '../../src/engine/start.ts'
import { makeRandom } from '../support/random.ts'
import {
  claimWork,
  dispatch,
  failWork,
  makeCompleteWork,
  startProject,
  type StartedProject,
} from './support/backlog.ts'
import { expectProjectsToMatch } from './support/project-histories.ts'
import { AGENT, PERSON, startStage, WORKSPACE, type Stage } from './support/stage.ts'

let stage: Stage
let engines: readonly [RunningEngine, RunningEngine]
beforeAll(async () => {
  stage = await startStage()
  engines = [stage.engine, await stage.startAnother()]
})
afterAll(async () => {
  await stage.stop()
})

const CLIENTS = 50
const STEPS = 14

type Row = {
  readonly id: string
  readonly parentId: string | null
  readonly status: string
  readonly children: Readonly<Record<string, number>> | null
  readonly waitingOn: number
}

const listItems = (projectId: string): Promise<readonly Row[]> =>
  stage.query<Row>(
    `SELECT id, parent_id AS "parentId", status, children, waiting_on AS "waitingOn"
     FROM ropewalk.items WHERE project_id = $1 AND NOT is_deleted`,
    [projectId],
  )

const listEdges = (projectId: string) =>
  stage.query<{ item: string; on: string; status: string }>(
    `SELECT d.item_id AS item, d.depends_on_id AS on, i.status FROM ropewalk.item_dependencies d
     JOIN ropewalk.items i ON i.id = d.depends_on_id WHERE d.project_id = $1`,
    [projectId],
  )

const draft = (title: string) => ItemDraft.parse({ kind: 'task', title, capability: 'cost' })

// One line for each thing there is to do.
/** One thing that a client does, chosen by chance. */
const makeStep =
  (project: StartedProject, random: () => number) =>
  async (engine: RunningEngine, held: ClaimedWork[]): Promise<unknown> => {
    const { projectId } = project
    const on = { workspaceId: WORKSPACE, projectId }
    const submit = (command: ProjectCommand) => engine.submit(command, { by: PERSON })
    const pick = <T>(list: readonly T[]): T => {
      const found = list[Math.floor(random() * list.length)]
      if (found === undefined) throw new RopewalkError('NOT_FOUND', 'There is none.')
      return found
    }
    const items = await listItems(projectId)
    const any = (): ItemId => ItemId.parse(pick(items).id)
    const reason = 'By chance.'
    const isLucky = random() < 0.3
    const step = pick([
      () => submit({ type: 'SplitItem', ...on, itemId: any(), into: [draft('left'), draft('right')] }),
      () => submit({ type: 'MoveItem', ...on, itemId: any(), parentId: isLucky ? null : any() }),
      () => submit({ type: 'AddDependency', ...on, itemId: any(), dependsOnId: any() }),
      () => submit({ type: 'AddDependency', ...on, itemId: any(), dependsOnId: any() }),
      async () => {
        const { item, on: dependsOn } = pick(await listEdges(projectId))
        return submit({
          type: 'RemoveDependency',
          ...on,
          itemId: ItemId.parse(item),
          dependsOnId: ItemId.parse(dependsOn),
        })
      },
      () =>
        submit({
          type: isLucky ? 'CancelItem' : 'RequestApproval',
          ...on,
          itemId: any(),
          reason,
          quorum: 1,
        } as ProjectCommand),
      () => submit({ type: isLucky ? 'DeleteItem' : 'BlockItem', ...on, itemId: any(), reason }),
      () => submit({ type: 'UnblockItem', ...on, itemId: any() }),
      () => submit({ type: 'RetryItem', ...on, itemId: any() }),
      () =>
        submit({
          type: 'AddItems',
          ...on,
          items: [draft('new'), draft('newer')],
          source: 'person',
          of: null,
        }),
      () => submit({ type: 'SignalProject', ...on, signal: isLucky ? 'pause' : 'resume' }),
      () => submit({ type: 'SignalProject', ...on, signal: 'resume' }),
      () =>
        submit({
          type: 'ReviewItem',
          ...on,
          itemId: any(),
          result: isLucky ? 'rejected' : 'approved',
          notes: 'x',
        }),
      () => submit({ type: 'SetParameters', ...on, parameters: { rate: Math.floor(random() * 9) } }),
      async () => {
        const ready = items.filter(({ status }) => status === 'ready')
        return dispatch(engine, { ...project, ids: { it: ItemId.parse(pick(ready).id) } }, ['it'])
      },
      async () => {
        const ready = items.filter(({ status }) => status === 'ready')
        return dispatch(engine, { ...project, ids: { it: ItemId.parse(pick(ready).id) } }, ['it'])
      },
      async () => held.push(...(await claimWork(engine, 3))),
      async () => held.push(...(await claimWork(engine, 3))),
      async () => {
        const work = pick(held)
        // Together with what takes the work away from under it.
        const cancel: ProjectCommand = isLucky
          ? { type: 'CancelItem', ...on, itemId: ItemId.parse(work.itemId), reason }
          : {
              type: 'LoseWork',
              ...on,
              taskId: TaskId.parse(work.taskId),
              attempt: work.attempt,
              outcome: 'lost',
              worker: 'w1',
              claimedAt: work.claimedAt,
              message: 'gone',
            }
        const both = [
          engine.submit(makeCompleteWork(work), { by: AGENT }),
          ...(random() < 0.5 ? [submit(cancel)] : []),
        ]
        for (const one of await Promise.allSettled(both)) if (one.status === 'rejected') throw one.reason
      },
      async () => failWork(engine, pick(held)),
      async () => {
        const open = await stage.query<{ id: string; kind: string }>(
          `SELECT id, kind FROM ropewalk.questions WHERE project_id = $1 AND status = 'open'`,
          [projectId],
        )
        const { id, kind } = pick(open)
        const questionId = QuestionId.parse(id)
        return submit(
          kind === 'approval'
            ? { type: 'SubmitApproval', ...on, questionId, approved: !isLucky, notes: 'x' }
            : { type: 'AnswerProjectQuestion', ...on, questionId, answer: 'x', values: null },
        )
      },
    ])
    return step()
  }

const isOurFault = (error: unknown): boolean =>
  !(error instanceof RopewalkError) || ERRORS[error.code].status >= 500 || error.code === 'INVARIANT_BROKEN'

const expectTreeToHold = async (projectId: string): Promise<void> => {
  const items = await listItems(projectId)
  const byParent = Map.groupBy(items, ({ parentId }) => parentId)
  for (const { id, children } of items) {
    const below = byParent.get(id) ?? []
    const counts: Record<string, number> = {}
    for (const { status } of below) counts[status] = (counts[status] ?? 0) + 1
    const kept = Object.fromEntries(Object.entries(children ?? {}).filter(([, count]) => count > 0))
    expect(kept).toEqual(counts)
  }
  const edges = await listEdges(projectId)
  for (const { id, waitingOn, status } of items) {
    if (['done', 'cancelled', 'failed'].includes(status)) continue
    const open = edges.filter((edge) => edge.item === id && edge.status !== 'done')
    expect(waitingOn, `${id} is ${status}`).toBe(open.length)
  }
}

test('fifty clients of two processes on one project leave rows that are what its history says', async () => {
  const keys = Array.from({ length: 12 }, (_, index) => ({ key: `i${index}` }))
  const project = await startProject(stage.engine, keys)
  const faults: unknown[] = []
  let done = 0
  await Promise.all(
    Array.from({ length: CLIENTS }, async (_, client) => {
      const step = makeStep(project, makeRandom(1000 + client))
      const held: ClaimedWork[] = []
      for (let count = 0; count < STEPS; count += 1) {
        try {
          await step(engines[client % 2] ?? stage.engine, held)
          done += 1
        } catch (error) {
          if (isOurFault(error)) faults.push(error)
        }
      }
    }),
  )
  expect(faults).toEqual([])
  expect(done).toBeGreaterThan(200)
  await expectTreeToHold(project.projectId)
  await expectProjectsToMatch(stage)
}, 120_000)

test('of two commands that would close a circle together one is refused', async () => {
  for (let round = 0; round < 10; round += 1) {
    const { projectId, ids } = await startProject(stage.engine, [{ key: 'a' }, { key: 'b' }])
    const [a, b] = [ItemId.parse(ids['a']), ItemId.parse(ids['b'])]
    const wait = (itemId: ItemId, dependsOnId: ItemId, engine: RunningEngine) =>
      engine.submit(
        { type: 'AddDependency', workspaceId: WORKSPACE, projectId, itemId, dependsOnId },
        { by: PERSON },
      )
    const both = await Promise.allSettled([wait(a, b, engines[0]), wait(b, a, engines[1])])
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  }
})
