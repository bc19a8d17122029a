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

type Json = Record<string, any>

/** Posts as this workspace's operator; anything but success is a fault of the test. */
const makePost = (api: TestApi, token: string) => async (path: string, body?: unknown) => {
  const answered = await api.ask(path, { token, ...(body === undefined ? {} : { body }) })
  if (answered.status >= 300) throw new Error(`${path} gave ${answered.status}: ${answered.text}`)
  return answered.json as Json
}

type Post = ReturnType<typeof makePost>

const seedRun = async (post: Post, worker: string) => {
  const { runId } = await post('/v1/runs', { idea: 'A shared list', budgetUsd: 0 })
  const { tasks } = await post('/v1/tasks/claim', { worker, capabilities: ['sketch'], leaseSeconds: 3600 })
  const [claimed] = tasks as Json[]
  const { items } = await post(`/v1/runs/${runId}/artifacts`)
  const { waiverId } = await post(`/v1/runs/${runId}/waivers`, {
    phase: 'sketch',
    rubric: 'completeness',
    details: 'x',
    owner: 'anna',
    justification: 'x',
    compensatingControl: 'x',
    days: 3,
  })
  return {
    RUN: String(runId),
    TASK: String(claimed?.['task'].id),
    ARTIFACT: String((items as Json[])[0]?.['id']),
    WAIVER: String(waiverId),
    token: String(claimed?.['token']),
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

const seedProject = async (post: Post, worker: string) => {
  const request = {
    request: 'Count the open invoices.',
    template: null,
    clarification: 'human',
    dispatch: 'manual',
  }
  const { projectId } = await post('/v1/projects', request)
  const items = ['held', 'asking', 'done', 'plain', 'doomed'].map((capability) => ({
    kind: 'task',
    title: capability,
    capability,
  }))
  const added = await post(`/v1/projects/${projectId}/items`, { items })
  const [held, asking, done, plain, doomed] = added['itemIds'] as string[]
  const take = async (item: string | undefined, capability: string): Promise<Json> => {
    await post(`/v1/items/${item}/dispatch`, {})
    const { work } = await post('/v1/work/claim', { worker, capabilities: [capability], leaseSeconds: 3600 })
    return (work as Json[])[0] ?? {}
  }
  const atHand = await take(held, 'held')
  const asks = await take(asking, 'asking')
  const finished = await take(done, 'done')
  const asked = await post('/v1/mcp/ask_question', {
    task_id: asks['order'].id,
    attempt: 1,
    reason: 'x',
    missing_fields: ['year'],
  })
  await post('/v1/mcp/complete_task', {
    task_id: finished['order'].id,
    attempt: 1,
    deliverables: [{ name: 'Result', body: BODY }],
    evidence: [{ kind: 'source', statement: 'x' }],
  })
  const approval = await post(`/v1/items/${plain}/approvals`, { reason: 'x', quorum: 3 })
  const { items: deliverables } = await post(`/v1/projects/${projectId}/deliverables`)
  return {
    PROJECT: String(projectId),
    ITEM: String(plain),
    DOOMED: String(doomed),
    WORK: String(atHand['order'].id),
    QUESTION: String((asked['question_ids'] as string[])[0]),
    APPROVAL: String(approval['questionId']),
    DELIVERABLE: String((deliverables as Json[])[0]?.['id']),
    token: String(atHand['token']),
  }
}

const seedThread = async (post: Post) => {
  const { thread_id } = await post('/v1/mcp/create_thread', {
    title: 'Review',
    participants: ['in-thread', 'extra'],
  })
  await post('/v1/mcp/post_message', { thread_id, body: 'x' })
  return String(thread_id)
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
  const { grantId } = await post('/v1/tokens', { agentId: 'victim', role: 'participant' })
  const LETTER = await seedLetter(api, of.workspace)
  const ids = { ...run, ...project, THREAD, AGENT: of.agent, GRANT: String(grantId), LETTER }
  return { ids, taskToken, workToken }
}
