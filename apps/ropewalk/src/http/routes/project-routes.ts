import {
  DeliverableQuery,
  DeliverableView,
  ProjectDetail,
  ProjectPatch,
  ProjectQuery,
  ProjectStarted,
  ProjectSummary,
  ReportView,
  StartProjectRequest,
  TemplateList,
} from '@ropewalk/core/contract/api/projects'
import { makePage } from '@ropewalk/core/contract/api/paging'
import { CommandAnswer } from '@ropewalk/core/contract/api/runs'
import { DeliverableId } from '@ropewalk/core/ids'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import { checkParameters } from '../../engine/backlog/check-parameters.ts'
import { startProject } from '../../engine/backlog/start-project.ts'
import type { Answer } from '../../engine/contract.ts'
import { isUnchanged } from '../conditional.ts'
import type { HttpContext } from '../context.ts'
import { addRoute } from '../route.ts'
import {
  makeDeliverableView,
  makeProjectDetail,
  makeProjectSummary,
} from '../../engine/views/backlog-view.ts'
import { ProjectParams } from './item-routes.ts'

/** The answer to a project that was started, and where to look at it. */
const accept = (reply: FastifyReply, answer: Answer): ProjectStarted => {
  const { projectId, itemIds, keys, questionIds, version } = answer
  const started = ProjectStarted.parse({ projectId, itemIds, keys, questionIds, version })
  void reply.header('location', `/v1/projects/${started.projectId}`)
  return started
}

const addStartRoutes = (app: FastifyInstance, { engine, config, pinned }: HttpContext): void => {
  addRoute(app, {
    method: 'POST',
    path: '/v1/projects',
    name: 'startProject',
    about: 'Starts a project: a backlog for a request, with the questions that it raises.',
    body: StartProjectRequest,
    answer: ProjectStarted,
    status: 202,
    handle: async ({ body, caller, options, reply }) =>
      accept(
        reply,
        await startProject(
          { engine, config, templates: pinned.templates ?? [], ambiguity: pinned.ambiguity },
          { workspaceId: caller.workspaceId, request: body },
          options,
        ),
      ),
  })
  addRoute(app, {
    method: 'GET',
    path: '/v1/templates',
    name: 'listTemplates',
    about: 'Templates of backlogs that a project may start from.',
    answer: TemplateList,
    handle: () =>
      Promise.resolve({
        items: (pinned.templates ?? []).map(({ template, hash }) => ({
          template: template.name,
          title: template.title,
          description: template.description,
          hash,
          items: template.items.length,
          needsRecords: template.needs_records,
          parameters: Object.keys(template.parameters),
        })),
      }),
  })
}

const addReadRoutes = (app: FastifyInstance, { engine }: HttpContext): void => {
  addRoute(app, {
    method: 'GET',
    path: '/v1/projects',
    name: 'listProjects',
    about: 'Projects by their age, the newest first unless order says otherwise.',
    query: ProjectQuery,
    answer: makePage(ProjectSummary),
    handle: async ({ query, caller }) => {
      const page = await engine.listProjects(caller.workspaceId, query)
      return { items: page.items.map(makeProjectSummary), nextCursor: page.nextCursor }
    },
  })
  addRoute(app, {
    method: 'GET',
    path: '/v1/projects/:id',
    name: 'readProject',
    about: 'One project with its open questions. Its ETag is the version.',
    params: ProjectParams,
    answer: ProjectDetail,
    handle: async ({ params, caller, request, reply }) => {
      const view = await engine.readProject(caller.workspaceId, params.id)
      isUnchanged(request, reply, String(view.project.version))
      return makeProjectDetail(view)
    },
  })
  addRoute(app, {
    method: 'GET',
    path: '/v1/projects/:id/report',
    name: 'readReport',
    about: 'The final report of a project: its figures, all of it as data, and as Markdown.',
    params: ProjectParams,
    answer: ReportView,
    handle: ({ params, caller }) => engine.readReport(caller.workspaceId, params.id),
  })
  addRoute(app, {
    method: 'GET',
    path: '/v1/projects/:id/deliverables',
    name: 'listDeliverables',
    about: 'What the items of a project handed in, oldest first.',
    params: ProjectParams,
    query: DeliverableQuery,
    answer: makePage(DeliverableView),
    handle: async ({ params, query, caller }) => {
      const page = await engine.listDeliverables(caller.workspaceId, { ...query, projectId: params.id })
      if (page.items.length === 0) await engine.readProject(caller.workspaceId, params.id)
      return { items: page.items.map(makeDeliverableView), nextCursor: page.nextCursor }
    },
  })
}

const addPatchRoute = (app: FastifyInstance, { engine, pinned }: HttpContext): void => {
  addRoute(app, {
    method: 'PATCH',
    path: '/v1/projects/:id',
    name: 'changeProject',
    about: 'Sets parameters of a project, or pauses, resumes or cancels it.',
    params: ProjectParams,
    body: ProjectPatch,
    answer: CommandAnswer,
    handle: async ({ params, body, caller, options }) => {
      const on = { workspaceId: caller.workspaceId, projectId: params.id }
      const { parameters, signal } = body
      if (parameters !== undefined) {
        const { project } = await engine.readProject(caller.workspaceId, params.id)
        const found = pinned.templates?.find(({ template }) => template.name === project.template)
        checkParameters(found?.template, parameters)
      }
      return engine.submit(
        signal === undefined
          ? { type: 'SetParameters', ...on, parameters: parameters ?? {} }
          : { type: 'SignalProject', ...on, signal },
        options,
      )
    },
  })
}

/** Bytes of a deliverable as they were kept. */
const addContentRoute = (app: FastifyInstance, { engine }: HttpContext): void => {
  addRoute(app, {
    method: 'GET',
    path: '/v1/deliverables/:id/content',
    name: 'readDeliverableContent',
    about: 'The bytes of a deliverable, as they were handed in.',
    params: z.strictObject({ id: DeliverableId }),
    answer: z.unknown(),
    mediaType: 'application/octet-stream',
    handle: async ({ params, caller, request, reply }) => {
      const { digest, mediaType } = await engine.readDeliverable(caller.workspaceId, params.id)
      if (isUnchanged(request, reply, digest)) return null
      // Never shown in a browser under our origin: workers wrote it.
      void reply
        .type(mediaType === 'application/json' ? mediaType : 'application/octet-stream')
        .header('content-disposition', 'attachment')
      return engine.blobs.read(caller.workspaceId, digest)
    },
  })
}

/** Projects: started, listed, changed, and what came of them. */
export const addProjectRoutes = (app: FastifyInstance, context: HttpContext): void => {
  addStartRoutes(app, context)
  addReadRoutes(app, context)
  addPatchRoute(app, context)
  addContentRoute(app, context)
}
