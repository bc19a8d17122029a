import type { PolicyEvent } from '../../policy/policy.ts'
import type { ProjectEvent } from '../../project/events.ts'
import type { RunEvent } from '../../run/events.ts'
import type { SessionEvent } from '../../session/session.ts'
import type { ThreadEvent } from '../../thread/events.ts'
import type { TokenEvent } from '../../token/token.ts'
import type { Envelope } from './envelope.ts'
import type { InboundEvent } from './inbound.ts'
import type { EventRegistry } from './make-registry.ts'
import { listProblems, type Invalid } from './problems.ts'
import { EVENTS, INBOUND_EVENTS } from './registry.ts'

type Addressed = Pick<Envelope, 'type' | 'eventversion' | 'data'>

export type PayloadResult =
  { readonly type: 'ok'; readonly schemaId: string; readonly data: unknown } | Invalid

const describeUnknown = (registry: EventRegistry, { type, eventversion }: Addressed): Invalid => {
  const newest = registry.getNewest(type)
  const problem =
    newest === undefined
      ? { path: '/type', message: `no such event type here: ${type}` }
      : { path: '/eventversion', message: `expected ${type} up to version ${newest}, got ${eventversion}` }
  return { type: 'invalid', part: 'payload', schemaId: null, problems: [problem] }
}

/**
 * The payload alone, by the contract that the envelope's type and version name in `registry`. Paths of problems
 * start at `data`, but for a type or version that is unknown: those name the attribute. Never throws.
 */
export const parsePayload = (envelope: Addressed, registry: EventRegistry = EVENTS): PayloadResult => {
  const contract = registry.get(envelope.type, envelope.eventversion)
  if (contract === undefined) return describeUnknown(registry, envelope)
  const { schemaId } = contract
  const parsed = contract.data.safeParse(envelope.data)
  if (parsed.success) return { type: 'ok', schemaId, data: parsed.data }
  return { type: 'invalid', part: 'payload', schemaId, problems: listProblems(parsed.error) }
}

export type KnownEvent = RunEvent | ProjectEvent | ThreadEvent | SessionEvent | TokenEvent | PolicyEvent

/** The event of ours in an envelope, typed by its `type`: what every consumer of topic `events` reads. */
export const parseEvent = (
  envelope: Addressed,
): { readonly type: 'ok'; readonly schemaId: string; readonly event: KnownEvent } | Invalid => {
  const result = parsePayload(envelope, EVENTS)
  if (result.type === 'invalid') return result
  const event = { type: envelope.type, v: envelope.eventversion, data: result.data } as KnownEvent
  return { type: 'ok', schemaId: result.schemaId, event }
}

/** What an outsider asks for, typed by its `type`, with defaults filled in: what the validator hands on. */
export const parseInbound = (
  envelope: Addressed,
): { readonly type: 'ok'; readonly schemaId: string; readonly event: InboundEvent } | Invalid => {
  const result = parsePayload(envelope, INBOUND_EVENTS)
  if (result.type === 'invalid') return result
  const event = { type: envelope.type, data: result.data } as InboundEvent
  return { type: 'ok', schemaId: result.schemaId, event }
}
