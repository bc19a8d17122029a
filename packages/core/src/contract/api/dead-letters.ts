import { z } from 'zod'
import { DeadLetterId } from '../../ids.ts'
import { Count, text } from '../../text.ts'
import { pageQuery } from './paging.ts'

/**
 * Why a message rests: it broke its contract; it names another workspace; what it asks for was refused for
 * good; or the work on it failed again and again.
 */
export const DeadLetterReason = z.enum([
  'CONTRACT_VIOLATION',
  'FOREIGN_WORKSPACE',
  'REFUSED',
  'HANDLER_FAILED',
])
export type DeadLetterReason = z.infer<typeof DeadLetterReason>

export const DeadLetterStatus = z.enum(['open', 'redriven', 'dropped'])
export type DeadLetterStatus = z.infer<typeof DeadLetterStatus>

/** The message as the bus gave it. */
export const OriginalMessage = z.strictObject({
  key: z.string().nullable(),
  body: z.string(),
  headers: z.record(z.string(), z.string()),
})
export type OriginalMessage = z.infer<typeof OriginalMessage>

/** A dead letter without its content, as lists show it. */
export const DeadLetterSummary = z.strictObject({
  id: DeadLetterId,
  recordedAt: z.string(),
  /** Of the envelope, where there was one that could be read. */
  eventId: z.string().nullable(),
  eventType: z.string().nullable(),
  reason: DeadLetterReason,
  /** The contract that was broken. */
  schemaId: z.string().nullable(),
  /** What broke the contract: `path` is a JSON pointer. */
  problems: z.array(z.strictObject({ path: z.string(), message: z.string() })),
  topic: z.string(),
  consumerGroup: z.string(),
  /** How often it was given to a consumer, over all redrives. */
  attempts: Count,
  /** When the bus got it, and when it failed for the last time. */
  firstSeenAt: z.string(),
  lastSeenAt: z.string(),
  /** Of an error of ours its code, else the name of its class; null for contracts. */
  errorClass: z.string().nullable(),
  errorMessage: z.string(),
  status: DeadLetterStatus,
  redrives: Count,
  resolvedAt: z.string().nullable(),
  resolvedBy: z.string().nullable(),
  note: z.string().nullable(),
})
export type DeadLetterSummary = z.infer<typeof DeadLetterSummary>

/** A message that came to nothing, whole: what the table keeps, and topic `dlq` carries. */
export const DeadLetter = DeadLetterSummary.extend({
  trace: z.string().max(4000).nullable(),
  /** The body as JSON; null when it is none. */
  event: z.json().nullable(),
  original: OriginalMessage,
})
export type DeadLetter = z.infer<typeof DeadLetter>

export const DeadLetterQuery = z.strictObject({ ...pageQuery, status: DeadLetterStatus.optional() })
export type DeadLetterQuery = z.infer<typeof DeadLetterQuery>

/** Sends the original again, or in its place the event as it should have been. */
export const RedriveRequest = z.strictObject({
  event: z.record(z.string(), z.json()).optional(),
  note: text(400, 1).optional(),
})
export type RedriveRequest = z.infer<typeof RedriveRequest>

/** Why nothing is to come of it. */
export const DropRequest = z.strictObject({ reason: text(400, 1) })
export type DropRequest = z.infer<typeof DropRequest>
