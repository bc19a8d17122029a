import { sha256 } from '@ropewalk/core/canonical'
import type { ItemDraft } from '@ropewalk/core/contract/item'
import { ItemDraft as Draft } from '@ropewalk/core/contract/item'
import { hasCode, RopewalkError } from '@ropewalk/core/errors'
import { ItemId, ProjectId, TaskId, type WorkspaceId } from '@ropewalk/core/ids'
import { isTerminalProject } from '@ropewalk/core/project/state'
import type { ClaimedWork, Engine, SubmitOptions } from '../contract.ts'
import type { ItemRow } from './contract.ts'
import { dispatchItem } from './dispatch-item.ts'

/** Every item that came by `schedule` carries it; those of one organisation carry that too. */
export const SCHEDULED = 'scheduled'
export const getOrgLabel = (org: string): string => `org:${org}`
const HINT = 'hint:'
export const getHint = ({ labels }: Pick<ItemRow, 'labels'>): string | null =>
  labels.find((label) => label.startsWith(HINT))?.slice(HINT.length) ?? null
export const getOrg = ({ labels }: Pick<ItemRow, 'labels'>): string =>
  labels.find((label) => label.startsWith('org:'))?.slice('org:'.length) ?? ''

/** Agents of an organisation share one capability, which nobody else has. */
export const ORG_CAPABILITY = 'org.'
export const getOrgCapability = (org: string): string => `${ORG_CAPABILITY}${org}`

/** As long as a task may take at most: these agents need not beat while they work. */
const LEASE_MS = 900_000

/** Lookups that agents who all ask at once may lose against each other. */
const MAX_CANDIDATES = 50
const MAX_GENERATIONS = 1000

/** The n-th project of an organisation: the same for everybody who works it out. */
const makeOrgProjectId = (workspaceId: WorkspaceId, org: string, n: number): ProjectId => {
  const hex = sha256(`schedule/${workspaceId}/${org}/${n}`)
  return ProjectId.parse(
    `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`,
  )
}

type ScheduleEngine = Pick<
  Engine,
  | 'addItems'
  | 'claimWork'
  | 'listItems'
  | 'readItem'
  | 'readItemWhole'
  | 'readProject'
  | 'registerWorker'
  | 'submit'
>
type Scheduled = {
  readonly workspaceId: WorkspaceId
  readonly org: string
  readonly text: string
  readonly agentHint: string | null
}

const makeDraft = ({ org, text, agentHint }: Scheduled): ItemDraft =>
  Draft.parse({
    kind: 'task',
    title: (text.trim().split(/\r?\n/u)[0] ?? '').slice(0, 200).toWellFormed() || 'A task without words',
    description: text,
    capability: getOrgCapability(org),
    labels: [SCHEDULED, getOrgLabel(org), ...(agentHint === null ? [] : [`${HINT}${agentHint}`])],
  })

/** A project whose tasks have all ended would be over: this leaf never ends, so that more can be scheduled. */
const makeStanding = (org: string): ItemDraft =>
  Draft.parse({ kind: 'epic', title: `Standing work of ${org}`, labels: [getOrgLabel(org)] })

const startOrg = async (
  engine: ScheduleEngine,
  { workspaceId, org }: Scheduled,
  projectId: ProjectId,
  options: SubmitOptions,
): Promise<void> => {
  try {
    await engine.submit(
      {
        type: 'StartProject',
        workspaceId,
        projectId,
        name: `Scheduled work of ${org}`,
        request: `Work that is scheduled for the agents of ${org}.`,
        mode: 'autonomous',
        dispatch: 'manual',
        template: null,
        templateHash: null,
        parameters: {},
        uploads: [],
        items: [makeStanding(org)],
        hits: [],
        questions: [],
        questionDeadlineMs: 3_600_000,
      },
      { by: options.by, correlationId: options.correlationId },
    )
  } catch (error) {
    // Somebody else started it in this moment.
    if (!hasCode(error, 'CONFLICT')) throw error
  }
}

