import { z } from 'zod'
import { ProjectId, RunId, WorkspaceId } from '../../ids.ts'
import { text } from '../../text.ts'
import { listProblems, type Invalid } from './problems.ts'

/** Names the process that tells, as CloudEvents asks. */
export const EVENT_SOURCE = '/ropewalk/serve/1'

/** Version of the envelope, raised when an attribute of it changes its meaning. */
export const SCHEMA_VERSION = '1'

/** Names the contract of the envelope, as dead letters do. */
export const ENVELOPE_SCHEMA_ID = 'urn:ropewalk:envelope:1'

/** RFC 3339, as CloudEvents has it: any offset, any number of decimals. */
const Time = z.iso.datetime({ offset: true })

/**
 * An event as CloudEvents 1.0 JSON, whoever tells it. The attributes from `correlationid` on are extensions.
 * What an outsider may leave out has its default here, so that nobody behind this contract has to ask.
 * `id` is unique per source; `data` has a contract of its own, by `type` and `eventversion`.
 */
export const Envelope = z.strictObject({
  specversion: z.literal('1.0'),
  id: text(120, 1),
  source: text(400, 1),
  type: text(120, 1),
  time: Time.optional(),
  subject: text(400, 1).optional(),
  datacontenttype: z.literal('application/json').default('application/json'),
  dataschema: text(400, 1).optional(),
  data: z.record(z.string(), z.unknown()),
  correlationid: text(120, 1).optional(),
  causationid: text(120, 1).optional(),
  workspaceid: WorkspaceId.prefault('default'),
  runid: RunId.optional(),
  projectid: ProjectId.optional(),
  eventversion: z.int().min(1).default(1),
  schemaversion: z.literal(SCHEMA_VERSION).default(SCHEMA_VERSION),
  traceparent: z
    .string()
    .regex(/^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/u, 'expected a W3C traceparent')
    .optional(),
})
export type Envelope = z.infer<typeof Envelope>

/**
 * An event of our own ledger: an envelope with nothing left out. `position` counts per workspace without gap,
 * in commit order: it is the id of the event in the stream, and what `after` counts.
 */
export const CloudEvent = Envelope.extend({
  source: z.literal(EVENT_SOURCE),
  time: Time,
  subject: text(400, 1),
  datacontenttype: z.literal('application/json'),
  correlationid: text(120, 1),
  workspaceid: WorkspaceId,
  eventversion: z.int().min(1),
  schemaversion: z.literal(SCHEMA_VERSION),
  position: z.int().min(0),
})
export type CloudEvent = z.infer<typeof CloudEvent>

/** Ours carry their position, those of outsiders do not. */
const AnyEnvelope = Envelope.extend({ position: z.int().min(0).optional() })

export type EnvelopeResult = { readonly type: 'ok'; readonly envelope: Envelope } | Invalid

/** The envelope alone: what is in `data` is not looked at. Never throws, whatever came. */
export const parseEnvelope = (value: unknown): EnvelopeResult => {
  const parsed = AnyEnvelope.safeParse(value)
  if (parsed.success) return { type: 'ok', envelope: parsed.data }
  return {
    type: 'invalid',
    part: 'envelope',
    schemaId: ENVELOPE_SCHEMA_ID,
    problems: listProblems(parsed.error),
  }
}
