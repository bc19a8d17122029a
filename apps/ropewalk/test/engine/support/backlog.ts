import { sha256 } from '@ropewalk/core/canonical'
import { ItemDraft, type Upload } from '@ropewalk/core/contract/item'
import type { DeliverableDraft, DoneCheck } from '@ropewalk/core/contract/work-order'
import { ItemId, ProjectId, type WorkspaceId } from '@ropewalk/core/ids'
import type { ProjectCommandOf } from '@ropewalk/core/project/commands'
import type { Answer, ClaimedWork } from '../../../src/engine/contract.ts'
import type { RunningEngine } from '../../../src/engine/start.ts'
import { AGENT, PERSON, WORKSPACE, makeUuid } from './stage.ts'

export const makeProjectId = (): ProjectId => ProjectId.parse(makeUuid())

/** What a test says of an item; the rest has defaults. `key` is its title. */
export type ItemInput = { readonly key: string } & Partial<ItemDraft>

export const makeItem = ({ key, ...rest }: ItemInput): ItemDraft =>
  ItemDraft.parse({ key, kind: 'task', title: key, capability: 'cost', ...rest })

/** A table of as many rows as said; its bytes are not there, and nothing here reads them. */
export const makeUpload = (rows: number): Upload => ({
  name: 'table.csv',
  digest: sha256(makeUuid()),
  recordsDigest: sha256(makeUuid()),
  rows,
})

type StartInput = Partial<ProjectCommandOf<'StartProject'>>

export const makeStartProject = (
  items: readonly ItemInput[],
  rest: StartInput = {},
): ProjectCommandOf<'StartProject'> => ({
  type: 'StartProject',
  workspaceId: WORKSPACE,
  projectId: makeProjectId(),
  name: 'Invoices',
  request: 'Reduce the time lost on invoices.',
  mode: 'hybrid',
  dispatch: 'auto',
  template: null,
  templateHash: null,
  parameters: {},
  uploads: [],
  items: items.map(makeItem),
  hits: [],
  questions: [],
  questionDeadlineMs: 60_000,
  ...rest,
})

/** A started project; `ids` by the keys of its items. */
export type StartedProject = {
  readonly projectId: ProjectId
  readonly workspaceId: WorkspaceId
  readonly ids: Readonly<Record<string, ItemId>>
}

export const startProject = async (
  engine: RunningEngine,
  items: readonly ItemInput[],
  rest: StartInput = {},
): Promise<StartedProject> => {
  const command = makeStartProject(items, rest)
  const answer = await engine.submit(command, { by: PERSON })
  const keys = answer['keys'] as Readonly<Record<string, string>>
  const ids = Object.fromEntries(Object.entries(keys).map(([key, id]) => [key, ItemId.parse(id)]))
  return { projectId: command.projectId, workspaceId: command.workspaceId, ids }
}

/** Gives out items by their keys, each in as many batches as said. */
export const dispatch = (
  engine: RunningEngine,
  { workspaceId, projectId, ids }: StartedProject,
  keys: readonly string[],
  batches: ProjectCommandOf<'DispatchItems'>['items'][number]['batches'] = null,
): Promise<Answer> =>
  engine.submit(
    {
      type: 'DispatchItems',
      workspaceId,
      projectId,
      items: keys.map((key) => ({ itemId: ItemId.parse(ids[key]), capability: 'cost', batches })),
    },
    { by: { kind: 'engine', id: 'dispatcher' } },
  )

export const claimWork = (
  engine: RunningEngine,
  limit = 1,
  rest: Partial<Parameters<RunningEngine['claimWork']>[0]> = {},
): Promise<readonly ClaimedWork[]> =>
  engine.claimWork({
    worker: 'w1',
    capabilities: ['cost'],
    limit,
    leaseMs: 30_000,
    workspaceId: WORKSPACE,
    ...rest,
  })

/** Claims one task of an item; fails when there is none. */
export const claimOneWork = async (
  engine: RunningEngine,
  rest: Partial<Parameters<RunningEngine['claimWork']>[0]> = {},
): Promise<ClaimedWork> => {
  const [work] = await claimWork(engine, 1, rest)
  if (work === undefined) throw new Error('There was no work to claim.')
  return work
}

export const makeDeliverable = (name = 'Cost', body = makeUuid()): DeliverableDraft => ({
  name,
  type: name,
  digest: sha256(body),
  mediaType: 'application/json',
  bytes: body.length,
  confidence: 0.9,
  simulated: false,
})

const onWork = ({ workspaceId, projectId, taskId, attempt, claimedAt }: ClaimedWork) => ({
  workspaceId,
  projectId,
  taskId,
  attempt,
  claimedAt,
  worker: 'w1',
  tool: 'test',
  toolVersion: '1',
})

export const makeCompleteWork = (
  work: ClaimedWork,
  rest: Partial<ProjectCommandOf<'CompleteWork'>> = {},
): ProjectCommandOf<'CompleteWork'> => ({
  type: 'CompleteWork',
  ...onWork(work),
  deliverables: [makeDeliverable()],
  merged: [],
  evidence: [{ kind: 'computation', statement: 'It was computed.', exitCode: null, digest: null }],
  checks: work.spec.definitionOfDone.map((validator): DoneCheck => ({
    validator,
    outcome: 'pass',
    reasons: [],
  })),
  ...rest,
})

export const completeWork = (
  engine: RunningEngine,
  work: ClaimedWork,
  rest: Partial<ProjectCommandOf<'CompleteWork'>> = {},
): Promise<Answer> => engine.submit(makeCompleteWork(work, rest), { by: AGENT })

export const failWork = (
  engine: RunningEngine,
  work: ClaimedWork,
  rest: Partial<ProjectCommandOf<'FailWork'>> = {},
): Promise<Answer> =>
  engine.submit(
    {
      type: 'FailWork',
      ...onWork(work),
      category: 'TOOL_FAILURE',
      message: 'It broke.',
      retryable: true,
      ...rest,
    },
    { by: AGENT },
  )

/** Claims and completes until nothing is left to be claimed; gives how many tasks there were. */
export const workOffItems = async (engine: RunningEngine): Promise<number> => {
  let done = 0
  for (;;) {
    const work = await claimWork(engine, 20)
    if (work.length === 0) return done
    await Promise.all(work.map((one) => completeWork(engine, one)))
    done += work.length
  }
}