/** The project of an organisation that still takes items; made where there is none. */
const findOrgProject = async (
  engine: ScheduleEngine,
  of: Scheduled,
  options: SubmitOptions,
): Promise<ProjectId> => {
  for (let n = 1; n <= MAX_GENERATIONS; n += 1) {
    const projectId = makeOrgProjectId(of.workspaceId, of.org, n)
    try {
      const { project } = await engine.readProject(of.workspaceId, projectId)
      if (!isTerminalProject(project.status)) return projectId
    } catch (error) {
      if (!hasCode(error, 'NOT_FOUND')) throw error
      await startOrg(engine, of, projectId, options)
      return projectId
    }
  }
  throw new RopewalkError('CONFLICT', `The organisation ${of.org} has ended ${MAX_GENERATIONS} projects.`)
}

/** Makes an item for the agents of an organisation and gives it. Safe to repeat with an idempotency key. */
export const scheduleTask = async (
  engine: ScheduleEngine,
  of: Scheduled,
  options: SubmitOptions,
): Promise<ItemRow> => {
  const { workspaceId } = of
  const projectId = await findOrgProject(engine, of, options)
  const answer = await engine.addItems(
    { workspaceId, projectId, items: [makeDraft(of)], source: 'schedule', of: of.org },
    options,
  )
  const [itemId] = ItemId.array().parse(answer['itemIds'])
  if (itemId === undefined) throw new RopewalkError('INVARIANT_BROKEN', 'A scheduled item has no id.')
  return engine.readItem(workspaceId, itemId)
}

/** The task of an item that can be taken now: one that is out, or one that is given out here. */
const findTask = async (
  engine: ScheduleEngine,
  item: ItemRow,
  on: { readonly workspaceId: WorkspaceId; readonly options: SubmitOptions },
): Promise<TaskId | undefined> => {
  const { workspaceId, options } = on
  if (item.batches > 0) {
    const { work } = await engine.readItemWhole(workspaceId, item.id)
    return work.findLast(({ status }) => status === 'ready')?.id
  }
  try {
    const answer = await dispatchItem(engine, { workspaceId, itemId: item.id }, { by: options.by })
    const [first] = answer['dispatched'] as readonly { readonly taskIds: readonly string[] }[]
    return first?.taskIds[0] === undefined ? undefined : TaskId.parse(first.taskIds[0])
  } catch (error) {
    // Another agent was faster.
    if (hasCode(error, 'CONFLICT')) return undefined
    throw error
  }
}

/**
 * Takes a task of an organisation for one of its agents: first one that is meant for it, then any. Undefined
 * where there is none.
 */
export const claimScheduled = async (
  engine: ScheduleEngine,
  of: { readonly workspaceId: WorkspaceId; readonly org: string; readonly agent: string },
  options: SubmitOptions,
): Promise<ClaimedWork | undefined> => {
  const { workspaceId, org, agent } = of
  const capabilities = [getOrgCapability(org)]
  await engine.registerWorker({ workspaceId, worker: agent, capabilities })
  const page = await engine.listItems(workspaceId, { limit: 200, label: getOrgLabel(org), status: 'ready' })
  const ready = page.items.filter(({ labels }) => labels.includes(SCHEDULED))
  const hinted = ready.filter((item) => getHint(item) === agent)
  const rest = ready.filter((item) => !hinted.includes(item))
  for (const item of [...hinted, ...rest].slice(0, MAX_CANDIDATES)) {
    const taskId = await findTask(engine, item, { workspaceId, options })
    if (taskId === undefined) continue
    const request = { workspaceId, worker: agent, capabilities, limit: 1, leaseMs: LEASE_MS, taskId }
    const [work] = await engine.claimWork(request)
    if (work !== undefined) return work
  }
  return undefined
}
