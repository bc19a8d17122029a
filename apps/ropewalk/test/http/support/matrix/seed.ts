import { randomUUID } from 'node:crypto'
import { WorkspaceId } from '@ropewalk/core/ids'
import { makePostgresBus } from '../../../../src/bus/postgres-bus.ts'
import { makePublishDeadLetter } from '../../../../src/bus/publish-dead-letter.ts'
import { makeViolation } from '../../../../src/bus/validate-message.ts'
import type { TestApi } from '../start-api.ts'
import type { Place } from './samples.ts'

export type Ids = Readonly<Record<Place, string>>

/** One of everything, and the tokens of the tasks that are held. */
export type Seeded = { readonly ids: Ids; readonly taskToken: string; readonly workToken: string }

type Json = Readonly<Record<string, unknown>>

/** A value deep in an answer, as text; a step that is not there is a fault of the test. */
const at = (json: unknown, ...path: readonly (string | number)[]): string => {
  const found = path.reduce<unknown>(
    (value, step) => (typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined),
    json,
  )
  if (typeof found === 'string') return found
  throw new Error(`There is nothing at ${path.join('/')} of ${JSON.stringify(json)}.`)
}

/** Posts as this workspace's operator; anything but success is a fault of the test. */
const makePost = (api: TestApi, token: string) => async (path: string, body?: unknown) => {
  const answered = await api.ask(path, { token, ...(body === undefined ? {} : { body }) })
  if (answered.status >= 300) throw new Error(`${path} gave ${answered.status}: ${answered.text}`)
  return answered.json as Json
}

type Post = ReturnType<typeof makePost>

const seedRun = async (post: Post, worker: string) => {
  const RUN = at(await post('/v1/runs', { idea: 'A shared list', budgetUsd: 0 }), 'runId')
  const claimed = await post('/v1/tasks/claim', { worker, capabilities: ['sketch'], leaseSeconds: 3600 })
  const waiver = await post(`/v1/runs/${RUN}/waivers`, {
    phase: 'sketch',
    rubric: 'completeness',
    details: 'x',
    owner: 'anna',
    justification: 'x',
    compensatingControl: 'x',
    days: 3,
  })
  return {
    RUN,
    TASK: at(claimed, 'tasks', 0, 'task', 'id'),
    ARTIFACT: at(await post(`/v1/runs/${RUN}/artifacts`), 'items', 0, 'id'),
    WAIVER: at(waiver, 'waiverId'),
    token: at(claimed, 'tasks', 0, 'token'),
  }
}

const BODY = {
  type: 'note',
  agent: 'a',
  confidence: 0.5,
  simulated: false,
  facts: [],
  claims: [],
  content: { text: 'x' },
}

const CAPABILITIES = ['held', 'asking', 'done', 'plain', 'doomed'] as const

const seedProject = async (post: Post, worker: string) => {
  const request = {
    request: 'Count the open invoices.',
    template: null,
    clarification: 'human',
    dispatch: 'manual',
  }
  const PROJECT = at(await post('/v1/projects', request), 'projectId')
  const items = CAPABILITIES.map((capability) => ({ kind: 'task', title: capability, capability }))
  const added = await post(`/v1/projects/${PROJECT}/items`, { items })
  const getItem = (capability: (typeof CAPABILITIES)[number]): string =>
    at(added, 'itemIds', CAPABILITIES.indexOf(capability))
  const take = async (capability: (typeof CAPABILITIES)[number]): Promise<Json> => {
    await post(`/v1/items/${getItem(capability)}/dispatch`, {})
    return post('/v1/work/claim', { worker, capabilities: [capability], leaseSeconds: 3600 })
  }
  const held = await take('held')
  const asked = await post('/v1/mcp/ask_question', {
    task_id: at(await take('asking'), 'work', 0, 'order', 'id'),
    attempt: 1,
    reason: 'x',
    missing_fields: ['year'],
  })
  await post('/v1/mcp/complete_task', {
    task_id: at(await take('done'), 'work', 0, 'order', 'id'),
    attempt: 1,
    deliverables: [{ name: 'Result', body: BODY }],
    evidence: [{ kind: 'source', statement: 'x' }],
  })
  const approval = await post(`/v1/items/${getItem('plain')}/approvals`, { reason: 'x', quorum: 3 })
  return {
    PROJECT,
    ITEM: getItem('plain'),
    DOOMED: getItem('doomed'),
    WORK: at(held, 'work', 0, 'order', 'id'),
    QUESTION: at(asked, 'question_ids', 0),
    APPROVAL: at(approval, 'questionId'),
    DELIVERABLE: at(await post(`/v1/projects/${PROJECT}/deliverables`), 'items', 0, 'id'),
    token: at(held, 'work', 0, 'token'),
  }
}

const seedThread = async (post: Post) => {
  const participants = ['in-thread', 'extra']
  const thread_id = at(await post('/v1/mcp/create_thread', { title: 'Review', participants }), 'thread_id')
  await post('/v1/mcp/post_message', { thread_id, body: 'x' })
  return thread_id
}

const seedLetter = async (api: TestApi, workspace: string): Promise<string> => {
  const workspaceId = WorkspaceId.parse(workspace)
  const bus = makePostgresBus({ store: api.engine.store, workspaceId })
  const letter = await makePublishDeadLetter({ store: api.engine.store, bus, workspaceId })({
    message: {
      id: randomUUID(),
      key: null,
      body: '[]',
      headers: {},
      deliveries: 1,
      publishedAt: '2026-01-01T00:00:00.000Z',
    },
    topic: 'commands',
    group: 'validators',
    ...makeViolation('ENVELOPE', [{ path: '/type', message: 'expected one' }], {
      eventId: null,
      eventType: null,
      schemaId: null,
    }),
  })
  await bus.close()
  return letter.id
}

/** One of everything in a workspace, made by whoever this token is of: an operator with a session. */
export const seed = async (
  api: TestApi,
  of: { readonly workspace: string; readonly agent: string; readonly token: string },
): Promise<Seeded> => {
  const post = makePost(api, of.token)
  const { token: taskToken, ...run } = await seedRun(post, of.agent)
  const { token: workToken, ...project } = await seedProject(post, of.agent)
  await post('/v1/mcp/heartbeat_session', { runtime: 'shell' })
  const THREAD = await seedThread(post)
  const GRANT = at(await post('/v1/tokens', { agentId: 'victim', role: 'participant' }), 'grantId')
  const LETTER = await seedLetter(api, of.workspace)
  const ids = { ...run, ...project, THREAD, AGENT: of.agent, GRANT, LETTER }
  return { ids, taskToken, workToken }
}
