import swagger from '@fastify/swagger'
import { CloudEvent } from '@ropewalk/core/contract/api/events'
import { ContractIssue, Problem } from '@ropewalk/core/contract/api/problem'
import { QuestionView } from '@ropewalk/core/contract/api/questions'
import { Money, PhaseView, RunDetail, RunSummary } from '@ropewalk/core/contract/api/runs'
import { Artifact } from '@ropewalk/core/contract/artifact'
import { EvidencePack } from '@ropewalk/core/contract/evidence-pack'
import { PhaseContext } from '@ropewalk/core/contract/phase-context'
import { TaskSpec } from '@ropewalk/core/contract/task-spec'
import type { FastifyInstance } from 'fastify'
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { z } from 'zod'

/** Contracts with a name of their own in the description; the others are written out where they are used. */
const NAMED = {
  Artifact,
  CloudEvent,
  ContractIssue,
  EvidencePack,
  Money,
  PhaseContext,
  PhaseView,
  Problem,
  QuestionView,
  RunDetail,
  RunSummary,
  TaskSpec,
}

/** Describes all routes added after it as OpenAPI 3.1, made from the contracts that check the requests. */
export const describeRoutes = async (app: FastifyInstance): Promise<void> => {
  const schemaRegistry = z.registry<{ id?: string | undefined }>()
  for (const [id, contract] of Object.entries(NAMED)) schemaRegistry.add(contract, { id })
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Ropewalk',
        version: '1',
        description:
          'From an idea to a release whose every claim can be checked. Errors are problem documents (RFC 9457).',
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
    transform: createJsonSchemaTransform({ schemaRegistry }),
    transformObject: createJsonSchemaTransformObject({ schemaRegistry }),
  })
}

/** Serves the description at `/v1/openapi.json`. */
export const addDescriptionRoute = (app: FastifyInstance): void => {
  app.get('/v1/openapi.json', { config: { access: 'owner' }, schema: { hide: true } }, () =>
    Promise.resolve(app.swagger()),
  )
}
