import { EditPreview } from '@ropewalk/core/contract/api/edits'
import { CommandAnswer, RunStarted } from '@ropewalk/core/contract/api/runs'
import { EditRequest, ForkRequest } from '@ropewalk/core/contract/run-request'
import type { FastifyInstance } from 'fastify'
import { editArtifact, previewEdit } from '../../engine/runs/edit-artifact.ts'
import { forkRun } from '../../engine/runs/fork-run.ts'
import type { HttpContext } from '../context.ts'
import { addRoute } from '../route.ts'
import { accept, RunParams } from './run-routes.ts'

/** Going on from what a run has made: a new run from a phase of it, or another version of a document in it. */
export const addForkRoutes = (app: FastifyInstance, { engine, config, limits }: HttpContext): void => {
  addRoute(app, {
    method: 'POST',
    path: '/v1/runs/:id/fork',
    name: 'forkRun',
    about: 'Starts a new run that takes over what another had accepted before a phase.',
    params: RunParams,
    body: ForkRequest,
    answer: RunStarted,
    status: 202,
    // A playbook and edited documents come with it.
    bodyLimit: limits.uploadBytes,
    handle: async ({ params, body, caller, options, reply }) => {
      const of = { workspaceId: caller.workspaceId, source: params.id, request: body }
      return accept(reply, await forkRun(engine, { config }, of, options))
    },
  })
  addRoute(app, {
    method: 'POST',
    path: '/v1/runs/:id/artifacts',
    name: 'editArtifact',
    about: "Puts a person's version of a document in place; gates that relied on the old one re-open.",
    params: RunParams,
    body: EditRequest,
    answer: CommandAnswer,
    bodyLimit: limits.uploadBytes,
    handle: ({ params, body, caller, options }) =>
      editArtifact(engine, { workspaceId: caller.workspaceId, runId: params.id, request: body }, options),
  })
  addRoute(app, {
    method: 'POST',
    path: '/v1/runs/:id/artifacts/preview',
    name: 'previewEdit',
    about: 'What an edit would change and which phases it would re-open, without making it.',
    params: RunParams,
    body: EditRequest,
    answer: EditPreview,
    bodyLimit: limits.uploadBytes,
    handle: ({ params, body, caller, options }) =>
      previewEdit(engine, { workspaceId: caller.workspaceId, runId: params.id, request: body }, options.by),
  })
}
