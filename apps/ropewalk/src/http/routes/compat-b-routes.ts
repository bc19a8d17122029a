import {
  OrgAgentList,
  OrgAgentRequest,
  OrgClaimed,
  OrgClaimRequest,
  OrgTask,
  OrgTaskList,
  OrgTaskLog,
  OrgTaskQuery,
  OrgTaskUpdate,
  ScheduleRequest,
  type OrgAgent,
} from '@ropewalk/core/contract/api/compat-b'
import { PositionParam } from '@ropewalk/core/contract/api/paging'
import { Health } from '@ropewalk/core/contract/api/health'
import type { ItemStatus } from '@ropewalk/core/contract/item'
import { RopewalkError } from '@ropewalk/core/errors'
import type { ItemId, WorkspaceId } from '@ropewalk/core/ids'
import type { WorkTask } from '@ropewalk/core/project/state'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { ItemRow } from '../../engine/backlog/contract.ts'
import {
  claimScheduled,
  getHint,
  getOrg,
  getOrgCapability,
  getOrgLabel,
  ORG_CAPABILITY,
  SCHEDULED,
  scheduleTask,
} from '../../engine/backlog/schedule.ts'
import { checkWorker } from '../../engine/tasks/claim-for-agent.ts'
import type { HttpContext } from '../context.ts'
import { openStream } from '../open-stream.ts'
import { addRoute, Nothing } from '../route.ts'

const STATUS: Readonly<Record<ItemStatus, OrgTask['status']>> = {
  created: 'scheduled',
  ready: 'scheduled',
  blocked: 'blocked',
  in_progress: 'running',
  in_review: 'running',
  done: 'completed',
  failed: 'failed',
  cancelled: 'cancelled',
}

const toTask = (item: ItemRow, agentId: string | null): OrgTask => ({
  id: item.id,
  org: getOrg(item),
  text: item.description === '' ? item.title : item.description,
  status: STATUS[item.status],
  agentHint: getHint(item),
  createdAt: item.createdAt,
  agentId,
})

const addScheduleRoutes = (app: FastifyInstance, { engine }: HttpContext): void => {
  for (const [path, name] of [
    ['/schedule', 'scheduleTask'],
    ['/tasks', 'createTask'],
  ] as const)
    addRoute(app, {
      method: 'POST',
      path,
      name,
      about: 'System B: makes an item for the agents of an organisation.',
      body: ScheduleRequest,
      answer: OrgTask,
      handle: async ({ body, caller, options }) => {
        const { org, text, task, agentHint = null } = body
        const words = text ?? task ?? ''
        const { workspaceId } = caller
        return toTask(await scheduleTask(engine, { workspaceId, org, text: words, agentHint }, options), null)
      },
    })
  addRoute(app, {
    method: 'GET',
    path: '/tasks',
    name: 'listOrgTasks',
    about: 'System B: tasks of all organisations or of one, oldest first.',
    query: OrgTaskQuery,
    answer: OrgTaskList,
    handle: async ({ query, caller }) => {
      const { org, limit, cursor } = query
      const label = org === undefined ? SCHEDULED : getOrgLabel(org)
      const page = await engine.listItems(caller.workspaceId, { limit, cursor, label, kind: 'task' })
      const items = page.items.filter(({ labels }) => labels.includes(SCHEDULED))
      const holders = await engine.listHolders(
        caller.workspaceId,
        items.map(({ id }) => id),
      )
      return {
        tasks: items.map((item) => toTask(item, holders.get(item.id) ?? null)),
        nextCursor: page.nextCursor,
      }
    },
  })
  addRoute(app, {
    method: 'POST',
    path: '/tasks/claim',
    name: 'claimOrgTask',
    about: 'System B: takes a task for an agent, first one that is meant for it; null where there is none.',
    body: OrgClaimRequest,
    answer: OrgClaimed,
    handle: async ({ body, caller, options }) => {
      checkWorker(caller, body.agentID)
      const { workspaceId } = caller
      const claimed = await claimScheduled(
        engine,
        { workspaceId, org: body.org, agent: body.agentID },
        options,
      )
      if (claimed === undefined) return { task: null }
      return { task: toTask(await engine.readItem(workspaceId, claimed.itemId), body.agentID) }
    },
  })
}

/** The task of an item that an agent works on at this moment. Throws NOT_FOUND, CONFLICT. */
const readRunning = async (
  { engine }: HttpContext,
  workspaceId: WorkspaceId,
  itemId: ItemId,
): Promise<WorkTask> => {
  const { item, work } = await engine.readItemWhole(workspaceId, itemId)
  if (!item.labels.includes(SCHEDULED))
    throw new RopewalkError('NOT_FOUND', 'There is no such task; items of other projects are under /v1.')
  const running = work.find(({ status }) => status === 'running')
  if (running === undefined)
    throw new RopewalkError('CONFLICT', `The task is ${STATUS[item.status]}: no agent works on it.`)
  return running
}

