import { z } from 'zod'
import { text } from '../../text.ts'
import { RequirementId } from './shared.ts'

const json = z.record(z.string(), z.json())

/** OpenAPI lets a status be exact, a class or the rest. */
const Responses = z.record(
  z.string().regex(/^([1-5]\d\d|[1-5]XX|default)$/u, 'expected a status like 200, 4XX or default'),
  z.looseObject({ description: text(2000).optional(), $ref: text(300).optional() }),
)

export const Operation = z.looseObject({
  operationId: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9._-]{0,99}$/u, 'expected an operation id like listRecipes'),
  summary: text(300).optional(),
  description: text(4000).optional(),
  parameters: z.array(json).max(60).optional(),
  requestBody: json.optional(),
  responses: Responses,
  'x-requirements': z.array(RequirementId).min(1).max(20),
})
export type Operation = z.infer<typeof Operation>

export const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const

const operation = Operation.optional()

/**
 * An OpenAPI 3.1 document: its skeleton is checked here, the rest is whatever OpenAPI allows, which a linter
 * judges. Ours alone is `x-requirements` of an operation: the requirements it serves.
 */
export const OpenAPI = z.looseObject({
  openapi: z.string().regex(/^3\.1\.\d+$/u, 'expected an OpenAPI version like 3.1.0'),
  info: z.looseObject({ title: text(160, 1), version: text(40, 1), description: text(4000).optional() }),
  paths: z.record(
    z.string().regex(/^\/\S{0,300}$/u, 'expected a path that begins with /'),
    z.looseObject({
      get: operation,
      put: operation,
      post: operation,
      delete: operation,
      options: operation,
      head: operation,
      patch: operation,
      trace: operation,
    }),
  ),
  components: z.looseObject({ schemas: z.record(z.string(), json).optional() }),
})
export type OpenAPI = z.infer<typeof OpenAPI>
