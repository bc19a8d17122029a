import { parseInboundMessage, type InboundMessage } from '@ropewalk/core/contract/events/inbound-message'
import type { Problem } from '@ropewalk/core/contract/events/problems'
import type { WorkspaceId } from '@ropewalk/core/ids'
import { findShapeFault } from '@ropewalk/core/json-shape'
import type { BusMessage } from './port.ts'
import type { DeadLetterDraft } from './publish-dead-letter.ts'

/** A message that keeps its contract. */
export type ValidMessage = Extract<InboundMessage, { type: 'ok' }>

/** What a dead letter says of a message that was not to be handed on. */
export type Verdict = Omit<DeadLetterDraft, 'message' | 'topic' | 'group'>

type Known = Pick<Verdict, 'eventId' | 'eventType' | 'schemaId'>

const NOTHING_KNOWN: Known = { eventId: null, eventType: null, schemaId: null }

const say = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

/** What can be told of a message whose envelope did not hold: both forms are looked at, nothing is believed. */
const guessNames = (value: unknown): Known => {
  if (typeof value !== 'object' || value === null) return NOTHING_KNOWN
  const { id, type, event_id, event_type } = value as Readonly<Record<string, unknown>>
  return { eventId: say(id) ?? say(event_id), eventType: say(type) ?? say(event_type), schemaId: null }
}

/** A verdict that the contract was broken. */
export const makeViolation = (
  errorClass: 'JSON' | 'ENVELOPE' | 'PAYLOAD' | 'TOPIC',
  problems: readonly Problem[],
  known: Known = NOTHING_KNOWN,
): Verdict => ({
  reason: 'CONTRACT_VIOLATION',
  ...known,
  problems,
  errorClass,
  errorMessage: problems
    .map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
    .join('; '),
  trace: null,
})

/** A verdict that the message is for another workspace than the one whose bus it came on. */
export const makeForeign = (named: WorkspaceId, ours: WorkspaceId, known: Known): Verdict => ({
  reason: 'FOREIGN_WORKSPACE',
  ...known,
  problems: [{ path: '/workspaceid', message: `expected ${ours}` }],
  errorClass: null,
  errorMessage: `The event is for the workspace ${named} and came on the bus of ${ours}.`,
  trace: null,
})

export type BodyResult =
  { readonly type: 'ok'; readonly value: unknown } | { readonly type: 'bad'; readonly verdict: Verdict }

/** The body of a message as JSON. Never throws. */
export const parseBody = ({ body }: Pick<BusMessage, 'body'>): BodyResult => {
  const fault = findShapeFault(Buffer.from(body))
  if (fault !== undefined) {
    const problems = [{ path: '', message: `the event ${fault}` }]
    return { type: 'bad', verdict: makeViolation('JSON', problems) }
  }
  try {
    return { type: 'ok', value: JSON.parse(body) }
  } catch (error) {
    const message =
      body === '' ? 'expected the event as JSON in the field "event"' : `expected JSON: ${String(error)}`
    return { type: 'bad', verdict: makeViolation('JSON', [{ path: '', message }]) }
  }
}

/** Beats have a topic of their own, so that they never wait behind work. */
const TOPIC_OF: Readonly<Record<string, string>> = {
  'WORK.HEARTBEAT': 'heartbeats',
  'WORK.WORKER_SEEN': 'heartbeats',
}
export const getInboundTopic = (type: string): string => TOPIC_OF[type] ?? 'commands'

/**
 * Judges what came in from outside: JSON, old names mapped, envelope, payload, workspace and topic. What is
 * `ok` may be acted upon; nothing else may. Pure, never throws.
 */
export const validateMessage = (
  message: Pick<BusMessage, 'body'>,
  { workspaceId, topic }: { readonly workspaceId: WorkspaceId; readonly topic: string },
): ValidMessage | { readonly type: 'bad'; readonly verdict: Verdict } => {
  const body = parseBody(message)
  if (body.type === 'bad') return body
  const parsed = parseInboundMessage(body.value)
  if (parsed.type === 'invalid') {
    const { part, problems, schemaId } = parsed
    const errorClass = part === 'envelope' ? 'ENVELOPE' : 'PAYLOAD'
    return {
      type: 'bad',
      verdict: makeViolation(errorClass, problems, { ...guessNames(body.value), schemaId }),
    }
  }
  const { envelope, schemaId } = parsed
  const known = { eventId: envelope.id, eventType: envelope.type, schemaId }
  if (envelope.workspaceid !== workspaceId)
    return { type: 'bad', verdict: makeForeign(envelope.workspaceid, workspaceId, known) }
  const expected = getInboundTopic(envelope.type)
  if (expected === topic) return parsed
  const problem = { path: '/type', message: `${envelope.type} is taken on topic ${expected}, not ${topic}` }
  return { type: 'bad', verdict: makeViolation('TOPIC', [problem], known) }
}
