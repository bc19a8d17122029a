import {
  ApprovalRequest,
  ApprovalVote,
  DeleteItemQuery,
  DependencyRequest,
  DispatchItemRequest,
  ItemReason,
  MoveItemRequest,
  ReviewItemRequest,
  SplitItemRequest,
} from '@ropewalk/core/contract/api/items'
import { CommandAnswer } from '@ropewalk/core/contract/api/runs'
import { ItemChanges } from '@ropewalk/core/contract/item'
import { RopewalkError } from '@ropewalk/core/errors'
import { ItemId, QuestionId, type WorkspaceId } from '@ropewalk/core/ids'
import type { ProjectCommand } from '@ropewalk/core/project/commands'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { dispatchItem } from '../../engine/backlog/dispatch-item.ts'
import { getExpectedVersion } from '../conditional.ts'
import type { HttpContext } from '../context.ts'
import { addRoute, Nothing } from '../route.ts'
import { ItemParams } from './item-routes.ts'

type On = {
  readonly workspaceId: WorkspaceId
  readonly projectId: ProjectCommand['projectId']
  readonly itemId: ItemId
}

/** Adds `POST /v1/items/:id/VERB`, which makes one command of its body. */
const addVerb = <B extends z.ZodType>(
  app: FastifyInstance,
  { engine }: HttpContext,
  verb: {
    readonly verb: string
    readonly name: string
    readonly about: string
    readonly body: B
    readonly makeCommand: (on: On, body: z.output<B>) => ProjectCommand
  },
): void => {
  const { name, about, body: contract } = verb
  addRoute(app, {
    method: 'POST',
    path: `/v1/items/:id/${verb.verb}`,
    name,
    about,
    params: ItemParams,
    body: contract,
    answer: CommandAnswer,
    handle: async ({ params, body, caller, options }) => {
      const { workspaceId } = caller
      const { projectId } = await engine.readItem(workspaceId, params.id)
      return engine.submit(verb.makeCommand({ workspaceId, projectId, itemId: params.id }, body), options)
    },
  })
}

const addPlaceVerbs = (app: FastifyInstance, context: HttpContext): void => {
  addVerb(app, context, {
    verb: 'move',
    name: 'moveItem',
    about: 'Puts an item below another one, or with null below none.',
    body: MoveItemRequest,
    makeCommand: (on, { parentId }) => ({ type: 'MoveItem', ...on, parentId }),
  })
  addVerb(app, context, {
    verb: 'split',
    name: 'splitItem',
    about: 'Makes an item the parent of its pieces, which wait for what it waited for.',
    body: SplitItemRequest,
    makeCommand: (on, { into }) => ({ type: 'SplitItem', ...on, into }),
  })
  addVerb(app, context, {
    verb: 'dependencies',
    name: 'addDependency',
    about: 'Makes an item wait for another one. A circle is refused, and named.',
    body: DependencyRequest,
    makeCommand: (on, { dependsOnId }) => ({ type: 'AddDependency', ...on, dependsOnId }),
  })
}

const addStateVerbs = (app: FastifyInstance, context: HttpContext): void => {
  addVerb(app, context, {
    verb: 'cancel',
    name: 'cancelItem',
    about: 'Ends an item, and what is below it, without a result.',
    body: ItemReason,
    makeCommand: (on, { reason }) => ({ type: 'CancelItem', ...on, reason }),
  })
  addVerb(app, context, {
    verb: 'retry',
    name: 'retryItem',
    about: 'Takes an item that failed up again.',
    body: Nothing,
    makeCommand: (on) => ({ type: 'RetryItem', ...on }),
  })
  addVerb(app, context, {
    verb: 'block',
    name: 'blockItem',
    about: 'Parks an item: nobody is given it until a person takes it up again.',
    body: ItemReason,
    makeCommand: (on, { reason }) => ({ type: 'BlockItem', ...on, reason }),
  })
  addVerb(app, context, {
    verb: 'unblock',
    name: 'unblockItem',
    about: 'Takes an item up again that a person parked.',
    body: Nothing,
    makeCommand: (on) => ({ type: 'UnblockItem', ...on }),
  })
  addVerb(app, context, {
    verb: 'review',
    name: 'reviewItem',
    about: "A person's word on what is in review, or on what was done already.",
    body: ReviewItemRequest,
    makeCommand: (on, { result, notes }) => ({ type: 'ReviewItem', ...on, result, notes }),
  })
  addVerb(app, context, {
    verb: 'approvals',
    name: 'requestApproval',
    about: 'Asks persons for leave before the item goes on.',
    body: ApprovalRequest,
    makeCommand: (on, { reason, quorum }) => ({ type: 'RequestApproval', ...on, reason, quorum }),
  })
}

