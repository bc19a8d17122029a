import type { DocumentOf } from '@ropewalk/core/contract/documents'
import { findByPointer } from '../text/json-pointer.ts'
import { limit, share, type Check } from './checks.ts'

type Json = Readonly<Record<string, unknown>>
type Entity = DocumentOf<'DataModel'>['entities'][number]
type Field = Entity['fields'][number]

/** A schema as the checks read it, its references followed. */
type Shape = {
  readonly types: readonly string[]
  readonly format: string | null
  readonly values: readonly unknown[] | null
  readonly properties: Readonly<Record<string, unknown>>
}

const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const MAX_DEPTH = 8

const follow = (document: unknown, schema: unknown, depth = 0): Json => {
  if (!isRecord(schema) || depth > MAX_DEPTH) return {}
  const { $ref: target } = schema
  if (typeof target !== 'string') return schema
  return follow(document, findByPointer(document, target.replace(/^#/u, ''))?.value, depth + 1)
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** What a schema allows; parts joined by `allOf` are one, and null beside another type says nothing here. */
const readShape = (document: unknown, raw: unknown, depth = 0): Shape => {
  const schema = follow(document, raw)
  const options = [...list(schema.oneOf), ...list(schema.anyOf)].map((one) => follow(document, one))
  const [only] = options.filter((one) => one.type !== 'null')
  const parts =
    depth > MAX_DEPTH
      ? []
      : [...list(schema.allOf), ...(only ? [only] : [])].map((part) => readShape(document, part, depth + 1))
  const own = (Array.isArray(schema.type) ? schema.type : [schema.type]).filter(
    (type) => typeof type === 'string' && type !== 'null',
  )
  return {
    types: [...own.map(String), ...parts.flatMap(({ types }) => types)],
    format:
      typeof schema.format === 'string'
        ? schema.format
        : (parts.find(({ format }) => format !== null)?.format ?? null),
    values: Array.isArray(schema.enum)
      ? schema.enum
      : (parts.find(({ values }) => values !== null)?.values ?? null),
    properties: Object.assign(
      {},
      ...parts.map(({ properties }) => properties),
      isRecord(schema.properties) ? schema.properties : {},
    ) as Json,
  }
}

/** What a field of each type may be in an API. */
const TYPES: Readonly<
  Record<Field['type'], { readonly types: readonly string[]; readonly format?: string }>
> = {
  string: { types: ['string'] },
  text: { types: ['string'] },
  integer: { types: ['integer'] },
  number: { types: ['number', 'integer'] },
  boolean: { types: ['boolean'] },
  date: { types: ['string'], format: 'date' },
  datetime: { types: ['string'], format: 'date-time' },
  uuid: { types: ['string'] },
  enum: { types: ['string'] },
  json: { types: ['object', 'array', 'string', 'number', 'integer', 'boolean'] },
  binary: { types: ['string'] },
}

const checkField = (at: string, field: Field, shape: Shape): Check[] => {
  const expected = TYPES[field.type]
  const alien = (shape.values ?? []).filter(
    (value) => value !== null && !field.enum_values.includes(String(value)),
  )
  return [
    limit(
      shape.types.length > 0
        ? shape.types.every((type) => expected.types.includes(type))
        : field.type === 'json' || shape.values !== null,
      `${at} is ${shape.types.join(' or ') || 'of no type'}, but DataModel says ${field.type}.`,
    ),
    share(
      expected.format === undefined || shape.format === expected.format,
      `${at} has the format ${shape.format ?? 'of any text'}, but DataModel says ${field.type}, which is ${expected.format ?? ''}.`,
    ),
    limit(
      field.type !== 'enum' || alien.length === 0,
      `${at} allows ${alien.map(String).join(', ')}, which DataModel does not have.`,
    ),
  ]
}

const VARIANT =
  /^(?:new|create|created|update|patch)(?=[A-Z_])|(?:input|create|update|patch|request|response|body|dto|summary|detail|details|view)$/giu

const getBare = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/gu, '')

/** The entity that a schema speaks of: by its own name, or by that of a variant such as NewRecipe or RecipeInput. */
const findEntity = (entities: readonly Entity[], schema: string): Entity | undefined => {
  const find = (name: string) => entities.find((one) => getBare(one.name) === getBare(name))
  return find(schema) ?? find(schema.replaceAll(VARIANT, ''))
}

/** Component schemas against the entities they are named after, and entities that no schema shows. */
export const checkSchemas = (
  api: DocumentOf<'OpenAPI'>,
  { entities }: DocumentOf<'DataModel'>,
): { readonly checks: Check[]; readonly unshown: string[] } => {
  const shown = new Set<string>()
  const checks = Object.entries(api.components.schemas ?? {}).flatMap(([name, schema]) => {
    const entity = findEntity(entities, name)
    if (entity === undefined) return []
    shown.add(entity.name)
    const at = `OpenAPI#/components/schemas/${name}`
    const { properties } = readShape(api, schema)
    const fields = new Map(entity.fields.map((field) => [field.name, field]))
    const isWhole = getBare(name) === getBare(entity.name)
    const hidden = isWhole
      ? entity.fields.filter((field) => field.is_required && !Object.hasOwn(properties, field.name))
      : []
    return [
      limit(Object.keys(properties).length > 0, `${at} has no properties, though ${entity.name} has fields.`),
      ...Object.entries(properties).flatMap(([property, value]) => {
        const field = fields.get(property)
        const place = `${at}/properties/${property}`
        return field
          ? checkField(place, field, readShape(api, value))
          : [
              share(
                false,
                `${place} is no field of ${entity.name} in DataModel (${[...fields.keys()].join(', ')}).`,
              ),
            ]
      }),
      ...hidden.map((field) =>
        share(false, `${at} lacks ${field.name}, which ${entity.name} in DataModel requires.`),
      ),
    ]
  })
  return { checks, unshown: entities.filter(({ name }) => !shown.has(name)).map(({ name }) => name) }
}
