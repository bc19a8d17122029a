/** A JSON Schema, or a part of one, as our generator writes it. */
type Schema = Readonly<Record<string, unknown>>

type Pair = {
  readonly before: Schema
  readonly after: Schema
  /** The whole schemas, where `$ref` points into. */
  readonly roots: readonly [before: Schema, after: Schema]
  readonly path: string
  /** Pairs of references that are being compared: a schema may contain itself. */
  readonly open: ReadonlySet<string>
}

const isObject = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const asObject = (value: unknown): Schema => (isObject(value) ? value : {})
const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** Our generator only refers to `#` and to `#/$defs/name`. */
const resolve = (schema: Schema, root: Schema): Schema => {
  const ref = schema['$ref']
  if (typeof ref !== 'string') return schema
  const target = ref === '#' ? root : asObject(root['$defs'])[ref.replace('#/$defs/', '')]
  if (!isObject(target)) throw new Error(`The schema refers to ${ref}, which it does not have.`)
  return target
}

/** Limits that may only be loosened: from the second on, a greater number is the looser one. */
const LOWER_LIMITS = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems']
const UPPER_LIMITS = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems']

const listLimitBreaks = ({ before, after, path }: Pair): readonly string[] => {
  const isTighter = (key: string, sign: 1 | -1): boolean => {
    const limit = after[key]
    if (typeof limit !== 'number') return false
    const old = before[key]
    return typeof old !== 'number' || sign * limit > sign * old
  }
  const tighter = [
    ...LOWER_LIMITS.filter((key) => isTighter(key, 1)),
    ...UPPER_LIMITS.filter((key) => isTighter(key, -1)),
  ]
  const other = ['pattern', 'format'].filter((key) => key in after && after[key] !== before[key])
  return [...tighter, ...other].map((key) => `${path}: ${key} became ${JSON.stringify(after[key])}`)
}

const listValues = (schema: Schema): readonly unknown[] | undefined =>
  'const' in schema ? [schema['const']] : 'enum' in schema ? asList(schema['enum']) : undefined

const listValueBreaks = ({ before, after, path }: Pair): readonly string[] => {
  const allowed = listValues(after)
  if (allowed === undefined) return []
  const old = listValues(before)
  if (old === undefined) return [`${path}: only some values are allowed now`]
  return old
    .filter((value) => !allowed.includes(value))
    .map((value) => `${path}: ${JSON.stringify(value)} is not allowed any more`)
}

/** Properties that have no name of their own in the schema: absent means any, false means none. */
const listMapBreaks = (pair: Pair): readonly string[] => {
  const { before, after, path } = pair
  const names = isObject(after['propertyNames'])
    ? listPairBreaks({
        ...pair,
        before: asObject(before['propertyNames']),
        after: after['propertyNames'],
        path: `${path}/{name}`,
      })
    : []
  const [was, is] = [before['additionalProperties'], after['additionalProperties']]
  if (is === undefined || is === true || was === false) return names
  if (is === false) return [...names, `${path}: took further properties before`]
  const values = { ...pair, before: asObject(was), after: asObject(is), path: `${path}/*` }
  return [...names, ...listPairBreaks(values)]
}

const listObjectBreaks = (pair: Pair): readonly string[] => {
  const { before, after, path } = pair
  const [old, now] = [asObject(before['properties']), asObject(after['properties'])]
  const wasRequired = new Set(asList(before['required']))
  const required = asList(after['required'])
    .filter((key) => !wasRequired.has(key))
    .map((key) => `${path}/${String(key)}: is required now`)
  const properties = Object.keys(old).flatMap((key) =>
    key in now
      ? listPairBreaks({
          ...pair,
          before: asObject(old[key]),
          after: asObject(now[key]),
          path: `${path}/${key}`,
        })
      : [`${path}/${key}: is gone`],
  )
  return [...required, ...properties, ...listMapBreaks(pair)]
}

const listTypeBreaks = ({ before, after, path }: Pair): readonly string[] => {
  if (after['type'] === undefined) return []
  const is = [after['type']].flat()
  const was = [before['type'] ?? 'anything'].flat()
  return was
    .filter((type) => !is.includes(type) && !(type === 'integer' && is.includes('number')))
    .map((type) => `${path}: is ${is.join(' or ')} now, was ${String(type)}`)
}

/** Each form of old has to be taken by some form of now; of those it misses, the nearest one says why. */
const listChoiceBreaks = (pair: Pair): readonly string[] => {
  const choices = (schema: Schema) => ('anyOf' in schema ? asList(schema['anyOf']).map(asObject) : [schema])
  const now = choices(pair.after)
  return choices(pair.before).flatMap((before) => {
    const tried = now.map((after) => listPairBreaks({ ...pair, before, after }))
    return tried.toSorted((one, other) => one.length - other.length)[0] ?? []
  })
}

const listPairBreaks = (pair: Pair): readonly string[] => {
  const { roots, path } = pair
  const refs = `${String(pair.before['$ref'])} ${String(pair.after['$ref'])}`
  const isRef = '$ref' in pair.before || '$ref' in pair.after
  if (isRef && pair.open.has(refs)) return []
  const inner: Pair = {
    ...pair,
    before: resolve(pair.before, roots[0]),
    after: resolve(pair.after, roots[1]),
    open: isRef ? new Set([...pair.open, refs]) : pair.open,
  }
  if ('anyOf' in inner.before || 'anyOf' in inner.after) return listChoiceBreaks(inner)
  const type = listTypeBreaks(inner)
  if (type.length > 0) return type
  const items = isObject(inner.after['items'])
    ? listPairBreaks({
        ...inner,
        before: asObject(inner.before['items']),
        after: inner.after['items'],
        path: `${path}/[]`,
      })
    : []
  return [...listValueBreaks(inner), ...listLimitBreaks(inner), ...listObjectBreaks(inner), ...items]
}

/**
 * What was valid by `before` and is not by `after`, in words; none when `after` only adds. It reads the part of
 * JSON Schema that our generator writes, and says too much rather than too little.
 */
export const findBreaks = (before: Schema, after: Schema): readonly string[] => [
  ...new Set(listPairBreaks({ before, after, roots: [before, after], path: '#', open: new Set() })),
]
