import { z } from 'zod'
import { RunId } from '../../ids.ts'
import { afterQuery, PositionParam } from './paging.ts'

/** Names the process that tells, as CloudEvents asks. */
export const EVENT_SOURCE = '/ropewalk/serve/1'

/**
 * An event as CloudEvents 1.0 JSON. `position` counts per workspace without gap, in commit order: it is
 * the id of the event in the stream, and what `after` counts.
 */
export const CloudEvent = z.strictObject({
  specversion: z.literal('1.0'),
  id: z.string(),
  source: z.literal(EVENT_SOURCE),
  type: z.string(),
  time: z.string(),
  subject: z.string(),
  datacontenttype: z.literal('application/json'),
  data: z.record(z.string(), z.unknown()),
  correlationid: z.string(),
  causationid: z.string().optional(),
  workspaceid: z.string(),
  runid: RunId.optional(),
  eventversion: z.int(),
  schemaversion: z.string(),
  traceparent: z.string().optional(),
  position: z.int(),
})
export type CloudEvent = z.infer<typeof CloudEvent>

export const EventQuery = z.strictObject({ ...afterQuery, run: RunId.optional() })

/** `Last-Event-ID` wins over `after`: it is what a client that lost its connection sends. */
export const EventStreamQuery = z.strictObject({ after: PositionParam.prefault('0'), run: RunId.optional() })
