import { Artifact, getFileExtension } from '@ropewalk/core/contract/artifact'
import { makePage, PageQuery } from '@ropewalk/core/contract/api/paging'
import { ArtifactId } from '@ropewalk/core/ids'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { readForCaller } from '../../engine/tasks/read-for-caller.ts'
import { isUnchanged } from '../conditional.ts'
import type { HttpContext } from '../context.ts'
import { addRoute } from '../route.ts'
import { RunParams } from './run-routes.ts'

const ArtifactParams = z.strictObject({ id: ArtifactId })

/** Types that may stand in a header; an agent's own word is not trusted with more than that. */
const MEDIA_TYPE = /^[a-z0-9][a-z0-9.+-]*\/[a-z0-9][a-z0-9.+-]*(; ?charset=utf-8)?$/iu

const addReadRoutes = (app: FastifyInstance, { engine }: HttpContext): void => {
  addRoute(app, {
    method: 'GET',
    path: '/v1/artifacts/:id',
    name: 'readArtifact',
    about: 'What is known of one artifact: digest, size, lineage.',
    params: ArtifactParams,
    answer: Artifact,
    handle: async ({ params, caller, request, reply }) => {
      const artifact = await readForCaller(engine, caller, params.id)
      isUnchanged(request, reply, artifact.id)
      return artifact
    },
  })
  addRoute(app, {
    method: 'GET',
    path: '/v1/artifacts/:id/content',
    name: 'readArtifactContent',
    about: 'The bytes of one artifact.',
    params: ArtifactParams,
    answer: z.unknown(),
    mediaType: 'application/octet-stream',
    handle: async ({ params, caller, request, reply }) => {
      const artifact = await readForCaller(engine, caller, params.id)
      const { name, version, mediaType, digest } = artifact
      const isKnown = isUnchanged(request, reply, digest)
      const type = MEDIA_TYPE.test(mediaType) ? mediaType : 'application/octet-stream'
      const extension = getFileExtension(type)
      // Never shown in a browser under our origin: agents wrote it.
      void reply
        .type(type)
        .header('content-disposition', `attachment; filename="${name}-v${version}.${extension}"`)
      return isKnown ? null : engine.blobs.read(caller.workspaceId, digest)
    },
  })
}

/** Reading artifacts. */
export const addArtifactRoutes = (app: FastifyInstance, context: HttpContext): void => {
  const { engine } = context
  addReadRoutes(app, context)
  addRoute(app, {
    method: 'GET',
    path: '/v1/runs/:id/artifacts',
    name: 'listArtifacts',
    about: 'Artifacts of a run, every version, oldest first.',
    params: RunParams,
    query: PageQuery,
    answer: makePage(Artifact),
    handle: async ({ params, query, caller }) => {
      const page = await engine.listArtifacts(caller.workspaceId, params.id, query)
      if (page.items.length === 0) await engine.readRun(caller.workspaceId, params.id)
      return { items: [...page.items], nextCursor: page.nextCursor }
    },
  })
}
