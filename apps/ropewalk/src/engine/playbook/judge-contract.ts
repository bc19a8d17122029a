import { z } from 'zod'
import type { Place, PlaybookFault } from './fault.ts'
import type { SourceFile } from './source-file.ts'
import { findNearest } from './suggest.ts'

type Issue = z.core.$ZodIssue
type Def = {
  readonly type: string
  readonly shape?: Readonly<Record<string, z.ZodType>>
  readonly element?: z.ZodType
  readonly valueType?: z.ZodType
  readonly innerType?: z.ZodType
}

const getDef = (schema: z.ZodType): Def => schema.def as unknown as Def

/** The contract of the value at `at`, without what wraps it; undefined where the contract has no such place. */
const findContract = (contract: z.ZodType, at: readonly PropertyKey[]): z.ZodType | undefined => {
  const { innerType, shape, element, valueType } = getDef(contract)
  if (innerType !== undefined) return findContract(innerType, at)
  const [key, ...rest] = at
  if (key === undefined) return contract
  const inner = shape === undefined ? (element ?? valueType) : shape[String(key)]
  return inner === undefined ? undefined : findContract(inner, rest)
}

/** What a contract asks for, in words a person can act upon. */
const describeContract = (contract: z.ZodType | undefined): string => {
  if (contract === undefined) return 'another value'
  const def = contract.def as unknown as Def & {
    readonly options?: readonly z.ZodType[]
    readonly entries?: Readonly<Record<string, string>>
  }
  if (def.innerType !== undefined) return describeContract(def.innerType)
  if (def.entries !== undefined) return `one of ${Object.values(def.entries).join(', ')}`
  if (def.options !== undefined) return def.options.map(describeContract).join(', or ')
  if (def.type === 'array') return 'a list, such as [a, b]'
  if (def.type === 'object') return `keys and values (${Object.keys(def.shape ?? {}).join(', ')})`
  if (def.type === 'record') return 'keys and values'
  if (def.type === 'number') {
    const { minimum, maximum } = z.toJSONSchema(contract, { io: 'input' }) as Record<string, unknown>
    const isBounded = typeof maximum === 'number' && maximum < Number.MAX_SAFE_INTEGER
    const least = typeof minimum === 'number' ? ` from ${minimum}` : ''
    return `a number${least}${isBounded ? ` to ${maximum}` : ''}`
  }
  if (def.type === 'boolean') return 'true or false'
  return 'text'
}

const getWhere = (at: readonly PropertyKey[]): string =>
  at.length === 0
    ? 'the file'
    : at
        .map((key) => (typeof key === 'number' ? `[${key}]` : String(key)))
        .join('.')
        .replaceAll('.[', '[')

const show = (value: unknown): string => {
  const text = value === null ? 'nothing' : JSON.stringify(value)
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`
}

const findValue = (value: unknown, at: readonly PropertyKey[]): unknown =>
  at.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  )

type Told = Place & Pick<PlaybookFault, 'problem' | 'fix'>

const tellUnknownKeys = (file: SourceFile, contract: z.ZodType, issue: Issue): Told[] => {
  if (issue.code !== 'unrecognized_keys') return []
  const at = issue.path
  const known = Object.keys(getDef(findContract(contract, at) ?? contract).shape ?? {})
  return issue.keys.map((key) => {
    const meant = findNearest(key, known)
    return {
      ...file.locateKey(at, key),
      problem: `${getWhere(at)} has the unknown key ${key}.`,
      fix: meant === undefined ? `Remove it; known keys are ${known.join(', ')}.` : `Did you mean ${meant}?`,
    }
  })
}

const tellOther = (file: SourceFile, contract: z.ZodType, issue: Issue): Told => {
  const where = getWhere(issue.path)
  const value = findValue(file.value, issue.path)
  const wanted = findContract(contract, issue.path)
  if (value === undefined && issue.code !== 'custom') {
    const key = String(issue.path.at(-1) ?? '')
    return {
      ...file.locate(issue.path.slice(0, -1)),
      problem: `${where} is missing; expected ${describeContract(wanted)}.`,
      fix: `Add ${key}.`,
    }
  }
  const place = file.locate(issue.path)
  if (issue.code === 'invalid_type' || issue.code === 'invalid_union' || issue.code === 'invalid_value') {
    const entries =
      wanted === undefined
        ? []
        : Object.values((wanted.def as unknown as { entries?: Record<string, string> }).entries ?? {})
    const meant = typeof value === 'string' ? findNearest(value, entries) : undefined
    return {
      ...place,
      problem: `${where} is ${show(value)}; expected ${describeContract(wanted)}.`,
      fix: meant === undefined ? 'Write one of what is expected.' : `Did you mean ${meant}?`,
    }
  }
  const said = issue.message.replace(/^Invalid input: /u, '').replace(/\.$/u, '')
  return {
    ...place,
    problem: `${where} is ${show(value)}: ${said.charAt(0).toLowerCase()}${said.slice(1)}.`,
    fix: 'Write what is expected here.',
  }
}

export type Judged<T> = { readonly value: T | undefined; readonly faults: readonly PlaybookFault[] }

/** A file's value by a contract, or every way in which it breaks it, each with its place and its fix. */
export const judgeContract = <T extends z.ZodType>(file: SourceFile, contract: T): Judged<z.infer<T>> => {
  if (file.faults.length > 0) return { value: undefined, faults: file.faults }
  const parsed = contract.safeParse(file.value)
  if (parsed.success) return { value: parsed.data, faults: [] }
  const told = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? tellUnknownKeys(file, contract, issue)
      : [tellOther(file, contract, issue)],
  )
  return { value: undefined, faults: told.map((each) => ({ path: file.path, ...each })) }
}