const addUpdateRoutes = (app: FastifyInstance, context: HttpContext): void => {
  const { engine } = context
  addRoute(app, {
    method: 'POST',
    path: '/tasks/update',
    name: 'updateOrgTask',
    about: 'System B: an agent says that its task is completed or has failed.',
    body: OrgTaskUpdate,
    answer: OrgTask,
    handle: async ({ body, caller, options }) => {
      const { workspaceId } = caller
      const { id: taskId, attempt, claimedBy } = await readRunning(context, workspaceId, body.id)
      const worker = claimedBy ?? 'agent'
      checkWorker(caller, worker)
      const doer = { workspaceId, taskId, attempt, worker, tool: 'system-b', toolVersion: '1' }
      const words = body.result === '' ? `${worker} reports that it is ${body.status}.` : body.result
      if (body.status === 'failed')
        await engine.failWork(
          {
            ...doer,
            category: 'TOOL_FAILURE',
            message: words.slice(0, 1000).toWellFormed(),
            retryable: true,
          },
          options,
        )
      else
        await engine.completeWork(
          {
            ...doer,
            deliverables: [
              {
                name: 'Result',
                type: 'note',
                body: {
                  type: 'note',
                  agent: worker,
                  confidence: 0.5,
                  simulated: false,
                  facts: [],
                  claims: [],
                  content: { text: words },
                },
              },
            ],
            evidence: [
              {
                kind: 'source',
                statement: words.slice(0, 1000).toWellFormed(),
                exitCode: null,
                digest: null,
              },
            ],
          },
          options,
        )
      return toTask(await engine.readItem(workspaceId, body.id), worker)
    },
  })
  addRoute(app, {
    method: 'POST',
    path: '/tasks/log',
    name: 'logOrgTask',
    about: 'System B: adds a line to the log of a task.',
    body: OrgTaskLog,
    answer: Nothing,
    handle: async ({ body, caller }) => {
      const { workspaceId } = caller
      const { id: taskId, attempt, claimedBy } = await readRunning(context, workspaceId, body.id)
      checkWorker(caller, claimedBy ?? 'agent')
      await engine.appendLog({ workspaceId, taskId, attempt, lines: [{ stream: 'out', text: body.line }] })
      return {}
    },
  })
}

const addAgentRoutes = (app: FastifyInstance, { engine }: HttpContext): void => {
  const list = async (workspaceId: WorkspaceId): Promise<OrgAgent[]> => {
    const workers = await engine.listWorkerViews(workspaceId)
    return workers.flatMap(({ worker, capabilities, seenAt, holds }) => {
      const org = capabilities.find((one) => one.startsWith(ORG_CAPABILITY))
      if (org === undefined) return []
      return [
        {
          name: worker,
          org: org.slice(ORG_CAPABILITY.length),
          status: holds.length > 0 ? ('running' as const) : ('idle' as const),
          lastSeen: seenAt,
        },
      ]
    })
  }
  addRoute(app, {
    method: 'GET',
    path: '/agents',
    name: 'listOrgAgents',
    about: 'System B: agents that were heard of, the latest first.',
    answer: OrgAgentList,
    handle: async ({ caller }) => ({ agents: await list(caller.workspaceId) }),
  })
  for (const [path, name, about] of [
    ['/agents/register', 'registerOrgAgent', 'System B: an agent says that it is there.'],
    ['/agents/heartbeat', 'beatOrgAgent', 'System B: an agent is still there; what it holds is renewed.'],
  ] as const)
    addRoute(app, {
      method: 'POST',
      path,
      name,
      about,
      body: OrgAgentRequest,
      answer: OrgAgentList,
      handle: async ({ body, caller }) => {
        checkWorker(caller, body.name)
        const { workspaceId } = caller
        await engine.registerWorker({
          workspaceId,
          worker: body.name,
          capabilities: [getOrgCapability(body.org)],
        })
        const workers = await engine.listWorkerViews(workspaceId)
        const held = workers.find(({ worker }) => worker === body.name)?.holds ?? []
        const works = await Promise.all(held.map(({ taskId }) => engine.readWork(workspaceId, taskId)))
        await engine.heartbeat(
          works.map(({ task }) => ({ workspaceId, taskId: task.id, attempt: task.attempt })),
        )
        return { agents: (await list(workspaceId)).filter((agent) => agent.name === body.name) }
      },
    })
}

const addHealthRoute = (app: FastifyInstance): void => {
  app.get(
    '/health',
    {
      config: { operation: 'readOldHealth', rateLimit: false },
      schema: {
        operationId: 'readOldHealth',
        summary: 'System B: whether this process answers.',
        security: [],
        querystring: Nothing,
        response: { 200: Health },
      },
    },
    () => Promise.resolve({ status: 'ok' }),
  )
}

/** What each stream of system B is about, in the words of the ledger. */
const STREAMS = [
  ['/events/tasks', 'streamOrgTasks', /^(?:BACKLOG|WORK)\./u, 'what becomes of items'],
  [
    '/events/agents',
    'streamOrgAgents',
    /^WORK\.(?:ITEM_STARTED|ATTEMPT_ENDED|ITEM_COMPLETED)$/u,
    'who works',
  ],
] as const

const addStreamRoutes = (app: FastifyInstance, context: HttpContext): void => {
  for (const [path, name, types, about] of STREAMS)
    addRoute(app, {
      method: 'GET',
      path,
      name,
      about: `System B: server-sent events about ${about}, as CloudEvents; Last-Event-ID resumes.`,
      query: z.strictObject({ after: PositionParam.prefault('0') }),
      answer: z.unknown(),
      mediaType: 'text/event-stream',
      isRateLimited: false,
      hasHead: false,
      handle: ({ query, caller, request, reply }) =>
        Promise.resolve(
          openStream(context, {
            workspaceId: caller.workspaceId,
            after: query.after,
            accept: ({ type }) => types.test(type),
            request,
            reply,
          }),
        ),
    })
}

/** The surface of system B's agents (rows BX-04 to BX-07) over items of one project per organisation. */
export const addCompatBRoutes = (app: FastifyInstance, context: HttpContext): void => {
  addHealthRoute(app)
  addScheduleRoutes(app, context)
  addUpdateRoutes(app, context)
  addAgentRoutes(app, context)
  addStreamRoutes(app, context)
}
