import { parseEnvelope, type Envelope } from './envelope.ts'
import type { InboundEvent } from './inbound.ts'
import { isLegacy, upgradeLegacy } from './legacy.ts'
import { parseInbound } from './payload.ts'
import type { Invalid } from './problems.ts'

export type InboundMessage =
  | {
      readonly type: 'ok'
      readonly envelope: Envelope
      readonly event: InboundEvent
      readonly schemaId: string
      /** Whether it came in the old form. */
      readonly legacy: boolean
    }
  | (Invalid & { readonly envelope: Envelope | null })

/**
 * What an outsider sent, JSON already read: old names mapped, then the envelope, then the payload. Where only
 * the payload is wrong the envelope is given too, for the dead letter. Never throws.
 */
export const parseInboundMessage = (value: unknown): InboundMessage => {
  const legacy = isLegacy(value)
  const upgraded = legacy ? upgradeLegacy(value) : { type: 'ok' as const, message: value }
  if (upgraded.type === 'invalid') return { ...upgraded, envelope: null }
  const outer = parseEnvelope(upgraded.message)
  if (outer.type === 'invalid') return { ...outer, envelope: null }
  const { envelope } = outer
  const inner = parseInbound(envelope)
  if (inner.type === 'invalid') return { ...inner, envelope }
  return { type: 'ok', envelope, event: inner.event, schemaId: inner.schemaId, legacy }
}
