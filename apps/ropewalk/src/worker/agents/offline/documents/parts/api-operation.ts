import type { FeatureName } from '../../design.ts'
import type { Product } from './product.ts'

export type Json = Readonly<Record<string, unknown>>
export type PlacedOperation = { readonly path: string; readonly method: string; readonly operation: Json }

export const ref = (schema: string): Json => ({ $ref: `#/components/schemas/${schema}` })
const json = (schema: Json): Json => ({ 'application/json': { schema } })
export const answer = (description: string, schema?: Json): Json => ({
  description,
  ...(schema === undefined ? {} : { content: json(schema) }),
})

const REFUSALS: Readonly<Record<string, string>> = {
  400: 'A field or the body breaks a rule; nothing was changed.',
  403: 'The form was sent from another site.',
  404: 'There is nothing of this id or code.',
  409: 'The request clashes with what is stored.',
  413: 'The body has more than 65536 bytes.',
  415: 'The body has another content type than is taken here.',
}

export const refusals = (...statuses: readonly number[]): Json =>
  Object.fromEntries(
    statuses.map((status) => [String(status), answer(REFUSALS[status] ?? 'Refused.', ref('ErrorAnswer'))]),
  )

export const ID: Json = {
  name: 'id',
  in: 'path',
  required: true,
  description: 'The id that the service gave out.',
  schema: { type: 'integer', minimum: 1 },
}

export const queryOf = (name: string, description: string, schema: Json): Json => ({
  name,
  in: 'query',
  required: false,
  description,
  schema,
})

export const body = (schema: Json): Json => ({ required: true, content: json(schema) })

export type Described = {
  readonly id: string
  readonly tag: string
  readonly summary: string
  readonly description: string
  readonly features: readonly FeatureName[]
  readonly rest: Json
}

/** One operation with what every one of them carries. */
export const operate = (
  product: Product,
  { id, tag, summary, description, features, rest }: Described,
): Json => ({
  operationId: id,
  tags: [tag],
  summary,
  description,
  'x-requirements': product.ids(...features),
  ...rest,
})

export const object = (properties: Readonly<Record<string, Json>>): Json => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
})

/** What narrows a list, by the features that the design has. */
export const listQueries = ({ has }: Product): Json[] => [
  ...(has('search')
    ? [queryOf('q', 'A word that the texts of a record hold, in upper or lower case.', { type: 'string' })]
    : []),
  ...(['owner', 'tag'] as const)
    .filter((name) => has(name))
    .map((name) => queryOf(name, `Records of this ${name} alone.`, { type: 'string' })),
]
