import { digestOf } from '@ropewalk/core/canonical'
import type { StartProjectRequest } from '@ropewalk/core/contract/api/projects'
import type { InboundData, InboundEvent, InboundType } from '@ropewalk/core/contract/events/inbound'
import type { Principal } from '@ropewalk/core/decision'
import { RopewalkError } from '@ropewalk/core/errors'
import { ProjectId, type QuestionId, type WorkspaceId } from '@ropewalk/core/ids'
import { answerQuestion } from '../engine/backlog/answer-question.ts'
import type { Engine, SubmitOptions } from '../engine/contract.ts'
import { keepInlineRecords } from './inline-records.ts'
import { makeNamedId } from './publish-dead-letter.ts'
import type { ValidMessage } from './validate-message.ts'

/** The use case that makes a backlog of a request; whoever puts the parts together gives it. */
export type StartProject = (
  of: {
    readonly workspaceId: WorkspaceId
    readonly projectId: ProjectId
    readonly request: StartProjectRequest
  },
  options: SubmitOptions,
) => Promise<unknown>

export type InboundOptions = {
  readonly engine: Engine
  readonly workspaceId: WorkspaceId
  readonly startProject: StartProject
  /** Sources whose word counts as a person's. */
  readonly busPeople: readonly string[]
}

/** Does what one message asks for. `redriveKey` is the bus key of one that was sent again from the dead letters. */
export type HandleInbound = (message: ValidMessage, redriveKey: string | null) => Promise<void>

type Work<T extends InboundType> = (data: InboundData<T>, options: SubmitOptions) => Promise<unknown>
type Deeds = { readonly [T in InboundType]: Work<T> }

/** Where the ledger keeps a name it takes so many characters. */
const MAX_NAME = 120

const getProject = (workspaceId: WorkspaceId, { envelope, event }: ValidMessage): ProjectId | undefined => {
  if (event.type === 'PROJECT.INITIAL_REQUEST_RECEIVED' && event.data.projectId === undefined)
    return ProjectId.parse(makeNamedId('project', workspaceId, envelope.source, envelope.id))
  return 'projectId' in event.data ? event.data.projectId : undefined
}

/** Messages with the same key are worked on in their order, the others side by side. */
export const getOrderKey = (workspaceId: WorkspaceId, message: ValidMessage): string => {
  const { data } = message.event
  const project = getProject(workspaceId, message)
  if (project !== undefined) return project
  if ('taskId' in data) return data.taskId
  return 'questionId' in data && data.questionId !== undefined ? data.questionId : message.envelope.id
}

type Place = Pick<InboundData<'WORK.ITEM_STARTED'>, 'projectId' | 'itemId' | 'taskId'>

/** Throws NOT_FOUND unless the task is of the project and item that the message names. */
const checkPlace = async (
  { engine, workspaceId }: InboundOptions,
  { projectId, itemId, taskId }: Place,
): Promise<void> => {
  const { task } = await engine.readWork(workspaceId, taskId)
  if (task.projectId === projectId && task.itemId === itemId) return
  throw new RopewalkError('NOT_FOUND', `Task ${taskId} is not of item ${itemId} of project ${projectId}.`)
}

const makeWorkDeeds = (of: InboundOptions) =>
  ({
    'WORK.ITEM_STARTED': async (data, options) => {
      const { projectId, taskId, attempt, worker, leaseMs } = data
      await checkPlace(of, data)
      const { workspaceId } = of
      return of.engine.submit(
        { type: 'StartWork', workspaceId, projectId, taskId, attempt, worker, leaseMs },
        options,
      )
    },
    'WORK.ITEM_COMPLETED': async ({ projectId, itemId, ...data }, options) => {
      const { workspaceId } = of
      await checkPlace(of, { projectId, itemId, taskId: data.taskId })
      return of.engine.completeWork({ workspaceId, ...data }, options)
    },
    'WORK.ITEM_FAILED': async ({ projectId, itemId, ...data }, options) => {
      const { workspaceId } = of
      await checkPlace(of, { projectId, itemId, taskId: data.taskId })
      return of.engine.failWork({ workspaceId, ...data }, options)
    },
    'CLARIFICATION.NEEDED': async ({ projectId, itemId, ...data }, options) => {
      const { workspaceId } = of
      await checkPlace(of, { projectId, itemId, taskId: data.taskId })
      return of.engine.needClarification({ workspaceId, ...data }, options)
    },
    // Neither of these two is told in the ledger; repeating them is as good as doing them once.
    'WORK.HEARTBEAT': async ({ taskId, attempt, pct, etaMs }) => {
      // One that crosses the end of its attempt, or comes before its beginning, is nobody's fault.
      await of.engine.heartbeat([{ workspaceId: of.workspaceId, taskId, attempt, pct, etaMs }])
    },
    'WORK.WORKER_SEEN': ({ worker, capabilities }) =>
      of.engine.registerWorker({ workspaceId: of.workspaceId, worker, capabilities }),
  }) satisfies Partial<Deeds>

