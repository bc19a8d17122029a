type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
type JsonSchema = Readonly<Record<string, unknown>>

/** Deeper nesting is a schema that refers to itself. */
const MAX_DEPTH = 12

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const getPart = (root: unknown, ref: string): unknown =>
  ref
    .replace(/^#\//u, '')
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((at, part) => (isObject(at) ? at[part] : undefined), root)

/** What a `$ref` of the document points at, followed to its end; an empty object where that is nothing. */
export const resolveRef = (value: unknown, root: unknown): JsonSchema => {
  let at = value
  for (let depth = 0; depth < MAX_DEPTH && isObject(at) && typeof at['$ref'] === 'string'; depth += 1)
    at = at['$ref'].startsWith('#/') ? getPart(root, at['$ref']) : undefined
  return isObject(at) ? at : {}
}

const merge = (schema: JsonSchema, root: unknown): JsonSchema => {
  const parts = Array.isArray(schema['allOf']) ? schema['allOf'].map((part) => resolveRef(part, root)) : []
  const all = [schema, ...parts]
  return {
    ...Object.assign({}, ...parts),
    ...schema,
    properties: Object.assign({}, ...all.map(({ properties }) => (isObject(properties) ? properties : {}))),
    required: all.flatMap(({ required }) => (Array.isArray(required) ? required : [])),
  }
}

const getTypes = ({ type, properties, items }: JsonSchema): readonly unknown[] => {
  if (Array.isArray(type)) return type
  if (type !== undefined) return [type]
  if (isObject(properties) && Object.keys(properties).length > 0) return ['object']
  return items === undefined ? [] : ['array']
}

const FORMATS: Readonly<Record<string, string>> = {
  date: '2026-01-31',
  'date-time': '2026-01-31T12:00:00.000Z',
  time: '12:00:00Z',
  email: 'reader@example.org',
  uri: 'https://example.org/',
  url: 'https://example.org/',
  uuid: '018f4e4e-0000-7000-8000-000000000001',
}

const getText = ({ format, minLength, maxLength }: JsonSchema): string => {
  const known = typeof format === 'string' ? FORMATS[format] : undefined
  if (known !== undefined) return known
  const least = typeof minLength === 'number' ? minLength : 0
  const most = typeof maxLength === 'number' ? maxLength : 200
  return 'Sample'.padEnd(least, ' sample').slice(0, Math.max(most, 1))
}

const getNumber = ({ minimum, exclusiveMinimum, maximum, multipleOf }: JsonSchema): number => {
  const step = typeof multipleOf === 'number' && multipleOf > 0 ? multipleOf : 1
  if (typeof minimum === 'number') return Math.ceil(minimum / step) * step
  if (typeof exclusiveMinimum === 'number') return (Math.floor(exclusiveMinimum / step) + 1) * step
  return typeof maximum === 'number' && maximum < step ? maximum : step
}

/** A value that a schema accepts, as far as rules can tell: its own example, else one made from its limits. */
export const makeSample = (given: unknown, root: unknown, depth = 0): Json => {
  const schema = merge(resolveRef(given, root), root)
  const examples = Array.isArray(schema['examples']) ? (schema['examples'] as Json[]) : []
  const named = [
    schema['example'],
    examples[0],
    schema['const'],
    schema['default'],
    Array.isArray(schema['enum']) ? schema['enum'][0] : undefined,
  ].find((value) => value !== undefined)
  if (named !== undefined) return named as Json
  if (depth > MAX_DEPTH) return null
  for (const key of ['oneOf', 'anyOf'] as const)
    if (Array.isArray(schema[key])) return makeSample(schema[key][0], root, depth + 1)
  switch (getTypes(schema)[0]) {
    case 'object': {
      const properties = Object.entries(schema['properties'] as Record<string, unknown>)
      const required = schema['required'] as readonly string[]
      const wanted = required.length === 0 ? properties : properties.filter(([key]) => required.includes(key))
      return Object.fromEntries(wanted.map(([key, part]) => [key, makeSample(part, root, depth + 1)]))
    }
    case 'array':
      return schema['items'] === undefined ? [] : [makeSample(schema['items'], root, depth + 1)]
    case 'integer':
      return Math.round(getNumber(schema))
    case 'number':
      return getNumber(schema)
    case 'boolean':
      return true
    case 'null':
      return null
    default:
      return getText(schema)
  }
}

const getTypeOf = (value: unknown): string => {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value
}

const fits = (type: unknown, value: unknown): boolean =>
  type === 'integer' ? Number.isInteger(value) : type === getTypeOf(value)

/**
 * Where a value first differs from its schema in type, required members or choices; undefined where it does
 * not. Formats and limits are left to the service's own tests.
 */
export const findSchemaProblem = (
  value: unknown,
  given: unknown,
  root: unknown,
  at = '',
  depth = 0,
): string | undefined => {
  if (depth > MAX_DEPTH) return undefined
  const schema = merge(resolveRef(given, root), root)
  for (const key of ['oneOf', 'anyOf'] as const) {
    const choices = schema[key]
    if (!Array.isArray(choices)) continue
    const problems = choices.map((choice) => findSchemaProblem(value, choice, root, at, depth + 1))
    if (problems.every((problem) => problem !== undefined)) return problems[0]
  }
  const types = getTypes(schema)
  if (types.length > 0 && !types.some((type) => fits(type, value)))
    return `${at || 'the body'} is ${getTypeOf(value)}, not ${types.map(String).join(' or ')}`
  if (Array.isArray(schema['enum']) && !schema['enum'].some((one) => one === value))
    return `${at || 'the body'} is none of ${schema['enum'].map(String).join(', ')}`
  if (Array.isArray(value)) {
    if (schema['items'] === undefined) return undefined
    return value
      .map((one, index) => findSchemaProblem(one, schema['items'], root, `${at}/${index}`, depth + 1))
      .find((problem) => problem !== undefined)
  }
  if (!isObject(value)) return undefined
  const missing = (schema['required'] as readonly string[]).find((key) => !Object.hasOwn(value, key))
  if (missing !== undefined) return `${at}/${missing} is missing`
  return Object.entries(schema['properties'] as Record<string, unknown>)
    .filter(([key]) => Object.hasOwn(value, key))
    .map(([key, part]) => findSchemaProblem(value[key], part, root, `${at}/${key}`, depth + 1))
    .find((problem) => problem !== undefined)
}
