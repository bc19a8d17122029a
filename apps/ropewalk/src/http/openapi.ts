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

type Json = { [key: string]: unknown }

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const PREFIX = '#/components/schemas/'

/** A copy of a description in which `change` has had its say on every reference. */
const mapRefs = (value: unknown, change: (ref: string) => string): unknown => {
  if (Array.isArray(value)) return value.map((item) => mapRefs(item, change))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === '$ref' && typeof item === 'string' ? change(item) : mapRefs(item, change),
    ]),
  )
}

/**
 * Mends what the generator leaves: references to "any JSON value", which names itself and so has no place
 * of its own, and components that nothing refers to.
 */
const tidy = (document: unknown): unknown => {
  const whole = isObject(document) ? document : {}
  const components = isObject(whole['components']) ? whole['components'] : {}
  const schemas = isObject(components['schemas']) ? components['schemas'] : {}
  const used = new Set<string>()
  const follow = (value: unknown): unknown =>
    mapRefs(value, (ref) => {
      const name = ref.slice(PREFIX.length)
      const target =
        ref.startsWith(PREFIX) && name !== '__shared' && Object.hasOwn(schemas, name) ? name : 'Json'
      if (!used.has(target)) {
        used.add(target)
        if (target !== 'Json') found[target] = follow(schemas[target])
      }
      return `${PREFIX}${target}`
    })
  const found: Json = {}
  const paths = follow(whole['paths'])
  if (used.has('Json')) found['Json'] = { description: 'Any JSON value.' }
  const sorted = Object.fromEntries(Object.entries(found).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  return { ...whole, paths, components: { ...components, schemas: sorted } }
}

/** Serves the description at `/v1/openapi.json`. */
export const addDescriptionRoute = (app: FastifyInstance): void => {
  let text: string | undefined
  app.get(
    '/v1/openapi.json',
    { config: { operation: 'readDescription' }, schema: { hide: true } },
    (_request, reply) => {
      text ??= JSON.stringify(tidy(app.swagger()))
      return reply.type('application/json; charset=utf-8').send(text)
    },
  )
}
