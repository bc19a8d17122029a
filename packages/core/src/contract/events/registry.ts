import { PolicyEvent } from '../../policy/policy.ts'
import { ProjectEvent } from '../../project/events.ts'
import { RunEvent } from '../../run/events.ts'
import { SessionEvent } from '../../session/session.ts'
import { ThreadEvent } from '../../thread/events.ts'
import { TokenEvent } from '../../token/token.ts'
import { INBOUND } from './inbound.ts'
import { makeRegistry, type EventContract } from './make-registry.ts'

type Contract =
  | typeof RunEvent
  | typeof ProjectEvent
  | typeof ThreadEvent
  | typeof SessionEvent
  | typeof TokenEvent
  | typeof PolicyEvent
type Option = Contract['options'][number]

const listContracts = (options: readonly Option[]) =>
  options.map(({ shape }) => ({ type: shape.type.value, v: shape.v.value, data: shape.data }))

/** Every event that Ropewalk tells. Made at start: what it refuses stops the start. */
export const EVENTS = makeRegistry('events', [
  { owner: 'run', contracts: listContracts(RunEvent.options) },
  { owner: 'project', contracts: listContracts(ProjectEvent.options) },
  { owner: 'thread', contracts: listContracts(ThreadEvent.options) },
  { owner: 'session', contracts: listContracts(SessionEvent.options) },
  { owner: 'grant', contracts: listContracts(TokenEvent.options) },
  { owner: 'policy', contracts: listContracts(PolicyEvent.options) },
])

/** Every event that outsiders may send. Some have names of ours with a contract of their own. */
export const INBOUND_EVENTS = makeRegistry('inbound', [
  {
    owner: 'outside',
    contracts: Object.entries(INBOUND).map(([type, data]) => ({ type, v: 1, data })),
  },
])

/** The contract of an event of ours, undefined for a type or version that this release does not know. */
export const getEventContract = (type: string, v: number): EventContract | undefined => EVENTS.get(type, v)

/** The types of all events that Ropewalk tells, sorted. */
export const listEventTypes = (): readonly string[] => [...new Set(EVENTS.contracts.map(({ type }) => type))]

/** The types of all events that outsiders may send, sorted. */
export const listInboundTypes = (): readonly string[] => INBOUND_EVENTS.contracts.map(({ type }) => type)

/**
 * Whose event it is: `run`, `project`, `thread`, `session`, `grant` or `policy`. A type that several have is
 * told apart by its data. Undefined for what this release does not know.
 */
export const findEventOwner = (type: string, v: number, data: unknown): string | undefined => {
  const owners = getEventContract(type, v)?.owners ?? []
  if (owners.length === 1) return owners[0]?.owner
  return owners.find((each) => each.data.safeParse(data).success)?.owner
}
