import {
  AddItemsRequest,
  AllItemsQuery,
  HistoryQuery,
  ImportRequest,
  ItemDetail,
  ItemQuery,
  ItemsAdded,
  ItemTreeRow,
  ItemView,
} from '@ropewalk/core/contract/api/items'
import { CloudEvent } from '@ropewalk/core/contract/api/events'
import { makePage, makeSlice, PageQuery } from '@ropewalk/core/contract/api/paging'
import { ItemId, ProjectId } from '@ropewalk/core/ids'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { importDocument, importRun } from '../../engine/backlog/import-items.ts'
import type { Answer } from '../../engine/contract.ts'
import type { HttpContext } from '../context.ts'
import { addRoute } from '../route.ts'
import { makeItemDetail, makeItemView } from '../../engine/views/backlog-view.ts'
import { makeCloudEvent } from '../../engine/views/cloud-event.ts'

export const ProjectParams = z.strictObject({ id: ProjectId })
export const ItemParams = z.strictObject({ id: ItemId })

const toAdded = ({ itemIds, keys, version }: Answer): ItemsAdded =>
  ItemsAdded.parse({ itemIds, keys, version })

const addListRoutes = (app: FastifyInstance, { engine }: HttpContext): void => {
  addRoute(app, {
    method: 'GET',
    path: '/v1/projects/:id/items',
    name: 'listItems',
    about:
      'Items of a project in the order in which they were made, all or by status, kind, parent and others.',
    params: ProjectParams,
    query: ItemQuery,
    answer: makePage(ItemView),
    handle: async ({ params, query, caller }) => {
      const page = await engine.listItems(caller.workspaceId, { ...query, projectId: params.id })
      if (page.items.length === 0) await engine.readProject(caller.workspaceId, params.id)
      return { items: page.items.map(makeItemView), nextCursor: page.nextCursor }
    },
  })
  addRoute(app, {
    method: 'GET',
    path: '/v1/projects/:id/tree',
    name: 'listItemTree',
    about: 'All items of a project, each before the items below it.',
    params: ProjectParams,
    query: PageQuery,
    answer: makePage(ItemTreeRow),
    handle: async ({ params, query, caller }) => {
      const page = await engine.listItemTree(caller.workspaceId, params.id, query)
      if (page.items.length === 0) await engine.readProject(caller.workspaceId, params.id)
      const items = page.items.map((row) => ({ ...makeItemView(row), depth: row.depth }))
      return { items, nextCursor: page.nextCursor }
    },
  })
  addRoute(app, {
    method: 'GET',
    path: '/v1/items',
    name: 'listAllItems',
    about: 'Items of all projects, oldest first.',
    query: AllItemsQuery,
    answer: makePage(ItemView),
    handle: async ({ query, caller }) => {
      const { project, ...rest } = query
      const page = await engine.listItems(caller.workspaceId, { ...rest, projectId: project })
      return { items: page.items.map(makeItemView), nextCursor: page.nextCursor }
    },
  })
}

const addReadRoutes = (app: FastifyInstance, { engine }: HttpContext): void => {
  addRoute(app, {
    method: 'GET',
    path: '/v1/items/:id',
    name: 'readItem',
    about:
      'One item with its edges, work, deliverables, questions and newest events. Its ETag is the version.',
    params: ItemParams,
    answer: ItemDetail,
    handle: async ({ params, caller, reply }) => {
      const whole = await engine.readItemWhole(caller.workspaceId, params.id)
      // More than the item stands in the answer, so that the version alone must not make it a 304.
      void reply.header('etag', `"${whole.item.version}"`)
      return makeItemDetail(caller.workspaceId, whole)
    },
  })
  addRoute(app, {
    method: 'GET',
    path: '/v1/items/:id/history',
    name: 'listItemHistory',
    about: 'Events that name an item, oldest first, deleted items too.',
    params: ItemParams,
    query: HistoryQuery,
    answer: makeSlice(CloudEvent),
    handle: async ({ params, query, caller }) => {
      const events = await engine.listItemEvents(caller.workspaceId, params.id, query)
      return {
        items: events.map((event) => makeCloudEvent(caller.workspaceId, event)),
        nextAfter: events.at(-1)?.position ?? query.after,
      }
    },
  })
}

const addMakeRoutes = (app: FastifyInstance, { engine }: HttpContext): void => {
  addRoute(app, {
    method: 'POST',
    path: '/v1/projects/:id/items',
    name: 'addItems',
    about: 'Adds items to a project; those of one request may name each other by key.',
    params: ProjectParams,
    body: AddItemsRequest,
    answer: ItemsAdded,
    handle: async ({ params, body, caller, options }) =>
      toAdded(
        await engine.addItems(
          {
            workspaceId: caller.workspaceId,
            projectId: params.id,
            items: body.items,
            source: caller.by.kind === 'person' ? 'person' : 'agent',
          },
          options,
        ),
      ),
  })
  addRoute(app, {
    method: 'POST',
    path: '/v1/projects/:id/import',
    name: 'importItems',
    about:
      'Adds items from JSON or YAML, or those that the stories of a run come to; what is there stays as it is.',
    params: ProjectParams,
    body: ImportRequest,
    answer: ItemsAdded,
    handle: async ({ params, body, caller, options }) => {
      const on = { workspaceId: caller.workspaceId, projectId: params.id }
      const { run, format, content } = body
      return toAdded(
        run === undefined
          ? await importDocument(engine, { ...on, format: format ?? 'json', content: content ?? '' }, options)
          : await importRun(engine, { ...on, runId: run }, options),
      )
    },
  })
}

/** Items: listed, read and made. What is done to one stands in item-command-routes.ts. */
export const addItemRoutes = (app: FastifyInstance, context: HttpContext): void => {
  addListRoutes(app, context)
  addReadRoutes(app, context)
  addMakeRoutes(app, context)
}