/** The one open approval that an item waits for. Throws NOT_FOUND and CONFLICT. */
const findApproval = async (
  { engine, workspaceId }: InboundOptions,
  { projectId, itemId }: InboundData<'HUMAN.APPROVAL_SUBMITTED'>,
): Promise<QuestionId> => {
  const page = await engine.listAllQuestions(workspaceId, { projectId, status: 'open', limit: 200 })
  const found = page.items.flatMap(({ owner, question }) =>
    owner === 'project' &&
    question.kind === 'approval' &&
    itemId !== undefined &&
    question.itemIds.includes(itemId)
      ? [question.id]
      : [],
  )
  const [first, ...others] = found
  if (first === undefined) throw new RopewalkError('NOT_FOUND', 'The item waits for no approval.')
  if (others.length === 0) return first
  throw new RopewalkError('CONFLICT', 'The item waits for several approvals: name the question.')
}

const makePeopleDeeds = (of: InboundOptions) =>
  ({
    'CLARIFICATION.ANSWER_PROVIDED': async ({ projectId, ...data }, options) => {
      const { engine, workspaceId } = of
      if (projectId !== undefined) {
        const found = await engine.readQuestion(workspaceId, data.questionId)
        if (found.owner !== 'project' || found.question.projectId !== projectId)
          throw new RopewalkError('NOT_FOUND', `The project has no question ${data.questionId}.`)
      }
      return answerQuestion(engine, { workspaceId, ...data }, options)
    },
    'HUMAN.APPROVAL_SUBMITTED': async (data, options) => {
      const { projectId, approved, notes } = data
      const questionId = data.questionId ?? (await findApproval(of, data))
      const { workspaceId } = of
      return of.engine.submit(
        { type: 'SubmitApproval', workspaceId, projectId, questionId, approved, notes },
        options,
      )
    },
  }) satisfies Partial<Deeds>

const makeProjectDeeds = (of: InboundOptions) =>
  ({
    'PROJECT.INITIAL_REQUEST_RECEIVED': async (data, options) => {
      const { projectId, requestText, mode, records, ...rest } = data
      const { engine, workspaceId } = of
      if (projectId === undefined)
        throw new RopewalkError('INVARIANT_BROKEN', 'A request came without the id of its project.')
      const uploads =
        records === undefined ? [] : [await keepInlineRecords(engine.blobs, workspaceId, records)]
      const request = { ...rest, request: requestText, clarification: mode, uploads, items: [] }
      return of.startProject({ workspaceId, projectId, request }, options)
    },
    'BACKLOG.ITEM_PROPOSED': ({ projectId, items }, options) =>
      of.engine.addItems({ workspaceId: of.workspaceId, projectId, items, source: 'agent' }, options),
  }) satisfies Partial<Deeds>

/** Whoever sent it, as the ledger names them. */
const getPrincipal = (source: string, busPeople: readonly string[]): Principal => ({
  kind: busPeople.includes(source) ? 'person' : 'agent',
  id: source.slice(0, MAX_NAME),
})

const getOptions = (
  { envelope, event }: ValidMessage,
  redriveKey: string | null,
  busPeople: readonly string[],
): SubmitOptions => {
  // Sent again, it is another request: the refusal that was kept must not answer it.
  const key = JSON.stringify([envelope.source, envelope.id, ...(redriveKey === null ? [] : [redriveKey])])
  return {
    by: getPrincipal(envelope.source, busPeople),
    idempotency: { route: 'bus', key, bodyDigest: digestOf({ type: event.type, data: event.data }) },
    correlationId: envelope.correlationid,
    causationId: envelope.id,
  }
}

/**
 * What does the deeds that messages from outside ask for. An event happens once however often its message comes:
 * its source and id are the idempotency key, kept for 24 hours and more, which is the marker that row AX-26 asks
 * for; the bus's own keys drop most repetitions before. Durable when it resolves. Throws what the engine throws.
 */
export const makeHandleInbound = (of: InboundOptions): HandleInbound => {
  const deeds: Deeds = { ...makeProjectDeeds(of), ...makeWorkDeeds(of), ...makePeopleDeeds(of) }
  const run = <T extends InboundType>(
    { type, data }: { readonly type: T; readonly data: InboundData<T> },
    options: SubmitOptions,
  ): Promise<unknown> => deeds[type](data, options)
  return async (message, redriveKey) => {
    const projectId = getProject(of.workspaceId, message)
    const event = (
      message.event.type === 'PROJECT.INITIAL_REQUEST_RECEIVED' && projectId !== undefined
        ? { ...message.event, data: { ...message.event.data, projectId } }
        : message.event
    ) as InboundEvent
    await run(event, getOptions(message, redriveKey, of.busPeople))
  }
}