const addDispatchRoute = (app: FastifyInstance, { engine }: HttpContext): void => {
  addRoute(app, {
    method: 'POST',
    path: '/v1/items/:id/dispatch',
    name: 'dispatchItem',
    about: 'Gives a ready item out now, to workers of its capability or of the one that is named.',
    params: ItemParams,
    body: DispatchItemRequest,
    answer: CommandAnswer,
    handle: ({ params, body, caller, options }) =>
      dispatchItem(
        engine,
        { workspaceId: caller.workspaceId, itemId: params.id, capability: body.capability },
        options,
      ),
  })
}

const addChangeRoutes = (app: FastifyInstance, { engine }: HttpContext): void => {
  addRoute(app, {
    method: 'PATCH',
    path: '/v1/items/:id',
    name: 'changeItem',
    about:
      'Changes what an item says. With If-Match only the version that was read; 409 when there is a newer one.',
    params: ItemParams,
    body: ItemChanges,
    answer: CommandAnswer,
    handle: async ({ params, body, caller, options, request }) => {
      const { workspaceId } = caller
      const version = getExpectedVersion(request)
      const { projectId } = await engine.readItem(workspaceId, params.id)
      return engine.submit(
        { type: 'UpdateItem', workspaceId, projectId, itemId: params.id, version, changes: body },
        options,
      )
    },
  })
  addRoute(app, {
    method: 'DELETE',
    path: '/v1/items/:id',
    name: 'deleteItem',
    about: 'Takes an item, and what is below it, out of all lists; its history stays.',
    params: ItemParams,
    query: DeleteItemQuery,
    answer: CommandAnswer,
    handle: async ({ params, query, caller, options }) => {
      const { workspaceId } = caller
      const { projectId } = await engine.readItem(workspaceId, params.id)
      const { reason } = query
      return engine.submit({ type: 'DeleteItem', workspaceId, projectId, itemId: params.id, reason }, options)
    },
  })
  addRoute(app, {
    method: 'DELETE',
    path: '/v1/items/:id/dependencies/:on',
    name: 'removeDependency',
    about: 'An item no longer waits for another one.',
    params: z.strictObject({ id: ItemId, on: ItemId }),
    answer: CommandAnswer,
    handle: async ({ params, caller, options }) => {
      const { workspaceId } = caller
      const { projectId } = await engine.readItem(workspaceId, params.id)
      return engine.submit(
        { type: 'RemoveDependency', workspaceId, projectId, itemId: params.id, dependsOnId: params.on },
        options,
      )
    },
  })
}

const addVoteRoute = (app: FastifyInstance, { engine }: HttpContext): void => {
  addRoute(app, {
    method: 'POST',
    path: '/v1/approvals/:id',
    name: 'submitApproval',
    about:
      'Says yes or no where persons were asked for leave; it is decided once as many have as its quorum asks.',
    params: z.strictObject({ id: QuestionId }),
    body: ApprovalVote,
    answer: CommandAnswer,
    handle: async ({ params, body, caller, options }) => {
      const { workspaceId } = caller
      const { approved, notes } = body
      const found = await engine.readQuestion(workspaceId, params.id)
      if (found.question.kind !== 'approval')
        throw new RopewalkError('CONFLICT', 'That is a question: answer it at /v1/questions/{id}/answer.')
      if (found.owner === 'project')
        return engine.submit(
          {
            type: 'SubmitApproval',
            workspaceId,
            projectId: found.question.projectId,
            questionId: params.id,
            approved,
            notes,
          },
          options,
        )
      // A run knows one answer to its approvals: `approve`, or `reject: ` and why.
      const answer = approved ? 'approve' : `reject: ${notes === '' ? 'no reason given' : notes}`
      const { runId } = found.question
      return engine.submit(
        { type: 'AnswerQuestion', workspaceId, runId, questionId: params.id, answer },
        options,
      )
    },
  })
}

/** What is done to an item, and the approvals that items wait for. */
export const addItemCommandRoutes = (app: FastifyInstance, context: HttpContext): void => {
  addPlaceVerbs(app, context)
  addStateVerbs(app, context)
  addDispatchRoute(app, context)
  addChangeRoutes(app, context)
  addVoteRoute(app, context)
}
