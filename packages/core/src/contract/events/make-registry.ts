import { z } from 'zod'
import { RopewalkError } from '../../errors.ts'

/** What the data of one type and version of event has to be. */
export type EventContract = {
  readonly type: string
  readonly v: number
  /** The `$id` of its JSON Schema. */
  readonly schemaId: string
  readonly data: z.ZodType
  /** Whose event it is, each with its own form of the data; more than one for what aggregates share. */
  readonly owners: readonly { readonly owner: string; readonly data: z.ZodType }[]
}

export type EventRegistry = {
  /** The contract of that type and version, undefined when there is none. */
  readonly get: (type: string, v: number) => EventContract | undefined
  /** The newest version known of a type, undefined for a type that is unknown. */
  readonly getNewest: (type: string) => number | undefined
  /** All of them, by type and version. */
  readonly contracts: readonly EventContract[]
}

/** The contracts of one owner: an aggregate, or those who send from outside. */
export type EventOwner = {
  readonly owner: string
  readonly contracts: readonly { readonly type: string; readonly v: number; readonly data: z.ZodType }[]
}

/** Families that are written in capitals (section 9 of the requirements); all others are in lower case. */
const UPPER_FAMILIES: readonly string[] = [
  'WORK',
  'PROJECT',
  'BACKLOG',
  'CLARIFICATION',
  'HUMAN',
  'REPORT',
  'DELIVERABLE',
]

/** Runs and projects ask the same inbox: only events of this family may have several owners. */
const SHARED_FAMILY = 'CLARIFICATION'

const UPPER = /^[A-Z]+\.[A-Z]+(?:_[A-Z]+)*$/u
const LOWER = /^[a-z]+(?:\.[a-z]+(?:_[a-z]+)*)+$/u

const getFamily = (type: string): string => type.split('.')[0] ?? ''

const isWellNamed = (type: string): boolean =>
  UPPER_FAMILIES.includes(getFamily(type).toUpperCase()) ? UPPER.test(type) : LOWER.test(type)

const refuse = (message: string): never => {
  throw new RopewalkError('INVARIANT_BROKEN', message)
}

const checkOwner = ({ owner, contracts }: EventOwner): void => {
  const seen = new Set<string>()
  for (const { type, v } of contracts) {
    if (!isWellNamed(type)) {
      refuse(
        `${owner}: expected an event type like WORK.ITEM_STARTED (families ${UPPER_FAMILIES.join(', ')}) or like phase.gate.passed, got ${JSON.stringify(type)}.`,
      )
    }
    if (!Number.isSafeInteger(v) || v < 1)
      refuse(`${owner}: expected a version of ${type} from 1, got ${String(v)}.`)
    if (seen.has(`${type}@${v}`)) refuse(`${owner} has ${type}@${v} twice.`)
    seen.add(`${type}@${v}`)
  }
}

const merge = (type: string, owners: EventContract['owners']): z.ZodType => {
  const [first, ...others] = owners
  if (first === undefined) return refuse(`${type} has no contract.`)
  if (others.length === 0) return first.data
  if (getFamily(type) !== SHARED_FAMILY) {
    return refuse(
      `${type} has several owners (${owners.map(({ owner }) => owner).join(', ')}); only ${SHARED_FAMILY} events may.`,
    )
  }
  return z.union([first.data, ...others.map(({ data }) => data)])
}

/**
 * One registry of all contracts of a direction. `namespace` is part of the schema ids. A CLARIFICATION type of
 * several owners is one entry whose data is any of theirs. Throws INVARIANT_BROKEN, and thereby stops the start,
 * for another type that comes twice and for a type that breaks the naming rule.
 */
export const makeRegistry = (
  namespace: 'events' | 'inbound',
  owners: readonly EventOwner[],
): EventRegistry => {
  owners.forEach(checkOwner)
  const all = owners.flatMap(({ owner, contracts }) => contracts.map((each) => ({ ...each, owner })))
  const contracts = [...Map.groupBy(all, ({ type, v }) => `${type}@${v}`)]
    .map(([key, same]): EventContract => {
      const { type, v } = same[0] ?? refuse(`${key} has no contract.`)
      const shapes = same.map(({ owner, data }) => ({ owner, data }))
      const schemaId = `urn:ropewalk:${namespace}:${type}:${v}`
      return { type, v, schemaId, data: merge(type, shapes), owners: shapes }
    })
    .toSorted((one, other) => (one.type === other.type ? one.v - other.v : one.type < other.type ? -1 : 1))
  const index = new Map(contracts.map((contract) => [`${contract.type}@${contract.v}`, contract]))
  const newest = new Map(contracts.map(({ type, v }) => [type, v]))
  return {
    get: (type, v) => index.get(`${type}@${v}`),
    getNewest: (type) => newest.get(type),
    contracts,
  }
}
